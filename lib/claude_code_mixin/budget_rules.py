"""Budgets as recording rules: one constant per budget, present only while it is in effect."""

from __future__ import annotations

from claude_code_mixin.budgets import Budget
from claude_code_mixin.model import Record
from claude_code_mixin.settings import active, active_budgets


def budget_records(cut: str, otherwise: str = "vector(0) > 0") -> tuple[Record, ...]:
    """Return a record per budget of `cut` (total, team or user); one with `otherwise` where there is none.

    The default of `otherwise` has no sample, so that rules reading the record stay valid and silent. The
    newest comes first: where one budget takes over from another, the old one's end would otherwise be
    written first, and Prometheus refuses a second sample of the same series at the same time.
    """
    mine = sorted(
        (budget for budget in active_budgets() if _cut(budget) == cut), key=lambda b: b.from_, reverse=True
    )
    if not mine:
        return (_record(cut, otherwise, {}),)
    return tuple(_record(cut, _in_effect(budget), _labels(budget)) for budget in mine)


def _record(cut: str, expr: str, labels: dict[str, str]) -> Record:
    return Record(
        name=f"{cut}:claude_code_budget_usd:month",
        expr=expr,
        labels=labels,
        unit="USD",
        help="Budget for the current month",
    )


def _cut(budget: Budget) -> str:
    if budget.user is not None:
        return "user"
    return "total" if budget.team is None else "team"


def _labels(budget: Budget) -> dict[str, str]:
    pairs = {"team": budget.team, "user": budget.user}
    return {key: value for key, value in pairs.items() if value is not None}


def _in_effect(budget: Budget) -> str:
    hours = active().meter.day_offset_hours
    begins = f"vector({budget.usd_per_month:.12g}) and on () (vector(time()) >= {budget.starts(hours)})"
    ends = budget.ends(hours)
    return begins if ends is None else f"{begins} and on () (vector(time()) < {ends})"
