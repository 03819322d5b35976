"""The pipeline itself: what arrived, what was refused, and whether two independent meters agree."""

from claude_code_mixin import Group, Record
from claude_code_mixin.client_meter import sums_deltas
from claude_code_mixin.content.recording_rules import session
from claude_code_mixin.content.recording_rules.cost import TOTAL_COST_1H
from claude_code_mixin.ingest import by_collector
from claude_code_mixin.meter import cut_down, remembering, rolled_up
from claude_code_mixin.meters import WITNESS, Cut

CANARY_RECORDS = remembering(
    Cut("canary", ()), "events", "claude_code_pipeline_canary_total", "events", "Canary events that arrived"
)
EVENT_RECORDS = remembering(
    Cut("event", ("event",)), "events", "claude_code_pipeline_events_total", "events", "Events that arrived"
)
POINT_RECORDS = remembering(
    Cut("point", ()), "points", "claude_code_pipeline_points_total", "points", "Points that arrived"
)
DROPPED_RECORDS = remembering(
    Cut("reason", ("signal", "reason")),
    "dropped",
    "claude_code_pipeline_dropped_total",
    "points",
    "Records and points that the collector refused to count",
)
UNKNOWN_RECORDS = remembering(
    Cut("unknown", ("kind", "event", "unknown")),
    "names",
    "claude_code_pipeline_unknown_total",
    "points",
    "Records and points with names that the catalogue does not have",
)
COST_RECORDS = remembering(
    WITNESS, "cost_usd", "claude_code_cost_usage_USD_total", "USD", "Spend by the clients' own counter"
)
TOKEN_RECORDS = remembering(
    WITNESS,
    "tokens",
    "claude_code_token_usage_tokens_total",
    "tokens",
    "Tokens by the clients' own counter",
    extra="type",
    kept_for="comparing tokens between the two meters by hand",
)
CANARY = CANARY_RECORDS[-1]
EVENTS = EVENT_RECORDS[-1]
POINTS = POINT_RECORDS[-1]
DROPPED = DROPPED_RECORDS[-1]
UNKNOWN_NAMES = UNKNOWN_RECORDS[-1]
WITNESS_COST = COST_RECORDS[-1]
WITNESS_TOKENS = TOKEN_RECORDS[-1]
TOTAL_EVENTS = cut_down(EVENTS, "total", "")
WITNESS_COST_1H = rolled_up(WITNESS_COST, "1h")

WITNESS_SUM = f"(sum({WITNESS_COST_1H}) or vector(0))"
EVENTS_SUM = f"({TOTAL_COST_1H} or vector(0))"
KNOWN, ALIVE, *_ = COST_RECORDS if by_collector() else session.CLIENT_RECORDS
DIVERGENCE = Record(
    name="total:claude_code_cost_usd:divergence_ratio1h",
    expr=f"abs({WITNESS_SUM} - on () {EVENTS_SUM}) / (clamp_min({WITNESS_SUM}, scalar({EVENTS_SUM})) > 0)",
    unit="ratio",
    help="Difference between the clients' counter and the events over the last hour, against the larger one",
)
ARRIVED = f"""
label_replace(sum_over_time({TOTAL_EVENTS}[1h]), "signal", "logs", "", "")
or
label_replace(sum_over_time({POINTS}[1h]), "signal", "metrics", "", "")
""".strip()
DROPPED_SHARE = Record(
    name="signal:claude_code_dropped:ratio1h",
    expr=f"""
sum by (signal) (sum_over_time({DROPPED}[1h])) / on (signal) ({ARRIVED})
or
0 * ({ARRIVED})
""",
    unit="ratio",
    help="Share of the last hour's events (logs) and points (metrics) that the collector refused to count",
    allow=(("unit/panel", "of each signal alone: dropped events of events, dropped points of points"),),
)
UNSEEN = f"time() - max({KNOWN})"
GAP = Record(
    name="total:claude_code_meter:gap_seconds",
    expr=UNSEEN if sums_deltas() else f"max((time() - {KNOWN}) and on (job, instance) {ALIVE}) or ({UNSEEN})",
    unit="seconds",
    help="Time since a collector scraped now, or else any, was last seen; beyond the memory its gap is lost",
)
EVENTS_MEAN = Record(
    name="total:claude_code_events:mean10m_7d",
    expr=f"sum_over_time({TOTAL_EVENTS}[7d] offset 10m) / 1008",
    unit="events",
    help="Events in ten minutes, averaged over the week before",
)

METER = Group(
    name="claude-code-pipeline-meter",
    records=(
        *CANARY_RECORDS,
        *EVENT_RECORDS,
        *POINT_RECORDS,
        *DROPPED_RECORDS,
        *UNKNOWN_RECORDS,
        *COST_RECORDS,
        *TOKEN_RECORDS,
        TOTAL_EVENTS,
        GAP,
    ),
)
HEALTH = Group(
    name="claude-code-pipeline-health", records=(WITNESS_COST_1H, DIVERGENCE, DROPPED_SHARE, EVENTS_MEAN)
)
