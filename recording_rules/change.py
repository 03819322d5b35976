"""Changes to code that went through the client, by its own counters: lines, commits, pull requests."""

from claude_code_mixin import Group
from claude_code_mixin.client_meter import client_memory
from claude_code_mixin.meter import remembering
from claude_code_mixin.meters import Cut

CHANGE = Cut("change", ("team",))

CLIENT_RECORDS = (
    *client_memory("lines_of_code", "1", "Lines of code added and removed"),
    *client_memory("commits", "1", "Commits made with the client"),
    *client_memory("pull_requests", "1", "Pull requests opened with the client"),
)
LINE_RECORDS = remembering(
    Cut("change", ("team", "model")),
    "lines_of_code",
    "claude_code_lines_of_code_count_total",
    "1",
    "Lines of code added and removed",
    extra="type",
)
COMMIT_RECORDS = remembering(
    CHANGE,
    "commits",
    "claude_code_commit_count_total",
    "1",
    "Commits made with the client",
)
PULL_REQUEST_RECORDS = remembering(
    CHANGE,
    "pull_requests",
    "claude_code_pull_request_count_total",
    "1",
    "Pull requests opened with the client",
)
LINES_OF_CODE = LINE_RECORDS[-1]
COMMITS = COMMIT_RECORDS[-1]
PULL_REQUESTS = PULL_REQUEST_RECORDS[-1]

METER = Group(
    name="claude-code-change-meter",
    records=(*CLIENT_RECORDS, *LINE_RECORDS, *COMMIT_RECORDS, *PULL_REQUEST_RECORDS),
)
