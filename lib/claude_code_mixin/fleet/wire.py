"""Batches as bytes: OTLP as JSON or Protobuf, and the text that the client's own Prometheus exporter shows.

Protobuf needs the package opentelemetry-proto; JSON and text need nothing.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any

from claude_code_mixin.catalogue import load
from claude_code_mixin.fleet.telemetry import Attributes, Batch, Event, Point, Value

DELTA, CUMULATIVE = 1, 2
PATHS = {"metrics": "/v1/metrics", "logs": "/v1/logs"}
DESCRIPTIONS = {
    "claude_code.session.count": "Count of CLI sessions started",
    "claude_code.lines_of_code.count": (
        "Count of lines of code modified, with the 'type' attribute indicating whether lines were added or "
        "removed and the 'model' attribute indicating which model made the change"
    ),
    "claude_code.pull_request.count": "Number of pull requests created",
    "claude_code.commit.count": "Number of git commits created",
    "claude_code.cost.usage": "Cost of the Claude Code session",
    "claude_code.token.usage": "Number of tokens used",
    "claude_code.code_edit_tool.decision": (
        "Count of code editing tool permission decisions (accept/reject) for Edit, Write, and NotebookEdit "
        "tools"
    ),
    "claude_code.active_time.total": "Total active time in seconds",
}
"""As the captured client describes its metrics."""
_SERVICES = {
    "metrics": (
        "opentelemetry.proto.collector.metrics.v1.metrics_service_pb2",
        "ExportMetricsServiceRequest",
    ),
    "logs": ("opentelemetry.proto.collector.logs.v1.logs_service_pb2", "ExportLogsServiceRequest"),
}


class WireError(Exception):
    """A batch cannot be written; one sentence says what is missing."""


def body(batch: Batch) -> dict[str, Any]:
    """Return the OTLP/JSON request of a batch."""
    resource = {"attributes": _attributes(batch.resource), "droppedAttributesCount": 0}
    scope = {"name": load().scopes[batch.signal], "version": batch.version}
    if batch.signal == "metrics":
        metrics = [_metric(name, list(points), batch) for name, points in _by_metric(batch.points)]
        return {
            "resourceMetrics": [
                {"resource": resource, "scopeMetrics": [{"scope": scope, "metrics": metrics}]},
            ]
        }
    records = [_record(event) for event in batch.events]
    return {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": records}]}]}


def as_json(batch: Batch) -> bytes:
    """Return the request as JSON; the same batch gives the same bytes."""
    return json.dumps(body(batch), separators=(",", ":")).encode()


def as_protobuf(batch: Batch) -> bytes:
    """Return the request as Protobuf; raise WireError where opentelemetry-proto is not installed."""
    module, name = _SERVICES[batch.signal]
    try:
        message = getattr(importlib.import_module(module), name)()
        parse = importlib.import_module("google.protobuf.json_format").ParseDict
    except ImportError as error:
        raise WireError(
            f"OTLP as Protobuf needs the package opentelemetry-proto ({error}): install it, or send JSON"
        ) from error
    data: bytes = parse(body(batch), message).SerializeToString()
    return data


def rejects(answer: bytes) -> bool:
    """Return whether a Protobuf answer that says success rejects a part of the batch.

    A partial success without content, which servers may write, is one field of length 0.
    """
    return answer not in (b"", b"\n\x00")


def _by_metric(points: Iterable[Point]) -> Iterable[tuple[str, Iterable[Point]]]:
    return groupby(points, lambda point: point.metric)


def _metric(name: str, points: list[Point], batch: Batch) -> dict[str, Any]:
    described = {"name": name, "description": DESCRIPTIONS[name], "unit": load().metrics[name].unit}
    temporality = CUMULATIVE if batch.cumulative else DELTA
    return {
        **described,
        "sum": {
            "aggregationTemporality": temporality,
            "isMonotonic": True,
            "dataPoints": [_point(point) for point in points],
        },
    }


def _point(point: Point) -> dict[str, Any]:
    return {
        "attributes": _attributes(point.attributes),
        "startTimeUnixNano": _nanoseconds(point.start),
        "timeUnixNano": _nanoseconds(point.end),
        "asDouble": _number(point.value),
    }


def _record(event: Event) -> dict[str, Any]:
    return {
        "timeUnixNano": _nanoseconds(event.at),
        "observedTimeUnixNano": _nanoseconds(event.at),
        "body": {"stringValue": f"claude_code.{event.name}"},
        "attributes": _attributes(event.attributes),
        "droppedAttributesCount": 0,
    }


def _nanoseconds(milliseconds: int) -> str:
    return f"{milliseconds}000000"


def _attributes(of: Attributes) -> list[dict[str, Any]]:
    return [{"key": key, "value": _value(value)} for key, value in of.items()]


def _value(of: Value) -> dict[str, Any]:
    """A number without a fraction is an integer to JavaScript: a request of one whole dollar sends an int."""
    if isinstance(of, bool):
        return {"boolValue": of}
    if isinstance(of, int) or (isinstance(of, float) and of.is_integer()):
        return {"intValue": int(of)}
    if isinstance(of, float):
        return {"doubleValue": of}
    if isinstance(of, tuple):
        return {"arrayValue": {"values": [_value(item) for item in of]}}
    return {"stringValue": of}


def _number(of: float) -> float | int:
    return int(of) if of == int(of) else of


def exposition(batch: Batch) -> str:
    """Return what a scrape of the client shows: all points of a cumulative batch in the text format."""
    lines = ["# HELP target_info Target metadata", "# TYPE target_info gauge"]
    lines.append(f"target_info{_labels(batch.resource)} 1")
    scope = {"otel_scope_name": load().scopes["metrics"], "otel_scope_version": batch.version}
    for name, points in _by_metric(batch.points):
        series = load().metrics[name].spellings["exporter"]
        lines += [f"# HELP {series} {DESCRIPTIONS[name]}", f"# TYPE {series} counter"]
        for point in points:
            lines.append(f"{series}{_labels({**point.attributes, **scope})} {_number(point.value)!r}")
    return "\n".join(lines) + "\n"


def _labels(of: Mapping[str, Value]) -> str:
    pairs = (f'{key.replace(".", "_")}="{_escaped(value)}"' for key, value in of.items())
    return "{" + ",".join(pairs) + "}"


def _escaped(value: Value) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return text.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
