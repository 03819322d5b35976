"""What the lab measures: quantities of the truth, and the records and raw counters that show them."""

from __future__ import annotations

from dataclasses import dataclass

from claude_code_mixin import catalogue
from claude_code_mixin.fleet.truth import COUNTERS


@dataclass(frozen=True)
class Quantity:
    """What is measured: `truth` names it in the clients' truth, `record` is ours, which may not be built.

    `labels` are compared one by one. A record without teams is compared over all workloads at once. `raw`
    is the counter that the widespread queries read, and `raw_truth` what it ought to show.
    """

    name: str
    truth: str
    record: str
    labels: tuple[str, ...]
    raw: str = ""
    raw_truth: str = ""
    teams: bool = True


COST_COUNTER = "claude_code_cost_usage_USD_total"
TOKEN_COUNTER = "claude_code_token_usage_tokens_total"  # noqa: S105 - a metric, no password
QUANTITIES = (
    Quantity(
        "dollars", "cost", "identity:claude_code_cost_usd:increase1m", ("model",), COST_COUNTER, "client_cost"
    ),
    Quantity(
        "tokens",
        "tokens",
        "identity:claude_code_tokens:increase1m",
        ("model", "type"),
        TOKEN_COUNTER,
        "client_tokens",
    ),
    Quantity("requests", "requests", "identity:claude_code_requests:increase1m", ("model",)),
    Quantity(
        "sessions",
        "sessions",
        "start:claude_code_sessions:increase1m",
        ("start_type",),
        "claude_code_session_count_total",
        "sessions",
    ),
    Quantity("client dollars", "client_cost", "witness:claude_code_cost_usd:increase1m", ("model",)),
    Quantity("client tokens", "client_tokens", "witness:claude_code_tokens:increase1m", ("model", "type")),
    Quantity(
        "tool calls",
        "tool_calls",
        'event:claude_code_events:increase1m{event="tool_result"}',
        (),
        teams=False,
    ),
    Quantity("tool calls by team", "tool_calls", "tool:claude_code_tool_calls:increase1m", ()),
    Quantity(
        "commits",
        "commits",
        "change:claude_code_commits:increase1m",
        (),
        "claude_code_commit_count_total",
        "commits",
    ),
)
"""Of the ingest profile `collector`, where events are the number."""

_CLIENT = (
    Quantity("dollars", "client_cost", "identity:claude_code_cost_usd:increase1m", ("model",)),
    Quantity(
        "dollars by source",
        "client_cost",
        "attribution:claude_code_cost_usd:increase1m",
        ("model", "query_source", "effort", "speed"),
    ),
    Quantity("tokens", "client_tokens", "identity:claude_code_tokens:increase1m", ("model", "type")),
    Quantity("sessions", "sessions", "start:claude_code_sessions:increase1m", ("start_type",)),
    Quantity("commits", "commits", "change:claude_code_commits:increase1m", ()),
    Quantity("pull requests", "pull_requests", "change:claude_code_pull_requests:increase1m", ()),
    Quantity("lines", "lines", "change:claude_code_lines_of_code:increase1m", ("model", "type")),
    Quantity(
        "edit decisions",
        "edits",
        "edit:claude_code_edit_decisions:increase1m",
        ("tool_name", "decision", "source", "language"),
    ),
    Quantity("active seconds", "active_seconds", "activity:claude_code_active_seconds:increase1m", ("type",)),
)
_ASKED = ("dollars", "tokens", "sessions", "commits")  # what the widespread queries are asked for


def client_quantities(profile: str) -> tuple[Quantity, ...]:
    """Return what the clients' counters alone tell, with the raw names of the catalogue's `profile`."""
    metrics = catalogue.load().metrics
    return tuple(
        Quantity(
            it.name,
            it.truth,
            it.record,
            it.labels,
            metrics[COUNTERS[it.truth]].names[profile] if it.name in _ASKED else "",
            it.truth,
        )
        for it in _CLIENT
    )
