"""Spend above a limit."""

from claude_code_mixin import Alert, Threshold

from ..recording_rules.cost import INCREASE_1H

LIMIT = Threshold(
    alert="ClaudeCodeSpendHigh", key="usd_per_hour", value=200, reason="a test", source="a test"
)
SPEND_HIGH = Alert(
    name="ClaudeCodeSpendHigh",
    expr=f"{INCREASE_1H} > {LIMIT}",
    severity="warning",
    summary="A team spends a lot.",
    description="Team {{ $labels.team }} spent ${{ $value }}{{ with $x := .Value }}{{ $x }}{{ end }}.",
    no_data="silent: no spend",
)
