"""Compares the attributes of one point, record, span or resource with what is known about its carrier."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from claude_code_mixin.catalogue.model import Attribute, Attributes
from claude_code_mixin.nearest import nearest

Json = Mapping[str, Any]

# The members of AnyValue in OTLP/JSON (opentelemetry/proto/common/v1/common.proto).
_WIRE_TYPES = {
    "stringValue": "string",
    "intValue": "int",
    "doubleValue": "double",
    "boolValue": "bool",
    "kvlistValue": "map",
    "bytesValue": "bytes",
}
_LONGEST_SHOWN_VALUE = 60


def attributes_of(carrier: Json) -> dict[str, Json]:
    """Return the attributes of an OTLP/JSON point, record, span, scope or resource: key to AnyValue."""
    return {pair.get("key", ""): pair.get("value", {}) for pair in carrier.get("attributes", ())}


def hint(name: str, known: Iterable[str]) -> str:
    """Return the end of a sentence that names the nearest known name, empty when nothing comes close."""
    guess = nearest(name, known)
    return f', nearest is "{guess}"' if guess else ""


@dataclass(frozen=True)
class Carried:
    """The attributes that arrived at `place`, beside those that are known there.

    `tolerated` keys may come without being known; where `open_ended`, any key may. `version` is the client's:
    what a later one brought is not missed.
    """

    place: str
    arrived: Mapping[str, Json]
    known: Attributes
    tolerated: Collection[str]
    version: str
    open_ended: bool = False

    def differences(self) -> Iterator[str]:
        """Yield a sentence per unknown, missing or wrongly typed attribute and per value outside its set."""
        for key, value in self.arrived.items():
            if key in self.known:
                yield from self._differs(self.known[key], value)
            elif key not in self.tolerated and not self.open_ended:
                yield f'{self.place}: attribute "{key}" is unknown{hint(key, self.known)}'
        for key, attribute in self.known.items():
            if key not in self.arrived and attribute.presence == "always" and self._sends(attribute):
                yield f'{self.place}: attribute "{key}" is missing, though it is always sent'

    def _differs(self, attribute: Attribute, value: Json) -> Iterator[str]:
        place = f'{self.place}: attribute "{attribute.key}"'
        arrived = _wire_type(value)
        if arrived not in attribute.wire_types:
            yield f"{place} arrives as {arrived}, the catalogue says {' or '.join(attribute.wire_types)}"
        elif attribute.closed:
            for text in set(_texts(value)) - set(attribute.values):
                shown = json.dumps(text[:_LONGEST_SHOWN_VALUE])
                yield f"{place} has the value {shown}, the catalogue says {', '.join(attribute.values)}"

    def _sends(self, attribute: Attribute) -> bool:
        return attribute.since is None or _numbers(self.version) >= _numbers(attribute.since)


def _wire_type(value: Json) -> str:
    if "arrayValue" in value:
        members = {_wire_type(member) for member in value["arrayValue"].get("values", ())}
        return "string[]" if members <= {"string"} else "a list of other things than strings"
    return next((name for key, name in _WIRE_TYPES.items() if key in value), "nothing")


def _texts(value: Json) -> list[str]:
    if "arrayValue" in value:
        return [text for member in value["arrayValue"].get("values", ()) for text in _texts(member)]
    return [value["stringValue"]] if "stringValue" in value else []


def _numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]
