"""What every stack of the lab has: a Prometheus with the built rules on a faster clock, and targets."""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from claude_code_mixin.fleet import scale
from claude_code_mixin.fleet.exporters import Ledger
from claude_code_mixin.fleet.lab_gates import Doors
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.servers import Collector, Prometheus
from claude_code_mixin.fleet.telemetry import Batch
from claude_code_mixin.fleet.workloads import Workload

SCRAPE, TIMEOUT, EVALUATION, LOOKBACK = "15s", "10s", "1m", "5m"
WAIT_SECONDS = 60.0
KNOWN = re.compile(r"record: (\S+:known)\n")
"""Heartbeats before the current one: a meter that has one has run twice beside a scraped target."""
ROUNDED_SECONDS = 0.001
"""By how much a scaled duration may be off."""
SEED = 1
HISTORY_SEED = 99
"""Of what was played before Prometheus was installed: other sessions than those of the run."""


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
    """The conditions of a run: folder of its data, clock `factor`, writers' names, replicas, workloads."""

    folder: Path
    built: Built
    factor: int
    writers: Sequence[str]
    workloads: Sequence[Workload] = ()
    replicas: int = 1


class Target(Protocol):
    """Something that is scraped, as faults see it; `delay` is in seconds of the wall clock."""

    failing: bool
    delay: float

    def up(self) -> object:
        """Answer scrapes again."""

    def down(self) -> None:
        """Refuse connections."""


@dataclass(frozen=True)
class Loss:
    """What collectors had accepted after their last scrape when they ended, and all they had before."""

    before: Sequence[Batch]
    at_risk: Sequence[Batch]


class Stack(ABC):
    """The running servers; a context manager. Prometheus starts when `install()` is called.

    `gates` stand before what our rules read, `copy_gates` before what only the widespread queries read, which
    has the scrape job `usual_job`. `losses` has an entry for each end of the collectors.
    """

    usual_job: str

    def __init__(
        self, lab: Lab, jobs: Mapping[str, Sequence[str]], gates: Sequence[Target], copies: Sequence[Target]
    ) -> None:
        self.lab, self.gates, self.copy_gates = lab, list(gates), list(copies)
        self.doors = Doors((), ())
        self.prometheus = Prometheus(
            lab.folder / "prometheus",
            scrapes=[self._scrape(job, targets) for job, targets in jobs.items()],
            rules={name: scale.rules(text, lab.factor) for name, text in lab.built.rules.items()},
            features=lab.built.features,
            evaluation=scale.duration(EVALUATION, lab.factor),
            lookback=scale.duration(LOOKBACK, lab.factor),
        )
        self._targets = sum(len(targets) for targets in jobs.values())
        self.losses: list[Loss] = []
        self.began = time.time()
        self._stack = ExitStack()

    def _scrape(self, job: str, targets: Sequence[str]) -> dict[str, object]:
        return {
            "job_name": job,
            "scrape_interval": scale.duration(SCRAPE, self.lab.factor),
            "scrape_timeout": scale.duration(TIMEOUT, self.lab.factor),
            "static_configs": [{"targets": list(targets)}],
        }

    @abstractmethod
    def serve(self, stack: ExitStack) -> None:
        """Start everything but Prometheus, to be ended by `stack`."""

    @abstractmethod
    def listening(self) -> int:
        """Return how many targets answer scrapes when Prometheus is installed."""

    @abstractmethod
    def history(self) -> None:
        """Let the clients count before Prometheus is installed: it must never count."""

    @abstractmethod
    def play(self, workload: Workload, ledger: Ledger) -> None:
        """Play a workload to its end and note in `ledger` what became of its batches."""

    @abstractmethod
    def restart_collectors(self, end: Callable[[Collector], None]) -> None:
        """End all collectors by `end`, start them anew, and note what they lost."""

    @abstractmethod
    def settle(self, ledgers: Mapping[str, Ledger]) -> None:
        """Note in the `ledgers` of the workloads what is only known when all is over."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.serve(stack)
            stack.callback(self.prometheus.stop)
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def seconds(self, duration: str) -> float:
        """Return how long a Prometheus duration of the real clock lasts here."""
        return scale.milliseconds(duration) / 1000 / self.lab.factor

    def install(self) -> None:
        """Start Prometheus with the rules; wait until all is scraped and every meter has run beside it."""
        self.prometheus.start()
        self._wait("up", self.listening(), "not every target is scraped")
        heartbeats = {name for text in self.lab.built.rules.values() for name in KNOWN.findall(text)}
        names = 'count(count by (__name__) ({__name__=~".+:known"}))'
        self._wait(names, len(heartbeats), "not every meter runs")
        self.evaluations(1)
        self.began = time.time()

    def caught_up(self) -> None:
        """Wait until every target was tried and every rule evaluated after it, also after a late restart."""
        tried = f"count(count_over_time(up[{scale.duration(EVALUATION, self.lab.factor)}]))"
        self._wait(tried, self._targets, "not every target is tried")
        self.evaluations(3)

    def _wait(self, expr: str, least: int, otherwise: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while self.prometheus.value(expr) < least:
            if time.monotonic() > deadline:
                raise ServerError(f"{otherwise}: {self.prometheus.tail()}")
            time.sleep(0.1)

    def evaluations(self, count: int) -> None:
        """Wait until every rule group of the usual interval was evaluated `count` times from now on.

        Raise ServerError when that takes too long, as on a machine that is too slow for the factor.
        """
        seen: dict[str, set[str]] = {}
        deadline = time.monotonic() + WAIT_SECONDS
        while min(map(len, seen.values()), default=0) <= count:
            if time.monotonic() > deadline:
                raise ServerError("rules are not evaluated in time: run with a smaller --factor")
            for group in self.prometheus.rules():
                if float(group["interval"]) <= self.seconds(EVALUATION) + ROUNDED_SECONDS:
                    seen.setdefault(group["name"], set()).add(group["lastEvaluation"])
            time.sleep(self.seconds(EVALUATION) / 5)

    def failed_scrapes(self) -> float:
        """Return the share of scrapes that failed since the run began, by a fault or a slow machine."""
        return 1 - self.prometheus.value(f"avg(avg_over_time(up[{self.window}]))")

    @property
    def window(self) -> str:
        """The time since the run began, as a Prometheus duration."""
        return f"{(time.time() - self.began) * 1000:.0f}ms"
