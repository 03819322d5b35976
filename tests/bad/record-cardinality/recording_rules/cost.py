"""Too many series."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(
            name="session:claude_code_cost_usd:seen",
            expr="sum by (session_id) (claude_code_cost_usage_USD_total)",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="identity:claude_code_tokens:seen",
            expr="sum by (user, model, type) (claude_code_meter_identity_tokens_total)",
            unit="tokens",
            help="For a test",
        ),
        Record(
            name="identity:claude_code_tokens:increase1h",
            expr="identity:claude_code_tokens:seen",
            unit="tokens",
            help="For a test",
        ),
        Record(
            name="identity:claude_code_tokens:increase1d",
            expr="identity:claude_code_tokens:seen",
            unit="tokens",
            help="For a test",
        ),
        Record(
            name="identity:claude_code_tokens:increase1w",
            expr="identity:claude_code_tokens:seen",
            unit="tokens",
            help="For a test",
        ),
    ),
)
