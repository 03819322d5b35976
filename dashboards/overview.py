"""Are we fine? Spend, use, alerts, and whether the numbers can be trusted, on one screen."""

from claude_code_mixin import Dashboard, Query, Row, active
from claude_code_mixin.breakdowns import ESTIMATE, Quantity, hourly, shares, total
from claude_code_mixin.content.alerts import meter, pipeline, reconcile
from claude_code_mixin.content.recording_rules import api, budget, cost, session, tokens
from claude_code_mixin.content.recording_rules import pipeline as health
from claude_code_mixin.filters import by, day_zone, headers, legend, variables, where, written_as
from claude_code_mixin.panels import ZERO_IS_GOOD, instant, stat, table, timeseries

LABELS = ("team", "model", "user")
COST = cost.IDENTITY_COST.name + where(*LABELS)
CACHED = tokens.IDENTITY_TOKENS.name + where(*LABELS, also='type="cacheRead"')
READ = tokens.IDENTITY_TOKENS.name + where(*LABELS, also='type=~"input|cacheRead|cacheCreation"')
STARTED = session.START_SESSIONS.name + where("team", also='start_type!="agents_view"')
SPEND = Quantity("spend", "Spend", "currencyUSD", COST, ESTIMATE)
REQUESTS = Quantity("requests", "Requests", "short", api.IDENTITY_REQUESTS.name + where(*LABELS))
SESSIONS = Quantity("sessions", "Sessions", "short", STARTED, "All models and users.")
ALL_TOKENS = Quantity("tokens", "Tokens", "short", tokens.IDENTITY_TOKENS.name + where(*LABELS))
DOUBTS = written_as(
    *(meter.COLLECTOR_DOWN, meter.METER_GAP, meter.POINTS_LOST, pipeline.CANARY_ABSENT),
    *(pipeline.DROPPED_POINTS, pipeline.METERS_DIVERGE, pipeline.STALLED, pipeline.TELEMETRY_GAP),
    reconcile.COST_UNEXPLAINED,
)
FIRING = f'ALERTS{{alertname=~"{written_as()}",alertstate="firing"}}'
CANARY_AGE = f"time() - max(max_over_time(timestamp({health.CANARY})[1d:1m]))"
UP = f'sum(up{{job="{active().meter.job}"}})'
MORE = (("Where does the money go?", "dashboard:cost"),)

NOW = (
    total(SPEND, "Far from a usual day? The link shows where it goes.", "24h", links=MORE),
    total(SPEND, "Far from a usual week? The link shows where it goes.", "7d", links=MORE),
    stat(
        "spend-month",
        "Spend, this month",
        f"Since the 1st, 00:00 {day_zone()}; selected teams, all models and users. {ESTIMATE}",
        "currencyUSD",
        f"sum({budget.TEAM_MONTH_TO_DATE}{where('team')})",
        no_value="nothing recorded",
        links=MORE,
    ),
    stat(
        "budget",
        "Month's budget used",
        "By all, and by the selected team that used most. Above 80 %, compare with the days left.",
        "percentunit",
        instant(f"max({budget.TOTAL_BUDGET_USED})", "all"),
        instant(f"topk(1, {budget.TEAM_BUDGET_USED}{where('team')})", legend("team")),
        steps=((None, "green"), (0.8, "yellow"), (0.9, "orange"), (1, "red")),
        no_value="no budget set",
        quiet=budget.NONE_SET,
    ),
    stat(
        "alerts",
        "Firing alerts",
        "All Claude Code alerts. The last row names them; each has a runbook.",
        "short",
        f"count({FIRING}) or vector(0)",
        steps=ZERO_IS_GOOD,
    ),
    stat(
        "doubts",
        "Reasons to doubt the numbers",
        "Alerts, pending or firing, that say telemetry is lost, refused or contradicts itself, and one more "
        "when the meter has not seen a collector for 3 minutes. Unless it is 0, report no figure from here.",
        "short",
        f'(count(ALERTS{{alertname=~"{DOUBTS}"}}) or vector(0))'
        f" + on () ((min({health.GAP}) > bool 180) or vector(1))",
        steps=ZERO_IS_GOOD,
    ),
)
PACE = (
    hourly(SPEND, "team", "A bar far above its neighbours is a spike: open the cost dashboard for the team."),
    shares(SPEND, "model", "A growing share of a dearer model raises the cost of the same work."),
    hourly(REQUESTS, "team", "Successful requests. Many more at equal spend: perhaps a loop.", width=6),
    hourly(SESSIONS, "start_type", "Processes started. Sessions without requests: events are lost.", width=6),
    hourly(ALL_TOKENS, "type", "Input leaves out what the cache gave; more: the cache misses.", width=6),
    timeseries(
        "cache-hits",
        "Cache hit ratio",
        "Tokens read from the cache / (input + read + written). A fall makes the same work dearer.",
        "percentunit",
        f"(sum(sum_over_time({CACHED}[$__interval])) or vector(0)) / sum(sum_over_time({READ}[$__interval]))",
        width=6,
        minimum=0,
        maximum=1,
        min_interval="5m",
    ),
)
EVIDENCE = (
    stat(
        "collectors", "Collectors up", "Scraped now. Fewer than you run: what they hold is late.", "short", UP
    ),
    stat("canary", "Age of last canary", "Above 15 minutes the pipeline is down.", "dtdurations", CANARY_AGE),
    stat(
        "divergence",
        "Meters apart",
        "Difference of the clients' own counter and the events in the last hour; idle shows nothing.",
        "percentunit",
        f"max({health.DIVERGENCE})",
        steps=((None, "green"), (pipeline.DIVERGENCE_RATIO.resolved(), "red")),
    ),
    table(
        "firing",
        "Which alerts fire",
        "What fires at the end of the range; not filtered.",
        "short",
        Query(expr=f"{by('alertname', 'severity', 'team')} ({FIRING})", legend="Firing"),
        columns=headers(alertname="Alert", severity="Severity", team="Team"),
        no_value="none",
    ),
)
ROWS = {"Are we fine?": NOW, "What is going on?": PACE, "Can the numbers be trusted?": EVIDENCE}

OVERVIEW = Dashboard(
    title="Claude Code / Overview",
    question="Are we fine?",
    variables=variables(cost.IDENTITY_COST, *LABELS),
    rows=tuple(Row(title=title, panels=panels) for title, panels in ROWS.items()),
)
