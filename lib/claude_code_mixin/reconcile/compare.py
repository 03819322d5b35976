"""The difference between an export and what was recorded, model by model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claude_code_mixin.reconcile.export import Export
from claude_code_mixin.reconcile.recorded import Recorded

WITHIN, APART, NO_PRICE = "agrees", "apart", "no price"


@dataclass(frozen=True)
class Tolerance:
    """Differences of up to `share` of the larger amount, or up to `usd`, are none."""

    share: float
    usd: float


@dataclass(frozen=True)
class Line:
    """A model (or the total): US dollars of the export and of the record, and what that means."""

    model: str
    exported: float
    recorded: float
    verdict: str

    @property
    def difference(self) -> float:
        """Export less record, in US dollars."""
        return self.exported - self.recorded

    @property
    def share(self) -> float:
        """The difference against the larger amount, -1 to 1; 0 where both are 0."""
        return _share(self.exported, self.recorded)


def lines(export: Export, recorded: Recorded, tolerance: Tolerance) -> tuple[Line, ...]:
    """Return a line for each model of either side, the largest difference first, and the total last."""
    theirs: Mapping[str, float] = export.dollars
    names = {*theirs, *recorded.dollars, *export.unpriced}
    found = [
        _line(
            name, theirs.get(name, 0.0), recorded.dollars.get(name, 0.0), tolerance, name in export.unpriced
        )
        for name in names
    ]
    found.sort(key=lambda line: (-abs(line.difference), line.model))
    total = _line("total", sum(theirs.values()), sum(recorded.dollars.values()), tolerance, False)
    return (*found, total)


def agrees(found: tuple[Line, ...]) -> bool:
    """Whether every line is within the tolerance."""
    return all(line.verdict == WITHIN for line in found)


def _line(model: str, exported: float, ours: float, tolerance: Tolerance, unpriced: bool) -> Line:
    near = abs(exported - ours) <= tolerance.usd or abs(_share(exported, ours)) <= tolerance.share
    verdict = NO_PRICE if unpriced else WITHIN if near else APART
    return Line(model or "(no model named)", exported, ours, verdict)


def _share(exported: float, recorded: float) -> float:
    larger = max(abs(exported), abs(recorded))
    return (exported - recorded) / larger if larger else 0.0
