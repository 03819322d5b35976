"""What a collector exposes for many users, line by line, with counters that go on rising.

The label sets are those of the built collector under `privacy = "full"`: every meter of the mixin, every
counter of the clients that it passes on, and its accounting of the pipeline.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from itertools import product
from math import prod

from bench.forms import text
from claude_code_mixin.config import Config
from claude_code_mixin.event_meters import METERS, context_bands
from claude_code_mixin.meters import CLIENT_LABELS, CLIENT_SERIES, PIPELINE_SERIES, VALUES

USERS_A_TEAM = 50
TWO_MODELS = 0.2
"""Share of users that use a second model."""
ACTIVE = 0.2
"""Share of the label sets that rise between two scrapes; the others are people who read or are away."""
COMBINATIONS = {"team": 3, "": 60}
"""Most label sets of a meter for each team, and of one without teams."""
SIZES = {
    "model": 4,
    "version": 6,
    "repository": 5,
    "agent": 6,
    "skill": 6,
    "mcp_server": 5,
    "tool": 25,
    "trigger": 2,
}
OTHERS = 3
"""How many values an open label takes that is not in SIZES."""
CLOSED = {**VALUES, "context": context_bands(), "success": ("true", "false"), "writer": ("laptops",)}

Labels = tuple[tuple[str, str], ...]


class Exposition:
    """The counters of a collector behind which `users` work; `text()` lets some rise and returns them all."""

    def __init__(self, users: int, config: Config) -> None:
        self._chance = random.Random(users)  # noqa: S311 - made-up traffic, not secrets
        self._users = [
            (f"team-{user // USERS_A_TEAM:03d}", f"person-{user:05d}@example.com") for user in range(users)
        ]
        self._teams = sorted({team for team, _ in self._users})
        self._config = config
        self._series = [(name, (("collector_start", "1"), *labels)) for name, labels in self._all()]
        self._values = [float(self._chance.randrange(1, 100_000)) for _ in self._series]
        self._texts = [text(name, dict(labels)) for name, labels in self._series]
        self.counts = Counter(name for name, _ in self._series)

    def text(self) -> str:
        """Return every counter in the text format; a share of them has risen since the last call."""
        for index in self._chance.sample(range(len(self._values)), int(ACTIVE * len(self._values))):
            self._values[index] += self._chance.randrange(1, 500) / 8
        return "".join(f"{name} {value!r}\n" for name, value in zip(self._texts, self._values, strict=True))

    def exposed(self, name: str) -> Iterator[tuple[dict[str, str], float]]:
        """Yield the labels and the value of each label set of the counter `name`."""
        for (found, labels), value in zip(self._series, self._values, strict=True):
            if found == name:
                yield dict(labels), value

    def owners(self, labels: Collection[str]) -> list[dict[str, str]]:
        """Return every combination of those of `labels` that users have: team, user and model."""
        found = (
            tuple((label, value) for label, value in owner if label in labels) for owner in self._owners()
        )
        return [dict(owner) for owner in dict.fromkeys(found)]

    def _all(self) -> Iterator[tuple[str, Labels]]:
        for meter in METERS:
            closed = {meter.part_label: tuple(meter.parts)} if meter.parts else {}
            for labels in self._label_sets(meter.labels(self._config), closed):
                if meter.buckets:
                    bounds = (*(f"{bound:g}" for bound in meter.buckets), "+Inf")
                    yield from ((f"{meter.series}_bucket", (*labels, ("le", bound))) for bound in bounds)
                    yield f"{meter.series}_sum", labels
                    yield f"{meter.series}_count", labels
                else:
                    yield meter.series, labels
        for metric, names in CLIENT_LABELS.items():
            yield from ((CLIENT_SERIES[metric][0], labels) for labels in self._label_sets(names, {}))
        for series, (names, _) in PIPELINE_SERIES.items():
            yield from ((series, labels) for labels in self._label_sets(names, {}))

    def _label_sets(self, names: tuple[str, ...], closed: Mapping[str, tuple[str, ...]]) -> Iterator[Labels]:
        """Every user with the models used and every part of a sum; or a bounded number of sets a team."""
        rest = [name for name in names if name not in ("team", "user", *closed)]
        parts = [[(label, value) for value in values] for label, values in closed.items()]
        if "user" in names:
            yield from ((*owner, *part) for owner in self._owners() for part in product(*parts))
        elif "team" in names:
            for team in self._teams:
                for chosen in self._combinations(rest, COMBINATIONS["team"]):
                    yield from ((("team", team), *chosen, *part) for part in product(*parts))
        else:
            for chosen in self._combinations(rest, COMBINATIONS[""]):
                yield from ((*chosen, *part) for part in product(*parts))

    def _owners(self) -> list[Labels]:
        """Every user with every model used."""
        second = int(TWO_MODELS * len(self._users))
        return [
            (("team", team), ("user", user), ("model", f"claude-model-{(number + more) % 4}"))
            for more, users in enumerate((self._users, self._users[:second]))
            for number, (team, user) in enumerate(users)
        ]

    def _combinations(self, names: list[str], most: int) -> list[Labels]:
        pools = [[(name, value) for value in _values(name)] for name in names]
        number = prod(map(len, pools))
        chosen = sorted(self._chance.sample(range(number), min(most, number)))
        return [tuple(_picked(pools, index)) for index in chosen]


def _values(label: str) -> tuple[str, ...]:
    return CLOSED.get(label) or tuple(f"{label}-{number}" for number in range(SIZES.get(label, OTHERS)))


def _picked(pools: list[list[tuple[str, str]]], index: int) -> Iterator[tuple[str, str]]:
    for pool in pools:
        index, place = divmod(index, len(pool))
        yield pool[place]
