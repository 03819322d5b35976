"""Requests to the model that succeeded; retried attempts leave no trace in the clients' telemetry."""

from claude_code_mixin import Group, active
from claude_code_mixin.meter import cut_down, remembering, rolled_up
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
    kept_for="which client versions are in use",
)
IDENTITY_REQUESTS = IDENTITY_RECORDS[-1]
ATTRIBUTION_REQUESTS = ATTRIBUTION_RECORDS[-1]
EXTENSION_REQUESTS = EXTENSION_RECORDS[-1]
VERSION_REQUESTS = VERSION_RECORDS[-1]
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
    ),
)
ROLL_UPS = Group(name="claude-code-api-roll-ups", records=(TEAM_REQUESTS_1H, TEAM_REQUESTS_1D))
