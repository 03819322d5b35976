"""The catalogue as one value: everything the client sends, and what it looks like in the server."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, reduce
from itertools import chain

from claude_code_mixin.catalogue.model import Attribute, Attributes, Event, Metric, Profile, Series, Span
from claude_code_mixin.catalogue.read import Reader, definitions, profiles_of, read
from claude_code_mixin.catalogue.series import client_series, health_series


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """Every metric, event, span and attribute of one client version.

    `attributes` holds each key once, with all wire types and values that any carrier gives it; ask a carrier
    for what exactly it sends. `standard` attributes are on every point, record and span, `event_extra` ones
    on every record besides, `resource` ones on the resource. `scopes` gives the instrumentation scope per
    signal, `switches` the environment variables that switch attributes and their defaults.
    """

    client_version: str
    metrics: Mapping[str, Metric]
    events: Mapping[str, Event]
    spans: Mapping[str, Span]
    attributes: Attributes
    standard: Attributes
    event_extra: Attributes
    resource: Attributes
    profiles: Mapping[str, Profile]
    scopes: Mapping[str, str]
    switches: Mapping[str, bool]

    def series(self, profile: str, extra_labels: Iterable[str] = ()) -> dict[str, Series]:
        """Return the raw series of the client by name, as `profile` delivers them.

        `extra_labels` are labels that the installation adds: custom resource attributes such as team_id, a
        replica label. Raises KeyError for an unknown profile.
        """
        return client_series(
            self.profiles[profile], self.metrics.values(), self.standard, self.resource, tuple(extra_labels)
        )

    def health(self) -> dict[str, Series]:
        """Return by name the series in which the servers report on themselves."""
        return dict(_health())

    def event_attributes(self, name: str) -> Attributes:
        """Return everything that records of the event can carry: standard, event and its own attributes."""
        return {**self.standard, **self.event_extra, **self.events[name].attributes}

    def metric_attributes(self, name: str) -> Attributes:
        """Return everything that points of the metric can carry: standard and its own attributes."""
        return {**self.standard, **self.metrics[name].attributes}


@cache
def load() -> Catalogue:
    """Return the catalogue that comes with the package. Raises CatalogueError when its files disagree."""
    client, attributes = read("client"), read("attributes")
    known = definitions(attributes, client["switches"])
    reader = Reader(known, client["switches"])
    standard, event_extra, resource = (
        reader.carried(f"attributes.toml, [{place}]", attributes[place])
        for place in ("standard", "event", "resource")
    )
    profiles = profiles_of(client["profiles"])
    metrics = {name: reader.metric(name, table, profiles.values()) for name, table in read("metrics").items()}
    prefix = client["events_prefix"]
    events = {name: reader.event(name, table, prefix) for name, table in read("events").items()}
    spans = {name: reader.span(name, table) for name, table in read("spans").items()}
    carriers = [metric.attributes for metric in metrics.values()]
    carriers += [event.attributes for event in events.values()]
    carriers += [span.attributes for span in spans.values()]
    return Catalogue(
        client_version=client["version"],
        metrics=metrics,
        events=events,
        spans=spans,
        attributes=_merged(known, (standard, event_extra, resource, *carriers)),
        standard=standard,
        event_extra=event_extra,
        resource=resource,
        profiles=profiles,
        scopes=client["scopes"],
        switches=client["switches"],
    )


@cache
def _health() -> Mapping[str, Series]:
    return health_series(read("health"))


def _merged(known: Mapping[str, Attribute], carriers: Iterable[Attributes]) -> dict[str, Attribute]:
    sent: dict[str, list[Attribute]] = {key: [] for key in known}
    for attribute in chain.from_iterable(carrier.values() for carrier in carriers):
        sent[attribute.key].append(attribute)
    return {key: reduce(_wider, variants, variants[0]) for key, variants in sent.items() if variants}


def _wider(one: Attribute, other: Attribute) -> Attribute:
    return replace(
        one,
        wire_types=tuple(dict.fromkeys((*one.wire_types, *other.wire_types))),
        values=tuple(dict.fromkeys((*one.values, *other.values))),
        closed=one.closed and other.closed,
        presence=one.presence if one.presence == other.presence else "differs",
    )
