"""The truth table as JSON: its rows, and what can be said of some of them in a sentence or a line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from claude_code_mixin.fleet.lab_cells import ROUNDING, Cell, share
from claude_code_mixin.fleet.lab_profiles import Setup
from claude_code_mixin.fleet.widespread import QUERIES

Row = dict[str, Any]
Table = dict[str, Any]
LIMITS = {
    "exact": "0.0 %",
    "graceful": "0.5 %",
    "near": "0.5 %",
    "none": "none, an alert fires",
    "bound": "what was accepted after the last scrape",
}
SMALLEST = 5e-5  # a smaller share is shown as 0.0 %


def row(cell: Cell) -> Row:
    """Return a cell as JSON holds it: amounts with nine digits, errors as shares, null for unknown."""
    found: Row = {
        "profile": cell.profile,
        "clients": cell.clients,
        "fault": cell.fault,
        "workload": cell.workload,
        "quantity": cell.quantity,
        "truth": _rounded(cell.truth),
        "ours": _rounded(cell.ours),
        "error": _rounded(cell.error),
        "limit": cell.limit,
        "red": cell.red,
        "lost": _rounded(cell.lost),
        "gained": _rounded(cell.gained),
    }
    optional = {
        "reference": cell.reference if abs(share(cell.reference, cell.truth)) > ROUNDING else None,
        "at_risk": cell.at_risk or None,
        "doubtful": cell.doubtful or None,
    }
    found |= {name: _rounded(value) for name, value in optional.items() if value is not None}
    if cell.reasons:
        found["reasons"] = list(cell.reasons)
    if cell.detected_by:
        found |= {
            "detected_by": list(cell.detected_by),
            "undetected": list(cell.undetected),
            "right": cell.ours is not None and cell.inside("near"),
        }
    if cell.widespread and cell.raw_truth:
        found["widespread"] = {
            name: _rounded(share(value, cell.raw_truth)) for name, value in cell.widespread.items()
        }
    return found


def setup(of: Setup, faults: Sequence[str]) -> dict[str, Any]:
    """Return a setup as JSON holds it, with the faults that were run in it."""
    return {
        "profile": of.profile,
        "clients": of.clients,
        "description": of.description,
        "limit": "exact" if of.strict else "near",
        "faults": list(faults),
        "skipped": dict(of.skipped),
    }


def _rounded(value: float | None) -> float | None:
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.9g}") + 0.0


def as_json(table: Mapping[str, Any]) -> str:
    """Return the table as JSON with one line a cell."""
    head = json.dumps({key: value for key, value in table.items() if key != "cells"}, indent=2)
    cells = ",\n".join("    " + json.dumps(cell) for cell in table["cells"])
    return f'{head[:-2]},\n  "cells": [\n{cells}\n  ]\n}}\n'


def percent(value: float | None) -> str:
    """Return a share as a percentage with a sign."""
    if value is None:
        return "-"
    return "0.0 %" if abs(value) < SMALLEST else f"{100 * value:+.4g} %"


def amount(value: float | None) -> str:
    """Return an amount as it stands in a table."""
    return "-" if value is None else f"{value:.9g}" if value == int(value) else f"{value:.6g}"


def line(*columns: str) -> str:
    """Return a line of a table in Markdown."""
    return "| " + " | ".join(columns) + " |"


def header(*columns: str) -> list[str]:
    """Return the first two lines of a table in Markdown."""
    return [line(*columns), line(*["---"] * len(columns))]


def verdict(cells: Sequence[Row]) -> str:
    """Return one sentence: GREEN or RED, and of how many cells."""
    red = [cell for cell in cells if cell["red"]]
    listed = sum("reasons" in cell for cell in cells)
    silent = sum(cell["ours"] is None for cell in cells)
    state = f"RED: {len(red)} of {len(cells)} cells are outside their limits" if red else "GREEN"
    right = sum(cell.get("right", False) for cell in cells)
    said = f"; {right} of the cells listed as wrong are right all the same" if right else ""
    return (
        f"{state}; {len(cells)} cells, {listed} of them listed beforehand, {silent} not recorded by us{said}."
    )


def cells_of(table: Table, name: str) -> list[Row]:
    """Return the rows of the setup `name`."""
    of = table["setups"][name]
    return [cell for cell in table["cells"] if all(cell[key] == of[key] for key in ("profile", "clients"))]


def summary(table: Table, name: str) -> str:
    """Return a line for every fault of a setup: our worst cells, and the usual queries for dollars."""
    usual_names = (f"`{query}`" for query in QUERIES)
    lines = header(
        "fault", "cells", "limit", "worst cell", "worst listed as wrong", "our dollars", "red", *usual_names
    )
    of = table["setups"][name]
    for fault in of["faults"]:
        cells = [cell for cell in cells_of(table, name) if cell["fault"] == fault]
        held = [cell for cell in cells if cell["limit"] != "none"]
        wrong = [cell for cell in cells if cell["limit"] == "none"]
        usual = [
            cell["widespread"] for cell in cells if cell["quantity"] == "dollars" and "widespread" in cell
        ]
        limit = table["faults"][fault]["limit"] if of["limit"] == "exact" else of["limit"]
        lines.append(
            line(
                fault,
                str(len(cells)),
                _limits(limit, cells),
                _worst(held),
                _worst(wrong) if wrong else "-",
                percent(_dollars(cells)),
                str(sum(cell["red"] for cell in cells)),
                *(_median(it[query] for it in usual) for query in QUERIES),
            )
        )
    lines += [f"\n{fault}: not run, {reason}." for fault, reason in of["skipped"].items()]
    return "\n".join(lines) + "\n"


def _worst(cells: Sequence[Row]) -> str:
    return percent(max((deviation(cell) for cell in cells), default=0.0)).lstrip("+")


def summaries(table: Table) -> str:
    """Return the summary of every setup under its name."""
    return "\n".join(f"{name}\n{summary(table, name)}" for name in table["setups"])


def _limits(limit: str, cells: Sequence[Row]) -> str:
    """Return the limit of a fault, and the one that its cells have instead where the list says so."""
    instead = sorted({LIMITS[cell["limit"]] for cell in cells} - {LIMITS[limit]})
    return "; listed instead: ".join((LIMITS[limit], *instead))


def held_against(cell: Row) -> float:
    """Return what ours is compared with: the truth, unless the list says otherwise."""
    return float(cell["reference"] if "reference" in cell else cell["truth"])


def deviation(cell: Row) -> float:
    """Return what a cell lost and gained against its reference, as a share."""
    held = held_against(cell)
    if cell["ours"] is None or not held:
        return 0.0
    return float((cell["lost"] + cell["gained"]) / held)


def _dollars(cells: Sequence[Row]) -> float:
    """Return the error of our dollars over all workloads, against what they are held against."""
    found = [cell for cell in cells if cell["quantity"] == "dollars"]
    held = sum(held_against(cell) for cell in found)
    return share(sum(float(cell["ours"] or 0) for cell in found), held)


def _median(values: Iterable[float | None]) -> str:
    found = [value for value in values if value is not None]
    return percent(median(found)) if found else "-"


def red_cells(cells: Sequence[Row]) -> str:
    """Return a line for every cell outside its limit, the worst first."""
    red = sorted((cell for cell in cells if cell["red"]), key=lambda cell: -deviation(cell))
    return "".join(
        f"RED {cell['profile']} ({cell['clients']}) / {cell['fault']} / {cell['workload']} / "
        f"{cell['quantity']}: truth {amount(held_against(cell))}, ours {amount(cell['ours'])}; {note(cell)}\n"
        for cell in red
    )


def note(cell: Row) -> str:
    """Return what is to be said of a cell: that it is red, what it is held against, which alert fired."""
    notes = ["**RED**"] if cell["red"] else []
    if "reference" in cell:
        notes.append(f"listed: held against {amount(cell['reference'])}")
    if cell["limit"] == "bound":
        notes.append(f"lost {amount(cell['lost'])} of at most {amount(cell.get('at_risk', 0.0))}")
    if cell["limit"] == "none":
        notes.append("listed as wrong")
    if "detected_by" in cell:
        notes.append(_alerts(cell))
    if cell["ours"] is None:
        notes.append("not recorded by us")
    return ", ".join(notes)


def _alerts(cell: Row) -> str:
    silent = cell["undetected"]
    return ", ".join(f"{name} {'was silent' if name in silent else 'fired'}" for name in cell["detected_by"])
