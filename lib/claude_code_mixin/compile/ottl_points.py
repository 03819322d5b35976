"""Statements for the collector's transform processor: which data points count, and as what.

Attributes are rebuilt from an empty cache, so that nothing passes that is not named here, an attribute given
twice included. They run before batching: batching drops the request's context, and with it who wrote.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from claude_code_mixin.catalogue import load
from claude_code_mixin.compile.ottl import CLEAN, LARGEST_USD, LARGEST_VALUE, WRITER, not_finite
from claude_code_mixin.compile.unknown_names import unknown_in_point
from claude_code_mixin.compile.wire_labels import wire_labels
from claude_code_mixin.config import Config
from claude_code_mixin.meters import CLIENT_LABELS, CLIENT_TYPES, VALUES

CLIENT_VALUES = {
    **VALUES,
    "type": tuple(dict.fromkeys((*VALUES["type"], *chain.from_iterable(CLIENT_TYPES.values())))),
}
"""Closed value sets on client counters; `type` means tokens, lines or time."""


def point_statements(config: Config) -> list[str]:
    """Statements for one data point of a client counter: reason to drop it, or its labels."""
    statements = [*_point_reasons(), *unknown_in_point(), *_one_number_type()]
    statements.append(f'set(datapoint.cache["writer"], {WRITER})')
    for label in wire_labels(config).values():
        metrics = [name for name, labels in CLIENT_LABELS.items() if label.name in labels]
        if metrics:
            condition = "" if len(metrics) == len(CLIENT_LABELS) else f" where {_named(metrics)}"
            statements.append(f'set(datapoint.cache["{label.name}"], {label.value("datapoint")}){condition}')
    statements.append("set(datapoint.attributes, datapoint.cache)")
    statements += [_closed(name) for name in ("query_source", "type", "start_type")]
    statements.append("stringify_all(datapoint.attributes)")
    return statements + [line.format("datapoint") for line in CLEAN]


def metric_statements() -> list[str]:
    """Statements for one client counter: unit as the exporter's suffix wants it, no free text."""
    units = {name: metric.unit for name, metric in load().metrics.items() if metric.unit}
    blank = ['set(metric.description, "")', 'set(metric.unit, "")']
    return blank + [
        f'set(metric.unit, "{unit}") where metric.name == "{name}"' for name, unit in units.items()
    ]


def _point_reasons() -> Iterator[str]:
    known = "|".join(name.removeprefix("claude_code.").replace(".", r"\\.") for name in CLIENT_LABELS)
    value = "datapoint.value_double"
    reasons = {
        "unknown_metric": rf'not IsMatch(metric.name, "^claude_code\\.({known})$")',
        "wrong_type": "metric.type != METRIC_DATA_TYPE_SUM",
        "cumulative": "metric.aggregation_temporality != AGGREGATION_TEMPORALITY_DELTA",
        "not_monotonic": "metric.is_monotonic != true",
        "not_finite": not_finite(value),
        "negative": f"({value} < 0.0 or datapoint.value_int < 0)",
        "absurd": f"({value} > {LARGEST_VALUE} or datapoint.value_int > {LARGEST_VALUE:.0f})",
    }
    yield from (_reason(reason, condition) for reason, condition in reasons.items())
    dear = f"({value} > {LARGEST_USD} or datapoint.value_int > {LARGEST_USD:.0f})"
    yield _reason("absurd", f'metric.name == "claude_code.cost.usage" and {dear}')


def _one_number_type() -> Iterator[str]:
    """One number type per series: a double added to an integer stream would be lost."""
    counted = 'datapoint.cache["reason"] == nil'
    value, whole = "datapoint.value_double", "datapoint.value_int"
    yield f"set({value}, Double({whole})) where {counted} and {whole} != 0"
    yield f"set({value}, 0.0) where {counted} and {value} == 0.0"
    yield f"set(datapoint.flags, 0) where {counted}"


def _reason(reason: str, condition: str) -> str:
    first = "" if reason == "unknown_metric" else 'datapoint.cache["reason"] == nil and '
    return f'set(datapoint.cache["reason"], "{reason}") where {first}{condition}'


def _closed(name: str) -> str:
    value = f'datapoint.attributes["{name}"]'
    known = "|".join(CLIENT_VALUES[name])
    fallback = "auxiliary" if name == "query_source" else "other"
    return f'set({value}, "{fallback}") where {value} != nil and not IsMatch({value}, "^({known})$")'


def _named(metrics: list[str]) -> str:
    return "(" + " or ".join(f'metric.name == "{name}"' for name in metrics) + ")"
