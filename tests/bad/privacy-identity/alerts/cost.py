"""An alert that names a person."""

from claude_code_mixin import Alert

SPEND_HIGH = Alert(
    name="ClaudeCodeSpendHigh",
    expr="user:claude_code_cost_usd:increase1m > 5",
    severity="warning",
    summary="Spend is high.",
    description="{{ $labels.user }} spends.",
    no_data="silent: no spend",
)
