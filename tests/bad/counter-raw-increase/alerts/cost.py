"""An alert on a raw series."""

from claude_code_mixin import Alert

SPEND_HIGH = Alert(
    name="ClaudeCodeSpendHigh",
    expr="sum(claude_code_meter_identity_cost_USD_total) > 5",
    severity="warning",
    summary="Spend is high.",
    description="Look at the spend.",
    no_data="silent: no spend",
)
