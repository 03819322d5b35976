"""Counter functions of gauges."""

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
            name="team:claude_code_cost_usd:rate",
            expr="rate(team:claude_code_cost_usd:increase1m[5m])",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_up:increase",
            expr="increase(up[1h])",
            unit="1",
            help="For a test",
        ),
    ),
)
