"""Does the model API serve us? Which requests fail, and why; how long answers and their first token take."""

from claude_code_mixin import Dashboard, Row
from claude_code_mixin.breakdowns import (
    Quantity,
    Quotient,
    Times,
    hourly,
    percentile_table,
    percentiles,
    quotient,
    quotients,
    shares,
    slowest,
    spread,
    total,
)
from claude_code_mixin.content.alerts.api import ERROR_RATIO
from claude_code_mixin.content.recording_rules import api
from claude_code_mixin.filters import variables, where
from claude_code_mixin.panels import ZERO_IS_GOOD

LABELS = ("team", "model")
ALL_TEAMS = "All teams."
REQUESTS = api.IDENTITY_REQUESTS.name + where(*LABELS)
ERRORS = api.API_ERRORS.name + where(*LABELS)
THROTTLED = api.API_ERRORS.name + where(*LABELS, also='status_code=~"429|529"')
ANSWERED = api.API_DURATION_BUCKET.name + where("model", also='le="+Inf"')
UNSEEN = "Attempts that a retry cured leave no trace."

SERVED = Quantity("requests", "Requests", "short", REQUESTS)
BY_PROVIDER = Quantity("answered", "Requests", "short", ANSWERED, ALL_TEAMS)
FAILED = Quantity("errors", "Failed requests", "short", ERRORS, UNSEEN)
LIMITED = Quantity("throttled", "Throttled requests", "short", THROTTLED, UNSEEN)
GIVEN_UP = Quantity("exhausted", "Given up", "short", api.RETRIES_EXHAUSTED.name + where(*LABELS))
DECLINED = Quantity("refusals", "Refusals", "short", api.REFUSALS.name + where(*LABELS))
ERROR_RATE = Quotient("error-rate", "Error rate", "percentunit", ERRORS, REQUESTS, UNSEEN, "apart")
REFUSAL_RATE = Quotient("refusal-rate", "Refused", "percentunit", DECLINED.increments, REQUESTS)
DURATION = Times("duration", "Whole answers", api.DURATION_RECORDS, ("model",), ALL_TEAMS)
FIRST_TOKEN = Times("first-token", "First token", api.FIRST_TOKEN_RECORDS, ("model",), ALL_TEAMS)
LIMITS = ((None, "green"), (ERROR_RATIO.resolved(), "red"))


ANSWER = (
    total(SERVED, "Answered requests. Far fewer than usual: people cannot work, or events are lost."),
    quotient(ERROR_RATE, "Failed for good / all. Rises: see by status and model below.", steps=LIMITS),
    total(GIVEN_UP, "After the last retry: an outage.", no_value="none", steps=ZERO_IS_GOOD),
    slowest(FIRST_TOKEN, "The wait that users feel."),
    slowest(DURATION, "Rises with longer answers, too: compare with the first token."),
    quotient(REFUSAL_RATE, "Requests that the model declined to answer; they are paid for."),
)
FAILURES = (
    hourly(
        FAILED,
        "status_code",
        "5xx: the provider's. 401, 403: keys. 400, 413: the client or contexts too long. none: no answer.",
    ),
    quotients(ERROR_RATE, "model", "One model: switch to another. All: provider, proxy or network."),
    hourly(
        LIMITED,
        "status_code",
        "429: your rate limit, so spread the work or ask for more. 529: the provider is overloaded.",
        no_value="none",
        quiet="no recorded session was throttled for good",
    ),
    hourly(DECLINED, "model", "Rises with a model's release or a new kind of work.", no_value="none"),
)
LATENCY = (
    percentiles(FIRST_TOKEN, "Rises without longer prompts: the API is slow, or the network."),
    percentiles(DURATION, "Rises while the first token does not: longer answers, not a slower API."),
    spread(FIRST_TOKEN, "A second band above the usual one: some requests queue."),
    spread(DURATION, "A band near the top: answers that run into time limits."),
)
WHERE = (
    percentile_table(
        DURATION,
        "One provider slower than another for the same model: route around it.",
        {"model": "Model", "provider": "Provider"},
        FIRST_TOKEN,
    ),
    shares(BY_PROVIDER, "provider", "A provider that nobody meant to use: settings differ between clients."),
)
ROWS = {
    "Does the model API serve us?": ANSWER,
    "What fails?": FAILURES,
    "How long do answers take?": LATENCY,
    "Who answers?": WHERE,
}

API_DASHBOARD = Dashboard(
    title="Claude Code / API",
    question="Does the model API serve us?",
    variables=variables(api.IDENTITY_REQUESTS, *LABELS),
    rows=tuple(Row(title=title, panels=panels) for title, panels in ROWS.items()),
)
