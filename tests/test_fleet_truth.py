"""The truth of what was exported: what counts, how often, under which labels, and how it is compared."""

from __future__ import annotations

from dataclasses import replace

import pytest

from claude_code_mixin.fleet import captures, counters, runner, wire
from claude_code_mixin.fleet.exporters import Ledger, MemorySink, Outcome, deliver
from claude_code_mixin.fleet.machine import Exporter, Machine, Settings
from claude_code_mixin.fleet.telemetry import Batch
from claude_code_mixin.fleet.truth import COUNTERS, EVENTS, QUANTITIES, Cells, Truth, differences, error
from claude_code_mixin.fleet.turns import WHOLE_DOLLAR
from claude_code_mixin.fleet.usage import HAIKU, OPUS, OTHER_MODEL, Usage, cost_micros
from claude_code_mixin.fleet.workloads import WORKLOADS, Workload
from fleet_comparison import answered, call, launch, request, started

NOTHING_LOST = pytest.approx(0, abs=1e-9)


def rounded(cells: dict[tuple[str, ...], float]) -> dict[tuple[str, ...], float]:
    """Return amounts without the noise of adding floats."""
    return {key: round(value, 6) for key, value in cells.items()}


def reread(sink: MemorySink) -> captures.Capture:
    """Return what was posted as if it had been captured: bodies only."""
    posts = [captures.Post(post.at, post.signal, wire.body(post)) for post in sink.posts]
    return captures.Capture("simulated", 0.0, tuple(posts))


@pytest.mark.parametrize("name", WORKLOADS)
def test_the_truth_is_what_the_bodies_say(name: str) -> None:
    """Sums of values before the wire and of bodies after it agree, for events and for counters."""
    sink = MemorySink()
    truth, posted = runner.replay(WORKLOADS[name], sink).received(), reread(sink)
    by_events, by_counters = rounded(posted.by_events()), rounded(posted.by_counters())
    for prefix, measured in (("", by_events), ("client_", by_counters)):
        cost = {("cost", *key): value for key, value in truth.cells(f"{prefix}cost", ("model",)).items()}
        tokens = truth.cells(f"{prefix}tokens", ("model", "type")).items()
        told = cost | {("tokens", *key): value for key, value in tokens}
        assert rounded(told) == {
            key: value for key, value in measured.items() if key[0] in ("cost", "tokens")
        }
    requests = {("requests", *key): value for key, value in truth.cells("requests", ("model",)).items()}
    assert requests == {key: value for key, value in by_events.items() if key[0] == "requests"}
    sessions = {("sessions", *key): value for key, value in truth.cells("sessions", ("start_type",)).items()}
    assert sessions == {key: value for key, value in by_counters.items() if key[0] == "sessions"}


def surviving(workload: Workload) -> Workload:
    """Return the workload with every kill replaced by an exit."""
    return replace(workload, runs=tuple(replace(it, killed=False) for it in workload.runs))


def test_what_a_kill_destroys_is_not_exported() -> None:
    """Exported and unsent together are what the same processes export when they end in order."""
    workload = WORKLOADS["sigkill"]
    killed = runner.play(workload)
    exported, unsent = Truth(runner.batches(killed)), Truth(b for it in killed for b in it.outbox.unsent)
    whole = Truth(runner.batches(runner.play(surviving(workload))))
    for quantity in QUANTITIES:
        assert exported.total(quantity) + unsent.total(quantity) == pytest.approx(whole.total(quantity))
    assert unsent.total("cost") > 0
    assert unsent.total("client_cost") > unsent.total("cost")
    assert unsent.total("sessions") == 2


def test_a_batch_whose_response_is_lost_counts_once_and_is_taken_twice() -> None:
    """The client posts the same bytes again; the truth knows both what it meant and what arrived."""
    process, sink, ledger, waits = launch(lose_every=1), MemorySink(), Ledger(), list[float]()
    answered(process)
    process.exit(1)
    for batch in process.outbox.batches:
        deliver(batch, sink, ledger, speed=60, sleep=waits.append)
    assert [wire.as_json(post) for post in sink.posts[::2]] == [
        wire.as_json(post) for post in sink.posts[1::2]
    ]
    assert (ledger.truth().total("cost"), ledger.received().total("cost")) == (0.0174, 0.0348)
    assert (ledger.truth().total("sessions"), ledger.received().total("sessions")) == (1, 2)
    assert waits == [1 / 60, 1 / 60]


def test_totals_that_arrive_twice_count_once() -> None:
    """Cumulative points say how much there is, however often they come."""
    process = launch(metrics="cumulative", lose_every=1)
    process.request(1, request(1, usage=Usage(cache_read=0)))
    process.request(70, request(2, usage=Usage(cache_read=20_000)))
    process.exit(130)
    ledger = Ledger()
    for batch in process.outbox.batches:
        deliver(batch, MemorySink(), ledger, sleep=lambda _: None)
    assert len(ledger.repeated) == len(process.outbox.batches)
    assert ledger.received().total("client_cost") == pytest.approx(0.0268)
    assert Truth(reversed(ledger.exported)).total("client_cost") == pytest.approx(0.0268)
    assert ledger.received().total("cost") == pytest.approx(2 * 0.0268)


@pytest.mark.parametrize(("metrics", "left"), [("delta", 0.0174), ("cumulative", 0.0348)])
def test_a_refused_batch_is_lost_and_only_totals_make_up_for_it(metrics: Exporter, left: float) -> None:
    """The next delta does not repeat the last one; the next total contains it."""
    process = launch(metrics=metrics)
    process.request(10, request(1))
    process.request(70, request(2))
    process.exit(80)
    sink = MemorySink(lambda batch, before: Outcome.REFUSED if batch.at < 65 else Outcome.ACCEPTED)
    ledger = Ledger()
    for batch in process.outbox.batches:
        deliver(batch, sink, ledger, sleep=lambda _: None)
    assert ledger.truth().total("client_cost") == pytest.approx(left)
    assert [round(batch.at, 6) for batch in ledger.lost] == [5, 15, 60.1]


@pytest.mark.parametrize(
    ("at", "answers", "posts", "fate"),
    [
        (60.1, "AWAY AWAY ACCEPTED", 3, (1, 0, 0, 0)),
        (60.1, "UNKNOWN ACCEPTED", 2, (1, 0, 1, 0)),
        (60.1, "AWAY AWAY AWAY AWAY AWAY ACCEPTED", 5, (0, 0, 0, 1)),
        (70, "AWAY AWAY ACCEPTED", 2, (0, 0, 0, 1)),
        (70, "UNKNOWN UNKNOWN", 2, (0, 0, 2, 1)),
        (60.1, "REFUSED ACCEPTED", 1, (0, 0, 0, 1)),
    ],
)
def test_a_client_tries_as_often_as_its_time_allows(
    at: float, answers: str, posts: int, fate: tuple[int, ...]
) -> None:
    """Five posts within ten seconds, two at the exit; refusals are final, broken connections doubtful."""
    process = launch()
    process.count(0.2, counters.COMMITS, {})
    process.count(65, counters.COMMITS, {})
    process.exit(70)
    (batch,) = [it for it in process.outbox.batches if it.points and it.at == pytest.approx(at)]
    outcomes = [Outcome[answer] for answer in answers.split()]
    sink, ledger, waits = MemorySink(lambda batch, before: outcomes[before]), Ledger(), list[float]()
    deliver(batch, sink, ledger, sleep=waits.append)
    assert len(sink.posts) == posts
    assert waits == [1.0, 1.5, 2.25, 3.375][: posts - 1]
    assert (len(ledger.exported), len(ledger.repeated), len(ledger.doubtful), len(ledger.lost)) == fate


def test_cells_have_the_labels_and_defaults_of_the_meters() -> None:
    """What is absent has the meters' words for it; query_source of events has the counters' vocabulary."""
    machine = Machine("m", writer="w", custom={"team.id": "atlas"}, account={"user.email": "a@example.com"})
    process = started(replace(launch().launch, machine=machine, settings=Settings(app_version=True)))
    process.request(1, request(1, effort=""))
    process.request(
        1, request(2, fast=True, query_source="agent:custom", attribution={"agent.name": "custom"})
    )
    process.request(1, request(3, query_source="compact", attribution={"skill.name": "s"}))
    process.tool(1, call(duration=40))
    process.tool(1, call(duration=2, error_type="ShellError"))
    process.exit(2)
    truth = Truth(process.outbox.batches)
    sources = {("main",): 1, ("subagent",): 1, ("auxiliary",): 1}
    assert truth.cells("requests", ("query_source",)) == sources
    assert truth.counter(counters.COST, ("query_source",)).keys() == sources.keys()
    assert set(truth.cells("cost", ("agent", "skill", "effort", "speed"))) == {
        ("none", "none", "none", "normal"),
        ("custom", "none", "medium", "fast"),
        ("none", "s", "medium", "normal"),
    }
    place = ("team", "user", "repository", "version", "os", "writer", "plugin")
    assert set(truth.cells("tokens", place)) == {
        ("atlas", "a@example.com", "none", "2.1.330", "linux", "w", "none")
    }
    assert set(Truth(_plain()).cells("sessions", ("team", "user"))) == {("unassigned", "a" * 64)}
    assert truth.cells("tool_calls", ("tool_name", "success")) == {("Bash", "true"): 1, ("Bash", "false"): 1}
    assert truth.summed("tool_result", "duration_ms") == {(): 42}
    assert truth.summed("tool_result", "tool_result_size_bytes", ("success",)) == {
        ("true",): 2,
        ("false",): 0,
    }


def _plain() -> list[Batch]:
    process = launch()
    process.exit(1)
    return process.outbox.batches


def test_tokens_are_told_apart_by_type_and_a_whole_dollar_is_a_dollar() -> None:
    """An integer on the wire is as much as a double."""
    process = launch()
    process.request(1, request(1))
    process.request(1, request(2, model=OTHER_MODEL, usage=WHOLE_DOLLAR))
    process.exit(2)
    truth = Truth(process.outbox.batches)
    assert truth.cells("cost", ("model",)) == {(OPUS,): 0.0174, (OTHER_MODEL,): 1.0}
    types = {("input",): 100.0, ("output",): 50.0, ("cacheRead",): 30_000.0, ("cacheCreation",): 2_000.0}
    assert truth.cells("client_tokens", ("type",)) == types | {("input",): 500_100.0}
    assert truth.cells("tokens", ("type",)) == truth.cells("client_tokens", ("type",))


def test_an_unknown_quantity_is_an_error() -> None:
    """A misspelt quantity must not read as none."""
    with pytest.raises(KeyError, match="costs"):
        Truth([]).cells("costs")
    assert not {*EVENTS} & {*COUNTERS}


def test_comparison_names_every_cell_that_is_off() -> None:
    """Cells of either side count; the worst comes first; what was never exported is infinitely wrong."""
    truth: Cells = {("a",): 100.0, ("b",): 10.0, ("c",): 1.0}
    measured: Cells = {("a",): 100.4, ("b",): 5.0, ("d",): 1.0}
    found = differences(truth, measured, tolerance=0.005)
    assert [(it.labels, it.error) for it in found] == [(("d",), float("inf")), (("c",), -1.0), (("b",), -0.5)]
    assert differences(truth, dict(truth)) == []
    assert error(truth, measured) == pytest.approx(106.4 / 111 - 1)
    assert error({}, {}) == 0


def test_cost_adds_up_every_type_of_token() -> None:
    """Cache writes for an hour cost more than for five minutes, fast mode and long prompts a multiple."""
    writes = Usage(input=0, output=0, cache_read=0, cache_creation_5m=1_000, cache_creation_1h=2_000)
    assert cost_micros(OPUS, writes) == 1_000 * 5 + 2_000 * 8
    assert writes.cache_creation == 3_000
    assert cost_micros(HAIKU, Usage()) == pytest.approx(585)
    assert cost_micros(OPUS, Usage(), fast=True) == pytest.approx(2 * 17_400)
    assert cost_micros(HAIKU, Usage(cache_read=97_900)) == pytest.approx(10 + 25 + 979 + 250)
    assert cost_micros(HAIKU, Usage(cache_read=97_901)) == pytest.approx(5 * (10 + 25 + 979.01 + 250))
    with pytest.raises(ValueError, match=r"no price for claude-9$"):
        cost_micros("claude-9", Usage())
    with pytest.raises(ValueError, match="no price for claude-haiku-5-5 in fast mode"):
        cost_micros(HAIKU, Usage(), fast=True)
