"""Statements for the collector's transform processor: which points and records count, and as what.

Attributes are rebuilt from an empty cache, so that nothing passes that is not named here, an attribute given
twice included. Both run before batching: batching drops the request's context, and with it who wrote.
"""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin.catalogue import load
from claude_code_mixin.compile.wire_labels import WireLabel, wire_labels
from claude_code_mixin.config import Config
from claude_code_mixin.meters import CLIENT_LABELS, METERS, TOKEN_TYPES, VALUES

LARGEST_USD = 100_000.0
"""A request or an export interval that costs more is an error or a forgery; a session costs dollars."""
LARGEST_VALUE = 1_000_000_000.0
"""Likewise for counts: a request holds about a million tokens, an interval a few hundred requests."""
FINITE = 1.7e308
LONGEST_LABEL = 128
WRITER = 'Coalesce([otelcol.client.auth.attributes["username"], "unknown"])'
CANARY = "canary"
REQUEST_LABELS = frozenset(label for meter in METERS for label in meter.cut.labels)
CLIENT_VALUES = {**VALUES, "type": (*VALUES["type"], "added", "removed", "user", "cli")}
"""Closed value sets on client counters; `type` means tokens, lines or time."""

_CLEAN = (
    # An exporter that meets a byte outside UTF-8 withholds the series and logs an error at every scrape.
    r'replace_all_patterns({0}.attributes, "value", "[\\x{{FFFD}}\\x00-\\x1f\\x7f]", "?")',
    'replace_all_patterns({0}.attributes, "value", "^$", "none")',
    "truncate_all({0}.attributes, " + str(LONGEST_LABEL) + ")",
)


def point_statements(config: Config) -> list[str]:
    """Statements for one data point of a client counter: reason to drop it, or its labels."""
    statements = [*_point_reasons(), *_one_number_type()]
    statements.append(f'set(datapoint.cache["writer"], {WRITER})')
    for label in wire_labels(config).values():
        metrics = [name for name, labels in CLIENT_LABELS.items() if label.name in labels]
        if metrics:
            condition = "" if len(metrics) == len(CLIENT_LABELS) else f" where {_named(metrics)}"
            statements.append(f'set(datapoint.cache["{label.name}"], {label.value("datapoint")}){condition}')
    statements.append("set(datapoint.attributes, datapoint.cache)")
    statements += [_closed("datapoint", name) for name in ("query_source", "type", "start_type")]
    statements.append("stringify_all(datapoint.attributes)")
    return statements + [line.format("datapoint") for line in _CLEAN]


def metric_statements() -> list[str]:
    """Statements for one client counter: unit as the exporter's suffix wants it, no free text."""
    units = {name: metric.unit for name, metric in load().metrics.items() if metric.unit}
    blank = ['set(metric.description, "")', 'set(metric.unit, "")']
    return blank + [
        f'set(metric.unit, "{unit}") where metric.name == "{name}"' for name, unit in units.items()
    ]


def record_statements(config: Config) -> list[str]:
    """Statements for one event: its name, reason to drop it, and for requests their numbers and labels."""
    numbers = {"cost": "cost_usd", **TOKEN_TYPES}
    labels = [label for label in wire_labels(config).values() if label.name in REQUEST_LABELS]
    names = ["event", "reason", "writer", *(label.name for label in labels)]
    keep = ", ".join(f'"{name}"' for name in names)
    return [
        *_event_name(),
        f'set(log.cache["writer"], {WRITER})',
        *_record_reasons(numbers),
        *_labels_of_request(labels),
        "set(log.attributes, log.cache)",
        f"keep_keys(log.attributes, [{keep}])",
        "stringify_all(log.attributes)",
        *(line.format("log") for line in _CLEAN),
        *(f'set(log.attributes["{name}"], log.cache["{name}"])' for name in numbers),
        'set(log.body, "")',
    ]


def _point_reasons() -> Iterator[str]:
    known = "|".join(name.removeprefix("claude_code.").replace(".", r"\\.") for name in CLIENT_LABELS)
    value = "datapoint.value_double"
    reasons = {
        "unknown_metric": rf'not IsMatch(metric.name, "^claude_code\\.({known})$")',
        "wrong_type": "metric.type != METRIC_DATA_TYPE_SUM",
        "cumulative": "metric.aggregation_temporality != AGGREGATION_TEMPORALITY_DELTA",
        "not_monotonic": "metric.is_monotonic != true",
        "not_finite": f"({value} != {value} or {value} > {FINITE} or {value} < -{FINITE})",
        "negative": f"({value} < 0.0 or datapoint.value_int < 0)",
        "absurd": f"({value} > {LARGEST_VALUE} or datapoint.value_int > {LARGEST_VALUE:.0f})",
    }
    yield from (_reason("datapoint", reason, condition) for reason, condition in reasons.items())
    dear = f"({value} > {LARGEST_USD} or datapoint.value_int > {LARGEST_USD:.0f})"
    yield _reason("datapoint", "absurd", f'metric.name == "claude_code.cost.usage" and {dear}')


def _one_number_type() -> Iterator[str]:
    """One number type per series: a double added to an integer stream would be lost."""
    counted = 'datapoint.cache["reason"] == nil'
    value, whole = "datapoint.value_double", "datapoint.value_int"
    yield f"set({value}, Double({whole})) where {counted} and {whole} != 0"
    yield f"set({value}, 0.0) where {counted} and {value} == 0.0"
    yield f"set(datapoint.flags, 0) where {counted}"


def _event_name() -> Iterator[str]:
    known = "|".join((CANARY, *(name.removeprefix("claude_code.") for name in load().events)))
    yield 'set(log.cache["event"], "unknown")'
    name = 'log.attributes["event.name"]'
    yield f'set(log.cache["event"], {name}) where IsMatch({name}, "^({known})$")'
    yield 'set(log.cache["reason"], "unknown_event") where log.cache["event"] == "unknown"'


def _record_reasons(numbers: dict[str, str]) -> Iterator[str]:
    request = 'where log.cache["event"] == "api_request"'
    for name, key in numbers.items():
        value = f'log.attributes["{key}"]'
        present = "" if name == "cost" else f" and {value} != nil"
        wrong = f"not (IsDouble({value}) or IsInt({value}))"
        yield f'set(log.cache["reason"], "wrong_type") {request}{present} and {wrong}'
    for name, key in numbers.items():
        value = f'Double(Coalesce([log.attributes["{key}"], 0]))'
        yield f'set(log.cache["{name}"], {value}) {request} and log.cache["reason"] == nil'
    # The sum is NaN or infinite when one part is: one comparison for five numbers.
    total = " + ".join(f'log.cache["{name}"]' for name in numbers)
    yield f'set(log.cache["sum"], {total}) where log.cache["cost"] != nil'
    value = 'log.cache["sum"]'
    below = " or ".join(f'log.cache["{name}"] < 0.0' for name in numbers)
    reasons = {
        "not_finite": f"({value} != {value} or {value} > {FINITE} or {value} < -{FINITE})",
        "negative": f"({below})",
        "absurd": f'(log.cache["cost"] > {LARGEST_USD} or {value} > {LARGEST_VALUE})',
    }
    for reason, condition in reasons.items():
        yield _reason("log", reason, f"{value} != nil and {condition}")


def _labels_of_request(labels: list[WireLabel]) -> Iterator[str]:
    """`query_source` gets the vocabulary of the counters: events name the place in the client instead."""
    counted = 'where log.cache["cost"] != nil'
    for label in labels:
        if label.name != "query_source":
            yield f'set(log.cache["{label.name}"], {label.value("log")}) {counted}'
            continue
        raw, target = 'log.attributes["query_source"]', 'log.cache["query_source"]'
        yield f'set({target}, "auxiliary") {counted}'
        yield f'set({target}, "main") {counted} and IsMatch({raw}, "^(main$|sdk$|repl_main_thread)")'
        yield f'set({target}, "subagent") {counted} and IsMatch({raw}, "^(subagent$|agent:)")'


def _reason(context: str, reason: str, condition: str) -> str:
    first = "" if reason == "unknown_metric" else f'{context}.cache["reason"] == nil and '
    return f'set({context}.cache["reason"], "{reason}") where {first}{condition}'


def _closed(context: str, name: str) -> str:
    value = f'{context}.attributes["{name}"]'
    known = "|".join(CLIENT_VALUES[name])
    fallback = "auxiliary" if name == "query_source" else "other"
    return f'set({value}, "{fallback}") where {value} != nil and not IsMatch({value}, "^({known})$")'


def _named(metrics: list[str]) -> str:
    return "(" + " or ".join(f'metric.name == "{name}"' for name in metrics) + ")"
