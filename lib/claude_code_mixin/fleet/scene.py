"""One scene of the meter: collectors that spend known amounts, a real Prometheus, the built rules, fast time.

A scene knows the exact truth per label set, plays what the script tells it (outages, kills, restarts), and
compares the sum of the recorded increments with the truth at the end.
"""

from __future__ import annotations

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from claude_code_mixin.fleet import scale
from claude_code_mixin.fleet.exporter import Exporter
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.prometheus import Prometheus

SCRAPE_INTERVAL = "15s"
SCRAPE_TIMEOUT = "10s"
LOOKBACK = "5m"
EVALUATION = "1m"
WAIT_SECONDS = 60.0
SCENE = "15m"  # longer than any scene lasts, on the wall clock
TEAMS = ("atlas", "borealis", "")
MODELS = ("claude-opus-5-5", "claude-sonnet-5", "claude-haiku-5")

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Meter:
    """Which counter is spent into and where it is recorded, by the names on the wire.

    `increments` are the per-minute increments, `day` their total over the last day.
    """

    job: str
    counter: str
    increments: str
    day: str
    labels: tuple[str, ...] = ("team", "model")


@dataclass(frozen=True)
class Outcome:
    """What a scene ends with, in the counter's unit: `truth` and what was `recorded`, per label set.

    `lost` is what was spent besides and cannot be counted, as the script of the scene states; `day` is what
    the total of the day records; `fired` are the names of all alerts that fired at any time.
    """

    truth: Mapping[Labels, float]
    recorded: Mapping[Labels, float]
    lost: float
    day: float
    fired: frozenset[str]

    @property
    def error(self) -> float:
        """Recorded against truth as a share: 0.01 is one per cent too much."""
        return sum(self.recorded.values()) / sum(self.truth.values()) - 1

    def worst(self) -> float:
        """The largest absolute error of any label set, as a share of that label set's truth."""
        return max(
            abs(self.recorded.get(labels, 0.0) - self.truth.get(labels, 0.0)) / self.truth.get(labels, 1.0)
            for labels in {*self.truth, *self.recorded}
        )


class Scene:
    """A Prometheus whose clock runs `factor` times faster than the built `rules` expect; a context manager.

    `features` are Prometheus feature flags. `seed` makes the spending repeatable.
    """

    def __init__(
        self,
        folder: Path,
        rules: Mapping[str, str],
        meter: Meter,
        *,
        factor: int,
        features: tuple[str, ...] = (),
        seed: int = 1,
        exporters: int = 1,
    ) -> None:
        self.meter = meter
        self.factor = factor
        self.rules = {name: scale.rules(text, factor) for name, text in rules.items()}
        self.exporters = [Exporter() for _ in range(exporters)]
        self.truth: dict[Labels, float] = defaultdict(float)
        self.lost = 0.0
        self._random = random.Random(seed)  # noqa: S311 - spending, not secrets
        self.prometheus = Prometheus(
            folder,
            scrapes=[self._scrape()],
            rules=self.rules,
            features=features,
            evaluation=scale.duration(EVALUATION, factor),
            lookback=scale.duration(LOOKBACK, factor),
        )

    def seconds(self, duration: str) -> float:
        """Return how long `duration`, a Prometheus duration of the real clock, lasts in this scene."""
        return scale.milliseconds(duration) / 1000 / self.factor

    def _scrape(self) -> dict[str, object]:
        return {
            "job_name": self.meter.job,
            "scrape_interval": scale.duration(SCRAPE_INTERVAL, self.factor),
            "scrape_timeout": scale.duration(SCRAPE_TIMEOUT, self.factor),
            "static_configs": [{"targets": [exporter.target for exporter in self.exporters]}],
        }

    def add_exporter(self) -> Exporter:
        """Add a scrape target that listens, to a running Prometheus."""
        exporter = Exporter().up()
        self.exporters.append(exporter)
        self.prometheus.scrapes = [self._scrape()]
        self.prometheus.reload()
        return exporter

    def spend(
        self,
        duration: str,
        *,
        by: Iterable[Exporter] | None = None,
        to: Iterable[str] = TEAMS,
        counted: bool = True,
    ) -> None:
        """Spend at random for `duration` (real clock) through collectors `by`, default all, for teams `to`.

        What is not `counted` is added to what the scene states as lost.
        """
        collectors, teams = list(by or self.exporters), list(to)
        end = time.monotonic() + self.seconds(duration)
        while time.monotonic() < end:
            values = {"team": self._random.choice(teams), "model": self._random.choice(MODELS)}
            amount = round(self._random.uniform(0.001, 0.4), 6)
            self._random.choice(collectors).add(self.meter.counter, values, amount)
            if counted:
                self.truth[tuple((label, values[label]) for label in self.meter.labels)] += amount
            else:
                self.lost += amount
            time.sleep(self._random.uniform(0.01, 0.06))

    def history(self, amount: float) -> None:
        """Give every collector counters that were spent before the scene began: they must never count."""
        for exporter in self.exporters:
            for team in TEAMS:
                exporter.add(self.meter.counter, {"team": team, "model": MODELS[0]}, amount)

    def idle(self, duration: str) -> None:
        """Let `duration` (real clock) pass without spending."""
        time.sleep(self.seconds(duration))

    def settle(self) -> None:
        """Wait until every collector is scraped and the meter has run beside them."""
        self.scraped()
        self.evaluations(2)

    def scraped(self) -> None:
        """Wait until every collector is scraped; raise ServerError if one is not.

        Prometheus hands new targets to its scraper up to 5 s late, whatever the scrape interval.
        """
        deadline = time.monotonic() + WAIT_SECONDS
        while self.prometheus.value(f'up{{job="{self.meter.job}"}}') < len(self.exporters):
            if time.monotonic() > deadline:
                raise ServerError(f"not all of {len(self.exporters)} collectors are scraped")
            time.sleep(0.1)

    def evaluations(self, count: int = 3) -> None:
        """Wait until the meter's rule group was evaluated `count` times; raise ServerError if it is not."""
        deadline = time.monotonic() + WAIT_SECONDS
        seen = {self._last_evaluation()}
        while len(seen) <= count:
            if time.monotonic() > deadline:
                raise ServerError(f"the rule group of {self.meter.increments} is not evaluated any more")
            time.sleep(0.05)
            seen.add(self._last_evaluation())

    def _last_evaluation(self) -> str:
        for group in self.prometheus.rules():
            if any(rule["name"] == self.meter.increments for rule in group["rules"]):
                return str(group["lastEvaluation"])
        raise ServerError(f"no rule file of this scene records {self.meter.increments}")

    def between_evaluations(self) -> None:
        """Wait for the middle between two evaluations: a kill inside one may lose that one interval."""
        self.evaluations(1)
        time.sleep(self.seconds(EVALUATION) / 3)

    def outcome(self) -> Outcome:
        """Wait until all that was spent is recorded, then sum the increments."""
        self.evaluations(4)
        by = ", ".join(self.meter.labels)
        recorded = {
            tuple((label, sample.labels.get(label, "")) for label in self.meter.labels): sample.value
            for sample in self.prometheus.query(
                f"sum by ({by}) (sum_over_time({self.meter.increments}[{SCENE}]))"
            )
        }
        fired = self.prometheus.query(f'last_over_time(ALERTS{{alertstate="firing"}}[{SCENE}])')
        return Outcome(
            truth=dict(self.truth),
            recorded=recorded,
            lost=self.lost,
            day=self.prometheus.value(self.meter.day),
            fired=frozenset(alert.labels["alertname"] for alert in fired),
        )

    def __enter__(self) -> Scene:
        for exporter in self.exporters:
            exporter.up()
        self.prometheus.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.prometheus.stop()
        for exporter in self.exporters:
            exporter.down()
