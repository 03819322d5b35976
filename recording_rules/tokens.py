"""Tokens by type, as the clients report them per request; input excludes what was read from the cache.

Beside them: how full the context was. What has a price of its own is metered in reconcile.py.
"""

from claude_code_mixin import Group, Record, active
from claude_code_mixin.client_meter import client_memory
from claude_code_mixin.content.recording_rules.api import TEAM_REQUESTS_1H
from claude_code_mixin.event_meters import CONTEXT
from claude_code_mixin.meter import BEFORE, cut_down, remembering, rolled_up
from claude_code_mixin.meters import ATTRIBUTION, IDENTITY, kept

WHAT = "Tokens"
REPORTS = "reports over long ranges, read at aligned steps"
TEAM = ", ".join(kept(("team",), active()))
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
)
CONTEXT_RECORDS = remembering(
    CONTEXT,
    "context_requests",
    "claude_code_meter_context_requests_total",
    "requests",
    "Requests by the size of their context",
)
IDENTITY_TOKENS = IDENTITY_RECORDS[-1]
ATTRIBUTION_TOKENS = ATTRIBUTION_RECORDS[-1]
CONTEXT_REQUESTS = CONTEXT_RECORDS[-1]
TEAM_TOKENS = cut_down(IDENTITY_TOKENS, "team", TEAM_MODEL_TYPE)
TEAM_TOKENS_1H = rolled_up(TEAM_TOKENS, "1h")
TEAM_TOKENS_1D = rolled_up(TEAM_TOKENS, "1d", kept_for=REPORTS)
TEAM_SENT_1H = Record(
    name="team:claude_code_sent_tokens:increase1h",
    expr=f'sum by ({TEAM}) ({TEAM_TOKENS_1H}{{type=~"input|cacheRead|cacheCreation"}})',
    unit="tokens",
    help="Tokens that requests sent: fresh, read from the cache and written to it, in the last 1h",
)
TEAM_CACHED_1H = Record(
    name="team:claude_code_cached_tokens:increase1h",
    expr=f"""
sum by ({TEAM}) (
  {TEAM_TOKENS_1H}{{type="cacheRead"}}
  or
  {TEAM_TOKENS_1H}{{type=~"input|cacheCreation"}} * 0
)
""".strip(),
    unit="tokens",
    help="Tokens that requests read from the cache, in the last 1h; 0 where some were sent and none was read",
)
CACHE_HITS_1H = Record(
    name="team:claude_code_cache_hits:ratio1h",
    expr=f"{TEAM_CACHED_1H} / {TEAM_SENT_1H}",
    unit="ratio",
    help="Share of the tokens sent in the last 1h that the cache had",
)
CACHE_HITS_6D = Record(
    name="team:claude_code_cache_hits:ratio6d",
    expr=f"sum_over_time({TEAM_CACHED_1H}{BEFORE}) / sum_over_time({TEAM_SENT_1H}{BEFORE})",
    unit="ratio",
    help="Share of the tokens sent that the cache had, in the six days that ended a day ago",
)
SENT_PER_REQUEST_1H = Record(
    name="team:claude_code_sent_tokens:mean1h",
    expr=f"{TEAM_SENT_1H} / {TEAM_REQUESTS_1H}",
    unit="tokens/requests",
    help="Tokens that a request sent on average in the last 1h",
)
SENT_PER_REQUEST_6D = Record(
    name="team:claude_code_sent_tokens:mean6d",
    expr=f"sum_over_time({TEAM_SENT_1H}{BEFORE}) / sum_over_time({TEAM_REQUESTS_1H}{BEFORE})",
    unit="tokens/requests",
    help="Tokens that a request sent on average in the six days that ended a day ago",
)

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
ROLL_UPS = Group(
    name="claude-code-tokens-roll-ups",
    records=(
        TEAM_TOKENS_1H,
        TEAM_TOKENS_1D,
        TEAM_SENT_1H,
        TEAM_CACHED_1H,
        CACHE_HITS_1H,
        SENT_PER_REQUEST_1H,
    ),
)
DAYS_BEFORE = Group(name="claude-code-tokens-before", records=(CACHE_HITS_6D, SENT_PER_REQUEST_6D))
