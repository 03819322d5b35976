"""The life of the client's counters and events, rule by rule as the real client was seen to behave."""

from __future__ import annotations

from typing import Any

import pytest

from claude_code_mixin.fleet import counters, scrapes
from claude_code_mixin.fleet.machine import Exporter
from claude_code_mixin.fleet.usage import OPUS, Usage
from fleet_comparison import answered, collections, events, exported, launch, request, values


@pytest.mark.parametrize("metrics", ["delta", "cumulative"])
def test_a_series_is_born_with_its_first_increment(metrics: Exporter) -> None:
    """Before the first request no export names cost; its first value is a whole request."""
    process = launch(metrics=metrics)
    process.request(130, request())
    process.exit(200)
    assert next(batch.at for batch in collections(process)) == pytest.approx(60.1)
    assert values(process, counters.COST)[0] == 0.0174
    assert exported(process, counters.COST)[0].end - exported(process, counters.SESSIONS)[0].end > 100_000
    assert min(point.value for batch in collections(process) for point in batch.points) > 0


def test_only_token_types_and_removed_lines_are_born_at_zero() -> None:
    """A pure addition removes 0 lines, a request without cache reads 0 tokens: both are exported."""
    process = launch()
    process.request(1, request(usage=Usage(cache_read=0)))
    process.lines(2, 5, 0, OPUS)
    process.exit(3)
    zero = {
        (point.metric, point.attributes["type"])
        for point in collections(process)[0].points
        if not point.value
    }
    assert zero == {(counters.TOKENS, "cacheRead"), (counters.LINES, "removed")}


def test_a_short_process_exports_once_at_its_exit() -> None:
    """With the default intervals a run of a second delivers one batch of each kind."""
    process = launch()
    answered(process)
    process.exit(1)
    assert [(batch.signal, batch.at, batch.last) for batch in process.outbox.batches] == [
        ("logs", 1, True),
        ("metrics", 1, True),
    ]


def test_a_killed_process_loses_what_it_did_not_export() -> None:
    """Events leave every five seconds, counters every minute: SIGKILL takes what is waiting."""
    process = launch()
    answered(process)
    process.request(64, request(2))
    process.request(70, request(3))
    process.kill(71)
    assert values(process, counters.COST) == [0.0174]
    assert [event.name for event in events(process)].count("api_request") == 2
    assert [(batch.signal, len(batch.events)) for batch in process.outbox.unsent] == [
        ("logs", 1),
        ("metrics", 0),
    ]


def test_nothing_happens_after_the_end_or_before_now() -> None:
    """A script in the wrong order is a mistake of the script."""
    process = launch()
    process.prompt(9)
    with pytest.raises(ValueError, match="process is at 9 s already: nothing can happen at 8 s"):
        process.prompt(8)
    process.exit(10)
    with pytest.raises(ValueError, match="process has ended: nothing can happen at 11 s"):
        process.prompt(11)


def test_resume_reuses_the_session_and_counts_from_nothing() -> None:
    """Same labels, same first value: nothing tells the second process from the first."""
    first = launch("first", "cumulative")
    answered(first)
    first.exit(1)
    second = launch("second", "cumulative", at=10, start_type="resume", session=first.session)
    second.request(11, request())
    second.exit(12)
    (one,), (other,) = exported(first, counters.COST), exported(second, counters.COST)
    assert (one.attributes, one.value) == (other.attributes, other.value)
    assert (
        exported(second, counters.SESSIONS, start_type="resume")[0].attributes["session.id"] == first.session
    )


def test_a_fork_is_a_resume_under_a_new_session() -> None:
    """Without a session to go on with, a resume has an id of its own."""
    fork = launch("fork", start_type="resume")
    answered(fork)
    fork.exit(1)
    (start,) = exported(fork, counters.SESSIONS, start_type="resume")
    assert start.attributes["session.id"] == exported(fork, counters.COST)[0].attributes["session.id"]


def test_continue_starts_under_a_throw_away_session() -> None:
    """The start and the first events carry an id that nothing after them carries."""
    process = launch(start_type="continue", session="the-conversation")
    answered(process)
    process.exit(1)
    (start,) = exported(process, counters.SESSIONS)
    assert start.attributes["session.id"] != "the-conversation"
    assert exported(process, counters.COST)[0].attributes["session.id"] == "the-conversation"
    ids = [event.attributes["session.id"] for event in events(process)]
    assert ids == [start.attributes["session.id"]] * 4 + ["the-conversation"] * 3


def test_clear_changes_the_session_without_a_start_and_keeps_the_old_series() -> None:
    """Cumulative: series of the cleared session are sent until the exit; events go on counting."""
    process = launch(metrics="cumulative")
    answered(process)
    before = process.session
    process.clear(70)
    process.request(71, request(2))
    process.exit(130)
    assert process.session != before
    assert values(process, counters.COST, **{"session.id": before}) == [0.0174, 0.0174, 0.0174]
    assert values(process, counters.COST, **{"session.id": process.session}) == [0.0174, 0.0174]
    assert len({(p.attributes["session.id"]) for p in exported(process, counters.SESSIONS)}) == 1
    assert [event.attributes["event.sequence"] for event in events(process)] == list(
        range(len(events(process)))
    )


def test_cumulative_sends_every_series_every_time_from_its_first_increment() -> None:
    """Idle or not, each interval repeats all totals, and their start does not move."""
    process = launch(metrics="cumulative")
    answered(process)
    process.request(130, request(2))
    process.exit(200)
    assert values(process, counters.COST) == [0.0174, 0.0174, 0.0348, 0.0348]
    assert len({point.start for point in exported(process, counters.COST)}) == 1
    assert len({point.end for point in exported(process, counters.COST)}) == 4


def test_delta_sends_what_changed_and_idle_time_is_in_no_point() -> None:
    """Contiguous after a busy interval; after an idle one, of which nothing is sent, a point starts anew."""
    process = launch()
    for number, at in enumerate((10, 70, 80, 250)):
        process.request(at, request(number))
    process.exit(400)
    first, second, third = exported(process, counters.COST)
    assert values(process, counters.COST) == [0.0174, 0.0348, 0.0174]
    assert second.start == first.end
    assert third.start - second.end == pytest.approx((250 - 120.1) * 1000)
    assert [round(batch.at, 1) for batch in collections(process)] == [60.1, 120.1, 300.1]


def test_a_collector_that_asks_for_contiguous_deltas_shows_the_captured_nonsense() -> None:
    """Add a delta that starts where the last ended, else take it as the total: 0.0348 stays of 0.0870."""
    process = launch()
    for number, at in enumerate((10, 190, 200, 390, 430)):
        process.request(at, request(number))
    process.exit(500)
    exposed, end = [0.0], 0
    for point in exported(process, counters.COST):
        exposed.append(round(point.value + (exposed[-1] if point.start == end else 0), 4))
        end = point.end
    assert exposed[1:] == [0.0174, 0.0348, 0.0174, 0.0348]


def test_without_session_ids_processes_of_one_person_share_their_series() -> None:
    """OTEL_METRICS_INCLUDE_SESSION_ID=false takes the id from events, too; totals then alternate."""
    first, second = (
        launch("first", "cumulative", session_id=False),
        launch("second", "cumulative", session_id=False),
    )
    for process, requests in ((first, 7), (second, 1)):
        for number in range(requests):
            process.request(1, request(number))
        process.exit(2)
    (one,), (other,) = exported(first, counters.COST), exported(second, counters.COST)
    assert one.attributes == other.attributes
    assert (round(one.value, 4), other.value) == (0.1218, 0.0174)
    assert not any("session.id" in event.attributes for event in events(first))


def test_a_series_is_its_user_session_and_attributes() -> None:
    """Requests that differ in model, source, effort, speed or attribution are counted apart."""
    process = launch()
    changes: list[dict[str, Any]] = [{}, {"effort": ""}, {"effort": "max"}, {"fast": True}]
    changes += [{"query_source": "compact"}, {"query_source": "agent:custom"}]
    changes += [{"attribution": {"skill.name": "a"}}, {"attribution": {"skill.name": "b"}}]
    for number, change in enumerate((*changes, *changes)):
        process.request(1, request(number, **change))
    process.exit(2)
    assert len(exported(process, counters.COST)) == len(changes)
    assert len(exported(process, counters.TOKENS)) == 4 * len(changes)
    assert {p.attributes["query_source"] for p in exported(process, counters.COST)} == {
        "main",
        "auxiliary",
        "subagent",
    }


def test_a_machine_has_one_port_for_scrapes_which_the_first_process_holds() -> None:
    """The second process fails to bind silently; once the first has ended, the next start gets the port."""
    first, second, third = (launch(f"{at}", "prometheus", at=at) for at in (0, 5, 30))
    for process, end in ((first, 20), (second, 40), (third, 50)):
        process.exit(end)
    assert not collections(first)
    shown = scrapes.shown([third, second, first])["laptop"]
    assert [(at, batch.process if batch else None) for at, batch in shown] == [
        (pytest.approx(0.1), "0"),
        (20, None),
        (pytest.approx(30.1), "30"),
        (50, None),
    ]


def test_a_counter_takes_nothing_away() -> None:
    """Counters are monotonic: a negative amount is a mistake of the script."""
    with pytest.raises(ValueError, match=r"claude_code\.cost\.usage is a counter, -1 cannot be added to it"):
        launch().count(1, counters.COST, {}, -1)
