"""The meter's own evidence: a scraped collector that loses no point, and a memory longer than any gap."""

from claude_code_mixin import Alert, active
from claude_code_mixin.client_meter import scraped, sums_deltas
from claude_code_mixin.content.recording_rules.cost import TEAM, UNRELIABLE
from claude_code_mixin.content.recording_rules.pipeline import GAP
from claude_code_mixin.content.recording_rules.session import START_SESSIONS
from claude_code_mixin.durations import seconds
from claude_code_mixin.ingest import by_collector

METER = active().meter
COMES_AND_GOES = "is about a collector; clients that are scraped come and go" if scraped() else ""
NO_TARGET = "is about a scraped target; clients post to the server itself" if sums_deltas() else ""
BLIND = "Rules were not evaluated" if sums_deltas() else "A collector was not scraped"
SUMS_UP = "" if by_collector() else "is about the compiled collector, which sums points up"
MEMORY_SECONDS = f"{seconds(METER.memory):.0f}"
LOST = f'otelcol_deltatocumulative_datapoints_total{{job="{METER.health_job}",error!=""}}'
UNREACHABLE = "" if scraped() else f'up{{job="{METER.job}"}} == 0 or '
INSTANCE = "" if scraped() else "{{ if $labels.instance }} {{ $labels.instance }}{{ end }}"
COLLECTOR_DOWN = Alert(
    name="ClaudeCodeCollectorUnreachable",
    expr=f'{UNREACHABLE}absent(up{{job="{METER.job}"}})',
    for_="5m",
    severity="critical",
    summary="Prometheus cannot read a Claude Code collector.",
    description=f"Scrapes of {{{{ $labels.job }}}}{INSTANCE} fail. "
    f"Nothing is lost while it runs and scrapes return within {METER.memory}. Check the process, "
    "then the network.",
    no_data="fires: a target that is not even configured is the worst case",
    unavailable=NO_TARGET,
)
METER_GAP = Alert(
    name="ClaudeCodeMeterGap",
    expr=f"max_over_time({GAP}[1h]) > {MEMORY_SECONDS}",
    severity="warning",
    summary="The Claude Code meter was blind for longer than it remembers.",
    description=f"{BLIND} for {{{{ $value | humanizeDuration }}}}. Spend in that gap is "
    "counted nowhere: mark the time on reports, correct totals from the clients' logs or the usage export.",
    no_data="silent: a meter that never ran has no gap; an unreachable collector has an alert of its own",
    unavailable=COMES_AND_GOES,
)
POINTS_LOST = Alert(
    name="ClaudeCodeCollectorPointsLost",
    expr=f"""
sum by (error) ({LOST} unless {LOST} offset 15m) > 0
or
sum by (error) (increase({LOST}[15m])) > 0
""",
    keep_firing_for="15m",
    severity="warning",
    summary="The Claude Code collector loses points while summing them up.",
    description="{{ $value | humanize }} points were lost in 15 minutes ({{ $labels.error }}). Spend, tokens "
    "or sessions are too low since then. Follow the runbook's row for this error.",
    no_data="silent: without the collector's own metrics no loss is known; the canary covers that",
    unavailable=SUMS_UP,
)
SESSIONS_TAKEN_UP = f'{START_SESSIONS}{{start_type=~"resume|continue"}}'
COUNTERS_UNRELIABLE = Alert(
    name="ClaudeCodeCountersUnreliable",
    expr="\nor\n".join(
        f"sum by ({TEAM}) (sum_over_time({found}[15m])) > 0" for found in (*UNRELIABLE, SESSIONS_TAKEN_UP)
    ),
    keep_firing_for="1h",
    severity="warning",
    summary="Counters of Claude Code sessions cannot be told apart or got lost: spend is missing.",
    description="{{ $value | humanize }} times in 15 minutes a session was resumed or continued, had no "
    "id, or its counter fell, came back, or went unobserved. Spend is too low: send telemetry through the "
    "compiled collector, or see the runbook.",
    no_data="silent: without sessions no counter can fall; an absent target has an alert of its own",
)
