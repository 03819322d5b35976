"""The meter's own evidence: a scraped collector, and a memory longer than any gap."""

from claude_code_mixin import Alert, active
from claude_code_mixin.content.recording_rules.pipeline import GAP
from claude_code_mixin.durations import seconds

METER = active().meter
MEMORY_SECONDS = f"{seconds(METER.memory):.0f}"

COLLECTOR_DOWN = Alert(
    name="ClaudeCodeCollectorUnreachable",
    expr=f'up{{job="{METER.job}"}} == 0 or absent(up{{job="{METER.job}"}})',
    for_="5m",
    severity="critical",
    summary="Prometheus cannot read a Claude Code collector.",
    description="Scrapes of {{ $labels.job }} {{ $labels.instance }} fail. Nothing is lost while the "
    f"collector runs and scrapes return within {METER.memory}. Check the process, then the network.",
    no_data="fires: a target that is not even configured is the worst case",
)
METER_GAP = Alert(
    name="ClaudeCodeMeterGap",
    expr=f"max_over_time({GAP}[1h]) > {MEMORY_SECONDS}",
    severity="warning",
    summary="The Claude Code meter was blind for longer than it remembers.",
    description="No collector was scraped for {{ $value | humanizeDuration }}. Spend in that gap is counted "
    "nowhere: mark the time on reports, and correct totals from the clients' logs or the usage export.",
    no_data="silent: a meter that never ran has no gap; an unreachable collector has an alert of its own",
)
