"""What comes out? Lines, commits and pull requests, what each costs, edits accepted, skills and subagents."""

from claude_code_mixin import Dashboard, Panel, Query, Row
from claude_code_mixin.breakdowns import ESTIMATE, Quantity, hourly, ranking, shares, total
from claude_code_mixin.content.recording_rules import activity, api, change, cost, productivity, tool
from claude_code_mixin.filters import by, headers, over_range, variables, where
from claude_code_mixin.panels import bargauge, stat, table

TEAM = where("team")
MADE = "Made by the client, as it counts; all models."
COST = cost.TEAM_COST.name + TEAM
ADDED = change.LINES_OF_CODE.name + where("team", also='type="added"')
EDITED = tool.EDIT_DECISIONS.name + TEAM
ACCEPTED = tool.EDIT_DECISIONS.name + where("team", also='decision="accept"')
LINES = Quantity("lines", "Lines changed", "short", change.LINES_OF_CODE.name + TEAM, MADE)
COMMITS = Quantity("commits", "Commits", "short", change.COMMITS.name + TEAM, MADE)
PULL_REQUESTS = Quantity("pull-requests", "Pull requests", "short", change.PULL_REQUESTS.name + TEAM, MADE)
EDITS = Quantity("edits", "Decisions on edits", "short", EDITED)
PROMPTS = Quantity("prompts", "Prompts", "short", activity.PROMPTS.name + TEAM)
SKILLS = Quantity("skills", "Skills activated", "short", activity.SKILL_ACTIVATIONS.name + TEAM)
AGENTS = Quantity("agents", "Subagents run", "short", activity.SUBAGENT_RUNS.name + TEAM)
REQUESTS = api.TEAM_REQUESTS.name + TEAM
NO_PULL_REQUEST = "the one recorded pull request was counted by a cumulative counter, which is refused"


def each(of: Quantity, what: str, text: str, quiet: str | None = None) -> Panel:
    """Spend of the shown range for each of `what` was made in it; `quiet` as in Panel."""
    expr = f"{over_range('sum', COST)} / {over_range('sum', of.increments)}"
    key, title, text = f"per-{of.key}", f"Spend per {what}", f"{text} {ESTIMATE}"
    return stat(key, title, text, "currencyUSD", expr, no_value="none made", quiet=quiet)


def per_prompt(key: str, title: str, text: str, increments: str) -> Panel:
    """How much of it a prompt brings about."""
    expr = f"{over_range('sum', increments)} / {over_range('sum', PROMPTS.increments)}"
    return stat(key, title, text, "short", expr, no_value="no prompts", width=6)


def accepted(label: str, spoken: str, text: str) -> Panel:
    """Share of edits that were accepted, the lowest first."""
    grouped = f"sum by ({label})"
    share = f"({over_range(grouped, ACCEPTED)} or 0 * {over_range(grouped, EDITED)})"
    query = Query(
        expr=f"sort(bottomk(10, {share} / {over_range(grouped, EDITED)}))", legend=f"{{{{{label}}}}}"
    )
    return bargauge(
        f"accepted-{label}", f"Edits accepted, by {spoken}", text, "percentunit", query, maximum=1
    )


OUTPUT = (
    total(LINES, "Added and removed. Far below a usual week: other work, or metrics are missing."),
    total(COMMITS, "A command that makes several counts once."),
    total(PULL_REQUESTS, "Opened by gh or through MCP.", quiet=NO_PULL_REQUEST),
    each(LINES, "changed line", "Rises with dearer models, and with work that is more thought than text."),
    each(
        COMMITS,
        "commit",
        "All spend counts, also for what ends in no commit. Compare with your own past only.",
    ),
    each(PULL_REQUESTS, "pull request", "As for commits.", NO_PULL_REQUEST),
)
PACE = (
    hourly(LINES, "type", "Many removed and few added: cleaning up. Few of both: look at the edits below."),
    table(
        "commit-cost",
        "Spend per commit by team",
        f"Whole days in UTC. Twice the weeks before: see the runbook of ClaudeCodeUnitCostHigh. {ESTIMATE}",
        "currencyUSD",
        Query(expr=f"{by('team')} ({productivity.COMMIT_COST_7D}{TEAM})", legend="Last 7 days"),
        Query(expr=f"{by('team')} ({productivity.COMMIT_COST_28D}{TEAM})", legend="4 weeks before"),
        columns=headers(team="Team"),
        sort="Last 7 days",
        no_value="no whole week yet",
        quiet="all recorded sessions are of one day",
    ),
)
ACCEPTANCE = (
    accepted("tool_name", "tool", "Low: the client edits what nobody asked for. Rejected work is paid for."),
    accepted("language", "language", "Low in one language: give the client examples and a linter for it."),
    shares(EDITS, "source", "config and hook: decided by settings; user_...: by a person.", width=8),
)
USE = (
    hourly(PROMPTS, "team", "Commands with a slash count, too."),
    per_prompt("requests-per-prompt", "Requests per prompt", "Rises with autonomy, or with loops.", REQUESTS),
    per_prompt("lines-per-prompt", "Lines added per prompt", "Rises with the size of tasks.", ADDED),
    ranking(SKILLS, "skill", "What nobody uses can go; users' own are shown as custom_skill.", width=12),
    ranking(AGENTS, "agent", "Each run costs requests of its own: see the spend by agent.", width=12),
)
ROWS = {
    "What comes out, and for how much?": OUTPUT,
    "More or less than before?": PACE,
    "Is it wanted?": ACCEPTANCE,
    "What brings it about?": USE,
}

PRODUCTIVITY = Dashboard(
    title="Claude Code / Productivity",
    question="What comes out?",
    variables=variables(cost.IDENTITY_COST, "team"),
    rows=tuple(Row(title=title, panels=panels) for title, panels in ROWS.items()),
    time_from="now-7d",
)
