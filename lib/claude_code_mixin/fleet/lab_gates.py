"""What stands between clients, collectors and Prometheus: scrapes that fail, posts that are noted."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

import requests

from claude_code_mixin.fleet.exporter import Exporter
from claude_code_mixin.fleet.exporters import HttpSink, Outcome, Sink
from claude_code_mixin.fleet.process import REQUEST_SECONDS
from claude_code_mixin.fleet.relay import Relay
from claude_code_mixin.fleet.telemetry import Batch

COPY_SECONDS = 10.0


class Gate(Exporter):
    """A scrape target that passes on what the endpoint `upstream` exposes at that moment."""

    def __init__(self, upstream: str) -> None:
        super().__init__()
        self._upstream = f"http://{upstream}/metrics"

    def text(self) -> str:
        """Return what upstream exposes; an upstream that is away breaks the connection."""
        answer = requests.get(self._upstream, timeout=REQUEST_SECONDS)
        answer.raise_for_status()
        return answer.text


@dataclass
class Doors:
    """Where all clients of the lab post: each process to one of `ours`, what was taken also to its `copies`.

    Without `events` clients send counters alone: nobody asks them for logs. `open` False refuses connections,
    as a load balancer does for a collector that is being drained.
    `accepted` notes every post that ours took with the Unix time of the answer, `missed` the copies that
    were never taken.
    """

    ours: Sequence[Sink]
    copies: Sequence[HttpSink]
    events: bool = True
    open: bool = True
    accepted: list[tuple[float, Batch]] = field(default_factory=list)
    missed: int = 0
    relay: Relay = field(default_factory=Relay)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def send(self, batch: Batch) -> Outcome:
        """Post a batch once; whatever ours takes, the copy gets as often. A relay may hold it back."""
        if batch.events and not self.events:
            return Outcome.REFUSED
        kept = self.relay.keep(batch)
        if kept:
            return kept
        if not self.open:
            return Outcome.AWAY
        number = sum(batch.process.encode())
        outcome = self.ours[number % len(self.ours)].send(batch)
        if outcome is Outcome.ACCEPTED:
            with self._lock:
                self.accepted.append((time.time(), batch))
            if batch.points and self.copies:
                self._copy(batch, self.copies[number % len(self.copies)])
        return outcome

    def _copy(self, batch: Batch, sink: HttpSink) -> None:
        deadline = time.monotonic() + COPY_SECONDS
        while sink.send(batch) is not Outcome.ACCEPTED:
            if time.monotonic() > deadline:
                self.missed += 1
                return
            time.sleep(0.1)

    def accepted_between(self, start: float, end: float) -> list[Batch]:
        """Return what ours took between two Unix times."""
        with self._lock:
            return [batch for at, batch in self.accepted if start <= at <= end]
