"""A month that the rules look back on: what they recorded, so that they cost what they will cost then."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bench.blocks import MONTHS_BLOCK, Backfill
from bench.exposition import Exposition
from bench.forms import Series, text
from bench.remote_write import Points
from claude_code_mixin.check.context import Context

DAYS = 33
"""Longest look back: the month to date reads the full days of a month."""
ACTIVE_MINUTES = 45
"""Minutes of a day in which a user sends something."""
MEMORY_MINUTES = 60
_SPENT = re.compile(
    r"^(?:(?:identity|team|total|user):claude_code_cost_usd|total:claude_code_events):increase1m$"
)
_SELECTED = re.compile(r"\b(claude_code_\w+)\{")


def write(folder: Path, exposition: Exposition, context: Context) -> None:
    """Store in `folder` a month, up to an hour ago, of increments of `context` that are read over days."""
    block = 60 * MONTHS_BLOCK
    end = int(time.time()) - 60 * (MEMORY_MINUTES + 2)
    origin = (end - 86400 * DAYS) // block * block
    with Backfill(folder, origin, MONTHS_BLOCK) as blocks:
        for window in blocks.windows((end - origin) // 60):
            blocks.add(window, _recorded(exposition, context, window))


def _recorded(exposition: Exposition, context: Context, window: range) -> Iterator[Series]:
    chance = random.Random(window.start)  # noqa: S311 - made-up traffic, not secrets
    for name in context.records:
        if _SPENT.search(name):
            yield from _increments(name, exposition.owners(context.labels(name) or {}), window, chance)


def memory(
    exposition: Exposition, context: Context, target: Mapping[str, str]
) -> Iterator[tuple[Mapping[str, str], Points]]:
    """Yield what every meter remembers of the last hour, a sample a minute; `target` has a scrape's labels.

    Half an hour of all comes before the next: Prometheus takes no sample that is an hour behind another.
    """
    now = int(time.time())
    for half in (60, 30):
        times = range(now - 60 * half, now - 60 * (half - 30), 60)
        for labels, value in _remembered(exposition, context, target):
            yield labels, [(at if value is None else value, at * 1000) for at in times]


def _remembered(
    exposition: Exposition, context: Context, target: Mapping[str, str]
) -> Iterator[tuple[dict[str, str], float | None]]:
    for name, declared in context.records.items():
        raw = _SELECTED.search(declared[0][0].expr)
        if name.endswith(":alive"):
            yield {"__name__": name, **target}, None
        elif name.endswith(":seen") and raw:
            for labels, value in exposition.exposed(raw[1]):
                yield {"__name__": name, **target, **labels}, value


def _increments(
    name: str, owners: Iterable[Mapping[str, str]], window: range, chance: random.Random
) -> Iterator[Series]:
    """Users are active for some minutes of a day, teams and the whole in all of them."""
    for owner in owners:
        many = ACTIVE_MINUTES * len(window) // 1440 if "user" in owner else len(window)
        yield Series(text(name, owner), dict.fromkeys(sorted(chance.sample(window, many)), 0.125))
