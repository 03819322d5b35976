"""Calls of tools: how they ended, how long they took, what they moved, and who allowed them."""

from claude_code_mixin import Group
from claude_code_mixin.client_meter import client_memory
from claude_code_mixin.event_meters import DECISION, TOOL, TOOL_KIND
from claude_code_mixin.meter import remembering, remembering_histogram
from claude_code_mixin.meters import Cut

CALL_RECORDS = remembering(
    TOOL,
    "tool_calls",
    "claude_code_meter_tool_calls_total",
    "events",
    "Tool calls that ended",
    kept_for="failure rate by tool and type of error",
)
DURATION_RECORDS = remembering_histogram(
    TOOL_KIND,
    "tool_duration_seconds",
    "claude_code_meter_tool_kind_duration_seconds",
    "seconds",
    "Duration of tool calls",
    kept_for="percentiles and mean of the time that a tool takes",
)
SIZE_RECORDS = remembering(
    TOOL_KIND,
    "tool_bytes",
    "claude_code_meter_tool_kind_size_bytes_total",
    "bytes",
    "Bytes into and out of tools",
    extra="direction",
    kept_for="finding the tool whose results fill the context",
)
DECISION_RECORDS = remembering(
    DECISION,
    "tool_decisions",
    "claude_code_meter_decision_calls_total",
    "events",
    "Decisions to let a tool run or not",
)
CLIENT_RECORDS = client_memory("edit_decisions", "1", "Decisions on edits of code")
EDIT_RECORDS = remembering(
    Cut("edit", ("team", "tool_name", "decision", "source", "language")),
    "edit_decisions",
    "claude_code_code_edit_tool_decision_total",
    "1",
    "Decisions on edits of code, by the clients' own counter",
)
TOOL_CALLS = CALL_RECORDS[-1]
_, _, _, TOOL_DURATION_BUCKET, _, TOOL_DURATION_SUM = DURATION_RECORDS
TOOL_BYTES = SIZE_RECORDS[-1]
TOOL_DECISIONS = DECISION_RECORDS[-1]
EDIT_DECISIONS = EDIT_RECORDS[-1]

METER = Group(
    name="claude-code-tool-meter",
    records=(
        *CALL_RECORDS,
        *DURATION_RECORDS,
        *SIZE_RECORDS,
        *DECISION_RECORDS,
        *CLIENT_RECORDS,
        *EDIT_RECORDS,
    ),
)
