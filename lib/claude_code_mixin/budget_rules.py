"""Budgets as recording rules: one constant per budget, present only while it is in effect."""

from __future__ import annotations

from claude_code_mixin.budgets import Budget
from claude_code_mixin.model import Record
from claude_code_mixin.settings import active, active_budgets


def budget_records(cut: str, otherwise: str = "vector(0) > 0") -> tuple[Record, ...]:
    """Return a record per owner of budgets of `cut` (total, team, user); one of `otherwise` if there is none.

    The default of `otherwise` has no sample, so that rules reading the record stay valid and silent. The
    budgets of one owner are one expression: as several rules the end of one would be written in the same
    evaluation as the beginning of the next, and Prometheus refuses a second sample at the same time.
    """
    mine = [budget for budget in active_budgets() if _cut(budget) == cut]
    owned: dict[tuple[str | None, str | None], list[Budget]] = {}
    for budget in mine:
        owned.setdefault((budget.team, budget.user), []).append(budget)
    if not owned:
        return (_record(cut, otherwise, {}),)
    return tuple(_record(cut, _in_effect(budgets), _labels(*owner)) for owner, budgets in owned.items())


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


def _labels(team: str | None, user: str | None) -> dict[str, str]:
    pairs = {"team": team, "user": user}
    return {key: value for key, value in pairs.items() if value is not None}


def _in_effect(budgets: list[Budget]) -> str:
    return "\nor\n".join(_while_it_holds(budget) for budget in sorted(budgets, key=lambda b: b.from_))


def _while_it_holds(budget: Budget) -> str:
    hours = active().meter.day_offset_hours
    begins = f"vector({budget.usd_per_month:.12g}) and on () (vector(time()) >= {budget.starts(hours)})"
    ends = budget.ends(hours)
    return f"({begins})" if ends is None else f"({begins} and on () (vector(time()) < {ends}))"
