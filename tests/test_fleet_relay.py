"""A relay that holds telemetry back, and which processes speak which protocol."""

from __future__ import annotations

import pytest

from claude_code_mixin.fleet.exporters import MemorySink, Outcome
from claude_code_mixin.fleet.lab_workloads import LAB_WORKLOADS
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.protocols import over_grpc
from claude_code_mixin.fleet.relay import Relay
from claude_code_mixin.fleet.runner import batches, play
from claude_code_mixin.fleet.workloads import WORKLOADS

SENT = batches(play(WORKLOADS["clear"]))


def test_a_relay_acknowledges_what_it_keeps_and_delivers_it_later() -> None:
    """In its order, unchanged, once."""
    relay, sink = Relay(), MemorySink()
    assert relay.keep(SENT[0]) is None
    relay.hold()
    assert [relay.keep(batch) for batch in SENT] == [Outcome.ACCEPTED] * len(SENT)
    assert sink.posts == []
    assert relay.release(sink) == len(SENT)
    assert sink.posts == SENT
    assert relay.keep(SENT[0]) is None
    assert relay.release(sink) == 0


def test_a_relay_tries_again_and_never_loses_silently() -> None:
    """It has acknowledged: what is refused for good ends the run."""
    relay = Relay()
    relay.hold()
    relay.keep(SENT[0])
    sink = MemorySink(lambda _, before: Outcome.ACCEPTED if before == 3 else Outcome.AWAY)
    assert relay.release(sink) == 1
    relay.hold()
    relay.keep(SENT[0])
    with pytest.raises(ServerError, match=f"cannot deliver what {SENT[0].process} sent"):
        relay.release(MemorySink(lambda *_: Outcome.REFUSED))


def test_one_workload_posts_over_grpc() -> None:
    """All of its processes, and nobody else's."""
    for name, workload in LAB_WORKLOADS.items():
        assert {over_grpc(batch) for batch in batches(play(workload))} == {name == "grpc"}
