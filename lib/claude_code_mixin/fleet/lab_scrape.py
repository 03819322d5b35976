"""The stack whose clients are scraped themselves, a port a machine that is dark while none runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler
from itertools import pairwise

from claude_code_mixin.fleet import runner, wire
from claude_code_mixin.fleet.exporters import Ledger, Outcome
from claude_code_mixin.fleet.lab_gates import Doors
from claude_code_mixin.fleet.lab_stack import EVALUATION, HISTORY_SEED, SCRAPE, SEED, Lab, Loss, Stack
from claude_code_mixin.fleet.machine import Machine, Settings, resource
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.scrape_server import ScrapeServer, write_metrics
from claude_code_mixin.fleet.scrapes import ScrapeTarget, shown
from claude_code_mixin.fleet.servers import Collector
from claude_code_mixin.fleet.telemetry import Batch
from claude_code_mixin.fleet.workloads import Workload

SCRAPED_JOB = "claude-code-clients"
NUMBER = "lab_scrape_number"
"""Added to every answer of a port: Prometheus has stored an answer exactly if it has stored its number."""

Points = Sequence[tuple[float, float]]
"""Samples of one series: Unix seconds and value."""


class Port(ScrapeTarget):
    """The port of one machine, as the lab disturbs it; it hangs up while no process shows anything.

    `failing` answers 500, `delay` is how long an answer takes, `down()` makes the machine unreachable. What a
    scrape was shown counts once Prometheus has stored it: `stored()` gives those batches.
    """

    def __init__(self) -> None:
        super().__init__(Ledger())
        self.failing, self.delay = False, 0.0
        self._reachable = True
        self._answers: list[Batch] = []

    def listen(self) -> None:
        """Hold the port until `close()`, so that nobody else takes it while it is dark."""
        self._server = ScrapeServer(self._port, self._answer)

    def show(self, batch: Batch | None) -> None:
        """Show these points from now on, also when the machine is reachable again; None: be dark."""
        with self._lock:
            self._batch = batch

    def down(self) -> None:
        """Make the machine unreachable."""
        self._reachable = False

    def up(self) -> None:
        """Make the machine reachable; its port stays dark without a process."""
        self._reachable = True

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        with self._lock:
            batch = self._batch if self._reachable else None
            if not batch:
                return
            number = len(self._answers)
            self._answers.append(batch)
        time.sleep(self.delay)
        write_metrics(request, f"{wire.exposition(batch)}{NUMBER} {number}\n", 500 if self.failing else 200)

    def stored(self, points: Points) -> list[tuple[float, Batch]]:
        """Return what was shown under the numbers that Prometheus has stored, each with its time."""
        return [(at, self._answers[int(number)]) for at, number in points]


class ScrapeStack(Stack):
    """Clients with the Prometheus exporter, and one more machine whose client runs all along and idles.

    Without that one there would be no target at all when Prometheus is installed.
    """

    usual_job = SCRAPED_JOB

    def __init__(self, lab: Lab) -> None:
        self.ports = {
            workload.name: {name: Port() for name in runner.scraped_machines(workload)}
            for workload in lab.workloads
        }
        self.idle = Port()
        self._every = [self.idle, *(port for ports in self.ports.values() for port in ports.values())]
        super().__init__(lab, {SCRAPED_JOB: [port.target for port in self._every]}, self._every, ())
        self.doors = Doors((), (), events=False)
        self._awake = 1

    def serve(self, stack: ExitStack) -> None:
        """Start the client that does nothing."""
        for port in self._every:
            port.listen()
            stack.callback(port.close)
        machine = Machine("idle")
        self.idle.show(Batch("idle", "", 0.0, resource(machine, Settings(metrics="prometheus")), True))

    def listening(self) -> int:
        """Return on how many machines a client runs now."""
        return self._awake

    def history(self) -> None:
        """Let a client run on every machine that has counted before Prometheus comes."""
        for workload in self.lab.workloads:
            for name, port in shown(runner.play(workload, seed=HISTORY_SEED)).items():
                self.ports[workload.name][name].show(port[-2][1])
                self._awake += 1

    def install(self) -> None:
        """Start Prometheus; the clients that ran before end then."""
        super().install()
        for ports in self.ports.values():
            for port in ports.values():
                port.show(None)
        self.began = time.time()

    def play(self, workload: Workload, ledger: Ledger) -> None:
        """Show what the clients count; the ledger is written by `settle()`."""
        targets = self.ports[workload.name]
        runner.run(workload, self.doors, speed=self.lab.factor, seed=SEED, ledger=ledger, targets=targets)

    def settle(self, ledgers: Mapping[str, Ledger]) -> None:
        """Note what Prometheus has stored since the run began as exported, and what it had just read."""
        stored = {
            found.labels["instance"]: found.points
            for found in self.prometheus.stored(f'{NUMBER}{{job="{SCRAPED_JOB}"}}[{self.window}]')
        }
        shown: list[tuple[float, Batch]] = []
        for name, ports in self.ports.items():
            for port in ports.values():
                for at, batch in port.stored(stored.get(port.target, ())):
                    ledgers[name].write(batch, [Outcome.ACCEPTED])
                    shown.append((at, batch))
        for end in _ends(stored[self.idle.target], self.seconds(EVALUATION)):
            since, until = end - self.seconds(EVALUATION), end + self.seconds(SCRAPE)
            before = [batch for at, batch in shown if at < since]
            self.losses.append(Loss(before, [batch for at, batch in shown if since <= at <= until]))

    def restart_collectors(self, end: Callable[[Collector], None]) -> None:
        """Raise ServerError: there are none."""
        raise ServerError("clients that are scraped have no collector that could be restarted")


def _ends(points: Points, longest: float) -> list[float]:
    """Return after which samples none came for more than `longest` seconds: Prometheus had ended."""
    times = [at for at, _ in points]
    return [at for at, after in pairwise(times) if after - at > longest]
