"""PromQL that Prometheus 3.5 refuses."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(
            name="total:claude_code_cost_usd:first",
            expr="first_over_time(claude_code_meter_identity_cost_USD_total[1h])",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:mad",
            expr="mad_over_time(claude_code_meter_identity_cost_USD_total[1h])",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:either",
            expr='claude_code_meter_identity_cost_USD_total{team="a" or team="b"}',
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:filled",
            expr="up + fill(0) up",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:some",
            expr="limitk(3, claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
        ),
    ),
)
