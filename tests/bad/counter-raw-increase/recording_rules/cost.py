"""Lossy functions of client counters."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(
            name="total:claude_code_cost_usd:increase",
            expr="increase(claude_code_meter_identity_cost_USD_total[1h])",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:session",
            expr="rate(claude_code_cost_usage_USD_total[5m]) * 3600",
            unit="USD/h",
            help="For a test",
        ),
    ),
)
