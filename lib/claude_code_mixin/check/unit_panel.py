"""Units fit: records hold what they declare, panels show what they query, thresholds what they limit."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claude_code_mixin import promql_units, units
from claude_code_mixin.check.context import Context, Expression
from claude_code_mixin.model import Alert, Panel, Record, Threshold
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Problem
from claude_code_mixin.promql_units import NUMBER, spoken

ID = "unit/panel"
SHARE_LIMIT = 10.0
"""A step of a percentunit panel above this (1,000 %) was meant in percent."""
_UNITLESS = frozenset({"ratio", "factor", "count"})
_OF_BUCKETS = frozenset({"heatmap"})


def check(context: Context) -> Iterator[Problem]:
    """Yield each unit that is unknown, mixed with another, or shown as something else."""
    for found in context.expressions:
        if found.tree is None:
            continue
        unit, inference = context.units(found.tree)
        for conflict in dict.fromkeys(inference.conflicts):
            yield found.problem(ID, f"{conflict}; convert one of them")
        if isinstance(found.item, Record):
            yield from _record(found, found.item, unit)
        elif isinstance(found.item, Panel) and found.item.kind not in _OF_BUCKETS:
            yield from _panel(found, found.item, unit)
        elif isinstance(found.item, Alert):
            yield from _thresholds(context, found, found.item, inference.compared)
    for owner, panel in context.panels:
        high = [step for step, _ in panel.steps if step is not None and abs(step) > SHARE_LIMIT]
        if panel.unit == "percentunit" and high:
            yield owner.problem(
                ID, f"step {high[0]:g} of a percentunit panel means {high[0]:.0%}; 1 is 100 %"
            )


def _record(found: Expression, record: Record, unit: str | None) -> Iterator[Problem]:
    if record.unit not in units.UNITS:
        meant = nearest(record.unit, units.UNITS)
        hint = f'perhaps "{meant}"' if meant else f"known: {', '.join(units.UNITS)}"
        yield found.problem(ID, f'unit "{record.unit}" is no house unit; {hint}')
    elif not promql_units.compatible(unit, record.unit):
        yield found.problem(ID, f"declares {spoken(record.unit)}, but its expression is {spoken(unit)}")


def _panel(found: Expression, panel: Panel, unit: str | None) -> Iterator[Problem]:
    if unit in {None, NUMBER} or unit is None or panel.unit not in promql_units.panel_units():
        return
    allowed = promql_units.grafana(unit)
    if not allowed:
        yield found.problem(ID, f"queries {spoken(unit)}, which no panel unit shows; scale it in the query")
    elif panel.unit not in allowed:
        yield found.problem(ID, f'shows {spoken(unit)} as "{panel.unit}"; use {" or ".join(allowed)}')


def _thresholds(context: Context, found: Expression, alert: Alert, compared: set[str]) -> Iterator[Problem]:
    mine = [threshold for _, threshold in context.mixin.thresholds() if threshold.alert == alert.name]
    bases = {unit.removesuffix("/h") for unit in compared}
    for threshold in mine:
        unit = threshold_unit(threshold)
        if unit is None:
            yield found.problem(
                ID, f'threshold "{threshold.key}" does not end in a unit, such as usd_per_hour'
            )
        elif unit not in _UNITLESS and bases and unit not in bases:
            asked = " and ".join(sorted(spoken(name) for name in compared))
            yield found.problem(ID, f'threshold "{threshold.key}" is in {unit}, but compares with {asked}')


def threshold_unit(threshold: Threshold) -> str | None:
    """House unit at the end of a threshold's key, without its `_per_<time>`; None where there is none."""
    key = re.sub(r"_per_\w+$", "", threshold.key)
    known = {unit.lower(): unit for unit in units.UNITS if "/" not in unit} | {
        name: name for name in _UNITLESS
    }
    return next((unit for name, unit in known.items() if key == name or key.endswith(f"_{name}")), None)
