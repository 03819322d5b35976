"""The model API fails, slows down, refuses. Nobody here can mend it: none pages. Five minutes: no burst."""

from claude_code_mixin import Alert, Threshold
from claude_code_mixin.content.recording_rules import api

ERROR_RATIO = Threshold(
    alert="ClaudeCodeApiErrorRateHigh",
    key="ratio",
    value=0.1,
    reason="each failure outlasted its retries or cannot be retried: one in ten stops people",
    source="judgement; usual are fractions of a percent, because retries cure the rest",
)
ERROR_REQUESTS = Threshold(
    alert="ClaudeCodeApiErrorRateHigh",
    key="requests_per_15m",
    value=10,
    reason="fewer are one session that tries again",
    source="public alert sets: more than 5 errors in 5 minutes",
)
EXHAUSTED_REQUESTS = Threshold(
    alert="ClaudeCodeApiRetriesExhausted",
    key="requests_per_15m",
    value=10,
    reason="retrying takes minutes: one client gives up but a few times in a quarter of an hour",
    source="the pauses between attempts grow",
)
SLOW_RATIO = Threshold(
    alert="ClaudeCodeApiLatencyHigh",
    key="ratio",
    value=2,
    reason="between working days the p95 of an hour varies by half, not by twice",
    source="judgement; set it from your own dashboard",
)
SLOW_SECONDS = Threshold(
    alert="ClaudeCodeApiLatencyHigh",
    key="seconds",
    value=15,
    reason="nobody minds twice as long as a short while",
    source="answers stream: within 15 seconds most are read",
)
SLOW_REQUESTS = Threshold(
    alert="ClaudeCodeApiLatencyHigh",
    key="requests_per_hour",
    value=200,
    reason="the slowest 5 % of fewer are under ten requests, and one long answer moves them",
    source="5 % of 200",
)
REFUSED_RATIO = Threshold(
    alert="ClaudeCodeApiRefusalsHigh",
    key="ratio",
    value=0.05,
    reason="one in twenty means that a kind of work, not a prompt, is refused",
    source="judgement; refusals of coding work are rare",
)
REFUSED_REQUESTS = Threshold(
    alert="ClaudeCodeApiRefusalsHigh",
    key="requests_per_hour",
    value=20,
    reason="a refused prompt is tried again in other words: fewer are one person",
    source="judgement",
)
WHO = "team {{ $labels.team }}" if api.TEAM else "the organisation"
ERRORS = f"sum_over_time({api.API_ERRORS}[15m])"
FAILED = f"sum by (model) ({ERRORS})"
ANSWERED = f"sum_over_time({api.ATTRIBUTION_REQUESTS}[15m])"
TEAM_MODEL = f"{api.TEAM}, model" if api.TEAM else "model"
REFUSED = f"sum by ({TEAM_MODEL}) (sum_over_time({api.REFUSALS}[1h]))"
ASKED = f"sum by ({TEAM_MODEL}) (sum_over_time({api.ATTRIBUTION_REQUESTS}[1h]))"

ERROR_RATE = Alert(
    name="ClaudeCodeApiErrorRateHigh",
    expr=f"""
{FAILED} / sum by (model) ({ERRORS} or {ANSWERED}) > {ERROR_RATIO}
and {FAILED} >= {ERROR_REQUESTS}
""",
    for_="5m",
    keep_firing_for="15m",
    severity="warning",
    summary="Requests of Claude Code to a model fail.",
    description="{{ $value | humanizePercentage }} of the requests to {{ $labels.model }} failed for good in "
    "15 minutes. The status code says whose fault it is: provider, keys, rate limit or client.",
    no_data="silent: without failed requests there is no error; lost telemetry has alerts of its own",
)
EXHAUSTED = Alert(
    name="ClaudeCodeApiRetriesExhausted",
    expr=f"sum by (model, status_code) (sum_over_time({api.RETRIES_EXHAUSTED}[15m])) >= {EXHAUSTED_REQUESTS}",
    for_="5m",
    keep_firing_for="15m",
    severity="warning",
    summary="Claude Code gives up on requests to a model after all retries.",
    description="{{ $value | humanize }} requests to {{ $labels.model }} were given up in 15 minutes, status "
    "{{ $labels.status_code }}. It outlasts the retries: tell users, switch model or provider.",
    no_data="silent: as long as retries help, nothing is given up",
)
LATENCY = Alert(
    name="ClaudeCodeApiLatencyHigh",
    expr=f"""
{api.DURATION_P95_1H} > {SLOW_RATIO} * {api.DURATION_P95_6D}
and {api.DURATION_P95_1H} > {SLOW_SECONDS}
and on (model) sum by (model) (sum_over_time({api.ATTRIBUTION_REQUESTS}[1h])) > {SLOW_REQUESTS}
""",
    for_="15m",
    keep_firing_for="30m",
    severity="info",
    summary="A model answers Claude Code far more slowly than in the days before.",
    description="One in twenty requests to {{ $labels.model }} took {{ $value | humanizeDuration }} or "
    f"longer in the last hour, over {SLOW_RATIO} times the usual. Compare with the time to the first token.",
    no_data="silent: without requests nothing takes time; a model's first day has no past to compare with",
)
REFUSALS = Alert(
    name="ClaudeCodeApiRefusalsHigh",
    expr=f"{REFUSED} / {ASKED} > {REFUSED_RATIO} and {REFUSED} >= {REFUSED_REQUESTS}",
    for_="10m",
    keep_firing_for="1h",
    severity="info",
    summary="A model refuses a large part of what Claude Code asks.",
    description="{{ $labels.model }} refused {{ $value | humanizePercentage }} of the requests of "
    f"{WHO} in the last hour. Ask what the work is, and use another model for it if it is legitimate.",
    no_data="silent: without refusals there is no share of them",
)
