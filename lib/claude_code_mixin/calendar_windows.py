"""Sums over the calendar day and month so far, in PromQL.

Days start at UTC midnight shifted by `meter.day_offset_hours`. Every sum reads the per-minute increments
themselves, each exactly once, so an outage over midnight moves spend by at most its own length.
"""

from __future__ import annotations

from claude_code_mixin.model import Record
from claude_code_mixin.settings import active


def day_start_expr() -> str:
    """Unix time at which the current day began."""
    offset = active().meter.day_offset_hours * 3600
    return f"vector(time() - (time() + {offset}) % 86400)"


def month_start_expr(day_start: Record) -> str:
    """Unix time at which the current month began; `day_start` is the record of `day_start_expr()`."""
    offset = active().meter.day_offset_hours * 3600
    return f"{day_start} - (day_of_month({day_start} + {offset}) - 1) * 86400"


def today(increase: Record, day_start: Record) -> str:
    """Sum of `increase` since the day began, up to the last full five minutes.

    `@ end()` reads the record at the time of evaluation, not at the step: right in a rule, wrong in a panel.
    """
    return f"""
sum_over_time(
  (
    sum_over_time({increase}[5m])
    and on () (vector(time()) > on () {day_start} @ end())
  )[1d:5m]
)
""".strip()


def month_before_today(increase: Record, day_start: Record, month_start: Record) -> str:
    """Sum of `increase` over the full days of the current month.

    Subquery steps fall on UTC midnights; for another day the inner sum is shifted to end when that day ends:
    forward, so that the step of today's UTC midnight already finds a day that has ended since.
    """
    hours = active().meter.day_offset_hours
    hours -= 24 if hours > 0 else 0
    shift = f" offset {hours}h" if hours else ""
    ended = f"vector(time() - {hours * 3600})"
    return f"""
sum_over_time(
  (
    sum_over_time({increase}[1d]{shift})
    and on () ({ended} > on () {month_start} @ end())
    and on () ({ended} <= on () {day_start} @ end())
  )[32d:1d]
)
""".strip()


def month_to_date(increase: Record, by: str, day_start: Record, month_start: Record) -> str:
    """Sum of `increase` since the month began, by the labels `by` (comma-separated, may be empty)."""
    return f"""
sum by ({by}) (
  label_replace(
    {_inside(month_before_today(increase, day_start, month_start))},
    "part", "before today", "", ""
  )
  or
  label_replace(
    {_inside(today(increase, day_start))},
    "part", "today", "", ""
  )
)
""".strip()


def _inside(expr: str) -> str:
    return expr.replace("\n", "\n    ")
