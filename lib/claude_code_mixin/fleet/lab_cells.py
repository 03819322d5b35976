"""The cells of the truth table: what is compared with what, how far off each may be, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from claude_code_mixin.fleet.exporters import Ledger
from claude_code_mixin.fleet.truth import Cells, Truth

ALL = "(all)"
ROUNDING = 1e-6
"""Share by which sums of floating-point numbers may differ."""
GRACEFUL = 0.005
"""Share that a graceful restart of the collector may cost."""
NEAR = 0.005
"""Share by which ours may be off where the clients' counters are read one session at a time."""

Limit = Literal["exact", "graceful", "near", "bound", "none"]
Reference = Literal["exported", "received", "delta"]


@dataclass(frozen=True)
class Cell:
    """One line of the table.

    `ours` is None where no record exists; `widespread` holds what each usual query shows and `raw_truth` what
    it should. `reference` is what ours is held against, normally `truth`; `lost` and `gained` are the sums
    over its label sets, `at_risk` and `doubtful` what may be lost and gained when the collector ends.
    `reasons` are those of the list of cells that cannot be right; `detected_by` are the alerts of which the
    list says that one will tell so, `undetected` the same when all of them were silent in the run.
    """

    fault: str
    workload: str
    quantity: str
    truth: float
    reference: float
    ours: float | None
    lost: float = 0.0
    gained: float = 0.0
    at_risk: float = 0.0
    doubtful: float = 0.0
    limit: Limit = "exact"
    reasons: tuple[str, ...] = ()
    raw_truth: float = 0.0
    widespread: Mapping[str, float] = field(default_factory=dict)
    profile: str = "collector"
    clients: str = "delta"
    detected_by: tuple[str, ...] = ()
    undetected: tuple[str, ...] = ()

    @property
    def error(self) -> float | None:
        """Ours against the truth as a share, None where ours is not recorded."""
        return None if self.ours is None else share(self.ours, self.truth)

    @property
    def red(self) -> bool:
        """Whether ours is outside its limit, or wrong as listed while an alert was silent that tells so."""
        if self.ours is None:
            return False
        return not self.inside(self.limit) or bool(self.undetected and not self.inside("near"))

    def inside(self, limit: Limit) -> bool:
        """Whether what ours lost and gained is inside `limit`."""
        rounding = ROUNDING * max(self.reference, self.ours or 0.0)
        if limit == "none":
            return True
        if limit in ("graceful", "near"):
            share_allowed = {"graceful": GRACEFUL, "near": NEAR}[limit]
            return self.lost + self.gained <= share_allowed * self.reference + self.doubtful + rounding
        may_lose, may_gain = (self.at_risk, self.doubtful) if limit == "bound" else (0.0, 0.0)
        return self.lost <= may_lose + rounding and self.gained <= may_gain + rounding


def share(measured: float, truth: float) -> float:
    """Return the error of `measured` as a share of `truth`; infinite for something out of nothing."""
    if truth == 0:
        return 0.0 if measured == 0 else float("inf")
    return measured / truth - 1


def reference(ledger: Ledger, against: Reference) -> Truth:
    """Return what a cell is held against."""
    if against == "received":
        return ledger.received()
    if against == "delta":
        return Truth(batch for batch in ledger.exported if not (batch.cumulative and batch.points))
    return ledger.truth()


def deviation(truth: Cells, measured: Cells) -> tuple[float, float]:
    """Return what `measured` lost and gained against `truth`, summed over label sets, both positive."""
    differences = [measured.get(key, 0.0) - truth.get(key, 0.0) for key in {**truth, **measured}]
    return -sum(it for it in differences if it < 0), sum(it for it in differences if it > 0)
