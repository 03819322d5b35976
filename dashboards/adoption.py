"""Who uses it, and is it growing? Active users or teams, sessions and where they start, time, versions."""

from claude_code_mixin import Dashboard, Panel, Query, Row, active
from claude_code_mixin.breakdowns import Quantity, hourly, ranking, shares, total
from claude_code_mixin.content.recording_rules import activity, api, cost, session
from claude_code_mixin.filters import over_range, variables, where
from claude_code_mixin.meters import kept
from claude_code_mixin.panels import instant, stat, timeseries

LABELS = ("team", "user")
WHO = next(iter(kept(("user", "team"), active())), "")
"""Who can be told apart: users in the privacy profile full, teams in team, nobody in strict."""
SPENT = cost.IDENTITY_COST.name + where(*LABELS)
STARTED = session.START_SESSIONS.name + where("team", also='start_type!="agents_view"')
TIME = activity.ACTIVE_SECONDS.name + where("team")
BY_CLIENT = activity.ACTIVE_SECONDS.name + where("team", also='type="cli"')
SESSIONS = Quantity("sessions", "Sessions", "short", STARTED, "Without starts of the agents view.")
REQUESTS = Quantity("requests", "Requests", "short", api.IDENTITY_REQUESTS.name + where(*LABELS))
PROMPTS = Quantity("prompts", "Prompts", "short", activity.PROMPTS.name + where("team"))
ACTIVE_TIME = Quantity("time", "Active time", "s", TIME)
VERSIONS = Quantity("versions", "Requests", "short", api.VERSION_REQUESTS.name, "Not filtered.")
ACTIVE = "Active: had a request that cost something."
LONG = f"{ACTIVE} Needs as much retention."


def within(days: int) -> str:
    """Who was active in the last `days`."""
    return f"group by ({WHO}) (sum_over_time({SPENT}[{days}d]))"


EARLIER = f"group by ({WHO}) (sum_over_time({SPENT}[28d] offset 7d))"


def reached(days: int, window: str, text: str) -> Panel:
    """How many were active in the last `days`; sessions, where nobody may be told apart."""
    if not WHO:
        return total(SESSIONS, text, f"{days}d")
    return stat(
        f"active-{days}d", f"Active {WHO}s, {window}", text, "short", f"count({within(days)}) or vector(0)"
    )


NOW = (
    reached(1, "last day", f"Far below a usual working day: a holiday, or telemetry is missing. {ACTIVE}"),
    reached(7, "last 7 days", f"Weekends are in it, so it compares from day to day. {LONG}"),
    reached(30, "last 30 days", f"All that were reached: set it against licences and staff. {LONG}"),
    stat(
        "growth",
        "Sessions, against the week before",
        "The last 7 days against the 7 before. Holidays show; a lasting fall: ask the teams for the reason.",
        "percentunit",
        f"sum (sum_over_time({STARTED}[7d])) / sum (sum_over_time({STARTED}[7d] offset 7d)) - 1",
        no_value="no week before",
        quiet="all recorded sessions are of one day",
    ),
)
COMERS = stat(
    "comers",
    f"{WHO.title()}s that came, stayed, left",
    "Active in the last 7 days but not in the 4 weeks before, in both, or only before. Many that leave after "
    f"a week: the start is hard, offer help. {LONG}",
    "short",
    instant(f"count({within(7)} unless {EARLIER}) or vector(0)", "came"),
    instant(f"count({within(7)} and {EARLIER}) or vector(0)", "stayed"),
    instant(f"count({EARLIER} unless {within(7)}) or vector(0)", "left"),
    width=8,
)
CURVE = timeseries(
    "curve",
    f"Active {WHO}s over time",
    f"Each point counts those of the day, and of the 7 days, before it. {LONG}",
    "short",
    Query(expr=f"count({within(1)})", legend="last day"),
    Query(expr=f"count({within(7)})", legend="last 7 days"),
    min_interval="6h",
    minimum=0,
)
MOST = ranking(REQUESTS, WHO, "Ask the first ones what works. No measure of merit: tasks differ.", width=12)
STARTS = (
    hourly(SESSIONS, "start_type", "Resumed and continued ones go on with earlier work."),
    ranking(SESSIONS, "entrypoint", "sdk-...: without a person; unknown: clients do not send it.", width=6),
    ranking(SESSIONS, "terminal", "The first ones deserve tested instructions.", width=6),
)
TIMES = (
    hourly(ACTIVE_TIME, "type", "User: a person reads and types; cli: the client works. All users."),
    stat(
        "cli-share",
        "CLI share of active time",
        "Rises when the client works longer on its own: larger tasks, or more runs without a person.",
        "percentunit",
        f"{over_range('sum', BY_CLIENT)} / {over_range('sum', TIME)}",
        width=6,
        no_value="nothing recorded",
    ),
    total(PROMPTS, "Falls while sessions do not: more runs without a person.", width=6),
)
VERSION = (
    shares(VERSIONS, "version", "The fleet moves from left to right as clients are upgraded."),
    ranking(VERSIONS, "version", "Versions that should be gone: their users cannot update, ask.", width=12),
)
ROWS = {
    "Who uses it, and is it growing?": (*NOW, COMERS) if WHO else NOW,
    "Over time, and who most?": (CURVE, MOST) if WHO else (),
    "Where do sessions start?": STARTS,
    "How much time, with and without a person?": TIMES,
    "Which client versions?": VERSION,
}

ADOPTION = Dashboard(
    title="Claude Code / Adoption",
    question="Who uses it, and is it growing?",
    variables=variables(cost.IDENTITY_COST, *LABELS),
    rows=tuple(Row(title=title, panels=panels) for title, panels in ROWS.items() if panels),
    time_from="now-30d",
    refresh="15m",
)
