"""The stacks whose clients push: ours with the built collector beside a widespread one, or that one alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from claude_code_mixin.compile import drain
from claude_code_mixin.fleet import runner, scale, widespread
from claude_code_mixin.fleet.exporters import HttpSink, Ledger, deliver
from claude_code_mixin.fleet.lab_gates import Doors, Gate
from claude_code_mixin.fleet.lab_stack import HISTORY_SEED, SEED, Lab, Loss, Stack
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.protocols import MixedSink
from claude_code_mixin.fleet.servers import Collector
from claude_code_mixin.fleet.workloads import Workload

JOB = "claude-code-collector"
PASSWORD = "made-up-for-this-run"  # noqa: S105 - of servers that live for minutes on loopback
DRAIN = f"{drain.SECONDS}s"
BATCH_SECONDS = 0.2
"""The collector's batch timeout; it is not scaled."""
SLACK_SECONDS = 0.3
"""How long, on the wall clock, a post may take from its answer to the exporter besides."""


class PushedStack(Stack):
    """Collectors that our rules read, and collectors that get a copy of what those take."""

    def __init__(
        self,
        lab: Lab,
        ours: Sequence[Collector],
        copies: Sequence[Collector],
        passwords: Mapping[str, str],
        *,
        events: bool,
    ) -> None:
        self.collectors, self.copies = list(ours), list(copies)
        gates = [Gate(it.metrics) for it in ours]
        copy_gates = [Gate(it.metrics) for it in copies]
        jobs = {JOB: [it.target for it in gates]}
        if copy_gates:
            jobs[widespread.JOB] = [it.target for it in copy_gates]
        super().__init__(lab, jobs, gates, copy_gates)
        self._gates = [*gates, *copy_gates]
        self.doors = Doors(
            [MixedSink.to(it.otlp, it.grpc, passwords) for it in ours],
            [HttpSink(f"http://{it.otlp}") for it in copies],
            events=events,
        )
        self._starts = 1

    def serve(self, stack: ExitStack) -> None:
        """Start the collectors and what stands before them."""
        for number, collector in enumerate(self.collectors):
            collector.start_id = f"start-{number}"
        for server in (*self.collectors, *self.copies):
            stack.enter_context(server)
        for gate in self._gates:
            stack.enter_context(gate)

    def listening(self) -> int:
        """Return the number of all collectors."""
        return len(self._gates)

    def history(self) -> None:
        """Give the collectors a past that nobody scraped."""
        for workload in self.lab.workloads:
            for batch in runner.batches(runner.play(workload, seed=HISTORY_SEED)):
                deliver(batch, self.doors, Ledger(), sleep=lambda _: None)

    def play(self, workload: Workload, ledger: Ledger) -> None:
        """Post everything; raise ServerError when a copy never arrived."""
        runner.run(workload, self.doors, speed=self.lab.factor, seed=SEED, ledger=ledger)
        if self.doors.missed:
            raise ServerError(
                f"{self.doors.missed} batches never reached the widespread collector: its errors "
                "would not be its own; run with a smaller --factor"
            )

    def settle(self, ledgers: Mapping[str, Ledger]) -> None:
        """Do nothing: what is acknowledged is known at once."""

    def restart_collectors(self, end: Callable[[Collector], None]) -> None:
        """End all collectors by `end` and start them; note what ours had accepted after their last scrape."""
        scraped = min(sample.value for sample in self.prometheus.query(f'timestamp(up{{job="{JOB}"}})'))
        for collector in (*self.collectors, *self.copies):
            end(collector)
        since = scraped - BATCH_SECONDS - SLACK_SECONDS
        self.losses.append(
            Loss(self.doors.accepted_between(0, since), self.doors.accepted_between(since, time.time()))
        )
        for collector in (*self.collectors, *self.copies):
            self._starts += 1
            collector.start_id = f"start-{len(self.collectors) + self._starts}"
            collector.start()


class CollectorStack(PushedStack):
    """Our collectors with the built configuration, and as many widespread ones that get the same counters."""

    usual_job = widespread.JOB

    def __init__(self, lab: Lab) -> None:
        passwords = dict.fromkeys(lab.writers, PASSWORD)
        ours = [
            Collector(
                lab.folder / f"ours-{it}",
                config=lab.built.collector,
                writers=passwords,
                drain=scale.duration(DRAIN, lab.factor),
            )
            for it in range(lab.replicas)
        ]
        super().__init__(lab, ours, _widespread(lab, "copy"), passwords, events=True)


class DefaultStack(PushedStack):
    """The collectors most people run, read by our rules for them and by the usual queries; no events."""

    usual_job = JOB

    def __init__(self, lab: Lab) -> None:
        super().__init__(lab, _widespread(lab, "default"), (), {}, events=False)


def _widespread(lab: Lab, name: str) -> list[Collector]:
    config = widespread.collector(lab.factor)
    return [Collector(lab.folder / f"{name}-{it}", config=config, writers={}) for it in range(lab.replicas)]
