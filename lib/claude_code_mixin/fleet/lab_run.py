"""One run of the lab: a fault, all workloads side by side, and the cells that come out.

The workloads of a run share the servers and are told apart by their teams.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from claude_code_mixin.fleet import widespread
from claude_code_mixin.fleet.exporters import Ledger
from claude_code_mixin.fleet.faults import Fault
from claude_code_mixin.fleet.lab_cells import ALL, Cell, Limit, Reference, deviation, reference
from claude_code_mixin.fleet.lab_expected import Expected
from claude_code_mixin.fleet.lab_profiles import Setup
from claude_code_mixin.fleet.lab_quantities import Quantity
from claude_code_mixin.fleet.lab_stack import Lab, Loss, Stack
from claude_code_mixin.fleet.lab_workloads import workload_of
from claude_code_mixin.fleet.telemetry import Batch
from claude_code_mixin.fleet.truth import Cells, Truth
from claude_code_mixin.fleet.workloads import Workload

TAIL_SECONDS = 60.0  # what a fault lasts longer than the workloads, and how long the last scrape may take

Fired = Collection[tuple[str, str]]
"""Alerts that fired in a run, each with the workload whose team it named, or ALL."""


@dataclass(frozen=True)
class Played:
    """What a run left behind: the ledger of each workload, what was at risk, bare sums by counter, alerts."""

    ledgers: Mapping[str, Ledger]
    losses: Sequence[Loss]
    bare: Mapping[str, Mapping[str, float]]
    fired: Fired


def run(
    setup: Setup, lab: Lab, fault: Fault, workloads: Sequence[Workload], expected: Sequence[Expected]
) -> tuple[list[Cell], float]:
    """Play all workloads while the fault happens; return their cells, and the share of scrapes that failed.

    Raise ServerError when a server fails otherwise than the fault has it.
    """
    own = [setup.adapted(workload) for workload in workloads]
    with setup.stack(replace(lab, workloads=own, replicas=fault.replicas)) as stack:
        if fault.history:
            stack.history()
        stack.install()
        ledgers = _play(stack, fault, own)
        bare = {
            it.raw: _by_workload(stack, _usual(stack, it.raw)["sum"]) for it in setup.quantities if it.raw
        }
        stack.caught_up()
        played = Played(ledgers, tuple(stack.losses), bare, _fired(stack))
        cells = [
            cell
            for quantity in setup.quantities
            for cell in _cells(setup, stack, fault, quantity, played, expected)
            if (cell.reference or cell.ours) and (cell.ours is not None or cell.widespread)
        ]
        return cells, stack.failed_scrapes()


def _play(stack: Stack, fault: Fault, workloads: Sequence[Workload]) -> dict[str, Ledger]:
    factor = stack.lab.factor
    ledgers = {workload.name: Ledger() for workload in workloads}
    began = time.time()
    with ThreadPoolExecutor(len(workloads)) as pool:
        runs = [pool.submit(stack.play, it, ledgers[it.name]) for it in workloads]
        for step in fault.steps:
            time.sleep(max(0.0, began + step.at / factor - time.time()))
            step.do(stack)
        for done in runs:
            done.result()
    time.sleep(TAIL_SECONDS / 2 / factor)
    stack.settle(ledgers)
    return ledgers


def _usual(stack: Stack, raw: str) -> Mapping[str, str]:
    return widespread.queries(raw, time.time() - stack.began, stack.lab.factor, stack.usual_job)


def _by_workload(stack: Stack, query: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for sample in stack.prometheus.query(query):
        name = workload_of(sample.labels.get("team_id", ""))
        found[name] = found.get(name, 0.0) + sample.value
    return found


def _fired(stack: Stack) -> Fired:
    """Return the alerts that fired since the run began."""
    query = f'last_over_time(ALERTS{{alertstate="firing"}}[{stack.window}])'
    return {
        (it.labels["alertname"], workload_of(it.labels["team"]) if "team" in it.labels else ALL)
        for it in stack.prometheus.query(query)
    }


def _cells(
    setup: Setup,
    stack: Stack,
    fault: Fault,
    quantity: Quantity,
    played: Played,
    expected: Sequence[Expected],
) -> Iterable[Cell]:
    ours = _recorded(stack, quantity)
    usual: dict[str, Mapping[str, float]] = {}
    if quantity.raw:
        usual = {name: _by_workload(stack, query) for name, query in _usual(stack, quantity.raw).items()}
        usual["sum"] = played.bare[quantity.raw]
    scopes = {name: {name: ledger} for name, ledger in played.ledgers.items()}
    for name, ledgers in (scopes if quantity.teams else {ALL: dict(played.ledgers)}).items():
        listed = [it for it in expected if it.fits(setup, fault.name, name, quantity.name)]
        yield _cell(
            Scope(setup, fault, name, quantity, ledgers, tuple(listed)),
            played,
            None if ours is None else ours.get(name, {}),
            {query: found.get(name, 0.0) for query, found in usual.items()},
        )


@dataclass(frozen=True)
class Scope:
    """Which cell: its names, the ledgers it is about, and the entries of the list that fit it."""

    setup: Setup
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

    def at_risk(self, loss: Loss, mine: Collection[int]) -> float:
        """Return what the batches at risk added; of cumulative points that is less than they carry."""
        before = [batch for batch in loss.before if id(batch) in mine]
        after = [batch for batch in loss.at_risk if id(batch) in mine]
        return self.total((*before, *after)) - self.total(before)

    @property
    def limit(self) -> Limit:
        """The limit of the fault or the setup, unless the list has another."""
        usual = self.fault.limit if self.setup.strict else "near"
        return next((it.limit for it in self.listed if it.limit), usual)

    @property
    def against(self) -> Reference:
        """What the cell is held against."""
        return next((it.against for it in self.listed if it.against != "exported"), "exported")

    @property
    def detected_by(self) -> tuple[str, ...]:
        """The alerts that the list says will tell that the cell is wrong."""
        return tuple(dict.fromkeys(it.detected_by for it in self.listed if it.detected_by))

    def undetected(self, fired: Fired) -> tuple[str, ...]:
        """Return `detected_by` when none of them fired where the list says so; else nothing."""
        anywhere = any(it.anywhere for it in self.listed)
        told = {name for name, workload in fired if anywhere or workload in (self.workload, ALL)}
        return () if told & set(self.detected_by) else self.detected_by


def _cell(scope: Scope, played: Played, ours: Cells | None, usual: Mapping[str, float]) -> Cell:
    ledgers = list(scope.ledgers.values())
    exported = [batch for ledger in ledgers for batch in ledger.exported]
    doubtful = [batch for ledger in ledgers for batch in ledger.doubtful]
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
        at_risk=sum(scope.at_risk(loss, mine) for loss in played.losses),
        doubtful=scope.total((*exported, *doubtful)) - scope.total(exported) if doubtful else 0.0,
        limit=scope.limit,
        reasons=tuple(it.reason for it in scope.listed),
        raw_truth=Truth(exported).total(scope.quantity.raw_truth) if usual else 0.0,
        widespread=usual,
        profile=scope.setup.profile,
        clients=scope.setup.clients,
        detected_by=scope.detected_by,
        undetected=scope.undetected(played.fired),
    )


def _recorded(stack: Stack, quantity: Quantity) -> dict[str, Cells] | None:
    """Return what ours recorded since the run began, by workload and labels; None if there is no record."""
    if not stack.lab.built.records(quantity.record.partition("{")[0]):
        return None
    labels = (*(("team",) if quantity.teams else ()), *quantity.labels)
    query = f"sum by ({', '.join(labels)}) (sum_over_time({quantity.record}[{stack.window}]))"
    found: dict[str, Cells] = {}
    for sample in stack.prometheus.query(query):
        key = tuple(sample.labels.get(label, "") for label in labels)
        found.setdefault(workload_of(key[0]) if quantity.teams else ALL, {})[key] = sample.value
    return found
