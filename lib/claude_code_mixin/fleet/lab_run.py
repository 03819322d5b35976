"""One run of the lab: a fault, all workloads side by side, and the cells that come out.

The workloads of a run share the servers and are told apart by their teams.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from claude_code_mixin.fleet import runner, widespread
from claude_code_mixin.fleet.exporters import Ledger
from claude_code_mixin.fleet.faults import Fault
from claude_code_mixin.fleet.lab_cells import (
    ALL,
    QUANTITIES,
    Cell,
    Expected,
    Limit,
    Quantity,
    Reference,
    deviation,
    reference,
)
from claude_code_mixin.fleet.lab_stack import Lab, Stack
from claude_code_mixin.fleet.lab_workloads import adapted, workload_of
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.telemetry import Batch
from claude_code_mixin.fleet.truth import Cells, Truth
from claude_code_mixin.fleet.workloads import Workload

TAIL_SECONDS = 60.0  # what a fault lasts longer than the workloads, and how long the last scrape may take
SEED = 1


@dataclass(frozen=True)
class Played:
    """What a run left behind: the ledger of each workload, what was at risk, and bare sums by counter."""

    ledgers: Mapping[str, Ledger]
    at_risk: Sequence[Batch]
    bare: Mapping[str, Mapping[str, float]]


def run(lab: Lab, fault: Fault, workloads: Sequence[Workload], expected: Sequence[Expected]) -> list[Cell]:
    """Play all workloads while the fault happens and return their cells.

    Raise ServerError when a server fails otherwise than the fault has it.
    """
    own = [adapted(workload) for workload in workloads]
    with Stack(replace(lab, replicas=fault.replicas)) as stack:
        if fault.history:
            stack.history(own)
        stack.install()
        ledgers = _play(stack, fault, own)
        if stack.doors.missed:
            raise ServerError(
                f"{stack.doors.missed} batches never reached the widespread collector: its errors "
                "would not be its own; run with a smaller --factor"
            )
        bare = {it.raw: _by_workload(stack, _usual(stack, it.raw)["sum"]) for it in QUANTITIES if it.raw}
        stack.evaluations(4)
        played = Played(ledgers, tuple(stack.at_risk), bare)
        return [
            cell
            for quantity in QUANTITIES
            for cell in _cells(stack, fault, quantity, played, expected)
            if (cell.reference or cell.ours) and (cell.ours is not None or cell.widespread)
        ]


def _play(stack: Stack, fault: Fault, workloads: Sequence[Workload]) -> dict[str, Ledger]:
    factor = stack.lab.factor
    ledgers = {workload.name: Ledger() for workload in workloads}
    began = time.time()
    with ThreadPoolExecutor(len(workloads)) as pool:
        runs = [
            pool.submit(runner.run, it, stack.doors, speed=factor, seed=SEED, ledger=ledgers[it.name])
            for it in workloads
        ]
        for step in fault.steps:
            time.sleep(max(0.0, began + step.at / factor - time.time()))
            step.do(stack)
        for done in runs:
            done.result()
    time.sleep(TAIL_SECONDS / 2 / factor)
    return ledgers


def _usual(stack: Stack, raw: str) -> Mapping[str, str]:
    return widespread.queries(raw, time.time() - stack.began, stack.lab.factor)


def _by_workload(stack: Stack, query: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for sample in stack.prometheus.query(query):
        name = workload_of(sample.labels.get("team_id", ""))
        found[name] = found.get(name, 0.0) + sample.value
    return found


def _cells(
    stack: Stack, fault: Fault, quantity: Quantity, played: Played, expected: Sequence[Expected]
) -> Iterable[Cell]:
    ours = _recorded(stack, quantity)
    usual: dict[str, Mapping[str, float]] = {}
    if quantity.raw:
        usual = {name: _by_workload(stack, query) for name, query in _usual(stack, quantity.raw).items()}
        usual["sum"] = played.bare[quantity.raw]
    scopes = {name: {name: ledger} for name, ledger in played.ledgers.items()}
    for name, ledgers in (scopes if quantity.teams else {ALL: dict(played.ledgers)}).items():
        listed = [it for it in expected if it.fits(fault.name, name, quantity.name)]
        yield _cell(
            Scope(fault, name, quantity, ledgers, tuple(listed)),
            played.at_risk,
            None if ours is None else ours.get(name, {}),
            {query: found.get(name, 0.0) for query, found in usual.items()},
        )


@dataclass(frozen=True)
class Scope:
    """Which cell: its names, the ledgers it is about, and the entries of the list that fit it."""

    fault: Fault
    workload: str
    quantity: Quantity
    ledgers: Mapping[str, Ledger]
    listed: tuple[Expected, ...]

    def cells(self, truth: Truth) -> Cells:
        """Return the truth by the labels that ours has, the team first."""
        team = ("team",) if self.quantity.teams else ()
        return truth.cells(self.quantity.truth, (*team, *self.quantity.labels))

    def total(self, batches: Iterable[Batch]) -> float:
        """Return the quantity in `batches`, for which a cumulative point counts once."""
        return Truth(batches).total(self.quantity.truth)

    @property
    def limit(self) -> Limit:
        """The fault's limit, unless the list has another."""
        return next((it.limit for it in self.listed if it.limit), self.fault.limit)

    @property
    def against(self) -> Reference:
        """What the cell is held against."""
        return next((it.against for it in self.listed if it.against != "exported"), "exported")


def _cell(scope: Scope, at_risk: Sequence[Batch], ours: Cells | None, usual: Mapping[str, float]) -> Cell:
    ledgers = list(scope.ledgers.values())
    exported = [batch for ledger in ledgers for batch in ledger.exported]
    held: dict[tuple[str, ...], float] = {}
    for ledger in ledgers:
        for key, value in scope.cells(reference(ledger, scope.against)).items():
            held[key] = held.get(key, 0.0) + value
    lost, gained = deviation(held, ours or {}) if ours is not None else (0.0, 0.0)
    mine = {id(batch) for batch in exported}
    return Cell(
        fault=scope.fault.name,
        workload=scope.workload,
        quantity=scope.quantity.name,
        truth=scope.total(exported),
        reference=sum(held.values()),
        ours=None if ours is None else sum(ours.values()),
        lost=lost,
        gained=gained,
        at_risk=scope.total(batch for batch in at_risk if id(batch) in mine),
        doubtful=scope.total(batch for ledger in ledgers for batch in ledger.doubtful),
        limit=scope.limit,
        reasons=tuple(it.reason for it in scope.listed),
        raw_truth=Truth(exported).total(scope.quantity.raw_truth) if usual else 0.0,
        widespread=usual,
    )


def _recorded(stack: Stack, quantity: Quantity) -> dict[str, Cells] | None:
    """Return what ours recorded since the run began, by workload and labels; None if there is no record."""
    if not stack.lab.built.records(quantity.record.partition("{")[0]):
        return None
    labels = (*(("team",) if quantity.teams else ()), *quantity.labels)
    window = f"{(time.time() - stack.began) * 1000:.0f}ms"
    query = f"sum by ({', '.join(labels)}) (sum_over_time({quantity.record}[{window}]))"
    found: dict[str, Cells] = {}
    for sample in stack.prometheus.query(query):
        key = tuple(sample.labels.get(label, "") for label in labels)
        found.setdefault(workload_of(key[0]) if quantity.teams else ALL, {})[key] = sample.value
    return found
