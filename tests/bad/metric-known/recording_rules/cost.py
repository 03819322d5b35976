"""Metrics that nobody has."""

from claude_code_mixin import Group, Record

FORGOTTEN = Record(
    name="total:claude_code_cost_usd:forgotten",
    expr="vector(1)",
    unit="1",
    help="For a test",
)
RULES = Group(
    name="cost",
    records=(
        Record(
            name="team:claude_code_cost_usd:increase1m",
            expr="sum by (team) (claude_code_meter_identity_cost_usd_total)",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:all",
            expr='{team="platform"}',
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:any",
            expr='{__name__=~"zebra_.+"}',
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:reader",
            expr=f"{FORGOTTEN}",
            unit="USD",
            help="For a test",
        ),
    ),
)
