"""Ingest profiles: how telemetry arrives, which raw series that makes, and what cannot be known there.

The profile `collector` counts events. The others have nothing but the clients' own counters, one series a
session: what only events carry is not built there, and the build says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from claude_code_mixin import catalogue
from claude_code_mixin.catalogue import Series
from claude_code_mixin.compile.wire_labels import wire_labels
from claude_code_mixin.config import Config
from claude_code_mixin.meters import CLIENT_LABELS, WITNESS, Cut, kept
from claude_code_mixin.settings import active

COLLECTOR = "collector"
CLIENT_COUNTERS: Mapping[str, str] = {
    "cost_usd": "claude_code.cost.usage",
    "tokens": "claude_code.token.usage",
    "sessions": "claude_code.session.count",
    "lines_of_code": "claude_code.lines_of_code.count",
    "commits": "claude_code.commit.count",
    "pull_requests": "claude_code.pull_request.count",
    "edit_decisions": "claude_code.code_edit_tool.decision",
    "active_seconds": "claude_code.active_time.total",
}
"""Metric of a record's name -> the clients' counter that tells it without any event."""
_USAGE = (
    "team",
    "user",
    "model",
    "query_source",
    "effort",
    "speed",
    "agent",
    "skill",
    "plugin",
    "mcp_server",
)
_ATTRIBUTED: Mapping[str, tuple[str, ...]] = {
    "cost_usd": (*_USAGE, "repository", "version"),
    "tokens": (*_USAGE, "type"),
}
_NEEDS_EVENTS = "needs events, which only the ingest profile collector counts"
_NEEDS_A_SECOND_METER = "compares two meters, and this ingest profile has one"


def by_collector() -> bool:
    """Whether the compiled collector makes the raw series, under the active configuration."""
    return active().meter.profile == COLLECTOR


def unavailable(cut: Cut, metric: str) -> str:
    """Return why the active profile cannot tell `metric` by the labels of `cut`; empty when it can."""
    if by_collector():
        return ""
    if cut == WITNESS:
        return _NEEDS_A_SECOND_METER
    known = metric in CLIENT_COUNTERS and set(cut.labels) <= {*client_labels(metric), "user", "team"}
    return "" if known else _NEEDS_EVENTS


def client_labels(metric: str) -> tuple[str, ...]:
    """Return the labels that increments of the clients' counter for `metric` are recorded with."""
    counted = (label for label in CLIENT_LABELS[CLIENT_COUNTERS[metric]] if label != "writer")
    return kept(_ATTRIBUTED.get(metric, tuple(counted)), active())


def raw_name(metric: str) -> str:
    """Return the name of the clients' counter for `metric` as the active profile delivers it."""
    return catalogue.load().metrics[CLIENT_COUNTERS[metric]].names[active().meter.profile]


def wire_sources(label: str) -> tuple[tuple[str, ...], str]:
    """Return the raw labels that `label` is read from, the first one filled counts, and its value without."""
    wire = wire_labels(active())[label]
    keys = dict.fromkeys((*wire.keys, *wire.on_resource))
    return tuple(_escaped(key) for key in keys), wire.default


def raw_series(config: Config) -> dict[str, Series]:
    """Return the raw series of the clients in the profile of `config`, by name; none in `collector`."""
    if config.meter.profile == COLLECTOR:
        return {}
    own = (config.labels.team, config.labels.user, config.labels.repository)
    keys = (*own, "app.version", "service.version", "user.email", "user.id", "agent_type")
    return catalogue.load().series(config.meter.profile, tuple(_escaped(key) for key in keys))


def _escaped(key: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_]", "_", key)
