"""What goes wrong in the lab, and when: each fault is a few steps at seconds of the workload's clock."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from claude_code_mixin.fleet.lab_cells import Limit
from claude_code_mixin.fleet.lab_stack import Stack
from claude_code_mixin.fleet.servers import Collector

SLOW_SECONDS = 7.0  # of a scrape interval of 15 and a timeout of 10 seconds
TOO_SLOW_SECONDS = 13.0
OUTAGE_SECONDS = 600.0
LATE_SECONDS = 300.0
AWAY_SECONDS = 120.0
DISCOVERY_SECONDS = 5.0  # of the wall clock, before a Prometheus that starts scrapes its first target
DRAIN_SECONDS = 80.0  # a scrape, a batch and an evaluation


@dataclass(frozen=True)
class Step:
    """Something done to the servers `at` seconds after the workload began."""

    at: float
    do: Callable[[Stack], None]


@dataclass(frozen=True)
class Fault:
    """A named fault; `history`: the collector has run unscraped before Prometheus is installed."""

    name: str
    description: str
    steps: tuple[Step, ...] = ()
    limit: Limit = "exact"
    replicas: int = 1
    history: bool = False

    @property
    def lasts(self) -> float:
        """Seconds until its last step."""
        return max((step.at for step in self.steps), default=0.0)


def _away(seconds: float) -> Callable[[Stack], None]:
    """Stop Prometheus and start it so that it scrapes again after `seconds`, or as soon as it can."""

    def do(stack: Stack) -> None:
        stack.prometheus.stop()
        time.sleep(max(0.0, seconds / stack.lab.factor - DISCOVERY_SECONDS))
        stack.prometheus.start()

    return do


def _kill_prometheus(stack: Stack) -> None:
    stack.prometheus.kill9()
    stack.prometheus.start()


def _terminate_collectors(stack: Stack) -> None:
    stack.restart_collectors(Collector.stop)


def _kill_collectors(stack: Stack) -> None:
    stack.restart_collectors(Collector.kill9)


def _doors(*, opened: bool) -> Callable[[Stack], None]:
    def do(stack: Stack) -> None:
        stack.doors.open = opened

    return do


def _failing(*, failing: bool) -> Callable[[Stack], None]:
    def do(stack: Stack) -> None:
        for gate in (*stack.gates, *stack.copy_gates):
            gate.failing = failing

    return do


def _delay(seconds: float) -> Callable[[Stack], None]:
    def do(stack: Stack) -> None:
        for gate in (*stack.gates, *stack.copy_gates):
            gate.delay = seconds / stack.lab.factor

    return do


def _unreachable(stack: Stack) -> None:
    for gate in (*stack.gates, *stack.copy_gates):
        gate.down()


def _reachable(stack: Stack) -> None:
    for gate in (*stack.gates, *stack.copy_gates):
        gate.up()


def _hold(stack: Stack) -> None:
    stack.doors.relay.hold()


def _release(stack: Stack) -> None:
    stack.doors.relay.release(stack.doors)


def _every_third_scrape() -> tuple[Step, ...]:
    """Of 45 seconds, 30 fail, from the first minute to the eighth."""
    return tuple(
        step
        for at in range(60, 480, 45)
        for step in (Step(at, _failing(failing=True)), Step(at + 30, _failing(failing=False)))
    )


FAULTS: Mapping[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault("none", "nothing goes wrong"),
        Fault(
            "collector_drained",
            "the collector gets no input for 80 s, then SIGTERM and start",
            (
                Step(120, _doors(opened=False)),
                Step(120 + DRAIN_SECONDS, _terminate_collectors),
                Step(121 + DRAIN_SECONDS, _doors(opened=True)),
            ),
            limit="graceful",
        ),
        Fault(
            "collector_restart",
            "SIGTERM of the collector under load, which drains as built, then start",
            (Step(190, _terminate_collectors),),
            limit="graceful",
        ),
        Fault(
            "collector_kill",
            "SIGKILL of the collector under load, then start",
            (Step(190, _kill_collectors),),
            limit="bound",
        ),
        Fault(
            "prometheus_restart",
            "Prometheus is stopped for two minutes",
            (Step(130, _away(AWAY_SECONDS)),),
        ),
        Fault(
            "prometheus_kill",
            "Prometheus is killed with SIGKILL twice and started again at once",
            (Step(100, _kill_prometheus), Step(280, _kill_prometheus)),
        ),
        Fault("failed_scrapes", "two of three scrapes fail, for seven minutes", _every_third_scrape()),
        Fault(
            "slow_scrapes",
            "scrapes take 7 s for three minutes, 13 s (longer than the timeout) for one, 7 s for three",
            (
                Step(30, _delay(SLOW_SECONDS)),
                Step(210, _delay(TOO_SLOW_SECONDS)),
                Step(270, _delay(SLOW_SECONDS)),
                Step(450, _delay(0)),
            ),
        ),
        Fault(
            "scrape_outage",
            "no scrape for ten minutes",
            (Step(60, _unreachable), Step(60 + OUTAGE_SECONDS, _reachable)),
        ),
        Fault(
            "late_samples",
            "a relay holds all telemetry back for five minutes and delivers it at once, scrapes take 7 s",
            (
                Step(60, _delay(SLOW_SECONDS)),
                Step(90, _hold),
                Step(90 + LATE_SECONDS, _release),
                Step(91 + LATE_SECONDS, _delay(0)),
            ),
        ),
        Fault("two_replicas", "two collectors, each process writes to one of them", replicas=2),
        Fault(
            "first_install",
            "Prometheus and the rules start beside a collector that has counted before",
            history=True,
        ),
    )
}
"""Every fault by name."""
