"""What machines show whose clients Prometheus scrapes itself: a series a label set of each session."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from functools import partial

from bench.day import sessions
from bench.forms import PROFILE, of_session
from claude_code_mixin.catalogue import load

MACHINES = 1_000
"""Scraped targets. In life there is one for each running session; measured is the rules' evaluation."""
ACTIVE = 0.2
"""Share of a machine's counters that rise between two scrapes."""
SCRAPE = "1m"
_ADDED = ("exported_job=", "job=", "instance=")
"""Labels of a collector's exporter, or of the scrape."""


class Machines:
    """At least `series` counters of as many sessions as it takes, spread over MACHINES."""

    def __init__(self, series: int) -> None:
        names = {metric.names[PROFILE]: metric.names["scrape"] for metric in load().metrics.values()}
        self._chance = random.Random(series)  # noqa: S311 - made-up traffic, not secrets
        self._values: list[dict[str, float]] = [{} for _ in range(MACHINES)]
        self.sessions = 0
        self.series = 0
        for session in sessions(series):
            if self.series >= series:
                break
            for one in of_session(session):
                name, _, labels = one.name.partition("{")
                shown = (pair for pair in labels[:-1].split(",") if not pair.startswith(_ADDED))
                counter = f"{names[name]}{{{','.join(shown)}}}"
                self._values[self.sessions % MACHINES][counter] = max(one.samples.values())
                self.series += 1
            self.sessions += 1

    def pages(self) -> Mapping[str, partial[str]]:
        """Return by path what each machine shows when it is scraped."""
        return {f"/machine-{number:04d}": partial(self.text, number) for number in range(MACHINES)}

    def names(self) -> Iterator[str]:
        """Yield the name of every counter that is shown, once a label set."""
        return (counter.partition("{")[0] for values in self._values for counter in values)

    def text(self, machine: int) -> str:
        """Return the counters of a machine in the text format; some have risen since the last time."""
        values = self._values[machine]
        for name in self._chance.sample(sorted(values), int(ACTIVE * len(values))):
            values[name] += self._chance.randrange(1, 500) / 8
        return "".join(f"{name} {value!r}\n" for name, value in values.items())
