"""A number written out beside its threshold, and a threshold that only the description names."""

from claude_code_mixin import Alert, Threshold

LIMIT = Threshold(alert="ClaudeCodeSpendHigh", key="ratio", value=5, reason="a test", source="a test")
OTHER = Threshold(alert="ClaudeCodeSpendHigh", key="count", value=3, reason="a test", source="a test")
HALF = Threshold(alert="ClaudeCodeSpendHigh", key="factor", value=3, reason="a test", source="a test")
SPEND_HIGH = Alert(
    name="ClaudeCodeSpendHigh",
    expr=f"up > 5 < {HALF.resolved() / 2}",
    severity="warning",
    summary="Spend is high.",
    description=f"Look at the spend: it is above {OTHER}.",
    no_data="silent: no spend",
)
