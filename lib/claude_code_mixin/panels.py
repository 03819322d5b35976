"""The house style of panels: how lines, legends, tooltips and colours look is settled here and nowhere else.

Content says what a panel shows. A query may be plain PromQL where it needs no legend; `stat`, `table` and
`bargauge` then ask for an instant, the others for a range. Options are plain values under Grafana's own names
(panel schemas of Grafana 10 to 13); the compiler refuses names that Grafana does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TypedDict, Unpack

from claude_code_mixin.model import Allow, Panel, PanelKind, Query, Steps

ZERO_IS_GOOD: Steps = ((None, "green"), (1, "red"))
"""Steps for counts that should be zero."""
YES_IS_GOOD = {"0": ("no", "red"), "1": ("yes", "green")}
"""Mappings for questions whose good answer is yes."""

_WIDE = 16
_SHOWN = {"legend": False, "tooltip": False, "viz": False}
_TOOLTIP = {"hideZeros": False, "mode": "multi", "sort": "desc"}
_NO_LEGEND = {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": False}
_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_AXIS = {
    "axisBorderShow": False,
    "axisColorMode": "text",
    "axisPlacement": "auto",
    "gradientMode": "none",
    "hideFrom": _SHOWN,
    "scaleDistribution": {"type": "linear"},
}


class Extras(TypedDict, total=False):
    """What a panel may set beside text, unit and queries; the meaning is that of `Panel`'s fields."""

    width: int
    height: int
    steps: Steps
    mappings: dict[str, tuple[str, str]]
    minimum: float | None
    maximum: float | None
    decimals: int | None
    no_value: str
    min_interval: str
    links: tuple[tuple[str, str], ...]
    quiet: str | None
    allow: Allow


def instant(expr: str, legend: str) -> Query:
    """Return a query for one point at the end of the shown range."""
    return Query(expr=expr, legend=legend, instant=True)


def timeseries(
    key: str, title: str, description: str, unit: str, *queries: Query | str, **extras: Unpack[Extras]
) -> Panel:
    """Return lines over time, for quantities that exist at every moment; `steps` become dashed limits."""
    fields: Extras = {"width": 12, **extras}
    custom = {
        **_AXIS,
        "drawStyle": "line",
        "fillOpacity": 8,
        "lineInterpolation": "linear",
        "lineWidth": 1,
        "showPoints": "auto",
        "spanNulls": False,
        "thresholdsStyle": {"mode": "dashed" if extras.get("steps") else "off"},
    }
    options = {"legend": _legend(fields, "lastNotNull", "max"), "tooltip": _TOOLTIP}
    return _panel("timeseries", key, title, description, unit, queries, options, custom, fields)


def bars(
    key: str,
    title: str,
    description: str,
    unit: str,
    *queries: Query | str,
    share: bool = False,
    **extras: Unpack[Extras],
) -> Panel:
    """Return stacked bars over time, for what happened within each interval; `share` stacks to 100 %.

    The legend offers no mean: intervals in which nothing happened have no bar and would be left out of it.
    """
    fields: Extras = {"width": 12, "minimum": 0, **extras}
    custom = {
        **_AXIS,
        "barAlignment": -1,  # a sample tells about the interval that ends at it
        "drawStyle": "bars",
        "fillOpacity": 80,
        "lineWidth": 0,
        "showPoints": "never",
        "stacking": {"group": "A", "mode": "percent" if share else "normal"},
    }
    options = {"legend": _legend(fields, "max"), "tooltip": _TOOLTIP}
    return _panel("timeseries", key, title, description, unit, queries, options, custom, fields)


def stat(
    key: str, title: str, description: str, unit: str, *queries: Query | str, **extras: Unpack[Extras]
) -> Panel:
    """Return one big number per series; a query that is not instant adds a sparkline.

    A sparkline's number is the last one there was, so it suits only what is always recorded: ask for an
    instant where absence is news.
    """
    fields: Extras = {"width": 4, "height": 4, **extras}
    sparkline = any(isinstance(query, Query) and not query.instant for query in queries)
    options = {
        "colorMode": "background" if "mappings" in extras else "value",
        "graphMode": "area" if sparkline else "none",
        "justifyMode": "center",
        "reduceOptions": _LAST,
        "textMode": "auto",
    }
    return _panel("stat", key, title, description, unit, queries, options, {}, fields)


def table(
    key: str,
    title: str,
    description: str,
    unit: str,
    *queries: Query | str,
    columns: dict[str, str],
    sort: str = "",
    **extras: Unpack[Extras],
) -> Panel:
    """Return a table: one row per combination of the labels `columns`, one value column per query.

    `columns` maps labels to headers; each query's legend heads its values; `sort` is the header to sort by,
    descending; `steps` colour cells. The first query must have data whenever another one has: Grafana does
    not name the value column after its query when only one answers, and shows it under the first header.
    """
    fields: Extras = {"width": 12, **extras}
    options = {
        "cellHeight": "sm",
        "showHeader": True,
        "sortBy": [{"desc": True, "displayName": sort}] if sort else [],
    }
    custom: dict[str, object] = {"align": "auto", "filterable": False, "inspect": False}
    if "steps" in extras:
        custom["cellOptions"] = {"applyToRow": False, "mode": "basic", "type": "color-background"}
    return _panel("table", key, title, description, unit, queries, options, custom, fields, columns)


def bargauge(
    key: str, title: str, description: str, unit: str, *queries: Query | str, **extras: Unpack[Extras]
) -> Panel:
    """Return horizontal bars, one per series in the order of the answer, for a ranking at the range's end."""
    fields: Extras = {"minimum": 0, **extras}
    options = {
        "displayMode": "basic",
        "legend": _NO_LEGEND,
        "namePlacement": "left",
        "orientation": "horizontal",
        "reduceOptions": _LAST,
        "showUnfilled": True,
        "valueMode": "text",
    }
    return _panel("bargauge", key, title, description, unit, queries, options, {}, fields)


def heatmap(
    key: str, title: str, description: str, unit: str, *queries: Query | str, **extras: Unpack[Extras]
) -> Panel:
    """Return a heatmap of increments by `le`; `unit` is that of the bucket bounds, the legend `{{le}}`."""
    fields: Extras = {"width": 12, **extras}
    colors = {"exponent": 0.5, "fill": "dark-orange", "mode": "scheme", "reverse": False, "steps": 64}
    options = {
        "cellGap": 1,
        "color": {**colors, "scheme": "Oranges"},
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "filterValues": {"le": 1e-9},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "showColorScale": True, "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": unit},
    }
    custom = {"hideFrom": _SHOWN, "scaleDistribution": {"type": "linear"}}
    return _panel("heatmap", key, title, description, unit, queries, options, custom, fields)


def statetimeline(
    key: str, title: str, description: str, unit: str, *queries: Query | str, **extras: Unpack[Extras]
) -> Panel:
    """Return one band per series over time, coloured by its `mappings` or `steps`."""
    fields: Extras = {"width": 12, **extras}
    options = {
        "alignValue": "left",
        "legend": _NO_LEGEND,
        "showValue": "auto",
        "tooltip": _TOOLTIP,
    }
    custom = {"fillOpacity": 70, "lineWidth": 0, "spanNulls": False}
    return _panel("statetimeline", key, title, description, unit, queries, options, custom, fields)


def text(key: str, title: str, markdown: str, **extras: Unpack[Extras]) -> Panel:
    """Return a note in Markdown, for what a reader must know before believing the other panels."""
    fields: Extras = {"width": 24, "height": 3, **extras}
    options = {"content": markdown, "mode": "markdown"}
    return _panel("text", key, title, "", "", (), options, {}, fields)


def _panel(
    kind: PanelKind,
    key: str,
    title: str,
    description: str,
    unit: str,
    given: tuple[Query | str, ...],
    options: Mapping[str, object],
    custom: Mapping[str, object],
    fields: Extras,
    columns: Mapping[str, str] | None = None,
) -> Panel:
    queries = tuple(_asked(kind, given))
    return Panel(
        kind=kind,
        key=key,
        title=title,
        description=description,
        unit=unit,
        queries=queries,
        options=options,
        custom=custom,
        columns=columns or {},
        **fields,
    )


def _asked(kind: PanelKind, queries: tuple[Query | str, ...]) -> Iterator[Query]:
    for query in queries:
        if isinstance(query, str):
            query = Query(expr=query, instant=kind == "stat")
        yield replace(query, instant=True) if kind in ("table", "bargauge") else query


def _legend(fields: Extras, *calcs: str) -> dict[str, object]:
    """A table with figures beside a wide panel, names alone below a narrow one."""
    if fields.get("width", 0) >= _WIDE:
        return {"calcs": list(calcs), "displayMode": "table", "placement": "right", "showLegend": True}
    return {**_NO_LEGEND, "showLegend": True}
