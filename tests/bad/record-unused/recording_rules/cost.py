"""Records that nothing reads."""

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
            name="team:claude_code_cost_usd:seen",
            expr="claude_code_meter_identity_cost_USD_total",
            unit="USD",
            help="For a test",
            public=False,
        ),
        Record(
            name="team:claude_code_cost_usd:own",
            expr="last_over_time(team:claude_code_cost_usd:own[1h] offset 1ms)",
            unit="USD",
            help="For a test",
        ),
    ),
)
