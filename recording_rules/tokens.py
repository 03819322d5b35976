"""Tokens by type, as the clients report them per request; input excludes what was read from the cache.

Beside them: how full the context was. What has a price of its own is metered in reconcile.py.
"""

from claude_code_mixin import Group, active
from claude_code_mixin.client_meter import client_memory
from claude_code_mixin.event_meters import CONTEXT
from claude_code_mixin.meter import cut_down, remembering, rolled_up
from claude_code_mixin.meters import ATTRIBUTION, IDENTITY, kept

WHAT = "Tokens"
REPORTS = "reports over long ranges, read at aligned steps"
TEAM_MODEL_TYPE = ", ".join((*kept(("team",), active()), "model", "type"))

CLIENT_RECORDS = client_memory("tokens", "tokens", WHAT)
IDENTITY_RECORDS = remembering(
    IDENTITY, "tokens", "claude_code_meter_identity_tokens_total", "tokens", WHAT, extra="type"
)
ATTRIBUTION_RECORDS = remembering(
    ATTRIBUTION,
    "tokens",
    "claude_code_meter_attribution_tokens_total",
    "tokens",
    WHAT,
    extra="type",
    kept_for="finding out which query source or effort fills the context",
)
CONTEXT_RECORDS = remembering(
    CONTEXT,
    "context_requests",
    "claude_code_meter_context_requests_total",
    "requests",
    "Requests by the size of their context",
    kept_for="share of requests with a context so long that they cost more",
)
IDENTITY_TOKENS = IDENTITY_RECORDS[-1]
ATTRIBUTION_TOKENS = ATTRIBUTION_RECORDS[-1]
CONTEXT_REQUESTS = CONTEXT_RECORDS[-1]
TEAM_TOKENS = cut_down(IDENTITY_TOKENS, "team", TEAM_MODEL_TYPE)
TEAM_TOKENS_1H = rolled_up(TEAM_TOKENS, "1h", kept_for=REPORTS)
TEAM_TOKENS_1D = rolled_up(TEAM_TOKENS, "1d", kept_for=REPORTS)

METER = Group(
    name="claude-code-tokens-meter",
    records=(
        *CLIENT_RECORDS,
        *IDENTITY_RECORDS,
        *ATTRIBUTION_RECORDS,
        TEAM_TOKENS,
        *CONTEXT_RECORDS,
    ),
)
ROLL_UPS = Group(name="claude-code-tokens-roll-ups", records=(TEAM_TOKENS_1H, TEAM_TOKENS_1D))
