"""Where does the money go? Spend by all that the clients tell, unit costs, the month against budgets."""

from claude_code_mixin import Dashboard, Panel, Query, Row, active
from claude_code_mixin.breakdowns import ESTIMATE, Quantity, hourly, ranking, total
from claude_code_mixin.content.recording_rules import api, budget, cost, session, tokens
from claude_code_mixin.filters import by, day_zone, headers, over_range, variables, where
from claude_code_mixin.meters import kept
from claude_code_mixin.panels import stat, table

LABELS = ("team", "model", "user")
TEAM = where("team")
COST = cost.IDENTITY_COST.name + where(*LABELS)
REQUESTS = over_range("sum", api.IDENTITY_REQUESTS.name + where(*LABELS))
OUTPUT = tokens.IDENTITY_TOKENS.name + where(*LABELS, also='type="output"')
OUTPUT_1K = f"({over_range('sum', OUTPUT)} / 1000)"
TEAM_COST = cost.TEAM_COST.name + TEAM
STARTED = session.START_SESSIONS.name + where("team", also='start_type!="agents_view"')
SESSIONS = over_range("sum", STARTED)
WAY_COST = cost.ATTRIBUTION_COST.name + where("team", "model")
WAY_REQUESTS = api.ATTRIBUTION_REQUESTS.name + where("team", "model")
TEAM_COLUMN = headers(team="Team")
BY_TEAM = by("team")
SPENT = f"{BY_TEAM} ({budget.TEAM_MONTH_TO_DATE}{TEAM})"
BUDGET = f"{BY_TEAM} ({budget.TEAM_BUDGET}{TEAM})"
BY_WAY = "sum by (model, query_source, effort, speed)"


def spend(increments: str, note: str = "") -> Quantity:
    """Dollars, always called an estimate; `note` says which filters do not apply."""
    return Quantity("spend", "Spend", "currencyUSD", increments, f"{note} {ESTIMATE}".strip())


def each(key: str, title: str, text: str, spent: str, count: str) -> Panel:
    """Spend over the shown range for each of what is counted over it."""
    expr = f"{over_range('sum', spent)} / {count}"
    text = f"{text} {ESTIMATE}"
    return stat(key, title, text, "currencyUSD", expr, width=6, no_value="nothing recorded")


def extension(label: str, text: str, quiet: str | None = None) -> Panel:
    """Spend on requests that an extension took part in; `quiet` as in Panel."""
    spent = cost.EXTENSION_COST.name + where("team", also=f'{label}!~"(none)?"')
    return ranking(spend(spent, "Only requests that had one; all models."), label, text, width=6, quiet=quiet)


TOTALS = (
    total(spend(COST), "What the selected teams and models cost.", width=6),
    each("per-request", "Spend per request", "Rises with context, model, cold cache.", COST, REQUESTS),
    each("per-session", "Spend per session", "Rises with longer runs; all models.", TEAM_COST, SESSIONS),
    each("per-1k-output", "Spend per 1,000 output tokens", "Rises with all that is read.", COST, OUTPUT_1K),
)
PACE = (
    hourly(spend(COST), "team", "A bar far above its neighbours is a spike: select the team and look below."),
    hourly(spend(COST), "model", "A dearer model that takes over raises the cost of the same work."),
)
MONTH = (
    table(
        "month",
        "This month by team",
        f"Since the 1st, 00:00 {day_zone()}; all models and users. {ESTIMATE}",
        "currencyUSD",
        Query(expr=f"{SPENT} or {BUDGET} * 0", legend="Spent"),
        Query(expr=BUDGET, legend="Budget"),
        columns=TEAM_COLUMN,
        sort="Spent",
        no_value="nothing recorded",
        quiet=budget.NONE_SET,
    ),
    table(
        "budget",
        "Budget used, and pace",
        "Used above 80 %: compare with the days left. Pace is the last hour's; 100 % lasts exactly a month.",
        "percentunit",
        Query(expr=f"{BY_TEAM} ({budget.TEAM_BUDGET_USED}{TEAM})", legend="Used"),
        Query(expr=f"{BY_TEAM} ({budget.TEAM_BUDGET_BURN}{TEAM})", legend="Pace"),
        columns=TEAM_COLUMN,
        sort="Used",
        steps=((None, "transparent"), (0.8, "yellow"), (0.9, "orange"), (1, "red")),
        no_value="no budget set",
        quiet=budget.NONE_SET,
    ),
)
WAYS = table(
    "ways",
    "Spend by model, query source, effort and speed",
    f"Higher effort and fast speed cost more for the same question. All users. {ESTIMATE}",
    "currencyUSD",
    Query(expr=over_range(BY_WAY, WAY_COST), legend="Spend"),
    Query(expr=f"{over_range(BY_WAY, WAY_COST)} / {over_range(BY_WAY, WAY_REQUESTS)}", legend="Per request"),
    columns={"model": "Model", "query_source": "Query source", "effort": "Effort", "speed": "Speed"},
    sort="Spend",
    width=24,
)
EXTENSIONS = (
    extension("agent", "Named subagents."),
    extension("skill", "Requests while a skill was active."),
    extension("plugin", "Requests of a plugin's skill or agent.", "no recorded session used a plugin"),
    extension("mcp_server", "Requests that read an MCP tool's result."),
)
PLACES = (
    ranking(spend(cost.REPOSITORY_COST.name + TEAM, "All models."), "repository", "Top ten.", width=12),
    ranking(
        spend(cost.VERSION_COST.name, "Unfiltered."), "version", "Ask for upgrades of the oldest.", width=12
    ),
)
USER = ranking(spend(COST), "user", "Ask before you judge: long tasks and large contexts cost.", width=24)
ROWS = {
    "Where does the money go?": TOTALS,
    "Who spends, on which model?": (*PACE, USER) if "user" in kept(LABELS, active()) else PACE,
    "This month against budget": MONTH,
    "What is it for?": (WAYS, *EXTENSIONS),
    "Where does it come from?": PLACES,
}

COST_DASHBOARD = Dashboard(
    title="Claude Code / Cost",
    question="Where does the money go?",
    variables=variables(cost.IDENTITY_COST, *LABELS),
    rows=tuple(Row(title=title, panels=panels) for title, panels in ROWS.items()),
)
