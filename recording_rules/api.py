"""Requests to the model: those that succeeded, how long they took, and those that failed for good.

Attempts that failed and were retried leave no trace in the clients' telemetry.
"""

from claude_code_mixin import Group, active
from claude_code_mixin.event_meters import API, ERROR
from claude_code_mixin.meter import cut_down, remembering, remembering_histogram, rolled_up
from claude_code_mixin.meters import ATTRIBUTION, EXTENSION, IDENTITY, VERSION, kept

WHAT = "Requests to the model"
TEAM = ", ".join(kept(("team",), active()))

IDENTITY_RECORDS = remembering(
    IDENTITY, "requests", "claude_code_meter_identity_requests_total", "requests", WHAT
)
ATTRIBUTION_RECORDS = remembering(
    ATTRIBUTION, "requests", "claude_code_meter_attribution_requests_total", "requests", WHAT
)
EXTENSION_RECORDS = remembering(
    EXTENSION,
    "requests",
    "claude_code_meter_extension_requests_total",
    "requests",
    WHAT,
    kept_for="cost of a request by agent, skill or MCP server",
)
VERSION_RECORDS = remembering(
    VERSION,
    "requests",
    "claude_code_meter_version_requests_total",
    "requests",
    WHAT,
)
ERROR_RECORDS = remembering(
    ERROR,
    "api_errors",
    "claude_code_meter_error_requests_total",
    "requests",
    "Requests that ended in an error",
    kept_for="error rate by status code and model",
)
EXHAUSTED_RECORDS = remembering(
    ERROR,
    "retries_exhausted",
    "claude_code_meter_error_exhausted_total",
    "requests",
    "Requests given up after the last retry",
    kept_for="telling an outage, which outlasts the retries, from a refused request",
)
REFUSED_RECORDS = remembering(
    ERROR,
    "refusals",
    "claude_code_meter_error_refused_total",
    "requests",
    "Requests that the model refused to answer",
    kept_for="share of refusals by team and model",
)
DURATION_RECORDS = remembering_histogram(
    API,
    "api_duration_seconds",
    "claude_code_meter_api_duration_seconds",
    "seconds",
    "Duration of requests",
    kept_for="percentiles and mean of latency by model and provider",
)
FIRST_TOKEN_RECORDS = remembering_histogram(
    API,
    "first_token_seconds",
    "claude_code_meter_api_first_token_seconds",
    "seconds",
    "Time to the first token",
    kept_for="percentiles of the wait that a user feels, by model and provider",
)
IDENTITY_REQUESTS = IDENTITY_RECORDS[-1]
ATTRIBUTION_REQUESTS = ATTRIBUTION_RECORDS[-1]
EXTENSION_REQUESTS = EXTENSION_RECORDS[-1]
VERSION_REQUESTS = VERSION_RECORDS[-1]
API_ERRORS = ERROR_RECORDS[-1]
RETRIES_EXHAUSTED = EXHAUSTED_RECORDS[-1]
REFUSALS = REFUSED_RECORDS[-1]
_, _, _, API_DURATION_BUCKET, _, API_DURATION_SUM = DURATION_RECORDS
_, _, _, FIRST_TOKEN_BUCKET, _, FIRST_TOKEN_SUM = FIRST_TOKEN_RECORDS
TEAM_REQUESTS = cut_down(IDENTITY_REQUESTS, "team", TEAM)
TOTAL_REQUESTS = cut_down(IDENTITY_REQUESTS, "total", "")
TEAM_REQUESTS_1H = rolled_up(TEAM_REQUESTS, "1h", kept_for="runbook of ClaudeCodeSpendSpike")
TEAM_REQUESTS_1D = rolled_up(TEAM_REQUESTS, "1d", kept_for="reports over long ranges, read at aligned steps")

METER = Group(
    name="claude-code-api-meter",
    records=(
        *IDENTITY_RECORDS,
        *ATTRIBUTION_RECORDS,
        *EXTENSION_RECORDS,
        *VERSION_RECORDS,
        TEAM_REQUESTS,
        TOTAL_REQUESTS,
        *ERROR_RECORDS,
        *EXHAUSTED_RECORDS,
        *REFUSED_RECORDS,
        *DURATION_RECORDS,
        *FIRST_TOKEN_RECORDS,
    ),
)
ROLL_UPS = Group(name="claude-code-api-roll-ups", records=(TEAM_REQUESTS_1H, TEAM_REQUESTS_1D))
