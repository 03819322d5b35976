"""An alert whose runbook hands out queries that lead nowhere."""

from claude_code_mixin import Alert

SPEND_HIGH = Alert(
    name="ClaudeCodeSpendHigh",
    expr="up == 0",
    severity="warning",
    summary="Spend is high.",
    description="Look at the spend.",
    no_data="silent: no spend",
)
