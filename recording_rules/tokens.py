"""Tokens by type, as the clients report them per request; input excludes what was read from the cache."""

from claude_code_mixin import Group, active
from claude_code_mixin.meter import cut_down, remembering, rolled_up
from claude_code_mixin.meters import ATTRIBUTION, IDENTITY, kept

WHAT = "Tokens"
REPORTS = "reports over long ranges, read at aligned steps"
TEAM_MODEL_TYPE = ", ".join((*kept(("team",), active()), "model", "type"))

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
IDENTITY_TOKENS = IDENTITY_RECORDS[-1]
ATTRIBUTION_TOKENS = ATTRIBUTION_RECORDS[-1]
TEAM_TOKENS = cut_down(IDENTITY_TOKENS, "team", TEAM_MODEL_TYPE)
TEAM_TOKENS_1H = rolled_up(TEAM_TOKENS, "1h", kept_for=REPORTS)
TEAM_TOKENS_1D = rolled_up(TEAM_TOKENS, "1d", kept_for=REPORTS)

METER = Group(
    name="claude-code-tokens-meter",
    records=(*IDENTITY_RECORDS, *ATTRIBUTION_RECORDS, TEAM_TOKENS),
)
ROLL_UPS = Group(name="claude-code-tokens-roll-ups", records=(TEAM_TOKENS_1H, TEAM_TOKENS_1D))
