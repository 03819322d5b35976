"""Labels of persons and of content."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(
            name="user:claude_code_cost_usd:increase1m",
            expr="sum by (user) (claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="user:claude_code_cost_usd:renamed",
            expr='label_replace(team:claude_code_cost_usd:increase1m, "user_email", "$1", "team", "(.*)")',
            unit="USD",
            help="For a test",
        ),
        Record(
            name="team:claude_code_cost_usd:increase1m",
            expr="sum by (team) (claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="team:claude_code_cost_usd:without",
            expr="sum without (user, model, job, instance) (claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
        ),
    ),
)
