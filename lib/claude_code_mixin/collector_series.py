"""The raw series that the compiled collector exposes: what the checks know of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from claude_code_mixin.catalogue import Series, histogram_parts
from claude_code_mixin.config import Config
from claude_code_mixin.event_meters import context_bands, meters_of
from claude_code_mixin.meters import (
    CLIENT_LABELS,
    CLIENT_SERIES,
    CLIENT_TYPES,
    PIPELINE_SERIES,
    TARGET_LABELS,
    VALUES,
    kept,
)
from claude_code_mixin.settings import active

Values = Mapping[str, tuple[str, ...]]


def collector_series() -> Mapping[str, Series]:
    """Every raw series the compiled collector exposes under the active configuration, by name.

    A histogram stands as its _bucket, _sum and _count.
    """
    return {series.name: series for series in _series(active())}


def _series(config: Config) -> Iterator[Series]:
    for meter in meters_of(config):
        values = {"context": context_bands(), meter.part_label: tuple(meter.parts)}
        series = _counter(meter.series, meter.unit, meter.labels(config), values)
        yield from histogram_parts(replace(series, kind="histogram")) if meter.buckets else [series]
    for name, (series_name, unit) in CLIENT_SERIES.items():
        types = {"type": CLIENT_TYPES.get(name, VALUES["type"])}
        yield _counter(series_name, unit, kept(CLIENT_LABELS[name], config), types)
    for series_name, (labels, unit) in PIPELINE_SERIES.items():
        yield _counter(series_name, unit, labels, {})


def _counter(name: str, unit: str, labels: tuple[str, ...], values: Values) -> Series:
    return Series(
        name=name,
        kind="counter",
        unit=unit,
        labels={label: {**VALUES, **values}.get(label) for label in TARGET_LABELS + labels},
        session_scoped="session_id" in labels,
        description="counter kept by the compiled collector",
        source="collector",
    )
