"""Scripted processes export when the real client did, over the same time, under the same sessions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from claude_code_mixin.fleet import counters, incidents, wire
from claude_code_mixin.fleet.clients import STARTUP_SECONDS, Launch, Process
from claude_code_mixin.fleet.machine import Exporter, Machine, Settings
from claude_code_mixin.fleet.usage import OPUS
from fleet_comparison import (
    CAPTURES,
    answered,
    assert_same,
    call,
    captured,
    points,
    records,
    request,
    sent,
    started,
)

TIMED_SETTINGS = Settings(base_url=True, metric_interval=1, event_interval=1)
Script = Callable[[Process, Callable[[float], float]], object]


def times(body: dict[str, Any]) -> list[float]:
    """Return start and end of every point of a request, in seconds."""
    metrics = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    found = [point for metric in metrics for point in metric["sum"]["dataPoints"]]
    return [int(point[key]) / 1e9 for point in found for key in ("startTimeUnixNano", "timeUnixNano")]


def tools_delta(process: Process, at: Callable[[float], float]) -> None:
    """Six requests with tools in the first interval, one more at the end."""
    process.prompt(at(59.911))
    first, edits = at(60.011), [("Write", 60.105), ("Edit", 60.19)]
    process.request(first, request(answer=3))
    for tool, moment in edits:
        process.decide(at(moment), call(tool, language="Python"))
        if tool == "Write":
            process.lines(at(60.111), 3, 0, OPUS)
    process.lines(at(60.191), 2, 1, OPUS)
    process.count(at(60.251), counters.COMMITS, {})
    for number in range(2, 7):
        process.request(at(60.26), request(number))
    process.request(at(64.303), request(7, answer=9))
    process.count(at(64.314), counters.ACTIVE, {"type": "cli"}, 4.462)
    process.exit(at(64.32))


def idle_gaps(process: Process, at: Callable[[float], float]) -> None:
    """One request, a pause, two, a pause, one, and one more in the interval that follows."""
    for number, moment in enumerate((35.894, 39.167, 39.2, 42.492, 43.2)):
        process.request(at(moment), request(number, query_source="repl_main_thread"))
        if number != 1:
            process.count(at(moment + 0.02), counters.ACTIVE, {"type": "cli"}, 0.1)
    process.exit(at(44.5))


def interactive_totals(process: Process, at: Callable[[float], float]) -> None:
    """A user types, asks once, and leaves after some idle seconds."""
    process.count(at(70.443), counters.ACTIVE, {"type": "user"}, 4.625)
    process.count(at(71.5), counters.ACTIVE, {"type": "user"}, 1.088)
    process.prompt(at(71.555))
    process.request(at(71.662), request(query_source="repl_main_thread", answer=19))
    process.count(at(71.693), counters.ACTIVE, {"type": "cli"}, 0.078)
    process.exit(at(77.209))


def recovered(process: Process, at: Callable[[float], float]) -> None:
    """A retry cures a 429, of which nothing is told."""
    process.prompt(at(35.31))
    process.request(at(36.617), request(answer=19))
    process.count(at(36.63), counters.ACTIVE, {"type": "cli"}, 1.366)
    process.exit(at(36.635))


def exhausted(process: Process, at: Callable[[float], float]) -> None:
    """No retry cures a 500."""
    process.prompt(at(51.045))
    process.event(at(52.731), *incidents.api_error(request(), 500, attempts=3))
    process.event(at(52.731), *incidents.api_retries_exhausted(request(), 500, 3, 1631))
    process.count(at(52.741), counters.ACTIVE, {"type": "cli"}, 1.757)
    process.exit(at(52.746))


TIMED: dict[str, tuple[int, float, Exporter, Script]] = {
    "print_tools_delta": (1_795_362_400, 59.803, "delta", tools_delta),
    "interactive_delta_idle_gap": (1_795_363_900, 35.738, "delta", idle_gaps),
    "interactive_short_cumulative": (1_795_363_500, 65.754, "cumulative", interactive_totals),
    "api_error_429_recovered": (1_795_362_700, 35.228, "cumulative", recovered),
    "api_retries_exhausted": (1_795_362_900, 50.951, "cumulative", exhausted),
}


@pytest.mark.parametrize("name", TIMED)
def test_exports_come_when_the_captured_ones_did_and_span_the_same_time(name: str) -> None:
    """With the captured interval of one second: the same requests, points, values, starts and ends."""
    base, first, temporality, script = TIMED[name]
    settings = replace(TIMED_SETTINGS, metrics=temporality, entrypoint="short" in name)
    launch = Launch(name, Machine(name), settings, interactive=name.startswith("interactive"))
    process = started(launch, base + first - STARTUP_SECONDS)
    script(process, lambda moment: moment - first + STARTUP_SECONDS)
    assert_same(process, name, "metrics")
    for body, original in zip(sent(process, "metrics"), captured(name, "metrics"), strict=True):
        assert times(body) == pytest.approx(times(original), rel=0, abs=0.02)
    if name not in ("print_tools_delta", "interactive_delta_idle_gap"):  # its tools are not scripted; no logs
        assert_same(process, name, "logs")


def sessions(bodies: list[dict[str, Any]]) -> list[list[str]]:
    """Return the session id of every point or record, request by request."""
    found = []
    for body in bodies:
        resources = body.get("resourceMetrics") or body["resourceLogs"]
        scope = (resources[0].get("scopeMetrics") or resources[0]["scopeLogs"])[0]
        items = scope.get("logRecords") or [p for m in scope["metrics"] for p in m["sum"]["dataPoints"]]
        carried = [{pair["key"]: pair["value"] for pair in item["attributes"]} for item in items]
        found.append([attributes["session.id"]["stringValue"] for attributes in carried])
    return found


def numbered(groups: list[list[list[str]]]) -> list[list[list[int]]]:
    """Return session ids as the numbers of their first appearance."""
    seen: dict[str, int] = {}
    return [[[seen.setdefault(it, len(seen)) for it in body] for body in bodies] for bodies in groups]


@pytest.mark.parametrize("signal", ["metrics", "logs"])
def test_resume_continue_and_fork_use_session_ids_as_captured(signal: str) -> None:
    """Resume keeps the id, continue starts under a throw-away one, a fork has a new one."""
    names = ["resume_1_fresh", "resume_2_continue", "resume_3_resume", "resume_4_fork"]
    settings = Settings(base_url=True, metrics="cumulative")
    session, simulated = "", []
    for name, start_type in zip(names, ("fresh", "continue", "resume", "resume"), strict=True):
        resumed = "" if name == "resume_4_fork" else session
        process = started(Launch(name, Machine(name), settings, start_type=start_type, session=resumed))
        session = session or process.session
        answered(process)
        process.exit(0.4)
        assert_same(process, name, signal)
        simulated.append(sessions(sent(process, signal)))
    assert numbered(simulated) == numbered([sessions(captured(name, signal)) for name in names])


def test_custom_attributes_switches_and_repository_are_placed_as_captured() -> None:
    """OTEL_RESOURCE_ATTRIBUTES replace service.name but no identity; first records lack the repository."""
    custom = {"department": "engineering", "team.id": "platform", "user.id": "evil", "service.name": "foo"}
    settings = Settings(base_url=True, app_version=True, entrypoint=True, repository="acme-org/widget")
    process = started(Launch("custom", Machine("custom", custom=custom), settings))
    process.prompt(0.2)
    process.exit(0.3)
    body, original = sent(process, "metrics")[0], captured("print_tools_cumulative", "metrics")[0]
    ours, theirs = list(points(body)), list(points(original))
    hosted = ("host.name", "host.id")  # of a switch that is not simulated
    assert list(ours[0][1].items()) == [it for it in theirs[0][1].items() if it[0] not in hosted]
    assert ours[3] == theirs[3]
    body, original = sent(process, "logs")[0], captured("print_tools_cumulative", "logs")[0]
    ours, theirs = list(records(body)), list(records(original))
    assert ours[1:5] == theirs[1:5]
    assert [key for key, _ in ours[5][2]][:18] == [key for key, _ in theirs[5][2]][:18]


def test_the_prometheus_exporter_shows_what_was_captured() -> None:
    """Text for text, order, labels and numbers included."""
    settings = Settings(base_url=True, metrics="prometheus")
    session = "e6e172ee-8a40-4d67-bd4b-38daad5fe425"
    launch = Launch("scrape", Machine("scrape"), settings, session=session)
    process = started(launch, 0)
    process.lines(0.2, 4, 0, OPUS)
    process.lines(0.3, 1, 1, OPUS)
    process.count(0.4, counters.COMMITS, {})
    for number in range(6):
        process.request(0.5, request(number))
    for tool in ("Write", "Edit"):
        process.decide(0.6, call(tool, language="Python"))
    _, batch = process.outbox.exposed[-1]
    assert batch is not None
    assert (
        wire.exposition(batch).splitlines()
        == (CAPTURES / "client_exporter_scrape.prom").read_text("utf-8").splitlines()
    )
