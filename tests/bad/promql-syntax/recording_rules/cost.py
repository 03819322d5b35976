"""Not PromQL."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(
            name="team:claude_code_cost_usd:increase1m",
            expr="sum by (team (claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:shown",
            expr="sum_over_time(team:claude_code_cost_usd:increase1m[$__range])",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:renamed",
            expr='label_replace(team:claude_code_cost_usd:increase1m, "group", "$1", "team", "(.*")',
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:chosen",
            expr='team:claude_code_cost_usd:increase1m{team=~"(platform"}',
            unit="USD",
            help="For a test",
        ),
    ),
)
