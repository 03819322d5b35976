"""Templates that print nothing."""

from claude_code_mixin import Alert

SPEND_HIGH = Alert(
    name="ClaudeCodeSpendHigh",
    expr="team:claude_code_cost_usd:increase1h > 5",
    severity="warning",
    summary="Spend is high.",
    description="{{ $labels.model }} of {{ $labels.team }}: {{ .Bogus }} {{ $valeu }}",
    no_data="silent: no spend",
)
