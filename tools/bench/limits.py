"""Measured figures beside the limits that they have to keep."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

KINDS = {"range": "range panels", "instant": "single values"}
FASTER = {"range": 100.0, "instant": 50.0}
"""How many times faster than the raw form a day of LIMITED sessions is answered, at least."""
LIMITED = 10_000
GROWTH = 1.3
"""How many times longer our answers may take with a hundred times the sessions."""
RULES_SECONDS, RULES_GIGABYTES = 1.0, 0.7
"""For every rule, an evaluation with 50,000 label sets on one core."""
SCRAPED_SECONDS, SCRAPED_KILOBYTES = 4.0, 5.0
"""For the rules of the profile scrape with 100,000 series of sessions; memory for each series in it."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Figure:
    """One measured figure, and the most or the least that it may be."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    least: float | None = None

    @property
    def kept(self) -> bool:
        """Whether the limit is kept."""
        most = math.inf if self.limit is None else self.limit
        return (-math.inf if self.least is None else self.least) <= self.value <= most

    @property
    def bound(self) -> str:
        """The limit in words."""
        return f"at most {self.limit:g}" if self.least is None else f"at least {self.least:g}"

    def as_row(self) -> dict[str, Any]:
        """Return the figure as results/bench.json holds it."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    def __str__(self) -> str:
        verdict = "ok" if self.kept else "MISSED"
        return f"{self.name:<66}{self.value:>10.2f} {self.unit:<5} ({self.bound})  {verdict}"


def of_sessions(days: Sequence[Row]) -> Iterator[Figure]:
    """Yield what is demanded of measured days, whichever there are."""
    for day in days:
        count = f"{day['sessions']:,} sessions"
        wrong = sum("wrong" in row for row in day["questions"])
        yield Figure(f"answers that are not the truth, {count}", wrong, "", 0)
        for kind, name in KINDS.items():
            if day["sessions"] == LIMITED:
                yield Figure(
                    f"{name}, {count}: median times faster", faster(day, kind), "times", least=FASTER[kind]
                )
    if len(days) > 1:
        fewest, most = min(days, key=_sessions), max(days, key=_sessions)
        for kind, name in KINDS.items():
            span = f"{fewest['sessions']:,} to {most['sessions']:,} sessions"
            yield Figure(f"{name}, {span}: growth of our median", growth(fewest, most, kind), "times", GROWTH)


def of_rules(measured: Row) -> Iterator[Figure]:
    """Yield what is demanded of the rules' evaluation."""
    sets = f"{measured['label_sets']:,} label sets"
    if measured["profile"] == "scrape":
        kilobytes = measured["memory_bytes"] / measured["head_series"] / 1e3
        yield Figure(
            f"all rules, scraped clients, {sets}: a minute", measured["seconds"], "s", SCRAPED_SECONDS
        )
        yield Figure(f"Prometheus, scraped clients, {sets}: a series", kilobytes, "kB", SCRAPED_KILOBYTES)
        return
    yield Figure(f"all rules, {sets}: a minute", measured["seconds"], "s", RULES_SECONDS)
    yield Figure(f"Prometheus, {sets}: memory", measured["memory_bytes"] / 1e9, "GB", RULES_GIGABYTES)


def of_smoke(day: Row) -> Iterator[Figure]:
    """Yield what even the smallest day must show on any machine."""
    yield Figure("answers that are not the truth", sum("wrong" in row for row in day["questions"]), "", 0)
    for kind, name in KINDS.items():
        yield Figure(f"{name}: median times faster", faster(day, kind), "times", least=1.5)


def compared(day: Row, kind: str) -> list[Row]:
    """Return the questions of a kind that were asked of both forms."""
    return [row for row in day["questions"] if row["kind"] == kind and "raw" in row]


def faster(day: Row, kind: str, clock: str = "ms") -> float:
    """Return the median of how many times faster ours is; a raw query that fails took as long as it ran."""
    return float(median(times(row, clock) for row in compared(day, kind)))


def times(row: Row, clock: str = "ms") -> float:
    """Return how many times faster ours answered one question; not a number where CPU is not measured."""
    return float(row["raw"][clock] / row["ours"][clock]) if row["ours"][clock] else math.nan


def middle(day: Row, kind: str, form: str, clock: str = "ms") -> float:
    """Return the median milliseconds of a form (ours, raw) over the questions of a kind."""
    return float(median(row[form][clock] for row in compared(day, kind)))


def growth(fewest: Row, most: Row, kind: str, clock: str = "ms") -> float:
    """Return how many times longer our median is on the larger day."""
    first = middle(fewest, kind, "ours", clock)
    return middle(most, kind, "ours", clock) / first if first else math.nan


def _sessions(day: Row) -> int:
    count: int = day["sessions"]
    return count
