"""Spend of the day and the month so far, against the budgets of budgets.toml."""

from claude_code_mixin import Group, Record, active
from claude_code_mixin.budget_rules import budget_records
from claude_code_mixin.calendar_windows import (
    counted_days,
    day_start_expr,
    month_start_expr,
    spent_this_month,
    spent_today,
)
from claude_code_mixin.content.recording_rules.cost import (
    IDENTITY_COST,
    TEAM,
    TEAM_COST,
    TEAM_COST_1H,
    TOTAL_COST,
)
from claude_code_mixin.meter import cut_down

FULL = active().privacy == "full"
NONE_SET = "the default configuration sets no budget"
OWN_USE = "alerts and panels of one's own: the mixin names no single person"
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
COUNTED = counted_days()
TEAM_TODAY = spent_today("team", TEAM_COST, DAY_START)
TOTAL_TODAY = spent_today("total", TOTAL_COST, DAY_START)
TEAM_FULL_DAYS, TEAM_MONTH_TO_DATE = spent_this_month("team", TEAM_COST, TEAM, COUNTED, MONTH_START)
TOTAL_FULL_DAYS, TOTAL_MONTH_TO_DATE = spent_this_month("total", TOTAL_COST, "", COUNTED, MONTH_START)
USER_FULL_DAYS, USER_MONTH_TO_DATE = spent_this_month("user", USER_COST, "user", COUNTED, MONTH_START)

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
        allow=(("record/unused", OWN_USE),) if cut == "user" else (),
    )


TEAM_BUDGET_USED = used("team", TEAM_MONTH_TO_DATE, TEAM_BUDGET)
TOTAL_BUDGET_USED = used("total", TOTAL_MONTH_TO_DATE, TOTAL_BUDGET)
USER_BUDGET_USED = (used("user", USER_MONTH_TO_DATE, USER_BUDGETS[0]),) if FULL else ()
TEAM_BUDGET_BURN = Record(
    name="team:claude_code_budget:burn_ratio1h",
    expr=f"{TEAM_COST_1H} * scalar(24 * days_in_month()) / {TEAM_BUDGET}",
    unit="ratio",
    help="Pace of the last hour against the even pace that uses the budget up exactly; 1 is even",
)

USERS = Group(name="claude-code-budget-users", records=(USER_COST,)) if FULL else ()
FULL_DAYS = Group(
    name="claude-code-budget-full-days",
    interval="30m",
    records=(
        *COUNTED,
        TEAM_FULL_DAYS,
        TOTAL_FULL_DAYS,
        *((USER_FULL_DAYS,) if FULL else ()),
    ),
)
CALENDAR = Group(
    name="claude-code-budget-calendar",
    records=(
        DAY_START,
        MONTH_START,
        TEAM_TODAY,
        TOTAL_TODAY,
        TEAM_MONTH_TO_DATE,
        TOTAL_MONTH_TO_DATE,
        *((USER_MONTH_TO_DATE,) if FULL else ()),
    ),
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
