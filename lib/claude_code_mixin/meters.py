"""What the collector makes of the clients' telemetry: label cuts, meters, and the raw series they appear as.

Events are the number: each quantity of an `api_request` becomes one long-lived counter per label cut, so
that no raw series multiplies all labels. The clients' own counters, summed without session and user,
are the witness.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from claude_code_mixin.catalogue import Series
from claude_code_mixin.config import Config
from claude_code_mixin.settings import active

TARGET_LABELS = ("job", "instance", "collector_start")
"""Labels that tell scraped processes apart; `collector_start` changes at every start of a collector."""


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
    """`labels` without those the privacy profile drops: user except in full, team in strict."""
    dropped = {"full": (), "team": ("user",), "strict": ("user", "team")}[config.privacy]
    return tuple(label for label in labels if label not in dropped)


IDENTITY = Cut("identity", ("team", "user", "model"))
ATTRIBUTION = Cut("attribution", ("team", "model", "query_source", "effort", "speed"))
EXTENSION = Cut("extension", ("team", "agent", "skill", "plugin", "mcp_server"))
REPOSITORY = Cut("repository", ("team", "repository"))
VERSION = Cut("version", ("version",))
WITNESS = Cut("witness", ("team", "model"))
START = Cut("start", ("team", "start_type"))

TOKEN_TYPES = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cacheRead": "cache_read_tokens",
    "cacheCreation": "cache_creation_tokens",
}
"""Token type as the clients' counter spells it -> attribute of the api_request event."""

VALUES: Mapping[str, tuple[str, ...]] = {
    "type": (*TOKEN_TYPES, "other"),
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
    """One counter that the collector derives from `api_request` events for one cut.

    `quantity` is cost, tokens or requests; `unit` its house unit.
    """

    cut: Cut
    quantity: str
    unit: str

    @property
    def otel_name(self) -> str:
        """Name inside the collector."""
        return f"claude_code.meter.{self.cut.name}.{self.quantity}"

    @property
    def series(self) -> str:
        """Name in Prometheus, after the exporter's unit and type suffixes."""
        suffix = "_USD_total" if self.quantity == "cost" else "_total"
        return f"claude_code_meter_{self.cut.name}_{self.quantity}{suffix}"

    def labels(self, config: Config) -> tuple[str, ...]:
        """Labels that the collector writes under the privacy profile of `config`."""
        extra = ("type",) if self.quantity == "tokens" else ()
        return kept(self.cut.labels, config) + extra


METERS: tuple[Meter, ...] = (
    Meter(IDENTITY, "cost", "USD"),
    Meter(IDENTITY, "tokens", "tokens"),
    Meter(IDENTITY, "requests", "requests"),
    Meter(ATTRIBUTION, "cost", "USD"),
    Meter(ATTRIBUTION, "tokens", "tokens"),
    Meter(ATTRIBUTION, "requests", "requests"),
    Meter(EXTENSION, "cost", "USD"),
    Meter(EXTENSION, "requests", "requests"),
    Meter(REPOSITORY, "cost", "USD"),
    Meter(VERSION, "cost", "USD"),
    Meter(VERSION, "requests", "requests"),
)

CLIENT_LABELS: Mapping[str, tuple[str, ...]] = {
    "claude_code.session.count": ("writer", "team", "start_type"),
    "claude_code.lines_of_code.count": ("writer", "team", "model", "type"),
    "claude_code.pull_request.count": ("writer", "team"),
    "claude_code.commit.count": ("writer", "team"),
    "claude_code.cost.usage": ("writer", "team", "model", "query_source"),
    "claude_code.token.usage": ("writer", "team", "model", "query_source", "type"),
    "claude_code.code_edit_tool.decision": ("writer", "team", "tool_name", "decision", "source", "language"),
    "claude_code.active_time.total": ("writer", "team", "type"),
}
"""Client counter -> labels that stay when the collector sums it over sessions and users."""

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
}
"""Counters with which the collector accounts for what arrived and what it refused to count."""


def collector_series() -> Mapping[str, Series]:
    """Every raw series the compiled collector exposes under the active configuration, by name."""
    return {series.name: series for series in _series(active())}


def _series(config: Config) -> Iterator[Series]:
    for meter in METERS:
        yield _counter(meter.series, meter.unit, meter.labels(config), {"type": tuple(TOKEN_TYPES)})
    for name, (series, unit) in CLIENT_SERIES.items():
        yield _counter(series, unit, kept(CLIENT_LABELS[name], config))
    for series, (labels, unit) in PIPELINE_SERIES.items():
        yield _counter(series, unit, labels)


def _counter(
    name: str, unit: str, labels: tuple[str, ...], values: Mapping[str, tuple[str, ...]] = VALUES
) -> Series:
    return Series(
        name=name,
        kind="counter",
        unit=unit,
        labels={label: {**VALUES, **values}.get(label) for label in TARGET_LABELS + labels},
        session_scoped=False,
        description="counter kept by the compiled collector",
        source="collector",
    )
