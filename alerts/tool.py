"""Tools, MCP servers and hooks that fail, rules that reject. Ten minutes outlast one session's bad luck."""

from claude_code_mixin import Alert, Threshold
from claude_code_mixin.content.alerts.cost import WHO
from claude_code_mixin.content.recording_rules import hook, security, tool
from claude_code_mixin.content.recording_rules.cost import TEAM
from claude_code_mixin.event_meters import HOOK

HALF = "a tool or rule that fails every second time helps nobody"


def share(alert: str, value: float, reason: str, source: str) -> Threshold:
    """The share from which on `alert` fires."""
    return Threshold(alert=alert, key="ratio", value=value, reason=reason, source=source)


def least(alert: str, value: float, reason: str) -> Threshold:
    """The number of events an hour below which `alert` stays quiet."""
    source = "captures: a prompt makes up to six calls, so these are several prompts"
    return Threshold(alert=alert, key="events_per_hour", value=value, reason=reason, source=source)


def seen(record: object, labels: str, matchers: str = "") -> str:
    """Events of the last hour by `labels`."""
    return f"sum by ({labels}) (sum_over_time({record}{matchers}[1h]))"


FAILED_RATIO = share(
    "ClaudeCodeToolFailureRateHigh",
    0.5,
    HALF,
    "judgement: shell commands fail at 10 to 20 % in ordinary work",
)
FAILED_CALLS = least("ClaudeCodeToolFailureRateHigh", 30, "fewer are one session that tries again and again")
REJECTED_RATIO = share(
    "ClaudeCodePermissionRejectsHigh", 0.5, HALF, "public alert sets: more than 50 % over 30 minutes"
)
REJECTED_CALLS = least("ClaudeCodePermissionRejectsHigh", 30, "fewer are one person who disagrees")
MCP_RATIO = share(
    "ClaudeCodeMcpConnectionFailing",
    0.5,
    "clients try again: single failures mend",
    "captures: one failed, the next did not",
)
MCP_EVENTS = least("ClaudeCodeMcpConnectionFailing", 20, "fewer are one machine without the server's program")
ERROR_RATIO = share(
    "ClaudeCodeHookFailing", 0.2, "a check that fails lets through what it should stop", "judgement"
)
ERRORS = least("ClaudeCodeHookFailing", 20, "fewer are somebody who writes a hook")
BLOCKED_RATIO = share(
    "ClaudeCodeHookBlocking", 0.5, "a hook that stops every second call stops the work", "judgement"
)
BLOCKED = least("ClaudeCodeHookBlocking", 50, "fewer are one session that does not understand why it may not")

DECIDED = seen(tool.TOOL_DECISIONS, TEAM)
FAILED = seen(tool.TOOL_CALLS, "tool", '{success="false"}')
REJECTED = seen(tool.TOOL_DECISIONS, TEAM, '{decision="reject"}')
UNREACHED = seen(security.MCP_CONNECTIONS, "scope, transport", '{status="failed"}')
CONNECTIONS = seen(security.MCP_CONNECTIONS, "scope, transport", '{status=~"failed|connected"}')
HOOK_RUNS = seen(hook.HOOK_RUNS, HOOK.by())
HOOK_ERRORS = seen(hook.HOOK_RUNS, HOOK.by(), '{outcome="error"}')
HOOK_BLOCKS = seen(hook.HOOK_RUNS, HOOK.by(), '{outcome="blocking"}')

TOOL_FAILING = Alert(
    name="ClaudeCodeToolFailureRateHigh",
    expr=f"{FAILED} / {seen(tool.TOOL_CALLS, 'tool')} > {FAILED_RATIO} and {FAILED} >= {FAILED_CALLS}",
    for_="10m",
    keep_firing_for="30m",
    severity="warning",
    summary="A tool of Claude Code fails more often than it works.",
    description="{{ $value | humanizePercentage }} of the calls of {{ $labels.tool }} failed in the last "
    "hour. The type of the error says whether the tool, its permissions or what it reaches is broken.",
    no_data="silent: a tool that nobody calls does not fail",
)
REJECTS = Alert(
    name="ClaudeCodePermissionRejectsHigh",
    expr=f"{REJECTED} / {DECIDED} > {REJECTED_RATIO} and {REJECTED} >= {REJECTED_CALLS}",
    for_="10m",
    keep_firing_for="30m",
    severity="warning",
    summary="Most of what Claude Code wants to do for a team is rejected.",
    description=WHO
    + " had {{ $value | humanizePercentage }} of its tool calls rejected in the last hour. Who "
    "decided (rules, hooks, people) says what to correct.",
    no_data="silent: without decisions nothing is rejected",
)
MCP_FAILING = Alert(
    name="ClaudeCodeMcpConnectionFailing",
    expr=f"{UNREACHED} / {CONNECTIONS} > {MCP_RATIO} and {UNREACHED} >= {MCP_EVENTS}",
    for_="10m",
    keep_firing_for="30m",
    severity="warning",
    summary="Claude Code cannot connect to MCP servers.",
    description="{{ $value | humanizePercentage }} of the connections to MCP servers of scope "
    "{{ $labels.scope }} over {{ $labels.transport }} failed in an hour. Their tools are missing there.",
    no_data="silent: without MCP servers there is nothing to connect to",
)
HOOK_FAILING = Alert(
    name="ClaudeCodeHookFailing",
    expr=f"{HOOK_ERRORS} / {HOOK_RUNS} > {ERROR_RATIO} and {HOOK_ERRORS} >= {ERRORS}",
    for_="10m",
    keep_firing_for="30m",
    severity="warning",
    summary="Hooks of Claude Code end with an error and check nothing.",
    description="{{ $value | humanizePercentage }} of the hooks at {{ $labels.hook_event }} ended with an "
    "error in the last hour. What they should have checked went through.",
    no_data="silent: without hooks none can fail",
)
HOOK_BLOCKING = Alert(
    name="ClaudeCodeHookBlocking",
    expr=f"{HOOK_BLOCKS} / {HOOK_RUNS} > {BLOCKED_RATIO} and {HOOK_BLOCKS} >= {BLOCKED}",
    for_="10m",
    keep_firing_for="30m",
    severity="info",
    summary="Hooks of Claude Code stop most of what they see.",
    description="{{ $value | humanizePercentage }} of the hooks at {{ $labels.hook_event }} blocked in the "
    "last hour. Ask whether the hook's rule is too strict or something tries what it may not.",
    no_data="silent: without hooks nothing is blocked",
)
