"""When events leave a process, and what they tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from claude_code_mixin.fleet import counters
from claude_code_mixin.fleet.clients import Process
from claude_code_mixin.fleet.outbox import EVENTS_PER_BATCH
from fleet_comparison import LAPTOP, call, events, exported, launch, started


def test_events_leave_one_interval_after_the_first_that_waits() -> None:
    """The clock of a batch starts with its first event, not with the process."""
    process = launch()
    process.prompt(2)
    process.prompt(8)
    process.prompt(12)
    process.exit(20)
    assert [(batch.at, len(batch.events)) for batch in process.outbox.batches if batch.events] == [
        (5, 5),
        (13, 2),
    ]


def test_a_full_batch_of_events_does_not_wait() -> None:
    """More events than fit leave at once."""
    process = launch()
    for _ in range(EVENTS_PER_BATCH):
        process.prompt(1)
    process.exit(2)
    assert [(batch.at, len(batch.events)) for batch in process.outbox.batches if batch.events] == [
        (1, EVENTS_PER_BATCH),
        (2, 4),
    ]


def test_events_carry_no_prompt_before_the_first_one() -> None:
    """prompt.id changes with every prompt; the repository comes after the start."""
    process = launch()
    process.prompt(1)
    process.prompt(2)
    process.exit(3)
    prompts = [event.attributes.get("prompt.id", "") for event in events(process)]
    assert prompts[:4] == [""] * 4
    assert len(set(prompts)) == 3


@pytest.mark.parametrize(
    ("tell", "interactive", "expected"),
    [
        (lambda process: process.decide(1, call("Edit", decision="reject")), False, {"decision": "reject"}),
        (
            lambda process: process.tool(1, call()),
            True,
            {"decision_type": "accept", "decision_source": "config"},
        ),
    ],
)
def test_decisions_are_told_where_the_client_tells_them(
    tell: Callable[[Process], None], interactive: bool, expected: dict[str, str]
) -> None:
    """Rejected edits are counted; results name the decision in interactive sessions only."""
    process = launch(interactive=interactive)
    tell(process)
    process.exit(2)
    assert expected.items() <= events(process)[-1].attributes.items()
    assert len(exported(process, counters.DECISIONS)) == (not interactive)


def test_a_wrong_clock_shows_in_every_stamp_and_in_no_interval() -> None:
    """Five minutes behind: records, points and event.timestamp say so, exports come as ever."""
    right, wrong = launch(), started(replace(launch().launch, machine=replace(LAPTOP, skew=-300)))
    for process in (right, wrong):
        process.prompt(1)
        process.exit(70)
    assert [batch.at for batch in right.outbox.batches] == [batch.at for batch in wrong.outbox.batches]
    for one, other in zip(right.outbox.batches, wrong.outbox.batches, strict=True):
        assert [event.at - 300_000 for event in one.events] == [event.at for event in other.events]
        assert [(point.start - 300_000, point.end - 300_000) for point in one.points] == [
            (point.start, point.end) for point in other.points
        ]
    assert events(right)[0].attributes["event.timestamp"] == "2026-11-22T15:46:50.000Z"
    assert events(wrong)[0].attributes["event.timestamp"] == "2026-11-22T15:41:50.000Z"
