"""The page that says how far the recorded numbers are from what clients exported, from committed results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from statistics import median

from claude_code_mixin.compile.markdown import listed, percent, table
from claude_code_mixin.results import Cell, Results, Truth

LIMITS = {
    "exact": "0.0 %",
    "graceful": "0.5 %",
    "near": "0.5 %",
    "bound": "what was accepted after the last scrape",
    "none": "none: cannot be right, an alert says so",
}
"""What the names of limits mean; another name is shown as it is."""
DOLLARS = "dollars"


def truth_page(results: Results) -> str:
    """Return docs/truth.md without its first line."""
    found = results.truth
    parts = [
        f"# Recorded numbers against the truth\n\n{_heading(found)}\n",
        _WHAT,
        *(_setup(found, name) for name in dict.fromkeys(cell.setup for cell in found.cells)),
        f"## By quantity\n\n{_by_quantity(found)}",
        f"## Cells that cannot show what was exported\n\n{_impossible(found)}",
        f"## Workloads\n\n{_described(found.workloads.items())}",
        f"## Faults\n\n{_described((name, fault.description) for name, fault in found.faults.items())}",
        f"## The pipeline broken on purpose\n\n{_body(results.broken)}",
        _WHOLE,
    ]
    return "\n".join(parts)


_WHAT = """Truth is what simulated clients exported successfully to a real collector: every batch that was
acknowledged, once. Ours is the sum of the increments that a real Prometheus recorded with the built rules.
A cell is one quantity of one workload under one fault; what it lost and gained is added up over every label
set (team, model, type), so that errors cannot cancel out. The columns in code font are what the usual queries
show for dollars on the same data (median over the workloads), from a second collector configured as most are:
the sum of `increase`, of `rate` integrated, of `max_over_time`, and the bare `sum` at the end.
Sessions last minutes here, which is harder on those queries than a fleet whose sessions last for hours.
"""
_WHOLE = """The whole table, cell by cell, is [results/truth.md](../../results/truth.md) in a checkout of
claude-code-mixin, and `results/truth.json` the same for programs; a build elsewhere has this page alone.
"""


def _heading(found: Truth) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in found.versions.items())
    red = sum(cell.red for cell in found.cells)
    listed_before = sum(bool(cell.reasons) for cell in found.cells)
    unrecorded = sum(cell.ours is None for cell in found.cells)
    verdict = f"**{red} outside.**" if red else "None is outside."
    return (
        f"`{found.command}`, {found.date}, {versions}; the clock runs {found.factor} times faster.\n\n"
        f"{len(found.cells)} cells, each held against its limit. {verdict} {listed_before} were listed "
        f"beforehand, with reasons, as unable to show what was exported; {unrecorded} are not recorded."
    )


def _setup(found: Truth, name: str) -> str:
    mine = [cell for cell in found.cells if cell.setup == name]
    queries = list(dict.fromkeys(chain.from_iterable(cell.widespread for cell in mine)))
    head = ["fault", "limit", "cells", "outside", "worst cell", "our dollars", *(f"`{it}`" for it in queries)]
    faults = [(fault, [cell for cell in mine if cell.fault == fault]) for fault in found.faults]
    rows = (_fault(found, fault, cells, queries) for fault, cells in faults if cells)
    return f"## By fault: {name}\n\n{table(head, rows)}"


def _fault(found: Truth, fault: str, cells: Sequence[Cell], queries: Sequence[str]) -> list[str]:
    held = [cell for cell in cells if cell.limit != "none"]
    usual = [cell.widespread for cell in cells if cell.quantity == DOLLARS]
    return [
        fault,
        _limits(found.faults[fault].limit, cells),
        str(len(cells)),
        _outside(cells),
        percent(max((cell.deviation for cell in held), default=0.0), signed=False),
        percent(_dollars(held)),
        *(_median(shown.get(query) for shown in usual) for query in queries),
    ]


def _limits(general: str, cells: Sequence[Cell]) -> str:
    """The fault's limit, and those of cells that were listed; a setup may have a limit of its own instead."""
    others = sorted({cell.limit for cell in cells} - {general})
    applies = any(cell.limit == general for cell in cells) or all(cell.reasons for cell in cells)
    shown = [LIMITS.get(limit, limit) for limit in ([general] if applies else []) + others]
    return "; listed: ".join(dict.fromkeys(shown))


def _outside(cells: Iterable[Cell]) -> str:
    red = sum(cell.red for cell in cells)
    return f"**{red}**" if red else "0"


def _dollars(cells: Iterable[Cell]) -> float | None:
    """The error of our dollars over all workloads, against what they are held against."""
    mine = [cell for cell in cells if cell.quantity == DOLLARS and cell.ours is not None]
    held = sum(cell.truth if cell.reference is None else cell.reference for cell in mine)
    return sum(cell.ours or 0.0 for cell in mine) / held - 1 if held else None


def _median(values: Iterable[float | None]) -> str:
    found = [value for value in values if value is not None]
    return percent(median(found)) if found else "-"


def _by_quantity(found: Truth) -> str:
    """Without cells that may show anything."""
    held = [cell for cell in found.cells if cell.limit != "none"]
    rows = []
    for quantity in dict.fromkeys(cell.quantity for cell in held):
        cells = [cell for cell in held if cell.quantity == quantity]
        exact = [cell.deviation for cell in cells if cell.limit == "exact"]
        worst = max((cell.deviation for cell in cells), default=0.0)
        shown = percent(max(exact), signed=False) if exact else "-"
        rows.append([quantity, str(len(cells)), _outside(cells), shown, percent(worst, signed=False)])
    head = ["quantity", "cells", "outside", "worst where nothing may be lost", "worst of all"]
    return table(head, rows)


def _impossible(found: Truth) -> str:
    reasons = dict.fromkeys(chain.from_iterable(cell.reasons for cell in found.cells))
    if not reasons:
        return "None.\n"
    head = ["why", "where", "workloads", "faults", "quantities", "cells", "ours against the truth"]
    rows = (_reason(found, reason) for reason in sorted(reasons))
    return f"Each is held against what can be had there.\n\n{table(head, rows)}"


def _reason(found: Truth, reason: str) -> list[str]:
    cells = [cell for cell in found.cells if reason in cell.reasons]
    alerts = sorted(set(chain.from_iterable(cell.detected_by for cell in cells)))
    silent = sum(bool(cell.undetected) for cell in cells)
    said = f" Alerts: {', '.join(alerts)}; silent in {silent} cells." if alerts else ""
    errors = [cell.error for cell in cells if cell.error is not None]
    low, high = percent(min(errors, default=None)), percent(max(errors, default=None))
    return [
        reason + said,
        "; ".join(dict.fromkeys(cell.setup for cell in cells)),
        listed((cell.workload for cell in cells), (cell.workload for cell in found.cells), "workloads"),
        listed((cell.fault for cell in cells), found.faults, "faults"),
        listed((cell.quantity for cell in cells), (cell.quantity for cell in found.cells), "quantities"),
        str(len(cells)),
        low if low == high else f"{low} to {high}",
    ]


def _described(items: Iterable[tuple[str, str]]) -> str:
    return "".join(f"- `{name}`: {text}\n" for name, text in items)


def _body(text: str) -> str:
    """A page without its title."""
    return "\n".join(_untitled(text.splitlines())).strip() + "\n"


def _untitled(lines: Iterable[str]) -> Iterator[str]:
    return (line for line in lines if not line.startswith("# "))
