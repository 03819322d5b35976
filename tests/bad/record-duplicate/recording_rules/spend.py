"""A name that another file declares."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="spend",
    records=(
        Record(
            name="team:claude_code_cost_usd:increase1m",
            expr="sum by (team) (claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
            labels={"team": "platform"},
        ),
    ),
)
