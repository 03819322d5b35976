"""How are tokens used, does the cache pay off? What requests send and get, cached or fresh; full contexts."""

from claude_code_mixin import Dashboard, Row, active
from claude_code_mixin.breakdowns import (
    ESTIMATE,
    Quantity,
    Quotient,
    Times,
    hourly,
    percentiles,
    quotient,
    quotient_table,
    quotients,
    ranking,
    shares,
    total,
)
from claude_code_mixin.content.recording_rules import api, compaction, reconcile, tokens
from claude_code_mixin.filters import over_range, variables, where
from claude_code_mixin.meters import kept
from claude_code_mixin.panels import stat

LABELS = ("team", "model", "user")
CUT = ("team", "model")
SENT_TYPES = 'type=~"input|cacheRead|cacheCreation"'
TOKENS_OF = tokens.IDENTITY_TOKENS.name
CACHED = TOKENS_OF + where(*LABELS, also='type="cacheRead"')
WRITTEN = TOKENS_OF + where(*LABELS, also='type="cacheCreation"')
WAY_SENT = tokens.ATTRIBUTION_TOKENS.name + where(*CUT, also=SENT_TYPES)
WAY_REQUESTS = api.ATTRIBUTION_REQUESTS.name + where(*CUT)
BANDED = tokens.CONTEXT_REQUESTS.name + where(*CUT)
LONG = tokens.CONTEXT_REQUESTS.name + where(*CUT, also='context=~"200k-500k|over 500k"')
BEFORE, AFTER = (
    compaction.COMPACTION_TOKENS.name + where("team", also=f'moment="{moment}"')
    for moment in ("before", "after")
)
ALL_USERS = "All users."
ALL_MODELS = "All models and users."
NO_COMPACTION = "no recorded session compacted its context"

TOKENS = Quantity("tokens", "Tokens", "short", TOKENS_OF + where(*LABELS))
CONTEXT = Quantity("context", "Requests", "short", BANDED, ALL_USERS)
KEPT_FOR = reconcile.TOKEN_RECORDS[-1].name + where(*CUT, also='type=~"cacheWrite5m|cacheWrite1h"')
WRITES = Quantity("writes", "Cache writes", "short", KEPT_FOR, ALL_USERS)
HITS = Quotient("hits", "Cache hit ratio", "percentunit", CACHED, TOKENS_OF + where(*LABELS, also=SENT_TYPES))
REUSE = Quotient("reuse", "Reads per token written", "none", CACHED, WRITTEN)
SENT = Quotient("sent", "Tokens sent per request", "short", WAY_SENT, WAY_REQUESTS, ALL_USERS, "mean")
COMPACTED = Quantity(
    "compactions", "Compactions", "short", compaction.COMPACTIONS.name + where("team"), ALL_MODELS
)
KEPT = Quotient("kept", "Context kept by compactions", "percentunit", AFTER, BEFORE, ALL_MODELS)
WAITED = Times("compaction", "Duration of compactions", compaction.DURATION_RECORDS, ("team",), ALL_MODELS)
ABOVE = Quotient("above-200k", "Above 200k", "percentunit", LONG, BANDED, ALL_USERS)

CACHE_TYPES = 'type=~"cacheRead|cacheWrite5m|cacheWrite1h"'
LISTED = over_range("sum by (listed_as, type)", reconcile.LISTED_TOKENS.name + where(*CUT, also=CACHE_TYPES))
INPUT_PRICE = f'sum by (listed_as) ({reconcile.TOKEN_PRICE}{{type="input"}})'
DEARER = f"{reconcile.TOKEN_PRICE}{{{CACHE_TYPES}}} - on (listed_as) group_left () {INPUT_PRICE}"
SAVED = f"-sum({LISTED} * on (listed_as, type) group_left () ({DEARER})) / 1e6"

ANSWER = (
    total(TOKENS, "Rises with work and with context; the row below tells which."),
    quotient(
        HITS,
        "Read from the cache / (input + read + written). Below 80 % look for what changes the beginning of "
        "prompts: time stamps, settings, tools that come and go.",
        steps=((None, "red"), (0.5, "yellow"), (0.8, "green")),
    ),
    quotient(
        REUSE,
        "At list price a token written for 5 minutes pays off from 0.3 reads on, one for an hour from 1.1. "
        "Below, the cache costs more than it saves: long pauses, or many short jobs.",
        decimals=1,
        steps=((None, "red"), (0.3, "yellow"), (1.1, "green")),
    ),
    stat(
        "saved",
        "Saved by the cache",
        "Against fresh input, less what writing costs. Below 0 the cache costs more than it saves. At the "
        f"prices of the end, without surcharges and models that have no price. {ALL_USERS} {ESTIMATE}",
        "currencyUSD",
        SAVED,
        steps=((None, "red"), (0, "green")),
        no_value="nothing recorded",
    ),
    quotient(SENT, "The context that each carries. Twice as much: clear, compact, fewer tools."),
    quotient(ABOVE, "Share of requests that sent over 200,000 tokens, which is dearer on some models."),
)
BY_TYPE = hourly(TOKENS, "type", "More input at equal work: the cache misses; cacheCreation: it is rebuilt.")
BY_MODEL = hourly(TOKENS, "model", "Which model takes them. A rise without more requests: contexts grow.")
BY_USER = ranking(TOKENS, "user", "Ask before you judge: long tasks and large contexts take many.", width=12)
CACHE = (
    quotients(HITS, "model", "Each model has its own cache: switching starts anew.", width=8, maximum=1),
    quotient_table(HITS, "Ask the lowest what it runs.", {"team": "Team", "model": "Model"}, width=8),
    hourly(WRITES, "type", "1h costs more to write than 5m, and pays off where people pause.", width=8),
)
FILLED = (
    shares(CONTEXT, "context", "Growing large bands are long sessions that nobody clears."),
    quotients(SENT, "query_source", "main is the conversation; subagents have contexts of their own."),
)
COMPACTIONS = (
    hourly(COMPACTED, "success", "false: the conversation goes on too full.", width=8, quiet=NO_COMPACTION),
    quotients(KEPT, "trigger", "Near 100 %: start anew instead.", width=8, quiet=NO_COMPACTION),
    percentiles(WAITED, "How long users wait: fuller contexts, or a slow API.", width=8, quiet=NO_COMPACTION),
)
ROWS = {
    "How are tokens used, does the cache pay off?": ANSWER,
    "What are they?": (BY_TYPE, BY_USER if "user" in kept(LABELS, active()) else BY_MODEL),
    "What does the cache do?": CACHE,
    "How full are contexts?": FILLED,
    "Compactions": COMPACTIONS,
}

TOKENS_DASHBOARD = Dashboard(
    title="Claude Code / Tokens",
    question="How are tokens used, does the cache pay off?",
    variables=variables(tokens.IDENTITY_TOKENS, *LABELS),
    rows=tuple(Row(title=title, panels=panels) for title, panels in ROWS.items()),
)
