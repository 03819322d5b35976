"""A record made of single sessions."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="session",
    records=(
        Record(
            name="team:claude_code_cost_usd:sum",
            expr="sum by (team) (claude_code_meter_session_cost_USD_total)",
            unit="USD",
            help="For a test",
        ),
    ),
)
