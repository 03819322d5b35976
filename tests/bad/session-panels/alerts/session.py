"""An alert on a single session."""

from claude_code_mixin import Alert

SPEND_HIGH = Alert(
    name="ClaudeCodeSessionDear",
    expr="claude_code_meter_session_cost_USD_total > 100",
    severity="warning",
    summary="A session is dear.",
    description="Spend {{ $value }}.",
    no_data="silent: no spend",
)
