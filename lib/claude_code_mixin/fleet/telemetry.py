"""What a simulated client hands to its exporter: events, points, and the batches they leave in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

Value = str | bool | int | float | tuple[str, ...]
"""An attribute's value as the client's code holds it; `wire` knows what becomes of it."""
Attributes = Mapping[str, Value]


@dataclass(frozen=True)
class Clock:
    """Turns seconds of a workload, begun at `epoch` and `speed` times faster, into Unix milliseconds."""

    epoch: float = 0.0
    speed: float = 1.0

    def milliseconds(self, at: float, skew: float = 0.0) -> int:
        """Return the Unix milliseconds of a machine whose clock is `skew` seconds of the workload ahead."""
        return int((self.epoch + (at + skew) / self.speed) * 1000)


def timestamp(milliseconds: int) -> str:
    """Return Unix `milliseconds` as JavaScript's toISOString writes them."""
    moment = datetime.fromtimestamp(milliseconds // 1000, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"


@dataclass(frozen=True)
class Event:
    """One log record: the event's name, its Unix milliseconds, and all its attributes in their order."""

    name: str
    at: int
    attributes: Attributes


@dataclass(frozen=True)
class Point:
    """One data point of a counter; `start` and `end` are Unix milliseconds."""

    metric: str
    attributes: Attributes
    start: int
    end: int
    value: float


@dataclass(frozen=True)
class Batch:
    """One request of one process, with points or with events.

    `at` is when it leaves, in seconds since the workload began. `writer` names the credentials it is sent
    with. `losses` of its responses never arrive although the server took it: it is then posted again. `last`
    batches belong to the flush at exit, for which the client takes less time.
    """

    process: str
    writer: str
    at: float
    resource: Attributes
    cumulative: bool = False
    points: tuple[Point, ...] = ()
    events: tuple[Event, ...] = ()
    losses: int = 0
    last: bool = False

    @property
    def signal(self) -> str:
        """What it carries: metrics or logs."""
        return "metrics" if self.points else "logs"

    @property
    def version(self) -> str:
        """The client's version."""
        return str(self.resource["service.version"])
