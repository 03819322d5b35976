"""Named workloads: which processes run on which machines and when, as data. Times are seconds.

Each is the shape of trouble that its name says; the lengths suit an export interval of one minute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from claude_code_mixin.fleet.machine import OLDER, Exporter, Machine, Settings

TEAMS = ("atlas", "borealis", "cygnus")


@dataclass(frozen=True)
class Run:
    """One process: begun `at`, prompted at `turns` after its start, ended when it `lasts` that long.

    A head-less one ends with its last answer if that is earlier and nobody kills it.

    Runs of the same `conversation` share a session id, others have their own. `killed` ends it by SIGKILL,
    `clears` are the times of /clear after its start. Of every `lose_every`-th batch the response is lost.
    """

    machine: Machine
    at: float
    turns: tuple[float, ...]
    lasts: float
    conversation: str = ""
    start_type: str = "fresh"
    settings: Settings = field(default_factory=Settings)
    interactive: bool = True
    killed: bool = False
    clears: tuple[float, ...] = ()
    lose_every: int = 0


@dataclass(frozen=True)
class Workload:
    """A named set of processes."""

    name: str
    description: str
    runs: tuple[Run, ...]

    @property
    def lasts(self) -> float:
        """Seconds until its last process has ended."""
        return max(run.at + run.lasts for run in self.runs)

    def exporting(self, metrics: Exporter) -> Workload:
        """Return the workload with every client's counters leaving in this way."""
        return replace(
            self, runs=tuple(replace(it, settings=replace(it.settings, metrics=metrics)) for it in self.runs)
        )


def machine(number: int, *, writer: str = "laptops", skew: float = 0.0, macos: bool = False) -> Machine:
    """Return the machine of a person in one of the teams."""
    custom = {"team.id": TEAMS[number % len(TEAMS)], "enduser.id": f"person-{number}"}
    made = Machine(f"machine-{number}", writer, f"{number + 1:064x}", custom, skew=skew)
    if not macos:
        return made
    name = f"{made.name}-macos"
    return replace(made, name=name, os_type="darwin", os_version="25.1.0", arch="arm64", terminal="iTerm.app")


def _every(seconds: float, count: int, first: float = 10.0) -> tuple[float, ...]:
    return tuple(first + seconds * number for number in range(count))


def _one_shot(number: int, at: float, lasts: float = 60.0, **changes: Any) -> Run:
    """A `claude -p`, which ends with its answer; `changes` are fields of Run."""
    return replace(Run(machine(number), at, (0.3,), lasts, interactive=False), **changes)


def _workload(name: str, description: str, runs: Iterable[Run]) -> tuple[str, Workload]:
    return name, Workload(name, description, tuple(runs))


SESSIONLESS = Settings(session_id=False)
CUMULATIVE = Settings(metrics="cumulative")
IN_REPOSITORY = Settings(repository="acme-org/widget", app_version=True, entrypoint=True)

WORKLOADS: Mapping[str, Workload] = dict(
    (
        _workload(
            "idle_gaps",
            "two people who pause for longer than the export interval, and a busy minute between",
            (
                Run(machine(0), 0, (5, 170, 400), 520, settings=IN_REPOSITORY),
                Run(machine(1), 20, (5, *_every(30, 4, 200), 450), 540),
            ),
        ),
        _workload(
            "one_shots",
            "forty head-less runs that overlap, whose counters leave once, at the end",
            (_one_shot(number % 12, 0.25 * number) for number in range(40)),
        ),
        _workload(
            "resume",
            "a conversation that is resumed twice: same labels, counters from nothing",
            (
                Run(machine(0), 0, (5,), 70, "resumed"),
                Run(machine(0), 90, (5, 60), 150, "resumed", "resume"),
                Run(machine(0), 260, (5, 100, 200), 300, "resumed", "resume"),
            ),
        ),
        _workload(
            "continue",
            "a conversation that is continued: the start counts under a throw-away session id",
            (
                _one_shot(1, 0, conversation="continued"),
                _one_shot(1, 60, conversation="continued", start_type="continue"),
                Run(machine(1), 120, (5, 90), 200, "continued", "continue"),
            ),
        ),
        _workload(
            "fork",
            "a conversation that is forked: a resume under a new session id, while the first goes on",
            (
                Run(machine(0), 0, (5, 100, 250), 330, "forked"),
                Run(machine(0), 80, (5, 120), 220, start_type="resume"),
            ),
        ),
        _workload(
            "clear",
            "/clear twice inside a process: new session ids without a new start",
            (Run(machine(2), 0, (5, 110, 220, 300), 360, clears=(90, 280)),),
        ),
        _workload(
            "parallel",
            "three processes of one session at the same time: same labels, three counters",
            (
                Run(machine(0), 0, _every(60, 6), 420, "shared"),
                Run(machine(0), 13, _every(60, 5), 380, "shared", "resume"),
                Run(machine(0), 31, _every(60, 5), 390, "shared", "resume", interactive=False),
            ),
        ),
        _workload(
            "sigkill",
            "processes that are killed before, between and after exports: what was waiting is lost",
            (
                Run(machine(0), 0, (5,), 40, killed=True),
                Run(machine(1), 10, (5, 80, 150), 153, killed=True),
                Run(machine(2), 20, (5, 70), 181, killed=True),
                _one_shot(3, 30, 3.5, killed=True),
                Run(machine(0), 45, (5, 100), 160),
            ),
        ),
        _workload(
            "clock_skew",
            "machines whose clocks are five minutes behind, two ahead, and an hour ahead, one session shared",
            (
                Run(machine(0, skew=-300), 0, _every(70, 4), 320, "skewed"),
                Run(machine(0, skew=120), 7, _every(70, 4), 320, "skewed", "resume"),
                Run(machine(1, skew=3_600), 14, _every(70, 4), 320),
                Run(machine(2), 21, _every(70, 4), 320),
            ),
        ),
        _workload(
            "retries",
            "every third response is lost: the client posts the same batch again",
            (
                Run(machine(0), 0, _every(60, 5), 340, lose_every=3),
                Run(machine(1), 25, _every(60, 5), 340),
            ),
        ),
        _workload(
            "mixed_versions",
            "two client versions in one team, which send different attributes",
            (
                Run(machine(0), 0, _every(60, 5), 340),
                Run(machine(0), 15, _every(60, 5), 340, settings=Settings(version=OLDER)),
            ),
        ),
        _workload(
            "cumulative",
            "two clients that were told to send totals, beside one with the default",
            (
                Run(machine(0), 0, _every(60, 5), 340, "totals", settings=CUMULATIVE),
                Run(machine(0), 200, _every(60, 3), 220, "totals", "resume", CUMULATIVE),
                Run(machine(0), 15, _every(60, 5), 340),
            ),
        ),
        _workload(
            "two_systems",
            "one person on two operating systems at the same time: two resources, same labels",
            (
                Run(machine(0), 0, _every(60, 5), 340),
                Run(machine(0, macos=True), 15, _every(60, 5), 340),
            ),
        ),
        _workload(
            "six_writers",
            "six busy writers with their own credentials at the same time, clocks seconds apart",
            (
                Run(machine(n, writer=f"writer-{n}", skew=2.0 * n - 5), n, _every(31, 9), 330)
                for n in range(6)
            ),
        ),
        _workload(
            "no_session_id",
            "clients without session ids: processes of one person share their labels",
            (
                Run(machine(0), 0, _every(60, 5), 340, settings=SESSIONLESS),
                Run(machine(0), 20, _every(60, 5), 340, settings=SESSIONLESS),
            ),
        ),
    )
)
"""Every workload by name."""
WRITERS = sorted({run.machine.writer for workload in WORKLOADS.values() for run in workload.runs})
"""All names under which machines of the workloads write."""
