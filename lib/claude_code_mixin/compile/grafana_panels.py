"""One panel as Grafana reads it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from string import ascii_uppercase
from typing import Any

from claude_code_mixin.compile import grafana_sdk as sdk
from claude_code_mixin.compile.layout import Box
from claude_code_mixin.model import Panel, PanelKind, Query, Steps

PROMETHEUS = sdk.common.DataSourceRef(type_val="prometheus", uid="${datasource}")
"""Every query goes to the datasource that the dashboard's variable names."""

Reader = Callable[[dict[str, Any]], object]
TYPES: Mapping[PanelKind, tuple[str, Reader, Reader | None]] = {
    "timeseries": ("timeseries", sdk.timeseries.Options.from_json, sdk.timeseries.FieldConfig.from_json),
    "stat": ("stat", sdk.stat.Options.from_json, None),
    "table": ("table", sdk.table.Options.from_json, sdk.table.FieldConfig.from_json),
    "bargauge": ("bargauge", sdk.bargauge.Options.from_json, None),
    "heatmap": ("heatmap", sdk.heatmap.Options.from_json, sdk.heatmap.FieldConfig.from_json),
    "statetimeline": (
        "state-timeline",
        sdk.statetimeline.Options.from_json,
        sdk.statetimeline.FieldConfig.from_json,
    ),
    "text": ("text", sdk.text.Options.from_json, None),
}
"""Kind -> Grafana's panel type, and the sdk's readers of its options and of its field settings."""


def stable_id(key: str) -> int:
    """Return a number from 1 to 2**31 - 1 that depends on `key` alone, so that links outlive reordering."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) % (2**31 - 1) + 1


def ref_ids(panel: Panel) -> list[str]:
    """Return one reference per query, by position: A to Z, then A1 and so on."""
    return [ascii_uppercase[i % 26] + (str(i // 26) if i >= 26 else "") for i in range(len(panel.queries))]


def grafana_panel(panel: Panel, box: Box, links: list[sdk.dashboard.DashboardLink]) -> sdk.dashboard.Panel:
    """Return `panel` in `box`. `links` are its resolved links."""
    kind, options, _ = TYPES[panel.kind]
    return sdk.dashboard.Panel(
        type_val=kind,
        id_val=stable_id(panel.key),
        title=panel.title,
        description=panel.description or None,
        grid_pos=sdk.dashboard.GridPos(x=box.x, y=box.y, w=box.w, h=box.h),
        datasource=PROMETHEUS if panel.queries else None,
        interval=panel.min_interval if panel.queries else None,
        targets=[_target(panel, *pair) for pair in zip(panel.queries, ref_ids(panel), strict=True)] or None,
        transformations=_transformations(panel) or None,
        options=options(dict(panel.options)),
        field_config=_field_config(panel),
        links=links or None,
    )


def unknown_settings(panel: Panel) -> Iterator[str]:
    """Yield each setting of `options` and `custom` that Grafana's panel does not know, as a dotted path."""
    _, options, custom = TYPES[panel.kind]
    yield from _dropped(panel.options, options)
    if custom is None:
        yield from panel.custom
    else:
        yield from _dropped(panel.custom, custom)


def _dropped(given: Mapping[str, object], read: Reader) -> Iterator[str]:
    """The sdk reads past keys it does not know without a word: compare what went in with what comes out."""
    yield from _missing(given, json.loads(sdk.written(read(dict(given)))), "")


def _missing(given: Mapping[str, object], kept: object, path: str) -> Iterator[str]:
    for key, value in given.items():
        if not isinstance(kept, Mapping) or key not in kept:
            yield f"{path}{key}"
        elif isinstance(value, Mapping):
            yield from _missing(value, kept[key], f"{path}{key}.")


def _target(panel: Panel, query: Query, ref_id: str) -> sdk.prometheus.Dataquery:
    tabular = panel.kind == "table"
    formats = {
        "table": sdk.prometheus.PromQueryFormat.TABLE,
        "heatmap": sdk.prometheus.PromQueryFormat.HEATMAP,
    }
    return sdk.prometheus.Dataquery(
        datasource=PROMETHEUS,
        editor_mode=sdk.prometheus.QueryEditorMode.CODE,
        expr=query.expr,
        format_val=formats.get(panel.kind, sdk.prometheus.PromQueryFormat.TIME_SERIES),
        instant=query.instant,
        range_val=not query.instant,
        legend_format=None if tabular else query.legend or "__auto",
        ref_id=ref_id,
    )


def _field_config(panel: Panel) -> sdk.dashboard.FieldConfigSource:
    _, _, custom = TYPES[panel.kind]
    defaults = sdk.dashboard.FieldConfig(
        unit=panel.unit or None,
        decimals=panel.decimals,
        min_val=panel.minimum,
        max_val=panel.maximum,
        no_value=panel.no_value if panel.queries else None,
        color=_color(panel) if panel.queries else None,
        thresholds=_thresholds(panel.steps) if panel.queries else None,
        mappings=_mappings(panel.mappings) or None,
        custom=custom(dict(panel.custom)) if custom else None,
    )
    return sdk.dashboard.FieldConfigSource(defaults=defaults, overrides=[])


def _color(panel: Panel) -> sdk.dashboard.FieldColor:
    by_name = panel.kind in ("timeseries", "heatmap") or (panel.kind == "bargauge" and not panel.steps)
    modes = sdk.dashboard.FieldColorModeId
    return sdk.dashboard.FieldColor(mode=modes.PALETTE_CLASSIC_BY_NAME if by_name else modes.THRESHOLDS)


def _thresholds(steps: Steps) -> sdk.dashboard.ThresholdsConfig:
    return sdk.dashboard.ThresholdsConfig(
        mode=sdk.dashboard.ThresholdsMode.ABSOLUTE,
        steps=[
            sdk.dashboard.Threshold(value=bound, color=color) for bound, color in steps or ((None, "text"),)
        ],
    )


def _mappings(mappings: Mapping[str, tuple[str, str]]) -> list[sdk.dashboard.ValueMapping]:
    results = {
        value: sdk.dashboard.ValueMappingResult(text=text, color=color, index=index)
        for index, (value, (text, color)) in enumerate(mappings.items())
    }
    return [sdk.dashboard.ValueMap(options=results)] if results else []


def column_headers(panel: Panel) -> dict[str, str]:
    """Return a table's fields, as Grafana names them, and their headers, left to right."""
    values = zip(ref_ids(panel), panel.queries, strict=True)
    return {**panel.columns, **{f"Value #{ref}": query.legend or "Value" for ref, query in values}}


def _transformations(panel: Panel) -> list[sdk.dashboard.DataTransformerConfig]:
    """Make one table of a table panel's queries: keep its columns, join rows on labels, name and order."""
    if panel.kind != "table":
        return []
    headers = column_headers(panel)
    # When only one query has an answer, Grafana calls its column "Value", whichever query it was.
    fields = {**headers, "Value": headers["Value #A"]}
    steps: dict[str, dict[str, object]] = {
        "filterFieldsByName": {"include": {"names": list(fields)}},
        "merge": {},
        "organize": {
            "excludeByName": {},
            "indexByName": {name: index for index, name in enumerate(fields)},
            "renameByName": fields,
        },
    }
    return [sdk.dashboard.DataTransformerConfig(id_val=name, options=value) for name, value in steps.items()]
