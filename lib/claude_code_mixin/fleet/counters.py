"""The counters of one process as the client's OpenTelemetry SDK keeps and collects them.

The rules are those that the captures show. A series is born with its first increment. Delta: a collection
returns only what changed since the collection before; a point starts where that one ended if the series was
in it, else at its own first increment, so that the time of idle intervals is in no point. Cumulative: every
series is returned every time and starts at its first increment.
"""

from __future__ import annotations

from dataclasses import dataclass

from claude_code_mixin.fleet.telemetry import Attributes, Point, Value

METRICS = (
    "claude_code.session.count",
    "claude_code.lines_of_code.count",
    "claude_code.pull_request.count",
    "claude_code.commit.count",
    "claude_code.cost.usage",
    "claude_code.token.usage",
    "claude_code.code_edit_tool.decision",
    "claude_code.active_time.total",
)
"""In the order in which the client makes them, which is that of its requests."""
SESSIONS, LINES, PULL_REQUESTS, COMMITS, COST, TOKENS, DECISIONS, ACTIVE = METRICS

Key = tuple[str, tuple[tuple[str, Value], ...]]


@dataclass
class _Sum:
    start: int
    value: float


class Counters:
    """The counters of one process; times are Unix milliseconds of its machine."""

    def __init__(self, *, cumulative: bool) -> None:
        self._cumulative = cumulative
        self._totals: dict[Key, _Sum] = {}
        self._changed: dict[Key, _Sum] = {}
        self._reported: set[Key] = set()
        self._collected = 0

    def add(self, metric: str, attributes: Attributes, amount: float, at: int) -> None:
        """Add `amount` >= 0 to a series; the first call gives birth to it, with 0, too."""
        if amount < 0:
            raise ValueError(f"{metric} is a counter, {amount} cannot be added to it")
        key = (metric, tuple(attributes.items()))
        self._changed.setdefault(key, _Sum(at, 0)).value += amount
        self._totals.setdefault(key, _Sum(at, 0))

    def collect(self, at: int) -> tuple[Point, ...]:
        """Return the points of a collection at `at`, in the client's order; none when there is nothing."""
        changed, self._changed = self._changed, {}
        for key, part in changed.items():
            self._totals[key].value += part.value
        found = self._totals if self._cumulative else changed
        # Only the deltas of two collections in a row touch each other.
        contiguous = set() if self._cumulative else self._reported & changed.keys()
        points = [
            Point(key[0], dict(key[1]), self._collected if key in contiguous else it.start, at, it.value)
            for key, it in found.items()
        ]
        self._reported, self._collected = set(changed), at
        return tuple(sorted(points, key=lambda point: METRICS.index(point.metric)))
