"""A label that ends in a record on the way."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(
            name="team:claude_code_cost_usd:increase1m",
            expr="sum by (team) (claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:increase1m",
            expr="sum (team:claude_code_cost_usd:increase1m)",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="team:claude_code_cost_usd:increase1h",
            expr="sum_over_time(team:claude_code_cost_usd:increase1m[1h])",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="team:claude_code_cost_usd:share",
            expr="team:claude_code_cost_usd:increase1m / total:claude_code_cost_usd:increase1m",
            unit="ratio",
            help="For a test",
        ),
        Record(
            name="user:claude_code_cost_usd:increase1h",
            expr="sum by (user) (team:claude_code_cost_usd:increase1h)",
            unit="USD",
            help="For a test",
        ),
    ),
)
