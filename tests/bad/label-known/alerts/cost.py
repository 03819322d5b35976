"""A matcher on a label that the record lacks."""

from claude_code_mixin import Alert

SPEND_HIGH = Alert(
    name="ClaudeCodeSpendHigh",
    expr='identity:claude_code_cost_usd:increase1m{usr="ann"} > 5',
    severity="warning",
    summary="Spend is high.",
    description="Look at the spend.",
    no_data="silent: no spend",
)
