"""Alerts that leave the reader alone."""

from claude_code_mixin import Alert, Threshold

LIMIT = Threshold(alert="ClaudeCodeSpendHihg", key="usd", value=5, reason="a test", source="a test")
LOW = Threshold(alert="ClaudeCodeSpendHigh", key="ratio", value=-0.5, reason="a test", source="a test")
SPEND_HIGH = Alert(
    name="ClaudeCodeSpendHigh",
    expr="up == 0",
    severity="page",  # type: ignore[arg-type]  # the mistake under test
    summary="{{ $labels.job }} is down.",
    description=" ",
    no_data="",
    for_="10 min",
    keep_firing_for="-3x",
)
NO_RUNBOOK = Alert(
    name="ClaudeCodeNoRunbook",
    expr="up == 0",
    severity="info",
    summary="A target is down.",
    description="A target is down; look at it.",
    no_data="nothing to look at",
)
