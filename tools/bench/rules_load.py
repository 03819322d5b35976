"""What the rules are measured with: users behind a collector, or machines that Prometheus scrapes itself."""

from __future__ import annotations

from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

from bench import history, rules_bench
from bench.exposition import Exposition
from bench.machines import MACHINES, SCRAPE, Machines
from bench.rules_bench import EVALUATIONS, Load, Say
from claude_code_mixin.build import compiled
from claude_code_mixin.check import default_series
from claude_code_mixin.check.context import build as context_of
from claude_code_mixin.config import Meter
from claude_code_mixin.fleet.process import free_port
from claude_code_mixin.loader import Mixin, reloaded
from claude_code_mixin.settings import using

SCRAPED_FACTOR = 4
"""The clock of the scraped clients' run: nothing in it depends on how long it lasts."""


def collected(
    mixin: Mixin,
    folder: Path,
    users: int,
    say: Say,
    *,
    past: bool = False,
    factor: int = 1,
    evaluations: int = EVALUATIONS,
) -> dict[str, Any]:
    """Measure every rule of the profile collector with named users, over what a collector then exposes.

    With `past` there is a month of history, and an hour of what the meters saw.
    """
    config = mixin.config.model_copy(update={"privacy": "full"})
    named = reloaded(mixin, config)
    exposition, port = Exposition(users, config), free_port()
    with using(config):
        context = context_of(named, default_series())
    if past:
        history.write(folder / "data", exposition, context)
    sets = sum(exposition.counts.values())
    say(f"{users} users, {sets} label sets of {len(exposition.counts)} counters")
    target = {"job": config.meter.job, "instance": rules_bench.target(port)}
    memory = partial(history.memory, exposition, context, target) if past else tuple
    pages = {"/metrics": exposition.text}
    load = Load(pages, _rules(named), config.meter.job, factor, memory=memory)
    measured = rules_bench.measure(folder, load, say, port=port, evaluations=evaluations)
    name = (
        f'All rules of profile `collector` with `privacy = "full"`: {users:,} users, {sets:,} label sets, '
        f"scraped every {rules_bench.SCRAPE}, with {history.DAYS} days of history; GOMAXPROCS=1."
    )
    exposed = dict(exposition.counts.most_common())
    return {"name": name, "profile": "collector", "label_sets": sets, **measured, "exposed": exposed}


def scraped(mixin: Mixin, folder: Path, series: int, say: Say) -> dict[str, Any]:
    """Measure every rule of the profile scrape over at least `series` series of sessions, without history."""
    config = mixin.config.model_copy(update={"meter": Meter.model_validate({"profile": "scrape"})})
    machines = Machines(series)
    say(f"{machines.sessions} sessions, {machines.series} series on {MACHINES} machines")
    rules = _rules(reloaded(mixin, config))
    load = Load(machines.pages(), rules, config.meter.job, SCRAPED_FACTOR, scrape=SCRAPE)
    measured = rules_bench.measure(folder, load, say)
    name = (
        f"All rules of profile `scrape`: {machines.series:,} series of {machines.sessions:,} sessions on "
        f"{MACHINES:,} machines, scraped every {SCRAPE}, no history, clock {SCRAPED_FACTOR} times faster; "
        "GOMAXPROCS=1."
    )
    exposed = dict(Counter(machines.names()).most_common())
    return {
        "name": name,
        "profile": "scrape",
        "label_sets": machines.series,
        **measured,
        "exposed": exposed,
    }


def _rules(mixin: Mixin) -> dict[str, str]:
    return {path: text for path, text in compiled(mixin).items() if path.startswith("prometheus/")}
