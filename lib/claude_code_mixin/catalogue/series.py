"""What the client's metrics and the servers' own metrics look like as raw Prometheus series."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from claude_code_mixin.catalogue.model import (
    Attribute,
    Attributes,
    Cardinality,
    LabelValues,
    Metric,
    Profile,
    Series,
)


def client_series(
    profile: Profile,
    metrics: Iterable[Metric],
    standard: Attributes,
    resource: Attributes,
    extra_labels: tuple[str, ...],
) -> dict[str, Series]:
    """Return the client's series by name as they arrive on the way that `profile` describes."""
    ambient = [*standard.values(), *(resource.values() if profile.promotes else ())]
    added: dict[str, LabelValues] = dict.fromkeys((*profile.path_labels, *extra_labels))
    found = [_of_metric(profile, metric, ambient, added) for metric in metrics]
    if profile.target_info:
        found.append(_target_info(profile, resource, added))
    return {series.name: series for series in found}


def _of_metric(
    profile: Profile, metric: Metric, ambient: Iterable[Attribute], added: Mapping[str, LabelValues]
) -> Series:
    carried = [item for item in (*ambient, *metric.attributes.values()) if item.key not in profile.drops]
    return Series(
        name=metric.names[profile.name],
        kind="counter",
        unit=metric.unit,
        labels={**added, **{profile.label(item): item.label_values for item in carried}},
        session_scoped=any(item.cardinality is Cardinality.PER_SESSION for item in carried),
        description=metric.description,
        source=f"client {metric.name}, profile {profile.name}",
    )


def _target_info(profile: Profile, resource: Attributes, added: Mapping[str, LabelValues]) -> Series:
    described = [item for item in resource.values() if item.key not in profile.drops]
    ambient = {label: values for label, values in added.items() if not label.startswith("otel_scope_")}
    return Series(
        name="target_info",
        kind="info",
        unit="",
        labels={**ambient, **{profile.label(item): item.label_values for item in described}},
        session_scoped=False,
        description="always 1; its labels are the resource of the client",
        source=f"resource, profile {profile.name}",
    )


def health_series(table: Mapping[str, Any]) -> dict[str, Series]:
    """Return the series of health.toml by name; a histogram stands for its _bucket, _sum and _count."""
    found: dict[str, Series] = {}
    for group in table.values():
        for name, entry in group["series"].items():
            for series in _of_server(name, entry, group):
                found[series.name] = series
    return found


def _of_server(name: str, entry: Mapping[str, Any], group: Mapping[str, Any]) -> list[Series]:
    labels: dict[str, LabelValues] = dict.fromkeys((*group.get("labels", ()), *entry.get("labels", ())))
    labels |= {label: tuple(values) for label, values in entry.get("values", {}).items()}
    series = Series(
        name=name,
        kind=entry["kind"],
        unit=entry.get("unit", ""),
        labels=labels,
        session_scoped=False,
        description=entry["description"],
        source=group["source"],
        open_labels=entry.get("open_labels", False),
    )
    return histogram_parts(series) if series.kind == "histogram" else [series]


def histogram_parts(series: Series) -> list[Series]:
    """Return the _bucket, _sum and _count of the histogram `series`; its unit is that of the sum."""
    return [
        replace(series, name=f"{series.name}_bucket", unit="", labels={**series.labels, "le": None}),
        replace(series, name=f"{series.name}_sum", kind="counter"),
        replace(series, name=f"{series.name}_count", kind="counter", unit=""),
    ]
