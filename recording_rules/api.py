"""Requests to the model: those that succeeded, how long they took, and those that failed for good.

Attempts that failed and were retried leave no trace in the clients' telemetry.
"""

from claude_code_mixin import Group, Record, active
from claude_code_mixin.event_meters import API, ERROR
from claude_code_mixin.meter import BEFORE, cut_down, remembering, remembering_histogram, rolled_up
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
)
EXHAUSTED_RECORDS = remembering(
    ERROR,
    "retries_exhausted",
    "claude_code_meter_error_exhausted_total",
    "requests",
    "Requests given up after the last retry",
)
REFUSED_RECORDS = remembering(
    ERROR,
    "refusals",
    "claude_code_meter_error_refused_total",
    "requests",
    "Requests that the model refused to answer",
)
DURATION_RECORDS = remembering_histogram(
    API, "api_duration_seconds", "claude_code_meter_api_duration_seconds", "seconds", "Duration of requests"
)
FIRST_TOKEN_RECORDS = remembering_histogram(
    API,
    "first_token_seconds",
    "claude_code_meter_api_first_token_seconds",
    "seconds",
    "Time to the first token",
)
IDENTITY_REQUESTS = IDENTITY_RECORDS[-1]
ATTRIBUTION_REQUESTS = ATTRIBUTION_RECORDS[-1]
EXTENSION_REQUESTS = EXTENSION_RECORDS[-1]
VERSION_REQUESTS = VERSION_RECORDS[-1]
API_ERRORS = ERROR_RECORDS[-1]
RETRIES_EXHAUSTED = EXHAUSTED_RECORDS[-1]
REFUSALS = REFUSED_RECORDS[-1]
API_DURATION_BUCKET, FIRST_TOKEN_BUCKET = DURATION_RECORDS[3], FIRST_TOKEN_RECORDS[3]
TEAM_REQUESTS = cut_down(IDENTITY_REQUESTS, "team", TEAM)
TOTAL_REQUESTS = cut_down(IDENTITY_REQUESTS, "total", "")
TEAM_REQUESTS_1H = rolled_up(TEAM_REQUESTS, "1h")
TEAM_REQUESTS_1D = rolled_up(TEAM_REQUESTS, "1d", kept_for="reports over long ranges, read at aligned steps")
MODEL_DURATION_1H = Record(
    name="model:claude_code_api_duration_seconds_bucket:increase1h",
    expr=f"sum by (model, le) (sum_over_time({API_DURATION_BUCKET}[1h]))",
    unit="1",
    help="Requests of up to le seconds in the last 1h",
)


def p95(window: str, buckets: str, when: str) -> Record:
    """Return the duration that 95 % of the requests counted in `buckets` stay below, by model."""
    return Record(
        name=f"model:claude_code_api_duration_seconds:p95_{window}",
        expr=f"histogram_quantile(0.95, {buckets})",
        unit="seconds",
        help=f"Duration that 95 % of the requests stay below, in the {when}",
    )


DURATION_P95_1H = p95("1h", f"{MODEL_DURATION_1H}", "last 1h")
DURATION_P95_6D = p95("6d", f"sum_over_time({MODEL_DURATION_1H}{BEFORE})", "six days that ended a day ago")

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
ROLL_UPS = Group(
    name="claude-code-api-roll-ups",
    records=(TEAM_REQUESTS_1H, TEAM_REQUESTS_1D, MODEL_DURATION_1H, DURATION_P95_1H),
)
DAYS_BEFORE = Group(name="claude-code-api-before", records=(DURATION_P95_6D,))
