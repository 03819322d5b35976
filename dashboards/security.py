"""Does anybody do what they should not? Permissions, what is loaded, logins, policy, and what is odd."""

from claude_code_mixin import Dashboard, Panel, Row
from claude_code_mixin.breakdowns import Quantity, hourly, listing, ranking
from claude_code_mixin.content.recording_rules import api, cost, hook, pipeline, security, tool
from claude_code_mixin.filters import over_range, variables, where
from claude_code_mixin.panels import ZERO_IS_GOOD, instant, stat

TEAM = where("team")
DECISIONS = tool.TOOL_DECISIONS.name
ALL_TEAMS = "Not filtered: these events are counted without team."
BYPASSED = DECISIONS + where("team", also='permission_mode="bypassPermissions"')
PERMANENT = DECISIONS + where("team", also='decision="accept",source="user_permanent"')
SWITCHED = security.PERMISSION_MODE_CHANGES.name + where("team", also='to_mode="bypassPermissions"')
FAILED = f'{security.AUTH_ATTEMPTS}{{action="login",success="false"}}'
UNOFFICIAL = f'{security.PLUGINS_INSTALLED}{{official!="true"}}'
REFUSED = f'{security.SETTINGS_RESOLVED}{{trigger="refused"}}'
OTHER_MODELS = api.IDENTITY_REQUESTS.name + where("team", also='model!~".*claude.*"')
NO_EVENTS = f"0 * sum (sum_over_time({pipeline.TOTAL_EVENTS}[$__range]))"
"""Zero where events arrived: without any, a panel must not show an all-clear."""


def events(key: str, title: str, increments: str, note: str = "") -> Quantity:
    """Something that happened so many times."""
    return Quantity(key, title, "short", increments, note)


def happened(increments: str) -> str:
    """How often it happened in the shown range."""
    return f"{over_range('sum', increments)} or {NO_EVENTS}"


def times(key: str, title: str, text: str, increments: str) -> Panel:
    """A count whose good value is 0."""
    return stat(key, title, text, "short", happened(increments), steps=ZERO_IS_GOOD, no_value="no events")


NOW = (
    stat(
        "bypassed",
        "Permissions bypassed",
        "Tool calls in mode bypassPermissions, and changes into it; managed settings can forbid the mode.",
        "short",
        instant(happened(BYPASSED), "calls"),
        instant(happened(SWITCHED), "changes"),
        steps=ZERO_IS_GOOD,
        no_value="no events",
        width=8,
    ),
    times("permanent", "Approved for good", "Calls that a person once allowed for always.", PERMANENT),
    times("logins", "Failed logins", f"Many at once: an outage, or somebody tries. {ALL_TEAMS}", FAILED),
    times("unofficial", "Unofficial plugins installed", f"Review each of them. {ALL_TEAMS}", UNOFFICIAL),
    times("refused", "Managed settings refused", f"Clients without your policy. {ALL_TEAMS}", REFUSED),
)
DECIDED = listing(
    events("decided", "Tool decisions", DECISIONS + TEAM),
    "team permission_mode source decision",
    "bypassPermissions: nobody is asked. user_permanent: somebody was, once. Ask the team for the reason.",
    width=10,
)
SWITCHED_FROM = listing(
    events("switched", "Changes of the permission mode", security.PERMISSION_MODE_CHANGES.name + TEAM),
    "team from_mode to_mode trigger",
    "plan and acceptEdits are daily work; bypassPermissions deserves a question.",
    quiet="no recorded session changes its mode",
    width=8,
)
MODES = hourly(
    events("modes", "Decisions", DECISIONS + TEAM), "permission_mode", "What grows asks people less?", width=6
)
LOADED = (
    ranking(
        events("hooks", "Hooks found", hook.HOOKS_REGISTERED.name + TEAM),
        "hook_source",
        "projectSettings: a repository brings them, whoever wrote it.",
    ),
    listing(
        events("plugins", "Plugins loaded", security.PLUGINS_LOADED.name, ALL_TEAMS),
        "plugin scope trigger",
        "Nobody reviewed community and user-local ones for you.",
        width=8,
    ),
    listing(
        events("servers", "MCP connections", security.MCP_CONNECTIONS.name + TEAM),
        "team scope transport status",
        "Many failed: a server is down. Scope project: a repository brings the server.",
        width=8,
    ),
)
POLICY = events("policy", "Managed settings read", security.SETTINGS_RESOLVED.name, ALL_TEAMS)
AUTH = events("auth", "Logins and logouts", security.AUTH_ATTEMPTS.name, ALL_TEAMS)
FOREIGN = events("foreign", "Requests to models that are not Claude's", OTHER_MODELS)
UNKNOWN = events("unknown", "Names that the catalogue lacks", pipeline.UNKNOWN_NAMES.name, ALL_TEAMS)
FAULTS = events("faults", "Internal errors of clients", security.INTERNAL_ERRORS.name, ALL_TEAMS)
NO_LOGIN, CLAUDE = "no recorded session signs in", "all recorded models are Claude's"
SOUND = "no recorded session had one"
ACCESS = (
    hourly(POLICY, "trigger", "Far fewer than sessions: clients before 2.1.274, or without a policy."),
    listing(AUTH, "action auth_method success", "A method that you do not use? Ask.", quiet=NO_LOGIN),
)
ODD = (
    ranking(FOREIGN, "model", "Who serves them? Their price is a guess.", quiet=CLAUDE),
    listing(UNKNOWN, "kind event unknown", "Yours, a new client's, or made up.", width=8),
    listing(FAULTS, "error_name version", "New with a version: hold it back.", quiet=SOUND, width=8),
)
ROWS = {
    "Does anybody do what they should not?": NOW,
    "Who may do what unasked?": (MODES, DECIDED, SWITCHED_FROM),
    "What is loaded?": LOADED,
    "Who gets in, and under which policy?": ACCESS,
    "What does not fit?": ODD,
}

SECURITY = Dashboard(
    title="Claude Code / Security",
    question="Does anybody do what they should not?",
    variables=variables(cost.IDENTITY_COST, "team"),
    rows=tuple(Row(title=title, panels=panels) for title, panels in ROWS.items()),
    time_from="now-7d",
)
