"""Panels that every topic needs of a quantity: its sum, its pace over time by a label, its parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Unpack

from claude_code_mixin.filters import by, headers, largest, legend, over_range, per_hour
from claude_code_mixin.model import Panel, Query
from claude_code_mixin.panels import Extras, bargauge, bars, stat, table

ESTIMATE = "List-price estimates of the clients, not an invoice."
"""What every panel that shows dollars says."""

_SPOKEN = {
    "mcp_server": "MCP server",
    "version": "client version",
    "start_type": "start",
    "entrypoint": "entry point",
}


@dataclass(frozen=True)
class Quantity:
    """Something that adds up. Keys and titles of its panels begin with `key` and `title`.

    `unit` is a Grafana unit id. `increments` is a sparse series of increments (a record `...:increase1m`)
    with its matchers; sums over it are exact over any range, because each sample is counted once. `note`
    closes every panel's description.
    """

    key: str
    title: str
    unit: str
    increments: str
    note: str = ""


def total(of: Quantity, text: str, window: str = "", **extras: Unpack[Extras]) -> Panel:
    """Return the sum over the shown range, or over the `window` (a Prometheus duration) before its end."""
    key, when = (f"{of.key}-{window}", f"last {window}") if window else (of.key, "shown range")
    expr = f"sum (sum_over_time({of.increments}[{window or '$__range'}]))"
    return stat(key, f"{of.title}, {when}", _said(of, text), of.unit, expr, **_quiet(extras))


def hourly(of: Quantity, label: str, text: str, **extras: Unpack[Extras]) -> Panel:
    """Return the quantity per hour by `label`, stacked."""
    query = Query(expr=per_hour(by(label), of.increments), legend=legend(label))
    title = f"{of.title} per hour by {_spoken(label)}"
    return bars(f"{of.key}-per-hour-{label}", title, _said(of, text), of.unit, query, **_quiet(extras))


def shares(of: Quantity, label: str, text: str, **extras: Unpack[Extras]) -> Panel:
    """Return the parts of the quantity by `label` over time, each interval stacked to 100 %."""
    query = Query(expr=per_hour(by(label), of.increments), legend=legend(label))
    title = f"Share of {of.title.lower()} by {_spoken(label)}"
    fields = _quiet(extras)
    return bars(f"{of.key}-share-{label}", title, _said(of, text), of.unit, query, share=True, **fields)


def ranking(of: Quantity, label: str, text: str, **extras: Unpack[Extras]) -> Panel:
    """Return the ten largest parts by `label` over the shown range, largest first."""
    query = Query(expr=largest(label, of.increments), legend=legend(label))
    title = f"{of.title} by {_spoken(label)}"
    return bargauge(f"{of.key}-{label}", title, _said(of, text), of.unit, query, **_quiet(extras))


def listing(of: Quantity, labels: str, text: str, **extras: Unpack[Extras]) -> Panel:
    """Return a table of the quantity over the shown range, a row per combination of `labels` (by blanks)."""
    names = labels.split()
    query = Query(expr=over_range(by(*names), of.increments), legend=of.title)
    columns = headers(**{name: _heading(name) for name in names})
    fields = _quiet(extras)
    return table(of.key, of.title, _said(of, text), of.unit, query, columns=columns, sort=of.title, **fields)


def _heading(label: str) -> str:
    spoken = _spoken(label)
    return spoken[0].upper() + spoken[1:]


def _quiet(extras: Extras) -> Extras:
    return {"no_value": "nothing recorded", **extras}


def _said(of: Quantity, text: str) -> str:
    return f"{text} {of.note}".strip()


def _spoken(label: str) -> str:
    return _SPOKEN.get(label, label.replace("_", " "))
