"""Units fit: records hold what they declare, panels show what they query, thresholds what they limit."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin import promql_units, units
from claude_code_mixin.check.context import Context, Expression
from claude_code_mixin.model import Alert, Panel, Record, Threshold
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
    asked = f'write unit="{unit}"' if unit and units.known(unit) else ""
    if not units.known(record.unit):
        yield found.problem(ID, f'unit "{record.unit}" is no house unit; {asked or _known(record.unit)}')
    elif not promql_units.compatible(unit, record.unit):
        way_out = asked or "scale the expression"
        declared = f"declares {spoken(record.unit)}, but its expression is {spoken(unit)}"
        yield found.problem(ID, f"{declared}; {way_out}")


def _known(unit: str) -> str:
    meant = units.meant(unit)
    quotient = 'or a quotient such as "tokens/requests"'
    return f'perhaps "{meant}"' if meant else f"known: {', '.join(units.UNITS)}, {quotient}"


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
    amounts = [promql_units.amount(unit.removesuffix("/s")) for unit in compared]
    for threshold in mine:
        unit = threshold_unit(threshold)
        if unit is None:
            sentence = f'threshold "{threshold.key}" does not end in a unit, such as usd_per_hour'
            yield found.problem(ID, f"{sentence} or tokens_per_request; rename its key")
        elif unit not in _UNITLESS and amounts and promql_units.amount(unit) not in amounts:
            asked = " and ".join(sorted(spoken(name) for name in compared))
            sentence = f'threshold "{threshold.key}" is in {spoken(unit)}, but compares with {asked}'
            yield found.problem(ID, f"{sentence}; rename its key or change the expression")


def threshold_unit(threshold: Threshold) -> str | None:
    """House unit that a threshold's key ends in; None where there is none.

    `tokens_per_request` is tokens/requests; in `usd_per_hour` and `usd_per_team` what follows `_per_` is no
    house unit but says of which window or of whom the amount is, so that USD is left.
    """
    over, _, under = threshold.key.partition("_per_")
    unit, divisor = _ending(over), _singular().get(under)
    return f"{unit}/{divisor}" if unit and divisor else unit


def _ending(words: str) -> str | None:
    known = {unit.lower(): unit for unit in units.FACTORS} | {
        name: name for name in (*_UNITLESS, "timestamp")
    }
    return next((unit for name, unit in known.items() if words == name or words.endswith(f"_{name}")), None)


def _singular() -> dict[str, str]:
    """House units as they follow `_per_`; times are no divisors there."""
    counted = [unit for unit in units.FACTORS if unit not in {"seconds", "milliseconds"}]
    return {name: unit for unit in counted for name in (unit.lower(), unit.lower().removesuffix("s"))}
