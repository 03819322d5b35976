"""Labels that no series has."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(
            name="identity:claude_code_cost_usd:increase1m",
            expr="sum by (team, user, model) (claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:wrong",
            expr="sum by (teem) (claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
        ),
    ),
)
