"""What the catalogue is made of: frozen values without I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

WireType = Literal["string", "int", "double", "bool", "string[]"]
Kind = Literal["counter", "gauge", "histogram", "info"]
LabelValues = tuple[str, ...] | None
"""The closed set of a label's values; None where any value may come."""


class Privacy(StrEnum):
    """What an attribute gives away: nothing about a person, who it is, or what they wrote, ran or own."""

    PUBLIC = "public"
    IDENTITY = "identity"
    CONTENT = "content"


class Cardinality(StrEnum):
    """What the number of an attribute's values grows with."""

    BOUNDED = "bounded"
    PER_USER = "per-user"
    PER_SESSION = "per-session"
    UNBOUNDED = "unbounded"


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One attribute as one carrier (metric, event, span, resource) sends it.

    `wire_types` are the OTLP value types it travels as; `logical_type` is what it means, so a number sent as
    text has ("string",) and "int". `values` are all values when `closed`, else examples. `presence` is
    "always" or says when; `opt_in` names the environment variable that adds the attribute or fills in its
    value, `opt_in_default` tells whether that is on when unset. `since` is the first client version known to
    send it. `evidence` is observed, docs, docs+observed or binary (a name in the client, never seen in use).
    """

    key: str
    wire_types: tuple[WireType, ...]
    logical_type: WireType
    values: tuple[str, ...]
    closed: bool
    presence: str
    opt_in: str | None
    opt_in_default: bool
    privacy: Privacy
    cardinality: Cardinality
    since: str | None
    evidence: str
    description: str

    @property
    def label(self) -> str:
        """The Prometheus label that the attribute becomes where dots are escaped."""
        return self.key.replace(".", "_")

    @property
    def label_values(self) -> LabelValues:
        """The closed set of values it can have as a label, else None."""
        if self.wire_types == ("bool",) or self.logical_type == "bool":
            return ("false", "true")
        return self.values if self.closed else None


Attributes = Mapping[str, Attribute]
"""Attributes by key, in the order in which they are reviewed."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of the client. `attributes` are those beside the standard ones.

    `unit` is the unit on the wire (USD, tokens, s or empty). `names` gives the name of the series per ingest
    profile, `spellings` per naming scheme, including schemes that no profile uses.
    """

    name: str
    unit: str
    instrument: str
    description: str
    attributes: Attributes
    names: Mapping[str, str]
    spellings: Mapping[str, str]
    since: str | None
    notes: str


@dataclass(frozen=True, kw_only=True)
class Event:
    """An event of the client. `name` is the attribute event.name, `body` the text of the log record.

    `attributes` are those beside the standard and the event ones. `open_ended` events carry keys that other
    software chooses.
    """

    name: str
    body: str
    description: str
    attributes: Attributes
    open_ended: bool
    evidence: str
    since: str | None
    notes: str


@dataclass(frozen=True, kw_only=True)
class Span:
    """A span of the beta traces. `span_events` gives the attribute keys of each span event."""

    name: str
    description: str
    parent: str | None
    attributes: Attributes
    span_events: Mapping[str, tuple[str, ...]]
    open_ended: bool
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Profile:
    """One way from the client to the server. See client.toml for what the fields mean."""

    name: str
    description: str
    naming: str
    path_labels: tuple[str, ...] = ()
    drops: tuple[str, ...] = ()
    dotted: bool = False
    target_info: bool = False
    promotes: bool = False

    def label(self, attribute: Attribute) -> str:
        """The label that the attribute becomes on this way."""
        return attribute.key if self.dotted else attribute.label


@dataclass(frozen=True, kw_only=True)
class Series:
    """What a raw series in the server looks like.

    `labels` maps every label it can have to its closed set of values, or None where any value may come; a
    label may also be absent. With `open_labels` others may come as well. `unit` is the unit of its value:
    USD, tokens, s, By, timestamp (Unix time in seconds) or empty for a count. `source` says where the series
    is known from.
    """

    name: str
    kind: Kind
    unit: str
    labels: Mapping[str, LabelValues]
    session_scoped: bool
    description: str
    source: str
    open_labels: bool = field(default=False)
