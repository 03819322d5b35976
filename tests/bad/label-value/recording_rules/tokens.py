"""Values outside the closed set."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="tokens",
    records=(
        Record(
            name="total:claude_code_tokens:cached",
            expr='claude_code_meter_identity_tokens_total{type="cacheread"}',
            unit="tokens",
            help="For a test",
        ),
        Record(
            name="total:claude_code_tokens:some",
            expr='claude_code_meter_identity_tokens_total{type=~"input|outptu"}',
            unit="tokens",
            help="For a test",
        ),
        Record(
            name="total:claude_code_tokens:input",
            expr='sum by (type) (claude_code_meter_identity_tokens_total{type="input"})',
            unit="tokens",
            help="For a test",
        ),
        Record(
            name="total:claude_code_tokens:never",
            expr='total:claude_code_tokens:input{type="output"}',
            unit="tokens",
            help="For a test",
        ),
    ),
)
