"""The built pipeline broken on purpose: each break must turn the truth table red."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from claude_code_mixin.fleet import scale
from claude_code_mixin.fleet.lab_stack import Built

EXPIRY = "40s"
SLOW_FACTOR = 6
"""With which a run lasts longer than a minute: so often delta_to_cumulative looks for stale streams."""
MEMORY = re.compile(r"last_over_time\((\S+:seen)\[\w+\] offset 1ms\)")


class BreakError(Exception):
    """The built files no longer have what a break removes; one sentence says what."""


@dataclass(frozen=True)
class Break:
    """A mistake: `change` makes it in the built files for a clock of a factor; `fault` is when it shows.

    `factor` is that of its run where the wall clock has a part in it.
    """

    name: str
    description: str
    change: Callable[[Built, int], Built]
    fault: str = "none"
    factor: int | None = None


def _without_processors(built: Built, *prefixes: str) -> Built:
    """Take the processors whose names begin with one of `prefixes` out of every pipeline."""

    def change(config: dict[str, Any]) -> None:
        for pipeline in config["service"]["pipelines"].values():
            used = pipeline.get("processors", [])
            pipeline["processors"] = [name for name in used if not name.startswith(prefixes)]

    return _configured(built, change)


def _configured(built: Built, change: Callable[[dict[str, Any]], None]) -> Built:
    config = yaml.safe_load(built.collector)
    change(config)
    if config == yaml.safe_load(built.collector):
        raise BreakError("the collector configuration has nothing of what this break takes away")
    return replace(built, collector=yaml.safe_dump(config, sort_keys=False))


def _no_batch(built: Built, _factor: int) -> Built:
    return _without_processors(built, "batch")


def _no_restamp(built: Built, _factor: int) -> Built:
    return _without_processors(built, "transform/merge", "transform/stamp")


def _no_accumulation(built: Built, _factor: int) -> Built:
    return _without_processors(built, "delta_to_cumulative")


def _short_expiry(built: Built, factor: int) -> Built:
    def change(config: dict[str, Any]) -> None:
        expiry = scale.duration(EXPIRY, factor)
        config["exporters"]["prometheus"]["metric_expiration"] = expiry
        for name, processor in config["processors"].items():
            if name.startswith("delta_to_cumulative"):
                processor["max_stale"] = expiry

    return _configured(built, change)


def _no_start_label(built: Built, _factor: int) -> Built:
    def change(config: dict[str, Any]) -> None:
        del config["exporters"]["prometheus"]["const_labels"]

    return _configured(built, change)


def _no_drain(built: Built, _factor: int) -> Built:
    def change(config: dict[str, Any]) -> None:
        del config["service"]["pipelines"]["metrics/drain"]

    return _configured(built, change)


def _rules(built: Built, change: Callable[[str], str]) -> Built:
    rules = {name: change(text) for name, text in built.rules.items()}
    if rules == built.rules:
        raise BreakError("the rules have nothing of what this break takes away")
    return replace(built, rules=rules)


def _offset_increments(built: Built, _factor: int) -> Built:
    return _rules(built, lambda text: MEMORY.sub(r"\1 offset 1m", text))


def _no_ordering_offset(built: Built, _factor: int) -> Built:
    broken = _rules(built, lambda text: text.replace(" offset 1ms", ""))
    return replace(broken, features=("concurrent-rule-eval",))


BREAKS: Mapping[str, Break] = {
    it.name: it
    for it in (
        Break(
            "no_batch", "the collector does not batch: concurrent requests race for time stamps", _no_batch
        ),
        Break("no_restamp", "points keep the times of their clients", _no_restamp),
        Break(
            "no_accumulation",
            "session.id is dropped and deltas are not accumulated",
            _no_accumulation,
        ),
        Break(
            "short_expiry",
            f"the collector forgets counters after {EXPIRY} of silence",
            _short_expiry,
            factor=SLOW_FACTOR,
        ),
        Break(
            "no_start_label",
            "counters carry no label of the collector's start",
            _no_start_label,
            "collector_drained",
        ),
        Break(
            "no_drain",
            "a collector that is told to end does so at once",
            _no_drain,
            "collector_restart",
        ),
        Break(
            "offset_increments",
            "increments are taken against an offset of a minute instead of the memory",
            _offset_increments,
            "scrape_outage",
        ),
        Break(
            "no_ordering_offset",
            "the memory is read without `offset 1ms`, rules are evaluated concurrently",
            _no_ordering_offset,
        ),
    )
}
"""Every break by name."""
