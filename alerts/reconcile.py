"""Dollars that tokens times list price do not explain, and models without a price."""

from claude_code_mixin import Alert, Threshold
from claude_code_mixin.content.recording_rules import reconcile

UNEXPLAINED_RATIO = Threshold(
    alert="ClaudeCodeCostUnexplained",
    key="ratio",
    value=0.02,
    reason="both come from the same events and agree to rounding; a wrong price is off by 5 % or more",
    source="captures: dollars equal tokens times list price to rounding; prices moved by 20 % and more",
)
UNEXPLAINED_USD = Threshold(
    alert="ClaudeCodeCostUnexplained",
    key="usd_per_hour",
    value=10,
    reason="web searches are in the dollars and not in the tokens; below it nobody needs to act",
    source="price list: $10 for 1,000 web searches",
)
UNPRICED_USD = Threshold(
    alert="ClaudeCodeModelUnpriced",
    key="usd_per_hour",
    value=1,
    reason="a few requests to try a new model cost cents",
    source="captures: about $0.02 a request of the dearest model",
)

COST_UNEXPLAINED = Alert(
    name="ClaudeCodeCostUnexplained",
    expr=f"""
{reconcile.UNEXPLAINED_RATIO} > {UNEXPLAINED_RATIO}
and on (model) abs({reconcile.UNEXPLAINED}) > {UNEXPLAINED_USD}
""",
    for_="30m",
    severity="warning",
    summary="Claude Code reports dollars that its tokens do not explain.",
    description="The dollars of {{ $labels.model }} differ from tokens times list price by "
    "{{ $value | humanizePercentage }} over the last hour. A price has changed, or events are forged. Follow "
    "the runbook before trusting them.",
    no_data="silent: without dollars and tokens nothing is to be explained; lost telemetry has alerts",
)
MODEL_UNPRICED = Alert(
    name="ClaudeCodeModelUnpriced",
    expr=f"{reconcile.MODEL_COST_1H} > {UNPRICED_USD} and on (model) {reconcile.UNPRICED_TOKENS}",
    for_="15m",
    severity="info",
    summary="A model spends that the Claude Code price table does not know.",
    description="{{ $labels.model }} spent ${{ $value | humanize }} in the last hour and has no list price. "
    "Its dollars count, but nothing checks them: add its price.",
    no_data="silent: a model that nobody uses needs no price",
)
