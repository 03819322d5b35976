"""Alerts without tests, or with tests that test nothing."""

from claude_code_mixin import Alert

SPEND_HIGH = Alert(
    name="ClaudeCodeSpendHigh",
    expr="up == 0",
    severity="warning",
    summary="Spend is high.",
    description="Look at the spend.",
    no_data="silent: no spend",
)
SPEND_LOW = Alert(
    name="ClaudeCodeSpendLow",
    expr="up == 1",
    severity="warning",
    summary="Spend is high.",
    description="Look at the spend.",
    no_data="silent: no spend",
)
SPEND_GONE = Alert(
    name="ClaudeCodeSpendGone",
    expr='up{job=~"x|y"} == 0 unless up{job="x"}',
    severity="warning",
    summary="Spend is gone.",
    description="Look at the spend.",
    no_data="fires: no spend at all is the worst case",
)
