"""The servers of one run of the lab: our collectors and the widespread ones, scraped by one Prometheus."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from claude_code_mixin.compile import drain
from claude_code_mixin.fleet import runner, scale, widespread
from claude_code_mixin.fleet.exporters import HttpSink, Ledger, deliver
from claude_code_mixin.fleet.lab_gates import Doors, Gate
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.protocols import MixedSink
from claude_code_mixin.fleet.servers import Collector, Prometheus
from claude_code_mixin.fleet.telemetry import Batch
from claude_code_mixin.fleet.workloads import Workload

JOB = "claude-code-collector"
PASSWORD = "made-up-for-this-run"  # noqa: S105 - of servers that live for minutes on loopback
SCRAPE, TIMEOUT, EVALUATION, LOOKBACK = "15s", "10s", "1m", "5m"
DRAIN = f"{drain.SECONDS}s"
BATCH_SECONDS = 0.2
"""The collector's batch timeout; it is not scaled."""
SLACK_SECONDS = 0.3
"""How long, on the wall clock, a post may take from its answer to the exporter besides."""
WAIT_SECONDS = 60.0


@dataclass(frozen=True)
class Built:
    """What is run: the built collector configuration and rule files, and feature flags of Prometheus."""

    collector: str
    rules: Mapping[str, str]
    features: tuple[str, ...] = ()

    def records(self, name: str) -> bool:
        """Whether a rule records `name`."""
        return any(f"record: {name}\n" in text for text in self.rules.values())


@dataclass(frozen=True)
class Lab:
    """The conditions of a run: folder of its data, clock `factor`, writers' names, number of replicas."""

    folder: Path
    built: Built
    factor: int
    writers: Sequence[str]
    replicas: int = 1


class Stack:
    """The running servers; a context manager. Prometheus starts when `install()` is called.

    `at_risk` collects what collectors had accepted after their last scrape when they ended.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        factor, numbers = lab.factor, range(lab.replicas)
        passwords = dict.fromkeys(lab.writers, PASSWORD)
        self.collectors = [
            Collector(
                lab.folder / f"ours-{it}",
                config=lab.built.collector,
                writers=passwords,
                drain=scale.duration(DRAIN, factor),
            )
            for it in numbers
        ]
        self.copies = [
            Collector(lab.folder / f"copy-{it}", config=widespread.collector(factor), writers={})
            for it in numbers
        ]
        self.gates = [Gate(it.metrics) for it in self.collectors]
        self.copy_gates = [Gate(it.metrics) for it in self.copies]
        self.doors = Doors(
            [MixedSink.to(it.otlp, it.grpc, passwords) for it in self.collectors],
            [HttpSink(f"http://{it.otlp}") for it in self.copies],
        )
        self.prometheus = Prometheus(
            lab.folder / "prometheus",
            scrapes=[self._scrape(JOB, self.gates), self._scrape(widespread.JOB, self.copy_gates)],
            rules={name: scale.rules(text, factor) for name, text in lab.built.rules.items()},
            features=lab.built.features,
            evaluation=scale.duration(EVALUATION, factor),
            lookback=scale.duration(LOOKBACK, factor),
        )
        self.at_risk: list[Batch] = []
        self.began = time.time()
        self._starts = 1
        self._stack = ExitStack()

    def _scrape(self, job: str, gates: Sequence[Gate]) -> dict[str, object]:
        return {
            "job_name": job,
            "scrape_interval": scale.duration(SCRAPE, self.lab.factor),
            "scrape_timeout": scale.duration(TIMEOUT, self.lab.factor),
            "static_configs": [{"targets": [gate.target for gate in gates]}],
        }

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for number, collector in enumerate(self.collectors):
                collector.start_id = f"start-{number}"
            for server in (*self.collectors, *self.copies):
                stack.enter_context(server)
            for gate in (*self.gates, *self.copy_gates):
                stack.enter_context(gate)
            stack.callback(self.prometheus.stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def seconds(self, duration: str) -> float:
        """Return how long a Prometheus duration of the real clock lasts here."""
        return scale.milliseconds(duration) / 1000 / self.lab.factor

    def history(self, workloads: Sequence[Workload]) -> None:
        """Give the collectors a past that nobody scraped: it must never count."""
        for workload in workloads:
            for batch in runner.batches(runner.play(workload, seed=99)):
                deliver(batch, self.doors, Ledger(), sleep=lambda _: None)

    def install(self) -> None:
        """Start Prometheus with the rules; wait until all is scraped and the meter has run beside it."""
        self.prometheus.start()
        deadline = time.monotonic() + WAIT_SECONDS
        while self.prometheus.value("up") < 2 * self.lab.replicas:
            if time.monotonic() > deadline:
                raise ServerError(f"not every collector is scraped: {self.prometheus.tail()}")
            time.sleep(0.1)
        self.evaluations(3)
        self.began = time.time()

    def evaluations(self, count: int) -> None:
        """Wait until the slowest rule group was due `count` times."""
        time.sleep((count + 1) * self.seconds(EVALUATION))

    def restart_collectors(self, end: Callable[[Collector], None]) -> None:
        """End all collectors by `end` and start them; note what ours had accepted after their last scrape."""
        scraped = min(sample.value for sample in self.prometheus.query(f'timestamp(up{{job="{JOB}"}})'))
        for collector in (*self.collectors, *self.copies):
            end(collector)
        since = scraped - BATCH_SECONDS - SLACK_SECONDS
        self.at_risk += self.doors.accepted_between(since, time.time())
        for collector in (*self.collectors, *self.copies):
            self._starts += 1
            collector.start_id = f"start-{len(self.collectors) + self._starts}"
            collector.start()
