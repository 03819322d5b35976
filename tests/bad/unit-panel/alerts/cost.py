"""A threshold in another unit than what it limits, and one without unit."""

from claude_code_mixin import Alert, Threshold

LIMIT = Threshold(alert="ClaudeCodeSpendHigh", key="tokens", value=5, reason="a test", source="a test")
OTHER = Threshold(alert="ClaudeCodeSpendHigh", key="limit", value=9, reason="a test", source="a test")
SPEND_HIGH = Alert(
    name="ClaudeCodeSpendHigh",
    expr=f"team:claude_code_cost_usd:increase1m > {LIMIT} < {OTHER}",
    severity="warning",
    summary="Spend is high.",
    description="Look at the spend.",
    no_data="silent: no spend",
)
