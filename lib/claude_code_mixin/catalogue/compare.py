"""Names every difference between what a client sent and what the catalogue says it sends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from claude_code_mixin.catalogue.carried import Carried, Json, attributes_of, hint
from claude_code_mixin.catalogue.catalogue import Catalogue
from claude_code_mixin.catalogue.model import Attributes

Temporality = Literal["delta", "cumulative"]

# Keys of the OTLP/JSON requests: signal, list of resources, list of scopes, list of what was sent.
_SHAPES = (
    ("metrics", "resourceMetrics", "scopeMetrics", "metrics"),
    ("logs", "resourceLogs", "scopeLogs", "logRecords"),
    ("traces", "resourceSpans", "scopeSpans", "spans"),
)
_INSTRUMENTS = ("gauge", "histogram", "exponentialHistogram", "summary")
_TEMPORALITIES: Mapping[Any, Temporality] = {
    1: "delta",
    2: "cumulative",
    "AGGREGATION_TEMPORALITY_DELTA": "delta",
    "AGGREGATION_TEMPORALITY_CUMULATIVE": "cumulative",
}


def unknowns(
    body: Json,
    catalogue: Catalogue,
    *,
    custom: Collection[str] = (),
    temporality: Temporality | None = None,
) -> list[str]:
    """Return one sentence per difference between an OTLP/JSON request and the catalogue, each once.

    `body` is the request to /v1/metrics, /v1/logs or /v1/traces. `custom` are the keys that the installation
    sets in OTEL_RESOURCE_ATTRIBUTES; they may come anywhere. `temporality` is the one that metrics must
    have; None accepts delta and cumulative. Named are unknown metrics, events, spans, scopes and attributes,
    missing attributes that are always sent, and wrong types, values, units, temporality or instruments.
    Values of attributes without a closed set are never repeated.
    """
    return list(dict.fromkeys(_Comparison(catalogue, frozenset(custom), temporality).of_request(body)))


@dataclass(frozen=True)
class _Comparison:
    catalogue: Catalogue
    custom: frozenset[str]
    temporality: Temporality | None

    def of_request(self, body: Json) -> Iterator[str]:
        if not any(resources in body for _, resources, _, _ in _SHAPES):
            yield f"the request has none of {', '.join(resources for _, resources, _, _ in _SHAPES)}"
        compare = {"metrics": self._metric, "logs": self._record, "traces": self._span}
        for signal, resources, scopes, items in _SHAPES:
            for entry in body.get(resources, ()):
                resource = entry.get("resource", {})
                yield from self._resource(resource)
                for scope in entry.get(scopes, ()):
                    yield from self._scope(signal, scope.get("scope", {}))
                    for item in scope.get(items, ()):
                        yield from compare[signal](item, self._version(resource))

    def _version(self, resource: Json) -> str:
        sent = attributes_of(resource).get("service.version", {})
        version: str = sent.get("stringValue", self.catalogue.client_version)
        return version

    def _resource(self, resource: Json) -> Iterator[str]:
        known, version = self.catalogue.resource, self._version(resource)
        return Carried("resource", attributes_of(resource), known, self.custom, version).differences()

    def _scope(self, signal: str, scope: Json) -> Iterator[str]:
        name, expected = scope.get("name", ""), self.catalogue.scopes[signal]
        if name != expected:
            yield f'scope "{name}" of {signal} is unknown, the catalogue says "{expected}"'
        for key in attributes_of(scope):
            yield f'scope "{name}": attribute "{key}" is unknown'

    def _metric(self, metric: Json, version: str) -> Iterator[str]:
        name = metric.get("name", "")
        known = self.catalogue.metrics.get(name)
        if known is None:
            yield f"metric {name} is unknown{hint(name, self.catalogue.metrics)}"
            return
        unit = metric.get("unit", "")
        if unit != known.unit:
            yield f'metric {name}: unit is "{unit}", the catalogue says "{known.unit}"'
        yield from self._instrument(f"metric {name}", metric)
        attributes = self.catalogue.metric_attributes(name)
        for point in metric.get("sum", {}).get("dataPoints", ()):
            yield from self._carried(f"metric {name}", point, attributes, version)
            if not {"asDouble", "asInt"} & point.keys():
                yield f"metric {name}: a point has no number"

    def _instrument(self, place: str, metric: Json) -> Iterator[str]:
        if "sum" not in metric:
            arrived = " and ".join(kind for kind in _INSTRUMENTS if kind in metric) or "nothing known"
            yield f"{place} arrives as {arrived}, the catalogue says sum"
            return
        if metric["sum"].get("isMonotonic") is not True:
            yield f"{place} is not monotonic, the catalogue says counter"
        arrived = _TEMPORALITIES.get(metric["sum"].get("aggregationTemporality"), "unspecified")
        wanted = (self.temporality,) if self.temporality else ("delta", "cumulative")
        if arrived not in wanted:
            yield f"{place}: temporality is {arrived}, not {' or '.join(wanted)}"

    def _record(self, record: Json, version: str) -> Iterator[str]:
        name = attributes_of(record).get("event.name", {}).get("stringValue", "")
        known = self.catalogue.events.get(name)
        if known is None:
            yield f"event {name} is unknown{hint(name, self.catalogue.events)}"
            return
        if record.get("body", {}).get("stringValue") != known.body:
            yield f'event {name}: the body is not "{known.body}"'
        attributes = self.catalogue.event_attributes(name)
        yield from self._carried(f"event {name}", record, attributes, version, known.open_ended)

    def _span(self, span: Json, version: str) -> Iterator[str]:
        name = span.get("name", "")
        known = self.catalogue.spans.get(name)
        if known is None:
            yield f"span {name} is unknown{hint(name, self.catalogue.spans)}"
            return
        attributes = {**self.catalogue.standard, **known.attributes}
        yield from self._carried(f"span {name}", span, attributes, version, known.open_ended)
        for event in span.get("events", ()):
            yield from self._span_event(f"span {name}", event, known.span_events, version)

    def _span_event(
        self, place: str, event: Json, known: Mapping[str, Iterable[str]], version: str
    ) -> Iterator[str]:
        name = event.get("name", "")
        if name not in known:
            yield f'{place}: span event "{name}" is unknown{hint(name, known)}'
            return
        attributes = {key: self.catalogue.attributes[key] for key in known[name]}
        yield from self._carried(f"{place}, event {name}", event, attributes, version)

    def _carried(
        self, place: str, carrier: Json, known: Attributes, version: str, open_ended: bool = False
    ) -> Iterator[str]:
        # The client copies the keys of OTEL_RESOURCE_ATTRIBUTES onto everything, service.name included.
        tolerated = self.custom | self.catalogue.resource.keys()
        return Carried(place, attributes_of(carrier), known, tolerated, version, open_ended).differences()
