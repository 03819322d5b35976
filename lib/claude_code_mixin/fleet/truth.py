"""What clients exported successfully, summed up without any server: the truth that meters are held against.

Sums are taken from the values that clients hold before they are written as OTLP, so that a mistake on the
wire shows as a difference. Labels have the names and the defaults of the meters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from claude_code_mixin.fleet import counters
from claude_code_mixin.fleet.happenings import counter_source
from claude_code_mixin.fleet.telemetry import Batch, Value

Cells = dict[tuple[str, ...], float]
"""Amounts by the values of the labels that were asked for."""

LABELS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "team": (("team.id",), "unassigned"),
    "user": (("enduser.id", "user.email", "user.id"), "unknown"),
    "session": (("session.id",), ""),
    "model": (("model",), "unknown"),
    "query_source": (("query_source",), "auxiliary"),
    "effort": (("effort",), "none"),
    "speed": (("speed",), "normal"),
    "agent": (("agent.name",), "none"),
    "skill": (("skill.name",), "none"),
    "plugin": (("plugin.name",), "none"),
    "mcp_server": (("mcp_server.name",), "none"),
    "repository": (("vcs.repository.name",), "none"),
    "version": (("app.version", "service.version"), "unknown"),
    "os": (("os.type",), "unknown"),
}
"""Label -> the attributes it is read from, the first one present, and its value without any of them.

A label that is not listed is the attribute of the same name, and empty without it.
"""
TOKENS = {
    "input_tokens": "input",
    "output_tokens": "output",
    "cache_read_tokens": "cacheRead",
    "cache_creation_tokens": "cacheCreation",
}
EVENTS = {
    "requests": "api_request",
    "tool_calls": "tool_result",
    "tool_decisions": "tool_decision",
    "prompts": "user_prompt",
    "errors": "api_error",
    "retries_exhausted": "api_retries_exhausted",
    "refusals": "api_refusal",
    "subagents": "subagent_completed",
    "compactions": "compaction",
}
"""Quantity -> the event that it counts."""
COUNTERS = {
    "sessions": counters.SESSIONS,
    "commits": counters.COMMITS,
    "pull_requests": counters.PULL_REQUESTS,
    "lines": counters.LINES,
    "edits": counters.DECISIONS,
    "active_seconds": counters.ACTIVE,
    "client_cost": counters.COST,
    "client_tokens": counters.TOKENS,
}
"""Quantity -> the client's counter that it reads."""
QUANTITIES = ("cost", "tokens", *EVENTS, *COUNTERS)

Found = Mapping[str, Value]


class Truth:
    """The content of `batches`, each as often as it is given; cumulative points count once in any case."""

    def __init__(self, batches: Iterable[Batch]) -> None:
        self._events: list[Found] = []
        self._points: list[tuple[str, Found, float]] = []
        totals: dict[object, tuple[str, Found, float]] = {}
        for batch in batches:
            carried = {**batch.resource, "writer": batch.writer}
            self._events += [{**carried, **event.attributes} for event in batch.events]
            for point in batch.points:
                sent = (point.metric, {**carried, **point.attributes}, point.value)
                if not batch.cumulative:
                    self._points.append(sent)
                    continue
                key = (batch.process, point.metric, tuple(point.attributes.items()))
                totals[key] = max(totals.get(key, sent), sent, key=lambda it: it[2])
        self._points += totals.values()

    def cells(self, quantity: str, by: tuple[str, ...] = ()) -> Cells:
        """Return a quantity by labels; raise KeyError for an unknown quantity.

        cost (USD), tokens and those of EVENTS come from events, those of COUNTERS from the clients' counters.
        `type` tells the types of tokens apart, `event.name` and every other attribute can be a label, too.
        """
        if quantity in COUNTERS:
            return self.counter(COUNTERS[quantity], by)
        if quantity == "cost":
            return self.summed("api_request", "cost_usd", by)
        if quantity == "tokens":
            return _total(self._tokens(), by)
        return self.counted(EVENTS[quantity], by)

    def total(self, quantity: str) -> float:
        """Return the whole of a quantity, 0 when there is none."""
        return self.cells(quantity).get((), 0.0)

    def counter(self, metric: str, by: tuple[str, ...] = ()) -> Cells:
        """Return a client counter by labels."""
        return _total(((found, value) for name, found, value in self._points if name == metric), by)

    def counted(self, event: str, by: tuple[str, ...] = ()) -> Cells:
        """Return how often an event came, by labels."""
        return _total(((found, 1.0) for found in self._named(event)), by)

    def summed(self, event: str, attribute: str, by: tuple[str, ...] = ()) -> Cells:
        """Return the sum of an event's attribute, which may be a number in a text; absent ones are 0."""
        return _total(((found, _float(found.get(attribute, 0))) for found in self._named(event)), by)

    def _named(self, event: str) -> Iterator[Found]:
        return (found for found in self._events if found["event.name"] == event)

    def _tokens(self) -> Iterator[tuple[Found, float]]:
        for found in self._named("api_request"):
            for attribute, kind in TOKENS.items():
                yield {**found, "type": kind}, _float(found[attribute])


def _float(value: Value) -> float:
    if isinstance(value, tuple):
        raise TypeError(f"{value} is a list, which has no sum")
    return float(value)


def _total(amounts: Iterable[tuple[Found, float]], by: tuple[str, ...]) -> Cells:
    cells: Cells = defaultdict(float)
    for found, amount in amounts:
        cells[tuple(label_value(found, label) for label in by)] += amount
    return dict(cells)


def label_value(found: Found, label: str) -> str:
    """Return the label that the meters make of attributes; query_source gets the counters' vocabulary."""
    keys, default = LABELS.get(label, ((label,), ""))
    value = next((found[key] for key in keys if key in found), default)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return counter_source(text) if label == "query_source" and "event.name" in found else text


@dataclass(frozen=True)
class Difference:
    """One cell whose `measured` amount is not its `truth`; `error` is a share, infinite without any truth."""

    labels: tuple[str, ...]
    truth: float
    measured: float

    @property
    def error(self) -> float:
        """Measured against truth: 0.01 is one per cent too much."""
        if self.truth == 0:
            return 0.0 if self.measured == 0 else float("inf")
        return self.measured / self.truth - 1


def differences(
    truth: Mapping[tuple[str, ...], float],
    measured: Mapping[tuple[str, ...], float],
    *,
    tolerance: float = 1e-9,
) -> list[Difference]:
    """Return every cell of either that is off by more than `tolerance`, a share; the worst first."""
    cells = [Difference(key, truth.get(key, 0.0), measured.get(key, 0.0)) for key in {**truth, **measured}]
    return sorted((cell for cell in cells if abs(cell.error) > tolerance), key=lambda cell: -abs(cell.error))


def error(truth: Mapping[tuple[str, ...], float], measured: Mapping[tuple[str, ...], float]) -> float:
    """Return the error of the whole, as a share."""
    return Difference((), sum(truth.values()), sum(measured.values())).error
