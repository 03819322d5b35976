"""Alerts that no route finds by their prefix."""

from claude_code_mixin import Alert

SPEND_HIGH = Alert(
    name="SpendHigh",
    expr="up == 0",
    severity="warning",
    summary="Spend is high.",
    description="Look at the spend.",
    no_data="silent: no spend",
)
SPEND_LOW = Alert(
    name="ClaudeCode_spend_low",
    expr="up == 0",
    severity="warning",
    summary="Spend is low.",
    description="Look at the spend.",
    no_data="silent: no spend",
)
