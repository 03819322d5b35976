"""Records whose names tell too little."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(name="spend", expr="vector(1)", unit="USD", help="For a test"),
        Record(name="team:claude_code_cost_usd", expr="vector(1)", unit="USD", help="For a test"),
        Record(name="Team:claude_code_cost_usd:Sum", expr="vector(1)", unit="USD", help="For a test"),
    ),
)
