"""Telemetry that stopped, was refused, floods, or contradicts itself."""

from claude_code_mixin import Alert, Threshold, active
from claude_code_mixin.content.recording_rules import pipeline
from claude_code_mixin.content.recording_rules.api import TOTAL_REQUESTS
from claude_code_mixin.content.recording_rules.cost import TOTAL_COST_1H
from claude_code_mixin.content.recording_rules.session import START_SESSIONS

HEALTH_JOB = active().meter.health_job
SESSIONS = Threshold(
    alert="ClaudeCodeTelemetryGap",
    key="sessions",
    value=5,
    reason="a process may start and end without a request; five in an hour hardly do",
    source="captures: 1 of 23 scenarios has a session without a request",
)
FLOOD_RATIO = Threshold(
    alert="ClaudeCodeIngestionFlood",
    key="ratio",
    value=20,
    reason="the busiest ten minutes are 4 to 8 times the week's mean",
    source="168/40 hours and a doubling at the start of the working day",
)
FLOOD_EVENTS = Threshold(
    alert="ClaudeCodeIngestionFlood",
    key="events_per_10m",
    value=6000,
    reason="ten events a second: a hundred people at work, or one loop",
    source="captures: about 10 events a prompt",
)
DIVERGENCE_RATIO = Threshold(
    alert="ClaudeCodeMetersDiverge",
    key="ratio",
    value=0.05,
    reason="the two agree exactly; up to a minute of spend may be in one of them only",
    source="client export intervals: 5 s for events, 60 s for counters",
)
DIVERGENCE_USD = Threshold(
    alert="ClaudeCodeMetersDiverge",
    key="usd_per_hour",
    value=10,
    reason="below it one late batch is a large share",
    source="one long request costs dollars",
)

CANARY_ABSENT = Alert(
    name="ClaudeCodeCanaryAbsent",
    expr=f"group(sum_over_time({pipeline.CANARY}[7d])) unless on () sum_over_time({pipeline.CANARY}[15m])",
    for_="5m",
    severity="critical",
    summary="The synthetic event no longer passes through the Claude Code telemetry pipeline.",
    description="A canary arrived within the last week, but none in 15 minutes. Real events are lost "
    "likewise: follow the pipeline from the sender to the collector.",
    no_data="silent until a first canary was ever seen, fires when it then goes missing",
)
TELEMETRY_GAP = Alert(
    name="ClaudeCodeTelemetryGap",
    expr=f"""
sum(sum_over_time({START_SESSIONS}{{start_type!="agents_view"}}[1h])) >= {SESSIONS}
unless on () sum_over_time({TOTAL_REQUESTS}[1h])
""",
    for_="10m",
    severity="critical",
    summary="Claude Code sessions start, but no request of theirs is counted.",
    description="{{ $value }} sessions started in the last hour without one counted request. Events are "
    "switched off or lost: check the clients' OTEL_LOGS_EXPORTER, then the collector's logs pipeline.",
    no_data="silent: no sessions and no requests is a quiet hour; the canary covers a dead pipeline",
)
STALLED = Alert(
    name="ClaudeCodePipelineStalled",
    expr=f"""
sum(increase(otelcol_receiver_accepted_log_records_total{{job="{HEALTH_JOB}"}}[15m])) > 50
unless on () sum_over_time({pipeline.TOTAL_EVENTS}[15m])
""",
    for_="5m",
    severity="critical",
    summary="The collector receives Claude Code events, but Prometheus does not see them grow.",
    description="{{ $value | humanize }} log records were accepted in 15 minutes and none was counted. "
    "Compare the collector's processors and its metrics endpoint with the built configuration.",
    no_data="silent: without the collector's own metrics nothing is known to have been received",
)
FLOOD = Alert(
    name="ClaudeCodeIngestionFlood",
    expr=f"""
sum_over_time({pipeline.TOTAL_EVENTS}[10m]) > {FLOOD_EVENTS}
and sum_over_time({pipeline.TOTAL_EVENTS}[10m]) > {FLOOD_RATIO} * {pipeline.EVENTS_MEAN}
and sum_over_time({pipeline.TOTAL_EVENTS}[6d] offset 1d) > 0
""",
    for_="5m",
    keep_firing_for="10m",
    severity="warning",
    summary="Far more Claude Code events arrive than in the week before.",
    description="{{ $value | humanize }} events arrived in ten minutes. The query "
    "sum by (writer) (increase(claude_code_pipeline_events_total[10m])) names the one that loops or replays.",
    no_data="silent: no events are no flood; on the first day there is no past to compare with",
)
DROPPED_POINTS = Alert(
    name="ClaudeCodeTelemetryDropped",
    expr=f"sum by (signal, reason) (sum_over_time({pipeline.DROPPED}[15m])) > 0",
    for_="5m",
    keep_firing_for="15m",
    severity="warning",
    summary="The collector refuses part of the Claude Code telemetry.",
    description="{{ $value | humanize }} {{ $labels.signal }} were dropped in 15 minutes: "
    "{{ $labels.reason }}. The runbook names the cause and the way out of each reason.",
    no_data="silent: nothing dropped leaves nothing to report",
)
METERS_DIVERGE = Alert(
    name="ClaudeCodeMetersDiverge",
    expr=f"""
{pipeline.DIVERGENCE} > {DIVERGENCE_RATIO}
and on () ((sum({pipeline.WITNESS_COST_1H}) > {DIVERGENCE_USD}) or ({TOTAL_COST_1H} > {DIVERGENCE_USD}))
""",
    for_="30m",
    severity="warning",
    summary="Two independent meters of Claude Code spend disagree.",
    description="Events and the clients' own counters differ by {{ $value | humanizePercentage }} over the "
    "last hour. One of them loses or repeats telemetry: follow the runbook before trusting either.",
    no_data="silent: without spend in either meter there is nothing to compare",
)
