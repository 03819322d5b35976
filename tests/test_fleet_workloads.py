"""Workloads have the shape that their names promise, repeat exactly, and send nothing unknown."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from threading import Event, Thread

import pytest
import requests

from claude_code_mixin.catalogue import load, unknowns
from claude_code_mixin.fleet import counters, runner, wire
from claude_code_mixin.fleet.exporters import Ledger, MemorySink, Outcome
from claude_code_mixin.fleet.scrapes import ScrapeTarget
from claude_code_mixin.fleet.telemetry import Batch, Clock
from claude_code_mixin.fleet.truth import QUANTITIES, Truth
from claude_code_mixin.fleet.workloads import WORKLOADS, WRITERS, Run, Workload, machine

CUSTOM = ("team.id", "enduser.id")
# Events that a client sends only when switched on, in its desktop application, or not by a known cause.
NOT_SIMULATED = {
    *("api_request_body", "api_response_body", "system_prompt", "tool", "safety_event"),
    *("feedback_survey", "retention_sweep", "hook_plugin_metrics"),
}


def sent(workload: Workload, seed: int = 1) -> list[Batch]:
    """Return everything that leaves the workload's processes."""
    return runner.batches(runner.play(workload, seed=seed))


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_sends_only_what_the_catalogue_knows(name: str) -> None:
    """Names, types, values, units and what is always sent; and the same bytes every time."""
    bodies = [wire.body(batch) for batch in sent(WORKLOADS[name])]
    assert {it for body in bodies for it in unknowns(body, load(), custom=CUSTOM)} == set()
    assert bodies == [wire.body(batch) for batch in sent(WORKLOADS[name])]
    assert bodies != [wire.body(batch) for batch in sent(WORKLOADS[name], seed=2)]


def test_the_workloads_together_send_every_metric_event_and_quantity() -> None:
    """Whatever meters there are, some workload has something for them."""
    found = [batch for workload in WORKLOADS.values() for batch in sent(workload)]
    assert {point.metric for batch in found for point in batch.points} == set(load().metrics)
    assert {event.name for batch in found for event in batch.events} == set(load().events) - NOT_SIMULATED
    truth = Truth(found)
    assert [quantity for quantity in QUANTITIES if truth.total(quantity) <= 0] == []
    assert {batch.writer for batch in found} == set(WRITERS)


def overlap(workload: Workload) -> int:
    """Return how many processes run at the busiest moment."""
    spans = [(process.launch.at, process.outbox.ended or 0.0) for process in runner.play(workload)]
    return max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)


def collected(workload: Workload) -> dict[str, list[Batch]]:
    """Return the batches of counters by process."""
    found: dict[str, list[Batch]] = {}
    for batch in sent(workload):
        if batch.points:
            found.setdefault(batch.process, []).append(batch)
    return found


def session_ids(workload: Workload) -> list[set[object]]:
    """Return the session ids of the cost points by process."""
    return [
        {
            point.attributes.get("session.id")
            for batch in found
            for point in batch.points
            if point.metric == counters.COST
        }
        for found in collected(workload).values()
    ]


def starts(workload: Workload) -> set[tuple[str, ...]]:
    """Return how the processes of a workload began."""
    return set(Truth(sent(workload)).cells("sessions", ("start_type",)))


SHAPES: dict[str, Callable[[Workload], object]] = {
    "idle_gaps": lambda it: all(
        any(later.at - one.at > 61 for one, later in pairwise(found)) for found in collected(it).values()
    ),
    "one_shots": lambda it: (
        len(it.runs) == 40 and overlap(it) >= 20 and {len(found) for found in collected(it).values()} == {1}
    ),
    "resume": lambda it: overlap(it) == 1 and len(set.union(*session_ids(it))) == 1 and len(it.runs) == 3,
    "continue": lambda it: ("continue",) in starts(it) and len(set.union(*session_ids(it))) == 1,
    "fork": lambda it: ("resume",) in starts(it) and len(set.union(*session_ids(it))) == 2,
    "clear": lambda it: len(session_ids(it)[0]) == 3 and len(it.runs) == 1,
    "parallel": lambda it: overlap(it) == 3 and len(set.union(*session_ids(it))) == 1,
    "sigkill": lambda it: sum(bool(process.outbox.unsent) for process in runner.play(it)) >= 3,
    "clock_skew": lambda it: {run.machine.skew for run in it.runs} == {-300, 120, 3600, 0},
    "retries": lambda it: 0 < sum(batch.losses for batch in sent(it)) < len(sent(it)) / 2,
    "mixed_versions": lambda it: len({batch.version for batch in sent(it)}) == 2,
    "cumulative": lambda it: {batch.cumulative for batch in sent(it) if batch.points} == {True, False},
    "two_systems": lambda it: len(Truth(sent(it)).cells("cost", ("os", "user"))) == 2,
    "six_writers": lambda it: overlap(it) == 6 and len({batch.writer for batch in sent(it)}) == 6,
    "no_session_id": lambda it: session_ids(it) == [{None}, {None}] and overlap(it) == 2,
}


@pytest.mark.parametrize("name", WORKLOADS)
def test_a_workload_is_what_its_name_says(name: str) -> None:
    """The trouble that it is named after is in it."""
    assert SHAPES[name](WORKLOADS[name])


def test_scaled_time_divides_every_duration_but_none_that_is_told() -> None:
    """Intervals and skew on the wire shrink; what was counted and told stays."""
    workload = WORKLOADS["clock_skew"]
    real = runner.batches(runner.play(workload, clock=Clock(1000)))
    fast = runner.batches(runner.play(workload, clock=Clock(1000, speed=60)))
    for one, other in zip(real, fast, strict=True):
        for before, after in zip(one.points, other.points, strict=True):
            assert after.end - 1_000_000 == pytest.approx((before.end - 1_000_000) / 60, abs=2)
            assert before.value == after.value
        assert [event.attributes.get("duration_ms") for event in one.events] == [
            event.attributes.get("duration_ms") for event in other.events
        ]


SHORT = Workload(
    "short",
    "two processes of two minutes",
    (Run(machine(0), 0, (5, 70), 120), Run(machine(1), 10, (5,), 70, interactive=False, lose_every=2)),
)


def test_a_run_in_real_time_sends_what_a_replay_sends_when_it_is_due() -> None:
    """Two minutes at speed 240 take half a second; every batch leaves on time, each process in order."""
    moments: list[tuple[float, Batch]] = []

    class Sink(MemorySink):
        def send(self, batch: Batch) -> Outcome:
            moments.append((time.time(), batch))
            return super().send(batch)

    began = time.time()
    ledger = runner.run(SHORT, Sink(), speed=240)
    assert 0.5 < time.time() - began < 2
    expected = runner.replay(SHORT, MemorySink()).truth()
    for quantity in QUANTITIES:
        assert ledger.truth().total(quantity) == pytest.approx(expected.total(quantity))
    late = [at - began - runner.LEAD_SECONDS - batch.at / 240 for at, batch in moments if not batch.losses]
    assert max(late) < 0.5
    assert min(late) > -0.01
    stamps = [event.at / 1000 for _, batch in moments for event in batch.events]
    assert began <= min(stamps) <= max(stamps) <= time.time()


def test_a_run_that_takes_too_long_is_refused_with_the_speed_that_it_needs() -> None:
    """Nothing is sent before it is known that the time suffices."""
    sink = MemorySink()
    with pytest.raises(
        runner.RunError, match=r"short takes 120 s at speed 1, .* 60 s: raise the speed to 2 or more"
    ):
        runner.run(SHORT, sink, limit=60)
    assert sink.posts == []


def test_scraped_clients_export_what_the_last_scrape_before_their_end_saw() -> None:
    """With the client's own exporter counters wait for scrapes; events are sent all the same."""
    workload = replace(SHORT.exporting("prometheus"), runs=SHORT.exporting("prometheus").runs[:1])
    ledger, over = Ledger(), Event()
    target = ScrapeTarget(ledger)

    def scrape() -> None:
        while not over.wait(0.02):
            try:
                requests.get(f"http://{target.target}/metrics", timeout=5)
            except requests.ConnectionError:
                continue

    thread = Thread(target=scrape)
    thread.start()
    runner.run(workload, MemorySink(), speed=240, ledger=ledger, targets={"machine-0": target})
    over.set()
    thread.join()
    assert ledger.truth().total("client_cost") == pytest.approx(ledger.truth().total("cost"))
    assert ledger.truth().total("sessions") == 1


def test_clients_that_wait_for_scrapes_need_their_targets() -> None:
    """A machine without a target would lose its counters without a word."""
    with pytest.raises(runner.RunError, match="machine-0, machine-1 have no scrape target: pass one"):
        runner.run(SHORT.exporting("prometheus"), MemorySink(), speed=240)
