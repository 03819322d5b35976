"""What the real client sent: loaded, moved in time, given a team, and summed up without any collector."""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SIGNALS = {"logs": "/v1/logs", "metrics": "/v1/metrics"}
DELTA = 1
TOKEN_ATTRIBUTES = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_tokens": "cacheRead",
    "cache_creation_tokens": "cacheCreation",
}

Cell = tuple[str, ...]
"""A quantity: ("cost", model), ("tokens", model, type), ("requests", model) or ("sessions", start type)."""
Truth = dict[Cell, float]


@dataclass(frozen=True)
class Post:
    """One request of the client: seconds after the capture's first, signal, and OTLP/JSON body."""

    after: float
    signal: str
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Capture:
    """One scenario: its name and the requests in the order in which they arrived."""

    name: str
    began: float
    posts: tuple[Post, ...]

    @property
    def cumulative(self) -> bool:
        """Whether the client's counters were cumulative, which the collector cannot add up and drops."""
        return any(sum_["aggregationTemporality"] != DELTA for _, sum_, _ in self._points())

    def cumulative_points(self) -> int:
        """Return how many data points were cumulative."""
        return sum(sum_["aggregationTemporality"] != DELTA for _, sum_, _ in self._points())

    def by_events(self) -> Truth:
        """Return cost (USD), tokens and requests as the api_request events tell them."""
        total: Truth = defaultdict(float)
        for record in self.records():
            found = attributes(record)
            if found["event.name"] == "api_request":
                model = str(found["model"])
                total["cost", model] += float(found["cost_usd"])
                total["requests", model] += 1
                for attribute, kind in TOKEN_ATTRIBUTES.items():
                    total["tokens", model, kind] += float(found[attribute])
        return dict(total)

    def by_counters(self) -> Truth:
        """Return cost, tokens and sessions as the client's counters tell them, whatever their temporality."""
        series: dict[tuple[str, ...], float] = {}
        cells: dict[tuple[str, ...], Cell] = {}
        for name, sum_, point in self._points():
            found = attributes(point)
            key: tuple[str, ...] = (name, json.dumps(found, sort_keys=True), str(point["startTimeUnixNano"]))
            value = float(point.get("asDouble", point.get("asInt", 0)))
            before = series.get(key, 0.0) if sum_["aggregationTemporality"] == DELTA else 0.0
            series[key] = before + value
            cells[key] = _cell(name, found)
        total: Truth = defaultdict(float)
        for key, value in series.items():
            if cells[key]:
                total[cells[key]] += value
        return dict(total)

    def truth(self) -> Truth:
        """Return the truth: events where there are some, else counters; sessions from counters."""
        events, counters = self.by_events(), self.by_counters()
        sessions = {cell: value for cell, value in counters.items() if cell[0] == "sessions"}
        return (events or counters) | sessions

    def records(self) -> Iterator[dict[str, Any]]:
        """Yield every log record."""
        for post in self.posts:
            for resource in post.body.get("resourceLogs", ()):
                for scope in resource["scopeLogs"]:
                    yield from scope["logRecords"]

    def _points(self) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        for post in self.posts:
            for resource in post.body.get("resourceMetrics", ()):
                for scope in resource["scopeMetrics"]:
                    for metric in scope["metrics"]:
                        for point in metric["sum"]["dataPoints"]:
                            yield metric["name"], metric["sum"], point


def _cell(name: str, found: Mapping[str, Any]) -> Cell:
    if name == "claude_code.cost.usage":
        return ("cost", str(found["model"]))
    if name == "claude_code.token.usage":
        return ("tokens", str(found["model"]), str(found["type"]))
    if name == "claude_code.session.count":
        return ("sessions", str(found["start_type"]))
    return ()


def attributes(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return the attributes of an OTLP/JSON point or record as a mapping; integers stay texts."""
    return {pair["key"]: next(iter(pair["value"].values()), None) for pair in item.get("attributes", ())}


def load(folder: Path) -> tuple[Capture, ...]:
    """Return the captures of `folder`, by name; raise FileNotFoundError when it holds none."""
    rows: dict[str, list[tuple[float, str, dict[str, Any]]]] = {}
    for file in sorted(folder.glob("*.jsonl")):
        name, signal = file.name.split(".")[:2]
        if signal in SIGNALS:
            for line in file.read_text("utf-8").splitlines():
                record = json.loads(line)
                rows.setdefault(name, []).append((record["received_unix"], signal, record["body"]))
    if not rows:
        raise FileNotFoundError(f"{folder} holds no captures (*.logs.jsonl, *.metrics.jsonl)")
    return tuple(_capture(name, found) for name, found in rows.items())


def _capture(name: str, rows: list[tuple[float, str, dict[str, Any]]]) -> Capture:
    rows.sort(key=lambda row: row[0])
    began = rows[0][0]
    return Capture(name, began, tuple(Post(at - began, signal, body) for at, signal, body in rows))


def retimed(body: Mapping[str, Any], seconds: float, team: str) -> dict[str, Any]:
    """Return a copy of `body` with its time stamps moved by `seconds` and every point and record in `team`.

    The client copies OTEL_RESOURCE_ATTRIBUTES onto every point and record: so does this with team.id.
    """
    moved: dict[str, Any] = copy.deepcopy(dict(body))
    _walk(moved, int(seconds * 1e9), team)
    return moved


def _walk(node: object, nanoseconds: int, team: str) -> None:
    if isinstance(node, list):
        for item in node:
            _walk(item, nanoseconds, team)
    elif isinstance(node, dict):
        for key, value in node.items():
            if key.endswith("UnixNano") and int(value) > 0:
                node[key] = str(int(value) + nanoseconds)
            else:
                _walk(value, nanoseconds, team)
        if "timeUnixNano" in node:
            kept = [pair for pair in node["attributes"] if pair["key"] != "team.id"]
            node["attributes"] = [*kept, {"key": "team.id", "value": {"stringValue": team}}]
