"""A record that needs its own result."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(
            name="total:claude_code_cost_usd:a",
            expr="total:claude_code_cost_usd:b + 1",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:b",
            expr="total:claude_code_cost_usd:c",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="total:claude_code_cost_usd:c",
            expr="total:claude_code_cost_usd:a",
            unit="USD",
            help="For a test",
        ),
    ),
)
