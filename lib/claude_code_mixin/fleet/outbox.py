"""When a client's counters and events leave the process, and what is lost when it is killed.

Counters are collected every export interval since the start, events leave one interval after the first that
is waiting. Times are seconds since the workload began; calls must come in their order.
"""

from __future__ import annotations

from dataclasses import replace

from claude_code_mixin.fleet.counters import Counters
from claude_code_mixin.fleet.machine import Machine, Settings, resource
from claude_code_mixin.fleet.telemetry import Attributes, Batch, Clock, Event

EVENTS_PER_BATCH = 512


class Outbox:
    """The exporters of the process `name`, whose reader of counters began `at`.

    `batches` is what leaves; of every `lose_every`-th batch the first response is lost. `unsent` gets what a
    kill destroyed. With the Prometheus exporter, `exposed` gets (time, batch) for every change of the
    counters and (time, None) for the end, which `ended` gives in any case.
    """

    def __init__(
        self, name: str, machine: Machine, settings: Settings, clock: Clock, *, at: float, lose_every: int
    ) -> None:
        self.batches: list[Batch] = []
        self.unsent: list[Batch] = []
        self.exposed: list[tuple[float, Batch | None]] = []
        self.ended: float | None = None
        self._name, self._machine, self._settings, self._clock = name, machine, settings, clock
        self._lose_every = lose_every
        self._resource = resource(machine, settings)
        self._pulled = settings.metrics == "prometheus"
        self._counters = Counters(cumulative=settings.cumulative)
        self._events: list[Event] = []
        self._now, self._flush_at = 0.0, 0.0
        self._collect_at = at + settings.metric_interval

    def milliseconds(self, at: float) -> int:
        """Return the Unix milliseconds of the machine's clock."""
        return self._clock.milliseconds(at, self._machine.skew)

    def add(self, at: float, metric: str, attributes: Attributes, amount: float) -> None:
        """Add to a counter."""
        self.advance(at)
        self._counters.add(metric, attributes, amount, self.milliseconds(at))
        if self._pulled:
            if self.exposed and self.exposed[-1][0] == at:
                self.exposed.pop()
            self.exposed.append((at, self._collected(at)))

    def log(self, at: float, event: Event) -> None:
        """Put an event into the waiting batch."""
        self.advance(at)
        if not self._events:
            self._flush_at = at + self._settings.event_interval
        self._events.append(event)
        if len(self._events) >= EVENTS_PER_BATCH:
            self._send(self._logged(at))

    def advance(self, at: float) -> None:
        """Export whatever is due until `at`; raise ValueError when the process ended or is later already."""
        if self.ended is not None or at < self._now:
            state = f"is at {self._now:g} s already" if self.ended is None else "has ended"
            raise ValueError(f"{self._name} {state}: nothing can happen at {at:g} s")
        self._now = at
        while self._export_first_due(at):
            pass

    def _export_first_due(self, at: float) -> bool:
        flush = self._flush_at if self._events else at + 1
        collect = at + 1 if self._pulled else self._collect_at
        if min(flush, collect) > at:
            return False
        if flush <= collect:
            self._send(self._logged(flush))
        else:
            self._send(self._collected(collect))
            self._collect_at += self._settings.metric_interval
        return True

    def exit(self, at: float) -> None:
        """End in order, by whatever signal but SIGKILL: everything is flushed."""
        self.advance(at)
        for batch in self._rest(at):
            self._send(batch)
        self._end(at)

    def kill(self, at: float) -> None:
        """End by SIGKILL: what was not exported is lost."""
        self.advance(at)
        self.unsent = [batch for batch in self._rest(at) if batch.events or batch.points]
        self._end(at)

    def _rest(self, at: float) -> list[Batch]:
        pulled = [] if self._pulled else [self._collected(at, last=True)]
        return [self._logged(at, last=True), *pulled]

    def _end(self, at: float) -> None:
        self.ended = at
        if self._pulled:
            self.exposed.append((at, None))

    def _logged(self, at: float, *, last: bool = False) -> Batch:
        events, self._events = tuple(self._events), []
        return Batch(self._name, self._machine.writer, at, self._resource, events=events, last=last)

    def _collected(self, at: float, *, last: bool = False) -> Batch:
        points = self._counters.collect(self.milliseconds(at))
        batch = Batch(self._name, self._machine.writer, at, self._resource, points=points, last=last)
        return replace(batch, cumulative=self._settings.cumulative)

    def _send(self, batch: Batch) -> None:
        if batch.events or batch.points:
            turn = len(self.batches) + 1
            lost = self._lose_every > 0 and turn % self._lose_every == 0
            self.batches.append(replace(batch, losses=int(lost)))
