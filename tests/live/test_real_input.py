"""What the real client sent, through the built collector and rules: both meters against the truth."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from claude_code_mixin.fleet.captures import Capture, attributes
from claude_code_mixin.fleet.real_input import RealInput, Row, table

TOLERANCE = 0.005
SCENE = "15m"
ALERT_SECONDS = 30.0

# Cells that cannot be right. The client meter adds deltas: what cumulative clients send is dropped, counted
# in reason:claude_code_dropped:increase1m as reason="cumulative", and ClaudeCodeTelemetryDropped fires.
# Expected value of every client cell of these captures: 0. Value: their cumulative points.
CUMULATIVE = {
    "api_error_400": 2,
    "api_error_429_recovered": 8,
    "api_error_529_recovered": 7,
    "api_refusal": 7,
    "api_retries_exhausted": 3,
    "commit": 8,
    "hooks_and_failed_tool": 7,
    "interactive_short_cumulative": 62,
    "mcp_tool": 12,
    "model_haiku": 7,
    "model_sonnet": 7,
    "print_tools_cumulative": 56,
    "pull_request": 8,
    "resume_1_fresh": 7,
    "resume_2_continue": 7,
    "resume_3_resume": 7,
    "resume_4_fork": 7,
    "skill": 12,
    "subagent": 12,
    "tool_denied": 7,
}
# Captures of the client's metrics alone: expected value of every event cell 0, and no alert, because at
# $0.087 the divergence is below what ClaudeCodeMetersDiverge looks at.
WITHOUT_EVENTS = {"interactive_delta_idle_gap"}


@pytest.fixture(scope="module")
def rows(real_input: RealInput, captures: tuple[Capture, ...]) -> tuple[Row, ...]:
    """Truth and meters, cell by cell."""
    return real_input.rows(captures)


def wrong(rows: tuple[Row, ...], meter: str, silent: set[str]) -> list[str]:
    """Return the cells that `meter` has wrong; of `silent` captures it must have measured nothing."""
    found = []
    for row in rows:
        got, want = getattr(row, meter), 0.0 if row.capture in silent else row.truth
        if got is not None and got != pytest.approx(want, rel=TOLERANCE, abs=1e-12):
            found.append(f"{row.capture} {' '.join(row.cell)}: {got} instead of {want}")
    return found


def test_the_event_meter_is_the_truth(rows: tuple[Row, ...]) -> None:
    """Dollars, tokens by type and requests by model of every capture."""
    assert {row.cell[0] for row in rows if row.events} == {"cost", "tokens", "requests"}
    assert not wrong(rows, "events", WITHOUT_EVENTS)


def test_the_client_meter_is_the_truth_where_it_can_be(rows: tuple[Row, ...]) -> None:
    """Dollars, tokens by type and sessions by start type of every capture with delta counters."""
    assert {row.cell[0] for row in rows if row.client} == {"cost", "tokens", "sessions"}
    assert not wrong(rows, "client", set(CUMULATIVE))


def test_cells_that_cannot_be_right_are_listed(captures: tuple[Capture, ...]) -> None:
    """The lists above are exactly the captures without deltas and without events."""
    assert {it.name: it.cumulative_points() for it in captures if it.cumulative} == CUMULATIVE
    assert {it.name for it in captures if not any(it.records())} == WITHOUT_EVENTS


def test_the_truth_does_not_depend_on_who_tells_it(captures: tuple[Capture, ...]) -> None:
    """Where a capture has both, events and counters agree on dollars and tokens."""
    for capture in captures:
        if capture.name not in WITHOUT_EVENTS:
            told = {cell: value for cell, value in capture.by_counters().items() if cell[0] != "sessions"}
            seen = {cell: value for cell, value in capture.by_events().items() if cell[0] != "requests"}
            assert told == pytest.approx(seen), capture.name


def test_dropped_points_are_counted_with_their_reason(real_input: RealInput) -> None:
    """Cumulative points are what was dropped, all of them and nothing else."""
    expr = f"sum by (signal, reason) (sum_over_time(reason:claude_code_dropped:increase1m[{SCENE}]))"
    found = real_input.prometheus.query(expr)
    dropped = {(sample.labels["signal"], sample.labels["reason"]): sample.value for sample in found}
    assert dropped == {("metrics", "cumulative"): sum(CUMULATIVE.values())}


def test_dropped_points_are_alerted(real_input: RealInput) -> None:
    """ClaudeCodeTelemetryDropped fires and names signal and reason."""
    expr = f'last_over_time(ALERTS{{alertname="ClaudeCodeTelemetryDropped",alertstate="firing"}}[{SCENE}])'
    deadline = time.monotonic() + ALERT_SECONDS
    while not (fired := real_input.prometheus.query(expr)) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert [(it.labels["signal"], it.labels["reason"]) for it in fired] == [("metrics", "cumulative")]


def test_every_event_is_counted_on_arrival(real_input: RealInput, captures: tuple[Capture, ...]) -> None:
    """Events by name equal what was captured, and the canary is one of them."""
    names = Counter(str(attributes(record)["event.name"]) for it in captures for record in it.records())
    expr = f"sum by (event) (sum_over_time(event:claude_code_events:increase1m[{SCENE}]))"
    arrived = {it.labels["event"]: it.value for it in real_input.prometheus.query(expr)}
    assert arrived == names + Counter(canary=1)


def test_the_table_is_written(
    rows: tuple[Row, ...],
    captures: tuple[Capture, ...],
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """A line per capture and model: truth, event meter, client meter."""
    text = table(captures, rows)
    record_property("live", text)
    (tmp_path / "real-input.md").write_text(text, "utf-8")
    assert {line.split(" | ")[0].removeprefix("| ") for line in text.splitlines()[2:]} == {
        it.name for it in captures
    }
