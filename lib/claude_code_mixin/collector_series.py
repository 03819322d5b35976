"""The raw series that the compiled collector exposes: what the checks know of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from claude_code_mixin.catalogue import Series
from claude_code_mixin.config import Config
from claude_code_mixin.event_meters import METERS
from claude_code_mixin.meters import (
    CLIENT_LABELS,
    CLIENT_SERIES,
    PIPELINE_SERIES,
    TARGET_LABELS,
    VALUES,
    kept,
)
from claude_code_mixin.settings import active


def collector_series() -> Mapping[str, Series]:
    """Every raw series the compiled collector exposes under the active configuration, by name."""
    return {series.name: series for series in _series(active())}


def _series(config: Config) -> Iterator[Series]:
    for meter in METERS:
        yield _counter(meter.series, meter.unit, meter.labels(config), {meter.part_label: tuple(meter.parts)})
    for name, (series, unit) in CLIENT_SERIES.items():
        yield _counter(series, unit, kept(CLIENT_LABELS[name], config))
    for series, (labels, unit) in PIPELINE_SERIES.items():
        yield _counter(series, unit, labels)


def _counter(
    name: str, unit: str, labels: tuple[str, ...], values: Mapping[str, tuple[str, ...]] = VALUES
) -> Series:
    return Series(
        name=name,
        kind="counter",
        unit=unit,
        labels={label: {**VALUES, **values}.get(label) for label in TARGET_LABELS + labels},
        session_scoped=False,
        description="counter kept by the compiled collector",
        source="collector",
    )
