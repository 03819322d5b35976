"""Panels that every topic needs: sums, paces and rankings of quantities, shares and means, percentiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Unpack

from claude_code_mixin.filters import (
    by,
    failed_of,
    headers,
    largest,
    legend,
    over_range,
    part_of,
    per_hour,
    percentile,
    where,
)
from claude_code_mixin.model import Panel, Query, Record
from claude_code_mixin.panels import Extras, bargauge, bars, heatmap, stat, table, timeseries

ESTIMATE = "List-price estimates of the clients, not an invoice."
"""What every panel that shows dollars says."""

SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
"""Percentiles that panels of durations show, by legend."""
EVERY = 'le="+Inf"'
"""The bucket that counts every event."""

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


@dataclass(frozen=True)
class Quotient:
    """How much of one quantity there is for each unit of another: a share, or a mean.

    `part` and `whole` are increments as in `Quantity`. Where only the whole is recorded a share is 0. `how`
    says that `part` is within the whole, or apart from it, so that the whole is both together (errors beside
    successes), or of another unit, so that the quotient is a mean.
    """

    key: str
    title: str
    unit: str
    part: str
    whole: str
    note: str = ""
    how: Literal["within", "apart", "mean"] = "within"

    def expr(self, aggregate: str, window: str) -> str:
        """Return the quotient of the sums over `window` under the aggregation `aggregate`."""
        part, whole = (f"{aggregate} (sum_over_time({of}[{window}]))" for of in (self.part, self.whole))
        if self.how == "mean":
            return f"{part} / {whole}"
        return failed_of(part, whole) if self.how == "apart" else part_of(part, whole)


@dataclass(frozen=True)
class Times:
    """Durations of events, in seconds: `records` are those of `meter.remembering_histogram()`.

    `filters` are the labels by whose variables they are filtered; the rest as for `Quantity`.
    """

    key: str
    title: str
    records: tuple[Record, ...]
    filters: tuple[str, ...]
    note: str = ""

    def buckets(self, also: str = "") -> str:
        """Return the increments of the buckets, with a further matcher `also`."""
        return self.records[3].name + where(*self.filters, also=also)


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


def quotient(of: Quotient, text: str, **extras: Unpack[Extras]) -> Panel:
    """Return the quotient over the shown range as one number."""
    return stat(of.key, of.title, _said(of, text), of.unit, of.expr("sum", "$__range"), **_quiet(extras))


def quotients(of: Quotient, label: str, text: str, **extras: Unpack[Extras]) -> Panel:
    """Return the quotient over time by `label`."""
    query = Query(expr=of.expr(by(label), "$__interval"), legend=legend(label))
    fields = _quiet({"min_interval": "5m", "minimum": 0, **extras})
    title = f"{of.title} by {_spoken(label)}"
    return timeseries(f"{of.key}-{label}", title, _said(of, text), of.unit, query, **fields)


def quotient_table(of: Quotient, text: str, columns: dict[str, str], **extras: Unpack[Extras]) -> Panel:
    """Return the quotient over the shown range, a row per combination of `columns` (labels to headers)."""
    query = Query(expr=of.expr(by(*columns), "$__range"), legend=of.title)
    shown = headers(**columns)
    title = f"{of.title}, shown range, by {' and '.join(_spoken(label) for label in shown)}"
    key = f"{of.key}-table"
    return table(key, title, _said(of, text), of.unit, query, columns=shown, sort=of.title, **_quiet(extras))


def slowest(of: Times, text: str, **extras: Unpack[Extras]) -> Panel:
    """Return the time that 95 % of the events stayed below, over the shown range."""
    expr = percentile(0.95, of.buckets())
    return stat(f"{of.key}-p95", f"{of.title}, p95", _said(of, text), "s", expr, **_quiet(extras))


def percentiles(of: Times, text: str, **extras: Unpack[Extras]) -> Panel:
    """Return p50, p95, p99 and mean over time."""
    sums = f"sum (sum_over_time({of.records[5]}{where(*of.filters)}[$__interval]))"
    count = f"sum (sum_over_time({of.buckets(EVERY)}[$__interval]))"
    mean = Query(expr=f"{sums} / ({count} > 0)", legend="mean")
    queries = [
        Query(expr=percentile(share, of.buckets(), window="$__interval"), legend=name)
        for name, share in SHARES.items()
    ]
    fields = _quiet({"min_interval": "5m", "minimum": 0, **extras})
    return timeseries(of.key, of.title, _said(of, text), "s", *queries, mean, **fields)


def percentile_table(
    of: Times, text: str, columns: dict[str, str], *beside: Times, **extras: Unpack[Extras]
) -> Panel:
    """Return p50, p95, p99 over the shown range, and the p95 of `beside`, by `columns`, labels to headers."""
    queries = [
        Query(expr=percentile(share, of.buckets(), *columns), legend=name) for name, share in SHARES.items()
    ]
    queries += [
        Query(expr=percentile(0.95, other.buckets(), *columns), legend=f"{other.title}, p95")
        for other in beside
    ]
    title = f"{of.title} by {' and '.join(_spoken(label) for label in columns)}"
    fields = _quiet(extras)
    return table(
        f"{of.key}-table", title, _said(of, text), "s", *queries, columns=columns, sort="p95", **fields
    )


def spread(of: Times, text: str, **extras: Unpack[Extras]) -> Panel:
    """Return a heatmap over time."""
    query = Query(expr=f"sum by (le) (sum_over_time({of.buckets()}[$__interval]))", legend="{{le}}")
    fields = _quiet({"min_interval": "5m", **extras})
    return heatmap(f"{of.key}-spread", f"{of.title}, spread", _said(of, text), "s", query, **fields)


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


def _said(of: Quantity | Quotient | Times, text: str) -> str:
    return f"{text} {of.note}".strip()


def _spoken(label: str) -> str:
    return _SPOKEN.get(label, label.replace("_", " "))
