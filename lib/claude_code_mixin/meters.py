"""What the collector makes of the clients' telemetry: label cuts, meters, and the clients' own counters.

Events are the number: each quantity of an event becomes one long-lived counter per label cut, so that no raw
series multiplies all labels. The clients' own counters, summed without session and user, are the witness.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from claude_code_mixin.config import Config
from claude_code_mixin.settings import active

TARGET_LABELS = ("job", "instance", "collector_start")
"""Labels that tell scraped processes apart; `collector_start` changes at every start of a collector."""

UNREAD = "2m"
"""How far back counters are read: two evaluations, past the marker that they have gone stale.

A collector that ends takes its counters along, and the next failed scrape marks them stale: what was scraped
since the evaluation before would be lost to a bare name, up to a minute's spend. The second minute is for a
scrape that was stored late, or an evaluation that was missed.
"""


@dataclass(frozen=True)
class Cut:
    """A named set of labels that a meter keeps."""

    name: str
    labels: tuple[str, ...]

    def by(self) -> str:
        """The labels as they stand inside `by (...)`, without those that the privacy profile drops."""
        return ", ".join(kept(self.labels, active()))

    def __str__(self) -> str:
        return self.name


def kept(labels: tuple[str, ...], config: Config) -> tuple[str, ...]:
    """`labels` without those the privacy profile drops: user except in full, team and session in strict."""
    dropped = {"full": (), "team": ("user",), "strict": ("user", "team", "session_id")}[config.privacy]
    return tuple(label for label in labels if label not in dropped)


IDENTITY = Cut("identity", ("team", "user", "model"))
ATTRIBUTION = Cut("attribution", ("team", "model", "query_source", "effort", "speed"))
EXTENSION = Cut("extension", ("team", "agent", "skill", "plugin", "mcp_server"))
REPOSITORY = Cut("repository", ("team", "repository"))
VERSION = Cut("version", ("version",))
WITNESS = Cut("witness", ("team", "model"))
START = Cut("start", ("team", "start_type", "entrypoint", "terminal"))

SESSION_PREFIX = "claude_code_meter_session_"
"""Begin of the names of the drill-down's raw series: single sessions, which only panels may read."""

VALUES: Mapping[str, tuple[str, ...]] = {
    "type": ("input", "output", "cacheRead", "cacheCreation", "other"),
    "query_source": ("main", "subagent", "auxiliary"),
    "effort": ("none", "low", "medium", "high", "xhigh", "max"),
    "speed": ("normal", "fast"),
    "signal": ("metrics", "logs"),
    "reason": (
        "unknown_metric",
        "unknown_event",
        "wrong_type",
        "cumulative",
        "not_monotonic",
        "not_finite",
        "negative",
        "absurd",
    ),
    "start_type": ("fresh", "resume", "continue", "agents_view", "other"),
}
"""Closed value sets of the labels that the collector writes; other labels take any value."""


@dataclass(frozen=True)
class Meter:
    """One counter or histogram that the collector derives from the events called `event`, for one cut.

    It counts the events, or sums the attribute `number`, or several attributes, `parts`, told apart by the
    label `part_label` (label value -> attribute). `factor` turns the wire's unit into `unit`, a house unit.
    `buckets` make it a histogram.
    """

    cut: Cut
    quantity: str
    unit: str
    event: str = "api_request"
    number: str | None = None
    parts: Mapping[str, str] = field(default_factory=dict)
    part_label: str = ""
    factor: float = 1.0
    buckets: tuple[float, ...] = ()

    @property
    def otel_name(self) -> str:
        """Name inside the collector."""
        return f"claude_code.meter.{self.cut.name}.{self.quantity}"

    @property
    def otel_unit(self) -> str:
        """Unit as the exporter's suffix wants it; counts have none."""
        return {"USD": "USD", "tokens": "tokens", "seconds": "s", "bytes": "By"}.get(self.unit, "")

    @property
    def series(self) -> str:
        """Name in Prometheus, after the exporter's unit and type suffixes; a histogram's without its part.

        The exporter leaves out a unit that the name ends in.
        """
        word = "" if self.quantity == self.unit or not self.otel_unit else f"_{self.unit}"
        suffix = "" if self.buckets else "_total"
        return f"claude_code_meter_{self.cut.name}_{self.quantity}{word}{suffix}"

    @property
    def numbers(self) -> tuple[str, ...]:
        """Attributes that it sums."""
        return (self.number,) if self.number else tuple(self.parts.values())

    def labels(self, config: Config) -> tuple[str, ...]:
        """Labels that the collector writes under the privacy profile of `config`."""
        return kept(self.cut.labels, config) + ((self.part_label,) if self.parts else ())


CLIENT_LABELS: Mapping[str, tuple[str, ...]] = {
    "claude_code.session.count": ("writer", "team", "start_type", "entrypoint", "terminal"),
    "claude_code.lines_of_code.count": ("writer", "team", "model", "type"),
    "claude_code.pull_request.count": ("writer", "team"),
    "claude_code.commit.count": ("writer", "team"),
    "claude_code.cost.usage": ("writer", "team", "model", "query_source"),
    "claude_code.token.usage": ("writer", "team", "model", "query_source", "type"),
    "claude_code.code_edit_tool.decision": ("writer", "team", "tool_name", "decision", "source", "language"),
    "claude_code.active_time.total": ("writer", "team", "type"),
}
"""Client counter -> labels that stay when the collector sums it over sessions and users."""

CLIENT_TYPES: Mapping[str, tuple[str, ...]] = {
    "claude_code.lines_of_code.count": ("added", "removed", "other"),
    "claude_code.active_time.total": ("user", "cli", "other"),
}
"""Client counter -> values of its label `type`, where those are not the types of tokens."""

CLIENT_SERIES: Mapping[str, tuple[str, str]] = {
    "claude_code.session.count": ("claude_code_session_count_total", "sessions"),
    "claude_code.lines_of_code.count": ("claude_code_lines_of_code_count_total", "1"),
    "claude_code.pull_request.count": ("claude_code_pull_request_count_total", "1"),
    "claude_code.commit.count": ("claude_code_commit_count_total", "1"),
    "claude_code.cost.usage": ("claude_code_cost_usage_USD_total", "USD"),
    "claude_code.token.usage": ("claude_code_token_usage_tokens_total", "tokens"),
    "claude_code.code_edit_tool.decision": ("claude_code_code_edit_tool_decision_total", "1"),
    "claude_code.active_time.total": ("claude_code_active_time_seconds_total", "seconds"),
}
"""Client counter -> its name in Prometheus behind the collector, and its house unit."""

PIPELINE_SERIES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "claude_code_pipeline_canary_total": (("writer",), "events"),
    "claude_code_pipeline_events_total": (("writer", "event"), "events"),
    "claude_code_pipeline_points_total": (("writer",), "points"),
    "claude_code_pipeline_dropped_total": (("writer", "signal", "reason"), "points"),
    "claude_code_pipeline_unknown_total": (("kind", "event", "unknown"), "points"),
}
"""Counters with which the collector accounts for what arrived and what it refused to count."""
