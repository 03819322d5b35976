"""Do tools work? Which fail, how long they take, what they move, who allows them; MCP servers and hooks."""

from claude_code_mixin import Dashboard, Query, Row
from claude_code_mixin.breakdowns import (
    Quantity,
    Quotient,
    Times,
    hourly,
    percentile_table,
    percentiles,
    quotient,
    quotient_table,
    quotients,
    ranking,
    slowest,
    total,
)
from claude_code_mixin.content.alerts.tool import FAILED_RATIO, REJECTED_RATIO
from claude_code_mixin.content.recording_rules import hook, security, tool
from claude_code_mixin.filters import over_range, variables, where
from claude_code_mixin.panels import table

LABELS = ("team", "tool")
ALL_TEAMS = "All teams."
ALL_TOOLS = "All tools."
CALLED = tool.TOOL_CALLS.name + where(*LABELS)
SUCCEEDED = tool.TOOL_CALLS.name + where(*LABELS, also='success="true"')
BROKEN = tool.TOOL_CALLS.name + where(*LABELS, also='success="false"')
DECIDED = tool.TOOL_DECISIONS.name + where(*LABELS)
DENIED = tool.TOOL_DECISIONS.name + where(*LABELS, also='decision="reject"')
EDITS = tool.EDIT_DECISIONS.name + where("team")
ACCEPTED = tool.EDIT_DECISIONS.name + where("team", also='decision="accept"')
MOVED = tool.TOOL_BYTES.name + where("tool")
RETURNED = tool.TOOL_BYTES.name + where("tool", also='direction="result"')

CALLS = Quantity("calls", "Tool calls", "short", CALLED, "Rejected calls never ran and are not in them.")
BYTES = Quantity("bytes", "Bytes", "bytes", MOVED, ALL_TEAMS)
RESULTS = Quantity("results", "Bytes returned", "bytes", RETURNED, ALL_TEAMS)
DECISIONS = Quantity("decisions", "Decisions", "short", DECIDED)
ATTEMPTS = security.MCP_CONNECTIONS.name + where("team")
CONNECTIONS = Quantity("connections", "MCP connections", "short", ATTEMPTS, ALL_TOOLS)
HOOKS = Quantity("hooks", "Hook runs", "short", hook.HOOK_RUNS.name + where("team"), ALL_TOOLS)
SUCCESS = Quotient("success", "Success rate", "percentunit", SUCCEEDED, CALLED)
FAILURE = Quotient("failure", "Failure rate", "percentunit", BROKEN, CALLED)
REJECTED = Quotient("rejected", "Calls rejected", "percentunit", DENIED, DECIDED)
KEPT_EDITS = Quotient("edits", "Edits accepted", "percentunit", ACCEPTED, EDITS)
DURATION = Times("duration", "Duration of calls", tool.DURATION_RECORDS, ("tool",), ALL_TEAMS)

ANSWER = (
    total(CALLS, "What the model did. Far more at equal prompts: perhaps a loop.", width=6),
    quotient(
        SUCCESS,
        "A shell command that exits with an error counts as failed, too. A fall: see below which.",
        width=6,
        steps=((None, "red"), (1 - FAILED_RATIO.resolved(), "green")),
    ),
    slowest(DURATION, "Rises with builds and tests; a rise of file tools means a slow disk.", width=6),
    quotient(
        REJECTED,
        "Rejected / all decisions. Rises: rules forbid what the work needs, or people what is proposed.",
        width=6,
        steps=((None, "green"), (REJECTED_RATIO.resolved(), "red")),
    ),
)
FAILURES = (
    hourly(CALLS, "tool", "mcp_tool stands for all tools of MCP servers.", width=8),
    quotients(FAILURE, "tool", "One tool near 100 % is broken for everybody.", width=8, maximum=1),
    table(
        "errors",
        "Failures by tool and type of error",
        "Begin with the largest. ShellError: the command itself failed, which is often meant.",
        "short",
        Query(expr=over_range("sum by (tool, error_type)", BROKEN), legend="Failed"),
        columns={"tool": "Tool", "error_type": "Error"},
        sort="Failed",
        width=8,
        no_value="none",
    ),
)
TIMES = (
    percentiles(DURATION, "A rising p99 at an even p50: a few calls hang until their limit."),
    percentile_table(DURATION, "Compare with what the tool should take.", {"tool": "Tool"}),
    ranking(RESULTS, "tool", "Results fill the context and are paid for again with each request.", width=12),
    hourly(BYTES, "direction", "result: what tools return. input: what the model passes to them."),
)
PERMISSIONS = (
    hourly(DECISIONS, "source", "config: rules decided; user_permanent: nobody is asked again.", width=8),
    quotient_table(
        REJECTED,
        "A mode that rejects most: its rules do not fit the work.",
        {"tool": "Tool", "permission_mode": "Mode"},
        width=8,
    ),
    quotient_table(
        KEPT_EDITS,
        "Low: people do not want what is proposed there.",
        {"tool_name": "Edit tool", "language": "Language"},
        width=8,
    ),
)
EXTENSIONS = (
    hourly(CONNECTIONS, "status", "failed: a server does not start or answer, and its tools are missing."),
    hourly(HOOKS, "outcome", "error: a hook that checks nothing. blocking: it stopped a call, as it may."),
)
ROWS = {
    "Do tools work?": ANSWER,
    "Which fail?": FAILURES,
    "How long do they take, what do they move?": TIMES,
    "Who lets them run?": PERMISSIONS,
    "MCP servers and hooks": EXTENSIONS,
}

TOOL_DASHBOARD = Dashboard(
    title="Claude Code / Tools",
    question="Do tools work?",
    variables=variables(tool.TOOL_CALLS, *LABELS),
    rows=tuple(Row(title=title, panels=panels) for title, panels in ROWS.items()),
)
