"""The workloads as the lab plays them: side by side, each in teams of its own, whose names begin with its."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from claude_code_mixin.fleet.protocols import OVER_GRPC
from claude_code_mixin.fleet.workloads import WORKLOADS, Run, Workload, machine

TOGETHER, GROUP_SECONDS = 8, 60.0
FLOOD_RUNS, FLOOD_WAVES = 60, 4

FLOOD = Workload(
    "flood",
    f"{FLOOD_RUNS} head-less runs of one person at the same moment, {FLOOD_WAVES} times",
    tuple(
        Run(machine(0), 20 + GROUP_SECONDS * wave, (0.3,), 30, interactive=False)
        for wave in range(FLOOD_WAVES)
        for _ in range(FLOOD_RUNS)
    ),
)
GRPC = replace(
    WORKLOADS["six_writers"],
    name=OVER_GRPC,
    description="six busy writers who post over gRPC instead of HTTP",
)
LAB_WORKLOADS: Mapping[str, Workload] = {**WORKLOADS, FLOOD.name: FLOOD, GRPC.name: GRPC}
"""Every workload of the lab by name."""


def adapted(workload: Workload) -> Workload:
    """Return a workload as the lab plays it: in teams of its own; head-less crowds come in several waves.

    A crowd that comes once, within seconds, would meet no fault.
    """
    runs = workload.runs
    if workload.name == "one_shots":
        runs = tuple(_wave(number, run) for number, run in enumerate(runs))
    return replace(workload, runs=tuple(_in_own_team(workload.name, run) for run in runs))


def _wave(number: int, run: Run) -> Run:
    return replace(run, at=run.at % (TOGETHER * 0.25) + GROUP_SECONDS * (number // TOGETHER))


def _in_own_team(workload: str, run: Run) -> Run:
    team = f"{workload}-{run.machine.custom['team.id']}"
    custom = {**run.machine.custom, "team.id": team}
    return replace(run, machine=replace(run.machine, custom=custom))


def workload_of(team: str) -> str:
    """Return the workload whose team this is."""
    return team.rpartition("-")[0]
