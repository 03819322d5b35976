"""Simulated processes for tests, and how what they send is held against captures of the real client."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from claude_code_mixin.catalogue import load, unknowns
from claude_code_mixin.fleet import counters, wire
from claude_code_mixin.fleet.clients import Launch, Process
from claude_code_mixin.fleet.happenings import Request, ToolCall
from claude_code_mixin.fleet.machine import Exporter, Machine, Settings
from claude_code_mixin.fleet.telemetry import Batch, Clock, Event, Point
from claude_code_mixin.fleet.usage import OPUS, Usage

LAPTOP = Machine("laptop")
CAPTURES = Path(__file__).parent / "data" / "captures"
# Identifiers and measurements differ from run to run; everything else must be the same.
VARYING = {
    *("session.id", "prompt.id", "message.uuid", "request_id", "tool_use_id", "agent_id", "event.timestamp"),
    *("duration_ms", "ttft_ms", "total_duration_ms", "total_retry_duration_ms", "error"),
    *("tool_input_size_bytes", "tool_result_size_bytes", "response_length", "prompt_length"),
}


def captured(name: str, signal: str) -> list[dict[str, Any]]:
    """Return the requests of a capture."""
    lines = (CAPTURES / f"{name}.{signal}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line)["body"] for line in lines]


def attributes(carrier: dict[str, Any]) -> dict[str, Any]:
    """Return attributes in their order: type and value, the value left out where it varies."""
    return {
        pair["key"]: next(iter(pair["value"])) if pair["key"] in VARYING else pair["value"]
        for pair in carrier["attributes"]
    }


def points(body: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield every metric and point of a request without ids and times."""
    (found,) = body["resourceMetrics"]
    yield ("resource", attributes(found["resource"]), found["scopeMetrics"][0]["scope"])
    for metric in found["scopeMetrics"][0]["metrics"]:
        total = metric["sum"]
        yield (metric["name"], metric["unit"], metric["description"])
        yield (total["aggregationTemporality"], total["isMonotonic"])
        for point in total["dataPoints"]:
            is_time = metric["name"] == counters.ACTIVE
            value = "measured" if is_time else round(point["asDouble"], 9)
            yield (list(point), list(attributes(point).items()), value)


def records(body: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    """Yield every record of a request without ids and times."""
    (found,) = body["resourceLogs"]
    yield ("resource", attributes(found["resource"]), found["scopeLogs"][0]["scope"])
    for record in found["scopeLogs"][0]["logRecords"]:
        # Inside a trace records have three more members; the simulated client does not trace.
        members = [key for key in record if key not in ("traceId", "spanId", "flags")]
        yield (members, record["body"], list(attributes(record).items()))


def request(number: int = 1, **changes: Any) -> Request:
    """Return a request of `claude -p` like all of the captures."""
    return replace(Request(OPUS, Usage(), f"req_{number}", "sdk"), **changes)


def call(tool: str = "Bash", **changes: Any) -> ToolCall:
    """Return a tool call as in the captures."""
    return replace(ToolCall(tool, "toolu_1", "req_1"), **changes)


def started(launch: Launch, epoch: float = 1_795_362_410) -> Process:
    """Start a process whose first increment is a tenth of a second after `epoch`."""
    return Process(launch, Clock(epoch), random.Random(launch.name))  # noqa: S311 - not a secret


def sent(process: Process, signal: str) -> list[dict[str, Any]]:
    """Return the requests of an ended process."""
    return [wire.body(batch) for batch in process.outbox.batches if batch.signal == signal]


def assert_same(process: Process, name: str, signal: str) -> None:
    """The ended process sent what was captured, in as many requests, and nothing unknown."""
    read = points if signal == "metrics" else records
    bodies = sent(process, signal)
    assert [list(read(body)) for body in bodies] == [list(read(body)) for body in captured(name, signal)]
    assert [unknowns(body, load()) for body in bodies] == [[]] * len(bodies)


def answered(process: Process) -> None:
    """One question, one answer."""
    process.prompt(0.2)
    process.request(0.3, request(answer=19))
    process.count(0.31, counters.ACTIVE, {"type": "cli"}, 0.1)


def launch(name: str = "process", metrics: Exporter = "delta", **changes: Any) -> Process:
    """Start a process on the laptop; changes are fields of Launch or, with session_id, of Settings."""
    settings = Settings(metrics=metrics, session_id=changes.pop("session_id", True))
    return started(Launch(name, LAPTOP, settings, **changes))


def collections(process: Process) -> list[Batch]:
    """Return the batches of counters."""
    return [batch for batch in process.outbox.batches if batch.points]


def events(process: Process) -> list[Event]:
    """Return the events that left."""
    return [event for batch in process.outbox.batches for event in batch.events]


def exported(process: Process, metric: str, **attributes: str) -> list[Point]:
    """Return the exported points of a metric with these attributes."""
    found = [point for batch in collections(process) for point in batch.points if point.metric == metric]
    return [point for point in found if attributes.items() <= point.attributes.items()]


def values(process: Process, metric: str, **attributes: str) -> list[float]:
    """Return the exported values of a series."""
    return [round(point.value, 9) for point in exported(process, metric, **attributes)]
