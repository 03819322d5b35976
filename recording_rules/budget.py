"""Spend of the day and the month so far, against the budgets of budgets.toml."""

from claude_code_mixin import Group, Record, active
from claude_code_mixin.budget_rules import budget_records
from claude_code_mixin.calendar_windows import (
    added,
    day_start_expr,
    month_before_today,
    month_start_expr,
    today,
)
from claude_code_mixin.content.recording_rules.cost import IDENTITY_COST, TEAM_COST, TEAM_COST_1H, TOTAL_COST
from claude_code_mixin.meter import cut_down

FULL = active().privacy == "full"
USER_COST = cut_down(IDENTITY_COST, "user", "user")

DAY_START = Record(
    name="calendar:claude_code_day:start_timestamp",
    expr=day_start_expr(),
    unit="timestamp",
    help="Unix time at which the current day began",
)
MONTH_START = Record(
    name="calendar:claude_code_month:start_timestamp",
    expr=month_start_expr(DAY_START),
    unit="timestamp",
    help="Unix time at which the current month began",
)


def spend(cut: str, increase: Record) -> tuple[Record, Record, Record]:
    """Return today, month_before_today and month_to_date of `increase` under the level `cut`."""
    day = Record(
        name=f"{cut}:claude_code_cost_usd:today",
        expr=today(increase, DAY_START),
        unit="USD",
        help="Spend at list price since the day began",
    )
    before = Record(
        name=f"{cut}:claude_code_cost_usd:month_before_today",
        expr=month_before_today(increase, DAY_START, MONTH_START),
        unit="USD",
        help="Spend at list price over the full days of this month",
        public=False,
    )
    month = Record(
        name=f"{cut}:claude_code_cost_usd:month_to_date",
        expr=added(day, before),
        unit="USD",
        help="Spend at list price since the month began",
    )
    return day, before, month


TEAM_SPEND = spend("team", TEAM_COST)
TOTAL_SPEND = spend("total", TOTAL_COST)
USER_SPEND: tuple[Record, ...] = spend("user", USER_COST) if FULL else ()
TEAM_TODAY, _, TEAM_MONTH_TO_DATE = TEAM_SPEND
TOTAL_TODAY, _, TOTAL_MONTH_TO_DATE = TOTAL_SPEND

TEAM_BUDGETS = budget_records("team")
TOTAL_BUDGETS = budget_records("total", otherwise=f"sum({TEAM_BUDGETS[0]})")
USER_BUDGETS: tuple[Record, ...] = budget_records("user") if FULL else ()
TEAM_BUDGET, TOTAL_BUDGET = TEAM_BUDGETS[0], TOTAL_BUDGETS[0]


def used(cut: str, month_to_date: Record, budget: Record) -> Record:
    """Return the share of the monthly budget that is spent."""
    return Record(
        name=f"{cut}:claude_code_budget:used_ratio",
        expr=f"{month_to_date} / {budget}",
        unit="ratio",
        help="Share of this month's budget that is spent",
    )


TEAM_BUDGET_USED = used("team", TEAM_MONTH_TO_DATE, TEAM_BUDGET)
TOTAL_BUDGET_USED = used("total", TOTAL_MONTH_TO_DATE, TOTAL_BUDGET)
USER_BUDGET_USED = (used("user", USER_SPEND[-1], USER_BUDGETS[0]),) if FULL else ()
TEAM_BUDGET_BURN = Record(
    name="team:claude_code_budget:burn_ratio1h",
    expr=f"{TEAM_COST_1H} * scalar(24 * days_in_month()) / {TEAM_BUDGET}",
    unit="ratio",
    help="Pace of the last hour against the even pace that uses the budget up exactly; 1 is even",
)

USERS = Group(name="claude-code-budget-users", records=(USER_COST,)) if FULL else ()
CALENDAR = Group(
    name="claude-code-budget-calendar",
    interval="2m" if FULL else "1m",
    records=(DAY_START, MONTH_START, *TEAM_SPEND, *TOTAL_SPEND, *USER_SPEND),
)
BUDGETS = Group(
    name="claude-code-budget",
    records=(
        *TEAM_BUDGETS,
        *TOTAL_BUDGETS,
        *USER_BUDGETS,
        TEAM_BUDGET_USED,
        TOTAL_BUDGET_USED,
        *USER_BUDGET_USED,
        TEAM_BUDGET_BURN,
    ),
)
