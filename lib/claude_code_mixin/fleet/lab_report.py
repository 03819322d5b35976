"""The truth table as JSON, and as Markdown made from that JSON alone."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import Any

from claude_code_mixin.fleet.lab_cells import ROUNDING, Cell, share
from claude_code_mixin.fleet.widespread import QUERIES

Row = dict[str, Any]
Table = dict[str, Any]
LIMITS = {
    "exact": "0.0 %",
    "graceful": "0.5 %",
    "bound": "what was accepted after the last scrape",
}
SMALLEST = 5e-5  # a smaller share is shown as 0.0 %


def row(cell: Cell) -> Row:
    """Return a cell as JSON holds it: amounts with nine digits, errors as shares, null for unknown."""
    found: Row = {
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
    if cell.widespread and cell.raw_truth:
        found["widespread"] = {
            name: _rounded(share(value, cell.raw_truth)) for name, value in cell.widespread.items()
        }
    return found


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


def _line(*columns: str) -> str:
    return "| " + " | ".join(columns) + " |"


def _header(*columns: str) -> list[str]:
    return [_line(*columns), _line(*["---"] * len(columns))]


def verdict(cells: Sequence[Row]) -> str:
    """Return one sentence: GREEN or RED, and of how many cells."""
    red = [cell for cell in cells if cell["red"]]
    listed = sum("reasons" in cell for cell in cells)
    silent = sum(cell["ours"] is None for cell in cells)
    state = f"RED: {len(red)} of {len(cells)} cells are outside their limits" if red else "GREEN"
    return f"{state}; {len(cells)} cells, {listed} of them listed beforehand, {silent} not recorded by us."


def summary(table: Table) -> str:
    """Return a line for every fault: our worst cell, and what the usual queries show for dollars."""
    usual_names = (f"`{name}`" for name in QUERIES)
    lines = _header("fault", "cells", "limit", "worst cell of ours", "our dollars", "red", *usual_names)
    for name in table["faults"]:
        cells = [cell for cell in table["cells"] if cell["fault"] == name]
        usual = [
            cell["widespread"] for cell in cells if cell["quantity"] == "dollars" and "widespread" in cell
        ]
        lines.append(
            _line(
                name,
                str(len(cells)),
                _limits(table["faults"][name]["limit"], cells),
                percent(max((deviation(cell) for cell in cells), default=0.0)).lstrip("+"),
                percent(_dollars(cells)),
                str(sum(cell["red"] for cell in cells)),
                *(_median(it[query] for it in usual) for query in QUERIES),
            )
        )
    return "\n".join(lines) + "\n"


def _limits(limit: str, cells: Sequence[Row]) -> str:
    """Return the limit of a fault, and the one that its cells have instead where the list says so."""
    instead = sorted({cell["limit"] for cell in cells} - {limit})
    return "; listed instead: ".join(LIMITS[name] for name in (limit, *instead))


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
        f"RED {cell['fault']} / {cell['workload']} / {cell['quantity']}: truth "
        f"{amount(held_against(cell))}, ours {amount(cell['ours'])}; {_note(cell)}\n"
        for cell in red
    )


def _note(cell: Row) -> str:
    notes = ["**RED**"] if cell["red"] else []
    if "reference" in cell:
        notes.append(f"listed: held against {amount(cell['reference'])}")
    if cell["limit"] == "bound":
        notes.append(f"lost {amount(cell['lost'])} of at most {amount(cell.get('at_risk', 0.0))}")
    if cell["ours"] is None:
        notes.append("not recorded by us")
    return ", ".join(notes)


def _fault(table: Table, name: str) -> str:
    fault = table["faults"][name]
    lines = [f"\n## {name}\n", f"{fault['description']}. Limit: {LIMITS[fault['limit']]}.\n"]
    lines += _header(
        "workload", "quantity", "truth", "ours", "error", *(f"`{query}`" for query in QUERIES), "note"
    )
    for cell in table["cells"]:
        if cell["fault"] == name:
            usual = cell.get("widespread", {})
            lines.append(
                _line(
                    cell["workload"],
                    cell["quantity"],
                    amount(cell["truth"]),
                    amount(cell["ours"]),
                    percent(cell["error"]),
                    *(percent(usual.get(query)) for query in QUERIES),
                    _note(cell),
                )
            )
    return "\n".join(lines) + "\n"


def markdown(table: Table) -> str:
    """Return the whole table for people."""
    versions = ", ".join(f"{name} {version}" for name, version in table["versions"].items())
    reasons = sorted({reason for cell in table["cells"] for reason in cell.get("reasons", [])})
    workloads = "\n".join(f"- `{name}`: {text}" for name, text in table["workloads"].items())
    listed = "\n".join(f"- {reason}" for reason in reasons)
    return f"""# The truth table

`{table["command"]}`, {table["date"]}, {versions}; the clock runs {table["factor"]} times faster.
{verdict(table["cells"])}

Truth is what the simulated clients exported successfully: every batch that was acknowledged, once. Ours is
the sum of the recorded increments; its deviation is summed over every label set (team, model, type), so that
errors cannot cancel out. The columns in code font are what the usual queries show on the same data in the
same run, from a second collector configured as most are (OTLP into its Prometheus exporter, session ids kept,
series expiring after five minutes), scraped by the same Prometheus: `sum(increase(m[run]))`,
`sum(rate(m[5m]))` integrated, `sum(max_over_time(m[run]))`, `sum(m)` at the end. All workloads of a fault run
side by side against the same servers. Sessions last minutes here, so that what a query misses at their begin
and end weighs more than in a fleet whose sessions last for hours.

## By fault

The worst cell of ours is what it lost and gained, for a listed cell against what it is held against; our
dollars are summed over all workloads; the usual queries have their median error for dollars.

{summary(table)}
## Workloads

{workloads}

## Cells that were known beforehand not to show what was exported

{listed or "None."}
{"".join(_fault(table, name) for name in table["faults"])}"""
