"""Tokens that a team need not pay for: a cache that no longer hits, contexts that swell, failed compactions.

An hour's mean follows its cause slowly: what holds for half an hour is meant, a shorter pause is no end.
"""

from claude_code_mixin import Alert, Threshold
from claude_code_mixin.content.alerts.cost import WHO
from claude_code_mixin.content.recording_rules import api, compaction, tokens
from claude_code_mixin.content.recording_rules.tokens import CACHE_HITS_1H, TEAM, TEAM_SENT_1H

COLLAPSE_RATIO = Threshold(
    alert="ClaudeCodeCacheHitRatioCollapse",
    key="ratio",
    value=0.75,
    reason="from the usual 95 % to 71 %: more than four times as many tokens are paid in full",
    source="captures: 93 % of what a request sends is read from the cache",
)
COLLAPSE_TOKENS = Threshold(
    alert="ClaudeCodeCacheHitRatioCollapse",
    key="tokens_per_hour",
    value=2_000_000,
    reason="below it a few new sessions, whose first request has to fill the cache, make the ratio",
    source="captures: a request sends about 32,000 tokens, so these are some 60 requests",
)
LOW_RATIO = Threshold(
    alert="ClaudeCodeCacheHitRatioLow",
    key="ratio",
    value=0.5,
    reason="half of all that is sent is paid in full, which is rare even for short jobs",
    source="public alert sets: below 50 %",
)
LOW_TOKENS = Threshold(
    alert="ClaudeCodeCacheHitRatioLow",
    key="tokens_per_hour",
    value=5_000_000,
    reason="below it less than about $7 an hour could be saved, and nobody needs to act",
    source="list prices of a middle model: $3 a million tokens fresh, $0.30 from the cache",
)
SWOLLEN_RATIO = Threshold(
    alert="ClaudeCodeTokensPerRequestDoubled",
    key="ratio",
    value=2,
    reason="the same work costs twice as much; contexts of one team vary less over an hour of many requests",
    source="unit cost is proportional to what a request sends",
)
SWOLLEN_REQUESTS = Threshold(
    alert="ClaudeCodeTokensPerRequestDoubled",
    key="requests_per_hour",
    value=100,
    reason="with fewer, one long session is the team's mean",
    source="captures: up to 7 requests a prompt, so some 15 prompts",
)
UNDONE_EVENTS = Threshold(
    alert="ClaudeCodeCompactionFailing",
    key="events_per_6h",
    value=10,
    reason="compactions are rare: fewer failures may be one session that tries again and again",
    source="a session compacts once per filled context, a few times a day at most",
)
UNDONE_RATIO = Threshold(
    alert="ClaudeCodeCompactionFailing",
    key="ratio",
    value=0.25,
    reason="single failures come from an interrupted compaction or a passing error of the API",
    source="judgement: one in four is no accident any more",
)
ALL_COMPACTED = f"sum by ({TEAM}) (sum_over_time({compaction.COMPACTIONS}[6h]))"
UNDONE = f'sum by ({TEAM}) (sum_over_time({compaction.COMPACTIONS}{{success="false"}}[6h]))'

CACHE_COLLAPSE = Alert(
    name="ClaudeCodeCacheHitRatioCollapse",
    expr=f"""
{CACHE_HITS_1H} < {COLLAPSE_RATIO} * {tokens.CACHE_HITS_6D}
and on ({TEAM}) {TEAM_SENT_1H} > {COLLAPSE_TOKENS}
""",
    for_="30m",
    keep_firing_for="30m",
    severity="warning",
    summary="A team's prompt cache hits far less than in the days before.",
    description=WHO + " reads {{ $value | humanizePercentage }} of what it sends from the cache, far less "
    "than in the days before: the same work costs more. Find what changed at the beginning of its prompts.",
    no_data="silent: without requests nothing is sent; a team's first day has no past to compare with",
)
CACHE_LOW = Alert(
    name="ClaudeCodeCacheHitRatioLow",
    expr=f"{CACHE_HITS_1H} < {LOW_RATIO} and on ({TEAM}) {TEAM_SENT_1H} > {LOW_TOKENS}",
    for_="2h",
    keep_firing_for="1h",
    severity="info",
    summary="A team pays most of what it sends in full, because the prompt cache does not help it.",
    description=WHO + " reads only {{ $value | humanizePercentage }} of what it sends from the cache. Ask "
    "what it runs: jobs that could share a session, or prompts that begin differently every time.",
    no_data="silent: without requests nothing is sent",
)
SWOLLEN = Alert(
    name="ClaudeCodeTokensPerRequestDoubled",
    expr=f"""
{tokens.SENT_PER_REQUEST_1H} > {SWOLLEN_RATIO} * {tokens.SENT_PER_REQUEST_6D}
and on ({TEAM}) {api.TEAM_REQUESTS_1H} > {SWOLLEN_REQUESTS}
""",
    for_="30m",
    keep_firing_for="30m",
    severity="info",
    summary="A team's requests send far more tokens than in the days before.",
    description=WHO + " sends {{ $value | humanize }} tokens with each request, more than "
    f"{SWOLLEN_RATIO} times as many as in the days before. Find what fills the contexts and leave it out.",
    no_data="silent: without requests there is no mean; a team's first day has no past to compare with",
)
COMPACTION_FAILING = Alert(
    name="ClaudeCodeCompactionFailing",
    expr=f"{UNDONE} >= {UNDONE_EVENTS} and {UNDONE} / {ALL_COMPACTED} > {UNDONE_RATIO}",
    for_="15m",
    keep_firing_for="1h",
    severity="warning",
    summary="Full contexts of a team cannot be compacted.",
    description=WHO + " had {{ $value }} compactions fail in six hours. Its sessions go on with contexts "
    "that are too full, and end: check the model API first, then the client version.",
    no_data="silent: without compactions none can fail",
)
