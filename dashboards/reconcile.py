"""Do the three meters agree? Events, the clients' counter, tokens times list price; and what was refused."""

from claude_code_mixin import Dashboard, Query, Row
from claude_code_mixin.breakdowns import ESTIMATE
from claude_code_mixin.content.alerts import pipeline as health_alerts
from claude_code_mixin.content.alerts import reconcile as alerts
from claude_code_mixin.content.recording_rules import cost, pipeline, reconcile
from claude_code_mixin.panels import stat, table, timeseries

PRICED = f"sum({reconcile.PRICED_COST_1H})"
COUNTER = f"sum({pipeline.WITNESS_COST_1H})"
NOTHING = "nothing recorded"

TOTALS = (
    stat(
        "events",
        "Events, last hour",
        f"The number that every panel in dollars shows. {ESTIMATE}",
        "currencyUSD",
        str(cost.TOTAL_COST_1H),
    ),
    stat(
        "counter",
        "Clients' counter, last hour",
        f"The witness: lower when counters are lost, or cumulative and refused. {ESTIMATE}",
        "currencyUSD",
        COUNTER,
    ),
    stat(
        "priced",
        "Tokens times list price, last hour",
        f"Lower when a model has no price: see below. {ESTIMATE}",
        "currencyUSD",
        PRICED,
    ),
    stat(
        "divergence",
        "Events and counter apart",
        "Red: one of the two loses or repeats telemetry; see the runbook of ClaudeCodeMetersDiverge.",
        "percentunit",
        f"max({pipeline.DIVERGENCE})",
        steps=((None, "green"), (health_alerts.DIVERGENCE_RATIO.resolved(), "red")),
        no_value=NOTHING,
    ),
    stat(
        "unexplained",
        "Events and price apart, worst model",
        "Red: a price has changed or events are forged; see the runbook of ClaudeCodeCostUnexplained.",
        "percentunit",
        f"max({reconcile.UNEXPLAINED_RATIO})",
        steps=((None, "green"), (alerts.UNEXPLAINED_RATIO.resolved(), "red")),
        no_value=NOTHING,
    ),
    stat(
        "dropped",
        "Refused by the collector",
        "Share of events or points of the last hour. The overview's alerts name the reason.",
        "percentunit",
        f"max({pipeline.DROPPED_SHARE})",
        steps=((None, "green"), (0.001, "yellow"), (0.01, "red")),
        no_value=NOTHING,
    ),
)
METERS = timeseries(
    "meters",
    "Spend of the last hour by three meters",
    f"Lines that part: telemetry is lost, repeated or forged, or a price has changed. {ESTIMATE}",
    "currencyUSD",
    Query(expr=str(cost.TOTAL_COST_1H), legend="events"),
    Query(expr=COUNTER, legend="clients' counter"),
    Query(expr=PRICED, legend="tokens times list price"),
    width=24,
    minimum=0,
)
MODELS = (
    table(
        "unexplained-model",
        "Unexplained by model, last hour",
        f"Above 0: dollars without tokens (web searches); below: tokens without dollars. {ESTIMATE}",
        "currencyUSD",
        Query(expr=f"sum by (model) ({reconcile.MODEL_COST_1H})", legend="Events"),
        Query(expr=reconcile.MODEL_PRICED_1H, legend="Tokens times price"),
        Query(expr=f"sum by (model) ({reconcile.UNEXPLAINED})", legend="Unexplained"),
        columns={"model": "Model"},
        sort="Unexplained",
        no_value=NOTHING,
    ),
    table(
        "unpriced",
        "Tokens without a price",
        "Last hour. Add the model's published price: see the runbook of ClaudeCodeModelUnpriced.",
        "short",
        Query(expr=f"sum by (model) ({reconcile.UNPRICED_TOKENS})", legend="Tokens"),
        columns={"model": "Model"},
        sort="Tokens",
        no_value="none",
        quiet="every recorded model has a price",
    ),
)
SHARE = timeseries(
    "dropped-share",
    "Share refused by the collector",
    "Of the last hour: logs are events, metrics are points. All points refused: cumulative clients.",
    "percentunit",
    Query(expr=f"max by (signal) ({pipeline.DROPPED_SHARE})", legend="{{signal}}"),
    width=24,
    minimum=0,
)

ROWS = {
    "Can these numbers be trusted?": (*TOTALS, METERS),
    "What is not explained?": MODELS,
    "What was refused?": (SHARE,),
}

RECONCILE = Dashboard(
    title="Claude Code / Reconciliation",
    question="Do the three meters agree?",
    rows=tuple(Row(title=title, panels=panels) for title, panels in ROWS.items()),
)
