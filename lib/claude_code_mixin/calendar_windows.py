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


def full_days_of_month(increase: Record, day_start: Record, month_start: Record) -> str:
    """Sum of `increase` over the full days of the current month; 0 where there was one in 32 days.

    Subquery steps fall on UTC midnights; for another day the inner sum is shifted to end when that day ends:
    forward, so that the step of today's UTC midnight already finds a day that has ended since. It adds up a
    whole month of minutes: for a group that is evaluated rarely.
    """
    hours = active().meter.day_offset_hours
    hours -= 24 if hours > 0 else 0
    shift = f" offset {hours}h" if hours else ""
    ended = f"vector(time() - {hours * 3600})"
    return f"""
sum_over_time(
  (
    sum_over_time({increase}[1d]{shift})
    * on () group_left () ({ended} > bool on () {month_start} @ end())
    * on () group_left () ({ended} <= bool on () {day_start} @ end())
  )[32d:1d]
)
""".strip()


def month_to_date(increase: Record, by: str, full_days: Record, until: Record, month_start: Record) -> str:
    """Sum of `increase` since the month began, by the labels `by` (comma-separated, may be empty).

    `full_days` is the record of `full_days_of_month()`, and `until` of the moment that it reaches to, written
    by the same evaluation up to a day ago: what came after is added here, so that nothing is missed or
    counted twice around midnight. What it holds of another month does not count.
    """
    counted = f"last_over_time({until}[1d] @ end())"
    since = f"(({counted} >= on () {month_start} @ end()) or {month_start} @ end())"
    return f"""
sum by ({by}) (
  label_replace(
    (last_over_time({full_days}[1d]) > 0) and on () (last_over_time({until}[1d]) >= on () {month_start}),
    "part", "full days", "", ""
  )
  or
  label_replace(
    sum_over_time(
      (
        sum_over_time({increase}[5m])
        and on () (vector(time()) > on () {since})
      )[2d:5m]
    ),
    "part", "since", "", ""
  )
)
""".strip()


def counted_days() -> tuple[Record, Record]:
    """Return the records of the moments between which the full days of the month were last added up.

    They stand first in the group of the sums that `full_days_of_month()` makes: evaluated with them, they
    cannot disagree.
    """
    until = Record(
        name="calendar:claude_code_full_days:end_timestamp",
        expr=day_start_expr(),
        unit="timestamp",
        help="Unix time up to which the full days of the month were last added up",
        public=False,
    )
    since = Record(
        name="calendar:claude_code_full_days:start_timestamp",
        expr=month_start_expr(until),
        unit="timestamp",
        help="Unix time from which the full days of the month were last added up",
        public=False,
    )
    return until, since


def spent_today(cut: str, increase: Record, day_start: Record) -> Record:
    """Return today's sum of the dollars `increase` under the level `cut`."""
    return Record(
        name=f"{cut}:claude_code_cost_usd:today",
        expr=today(increase, day_start),
        unit="USD",
        help="Spend at list price since the day began",
        allow=(("record/unused", "runbooks, and whoever asks what today costs"),),
    )


def spent_this_month(
    cut: str, increase: Record, by: str, counted: tuple[Record, Record], month_start: Record
) -> tuple[Record, Record]:
    """Return the sums of the dollars `increase` over the month's full days and over the month so far.

    The level `cut` keeps the labels `by`; `counted` are those of `counted_days()`.
    """
    until, since = counted
    full_days = Record(
        name=f"{cut}:claude_code_cost_usd:full_days_of_month",
        expr=full_days_of_month(increase, until, since),
        unit="USD",
        help="Spend at list price over the full days of the month",
        public=False,
    )
    so_far = Record(
        name=f"{cut}:claude_code_cost_usd:month_to_date",
        expr=month_to_date(increase, by, full_days, until, month_start),
        unit="USD",
        help="Spend at list price since the month began",
    )
    return full_days, so_far
