"""Plays workloads: in no time at all against any sink, or in real or scaled time against servers."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby

from claude_code_mixin.fleet import turns
from claude_code_mixin.fleet.clients import Launch, Process, identifier
from claude_code_mixin.fleet.exporters import Ledger, Sink, deliver
from claude_code_mixin.fleet.scrapes import ScrapeTarget, Shown, shown
from claude_code_mixin.fleet.telemetry import Batch, Clock
from claude_code_mixin.fleet.workloads import Run, Workload

LONGEST_SECONDS = 300.0
EXIT_SECONDS = 0.01  # between the last answer of a head-less process and its end
LEAD_SECONDS = 0.1  # from the start of a run to its first batch, so that none is late


class RunError(Exception):
    """A workload cannot be run as asked; one sentence says why and what to change."""


def play(workload: Workload, *, seed: int = 1, clock: Clock | None = None) -> list[Process]:
    """Return the ended processes of a workload; same seed and clock, same bytes.

    By default time starts at the epoch and is not scaled.
    """
    clock = clock or Clock()
    return [_played(workload.name, number, run, seed, clock) for number, run in enumerate(workload.runs)]


def _played(workload: str, number: int, run: Run, seed: int, clock: Clock) -> Process:
    name = f"{workload}/{number}"
    source = random.Random(f"{seed}/{name}")  # noqa: S311 - simulated behaviour, not secrets
    process = Process(_launch(name, run, _session(workload, run, seed)), clock, source)
    steps = _steps(number, run, source)
    end = run.at + run.lasts
    if not (run.interactive or run.killed):
        end = min(end, steps[-1][0] + EXIT_SECONDS)
    for at, step in steps:
        if at >= end:
            break
        step(process, at)
    (process.kill if run.killed else process.exit)(end)
    return process


def _launch(name: str, run: Run, session: str) -> Launch:
    return Launch(
        name=name,
        machine=run.machine,
        settings=run.settings,
        at=run.at,
        start_type=run.start_type,
        session=session,
        interactive=run.interactive,
        hooks=turns.HOOKS,
        lose_every=run.lose_every,
    )


def _session(workload: str, run: Run, seed: int) -> str:
    if not run.conversation:
        return ""
    source = random.Random(f"{seed}/{workload}/{run.conversation}")  # noqa: S311 - not a secret
    return identifier(source)


def _steps(number: int, run: Run, source: random.Random) -> list[turns.Step]:
    found: list[turns.Step] = [(run.at + at, lambda process, at: process.clear(at)) for at in run.clears]
    for turn, at in enumerate(run.turns):
        found += turns.steps(number + turn, run.at + at, source, interactive=run.interactive)
    return sorted(found, key=lambda step: step[0])


def batches(processes: Iterable[Process]) -> list[Batch]:
    """Return everything that leaves the processes, in the order of time."""
    found = [batch for process in processes for batch in process.outbox.batches]
    return sorted(found, key=lambda batch: (batch.at, batch.process, batch.signal))


def replay(workload: Workload, sink: Sink, *, seed: int = 1, clock: Clock | None = None) -> Ledger:
    """Send a whole workload without waiting, in the order of time, and return what became of it."""
    ledger = Ledger()
    for batch in batches(play(workload, seed=seed, clock=clock)):
        deliver(batch, sink, ledger, sleep=lambda _: None)
    return ledger


def run(
    workload: Workload,
    sink: Sink,
    *,
    speed: float = 1.0,
    seed: int = 1,
    limit: float = LONGEST_SECONDS,
    ledger: Ledger | None = None,
    targets: Mapping[str, ScrapeTarget] | None = None,
) -> Ledger:
    """Send a workload in real time, `speed` times faster, and return what became of it.

    Every duration is divided, intervals and clock skew included; durations that events report are not.
    `ledger` may be given to watch a run. `targets` are the scrape targets by machine of clients that use the
    Prometheus exporter. Raise RunError, before anything is sent, for a run of more than `limit` seconds.
    """
    ledger, shows = ledger or Ledger(), targets or {}
    _refuse_what_cannot_run(workload, speed, limit, shows)
    began = time.time() + LEAD_SECONDS
    processes = play(workload, seed=seed, clock=Clock(began, speed))
    lanes = _lanes(batches(processes))
    ports = shown(processes)
    with ThreadPoolExecutor(len(lanes) + len(ports)) as pool:
        sent = [pool.submit(_send, lane, sink, ledger, began, speed) for lane in lanes]
        sent += [pool.submit(_show, port, shows[name], began, speed) for name, port in ports.items()]
        for done in sent:
            done.result()
    return ledger


def scraped_machines(workload: Workload) -> list[str]:
    """Return the names of the machines whose clients wait for scrapes."""
    return sorted({it.machine.name for it in workload.runs if it.settings.metrics == "prometheus"})


def _refuse_what_cannot_run(
    workload: Workload, speed: float, limit: float, targets: Mapping[str, ScrapeTarget]
) -> None:
    if workload.lasts / speed > limit:
        raise RunError(
            f"{workload.name} takes {workload.lasts / speed:.0f} s at speed {speed:g}, the limit is "
            f"{limit:.0f} s: raise the speed to {workload.lasts / limit:.3g} or more"
        )
    missing = [name for name in scraped_machines(workload) if name not in targets]
    if missing:
        raise RunError(
            f"clients of {workload.name} wait for scrapes, but {', '.join(missing)} have no scrape target: "
            "pass one for each of runner.scraped_machines(workload)"
        )


def _lanes(found: list[Batch]) -> list[list[Batch]]:
    """Counters and events of each process leave one after the other, but beside each other."""
    ordered = sorted(found, key=lambda batch: (batch.process, batch.signal))
    return [list(lane) for _, lane in groupby(ordered, key=lambda batch: (batch.process, batch.signal))]


def _send(lane: list[Batch], sink: Sink, ledger: Ledger, began: float, speed: float) -> None:
    for batch in lane:
        _wait_until(began + batch.at / speed)
        deliver(batch, sink, ledger, speed=speed)


def _show(port: Shown, target: ScrapeTarget, began: float, speed: float) -> None:
    for at, batch in port:
        _wait_until(began + at / speed)
        target.show(batch)


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.time()))
