"""From the TOML files beside this module to the values of `model`."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, cast

from claude_code_mixin.catalogue.model import (
    Attribute,
    Attributes,
    Cardinality,
    Event,
    Metric,
    Privacy,
    Profile,
    Span,
    WireType,
)
from claude_code_mixin.nearest import nearest

Table = Mapping[str, Any]
ALWAYS = "always"
_CARRIER_KEYS = {ALWAYS, "sometimes", "override", "undocumented", "as_string", "evidence"}
_DETAILS = {"type", "values", "examples", "opt_in", "since", "evidence", "description", "cardinality"}


class CatalogueError(Exception):
    """A catalogue file contradicts itself; the sentence names file, place and the way out."""


def read(stem: str) -> dict[str, Any]:
    """Return the parsed `<stem>.toml`."""
    return tomllib.loads(Path(__file__).with_name(f"{stem}.toml").read_text(encoding="utf-8"))


def refuse_unknown(place: str, keys: Iterable[str], known: Iterable[str]) -> None:
    """Raise CatalogueError for the first of `keys` that is not in `known`."""
    known = set(known)
    for key in keys:
        if key not in known:
            hint = nearest(key, known)
            way_out = f"did you mean {hint!r}?" if hint else "define it or take it out"
            raise CatalogueError(f"{place}: {key!r} is not known here; {way_out}")


def definitions(table: Table, switches: Mapping[str, bool]) -> dict[str, Attribute]:
    """Return every attribute of attributes.toml, whose headings are [<privacy>.<cardinality>]."""
    found: dict[str, Attribute] = {}
    for privacy in Privacy:
        for cardinality, entries in table[privacy.value].items():
            for key, details in entries.items():
                if key in found:
                    raise CatalogueError(f"attributes.toml: {key!r} stands under two headings; keep one")
                found[key] = _define(key, privacy, Cardinality(cardinality), details, switches)
    return found


def _define(
    key: str, privacy: Privacy, cardinality: Cardinality, details: Table, switches: Mapping[str, bool]
) -> Attribute:
    types = _types(details["type"])
    blank = Attribute(
        key=key,
        wire_types=types,
        logical_type=types[0],
        values=(),
        closed=False,
        presence="",
        opt_in=None,
        opt_in_default=True,
        privacy=privacy,
        cardinality=cardinality,
        since=None,
        evidence="",
        description="",
    )
    return _detailed(blank, f"attributes.toml: {key}", details, switches)


def _types(declared: str | list[str]) -> tuple[WireType, ...]:
    return cast(tuple[WireType, ...], (declared,) if isinstance(declared, str) else tuple(declared))


def _detailed(attribute: Attribute, place: str, details: Table, switches: Mapping[str, bool]) -> Attribute:
    refuse_unknown(place, details, _DETAILS)
    changes = {key: details[key] for key in ("since", "evidence", "description") if key in details}
    if "type" in details:
        changes["wire_types"] = _types(details["type"])
        changes["logical_type"] = changes["wire_types"][0]
    if "values" in details or "examples" in details:
        changes["closed"] = "values" in details
        changes["values"] = tuple(details.get("values", details.get("examples")))
    if "opt_in" in details:
        refuse_unknown(place, [details["opt_in"]], switches)
        changes["opt_in"] = details["opt_in"]
        changes["opt_in_default"] = switches[details["opt_in"]]
    if "cardinality" in details:
        changes["cardinality"] = Cardinality(details["cardinality"])
    return replace(attribute, **changes)


class Reader:
    """Turns tables into carriers (metrics, events, spans, ...) over one set of attribute definitions."""

    def __init__(self, known: Mapping[str, Attribute], switches: Mapping[str, bool]) -> None:
        self.known = known
        self.switches = switches

    def carried(self, place: str, table: Table) -> Attributes:
        """Return the attributes that the carrier described by `table` sends, keyed and ordered as listed."""
        presence = dict.fromkeys(table.get(ALWAYS, ()), ALWAYS) | dict(table.get("sometimes", {}))
        refuse_unknown(place, presence, self.known)
        for mark in ("override", "undocumented", "as_string"):
            refuse_unknown(f"{place}, {mark}", table.get(mark, ()), presence)
        return {key: self._carried(place, key, when, table) for key, when in presence.items()}

    def _carried(self, place: str, key: str, when: str, table: Table) -> Attribute:
        attribute = replace(self.known[key], presence=when)
        if not attribute.evidence:
            evidence = "observed" if key in table.get("undocumented", ()) else table.get("evidence", "")
            attribute = replace(attribute, evidence=evidence)
        if key in table.get("as_string", ()):
            attribute = replace(attribute, wire_types=("string",))
        details = table.get("override", {}).get(key, {})
        return _detailed(attribute, f"{place}: {key}", details, self.switches)

    def metric(self, name: str, table: Table, profiles: Iterable[Profile]) -> Metric:
        """Return the metric `name`."""
        place = f"metrics.toml: {name}"
        refuse_unknown(place, table, _CARRIER_KEYS | {"unit", "description", "notes", "names", "since"})
        spellings: dict[str, str] = table["names"]
        return Metric(
            name=name,
            unit=table["unit"],
            instrument="counter",
            description=table["description"],
            attributes=self.carried(place, {"evidence": "docs+observed", **table}),
            names={profile.name: spellings[profile.naming] for profile in profiles},
            spellings=spellings,
            since=table.get("since"),
            notes=table.get("notes", ""),
        )

    def event(self, name: str, table: Table, prefix: str) -> Event:
        """Return the event `name`; `prefix` and name make the body of its records."""
        place = f"events.toml: {name}"
        refuse_unknown(place, table, _CARRIER_KEYS | {"description", "notes", "since", "open_ended"})
        return Event(
            name=name,
            body=prefix + name,
            description=table["description"],
            attributes=self.carried(place, table),
            open_ended=table.get("open_ended", False),
            evidence=table["evidence"],
            since=table.get("since"),
            notes=table.get("notes", ""),
        )

    def span(self, name: str, table: Table) -> Span:
        """Return the span `name`."""
        place = f"spans.toml: {name}"
        refuse_unknown(place, table, _CARRIER_KEYS | {"description", "parent", "span_events", "open_ended"})
        return Span(
            name=name,
            description=table["description"],
            parent=table.get("parent"),
            attributes=self.carried(place, table),
            span_events={event: tuple(keys) for event, keys in table.get("span_events", {}).items()},
            open_ended=table.get("open_ended", False),
            evidence=table["evidence"],
        )


def profiles_of(table: Table) -> dict[str, Profile]:
    """Return the ingest profiles of client.toml."""
    return {name: _profile(name, entry) for name, entry in table.items()}


def _profile(name: str, entry: Table) -> Profile:
    refuse_unknown(f"client.toml: {name}", entry, {field.name for field in fields(Profile)})
    settings: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()
    }
    return Profile(name=name, **settings)
