"""Statements for the collector's transform processor: which events count, and as what.

As for points, attributes are rebuilt from an empty cache. Numbers that the client sends as text become
numbers; a record with a number that cannot be is dropped, with its reason counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from claude_code_mixin.catalogue import load
from claude_code_mixin.compile.ottl import CLEAN, LARGEST_USD, LARGEST_VALUE, WRITER, not_finite
from claude_code_mixin.compile.unknown_names import unknown_in_record
from claude_code_mixin.compile.wire_labels import WireLabel, wire_labels
from claude_code_mixin.config import Config
from claude_code_mixin.event_meters import CONTEXT_BANDS, CONTEXT_TOKENS, METERS, context_bands, meters_of

CANARY = "canary"
REQUIRED = {"api_request": "cost_usd"}
"""An event without this number is of an unknown format, not an event of zero."""


def record_statements(config: Config) -> list[str]:
    """Statements for one event: its name, reason to drop it, its numbers and its labels."""
    filled = {label: _events_with(label.name, config) for label in wire_labels(config).values()}
    labels = [label for label, events in filled.items() if events]
    keep = ", ".join(
        f'"{name}"' for name in ("event", "reason", "unknown", "writer", "context", *_names(labels))
    )
    numbers = dict.fromkeys(number for event in _counted_events() for number in _numbers(event))
    return [
        *_event_name(),
        *unknown_in_record(config),
        f'set(log.cache["writer"], {WRITER})',
        *(statement for event in _counted_events() for statement in _numbers_of(event)),
        *_context_band(),
        *(statement for label in labels for statement in _label(label, filled[label])),
        "set(log.attributes, log.cache)",
        f"keep_keys(log.attributes, [{keep}])",
        "stringify_all(log.attributes)",
        *(line.format("log") for line in CLEAN),
        *(f'set(log.attributes["{name}"], log.cache["{name}"])' for name in numbers),
        'set(log.body, "")',
    ]


def _names(labels: Iterable[WireLabel]) -> list[str]:
    return [label.name for label in labels]


def _counted_events() -> list[str]:
    return list(dict.fromkeys(meter.event for meter in METERS))


def _events_with(label: str, config: Config) -> list[str]:
    return list(dict.fromkeys(meter.event for meter in meters_of(config) if label in meter.cut.labels))


def _numbers(event: str) -> list[str]:
    mine = (meter for meter in METERS if meter.event == event)
    return list(dict.fromkeys(number for meter in mine for number in meter.numbers))


def _factors(event: str) -> dict[str, float]:
    mine = (meter for meter in METERS if meter.event == event and meter.factor != 1)
    return {number: meter.factor for meter in mine for number in meter.numbers}


def _event_name() -> Iterator[str]:
    known = "|".join((CANARY, *(name.removeprefix("claude_code.") for name in load().events)))
    yield 'set(log.cache["event"], "unknown")'
    name = 'log.attributes["event.name"]'
    yield f'set(log.cache["event"], {name}) where IsMatch({name}, "^({known})$")'
    yield 'set(log.cache["reason"], "unknown_event") where log.cache["event"] == "unknown"'


def _numbers_of(event: str) -> Iterator[str]:
    numbers = _numbers(event)
    if not numbers:
        return
    here = f'log.cache["event"] == "{event}"'
    for number in numbers:
        value = f'log.attributes["{number}"]'
        present = "" if number == REQUIRED.get(event) else f" and {value} != nil"
        wrong = f"{here}{present} and not {_is_number(event, number)}"
        yield f'set(log.cache["reason"], "wrong_type") where {wrong}'
    for number in numbers:
        value = f'log.attributes["{number}"]'
        sound = f'{here} and log.cache["reason"] == nil and {value} != nil'
        yield f'set(log.cache["{number}"], Double({value})) where {sound}'
    yield from _out_of_range(here, numbers)
    for number, factor in _factors(event).items():
        cached = f'log.cache["{number}"]'
        yield f"set({cached}, {cached} * {factor}) where {here} and {cached} != nil"


def _is_number(event: str, number: str) -> str:
    """Text counts as a number only where the client sends text."""
    value = f'log.attributes["{number}"]'
    kinds = [f"IsDouble({value})", f"IsInt({value})"]
    if "string" in load().event_attributes(event)[number].wire_types:
        kinds.append(rf'(IsString({value}) and IsMatch({value}, "^-?[0-9]+(\\.[0-9]+)?$"))')
    return f"({' or '.join(kinds)})"


def _out_of_range(here: str, numbers: list[str]) -> Iterator[str]:
    """The sum is NaN or infinite when one part is: one comparison for all numbers of an event."""
    total = " + ".join(f'Coalesce([log.cache["{number}"], 0.0])' for number in numbers)
    yield f'set(log.cache["sum"], {total}) where {here} and log.cache["reason"] == nil'
    value = 'log.cache["sum"]'
    negative = " or ".join(f'(log.cache["{n}"] != nil and log.cache["{n}"] < 0.0)' for n in numbers)
    dear = f' or log.cache["cost_usd"] > {LARGEST_USD}' if "cost_usd" in numbers else ""
    reasons = {
        "not_finite": not_finite(value),
        "negative": f"({negative})",
        "absurd": f"({value} > {LARGEST_VALUE}{dear})",
    }
    for reason, condition in reasons.items():
        sound = f'{here} and log.cache["reason"] == nil and {value} != nil'
        yield f'set(log.cache["reason"], "{reason}") where {sound} and {condition}'


def _context_band() -> Iterator[str]:
    """Bands from the largest down, so that the smallest that fits stays."""
    here = 'log.cache["event"] == "api_request" and log.cache["reason"] == nil'
    size = " + ".join(f'Coalesce([log.cache["{number}"], 0.0])' for number in CONTEXT_TOKENS)
    yield f'set(log.cache["size"], {size}) where {here}'
    yield f'set(log.cache["context"], "{context_bands()[-1]}") where {here}'
    for bound, band in reversed(list(zip(CONTEXT_BANDS, context_bands(), strict=False))):
        yield f'set(log.cache["context"], "{band}") where {here} and log.cache["size"] <= {bound}.0'


def _label(label: WireLabel, counted: list[str]) -> Iterator[str]:
    """`query_source` gets the vocabulary of the counters: events name the place in the client instead."""
    events = "|".join(counted)
    here = f'where IsMatch(log.cache["event"], "^({events})$")'
    target = f'log.cache["{label.name}"]'
    if label.name != "query_source":
        yield f"set({target}, {label.value('log')}) {here}"
        return
    raw = 'log.attributes["query_source"]'
    yield f'set({target}, "auxiliary") {here}'
    yield f'set({target}, "main") {here} and IsMatch({raw}, "^(main$|sdk$|repl_main_thread)")'
    yield f'set({target}, "subagent") {here} and IsMatch({raw}, "^(subagent$|agent:)")'
