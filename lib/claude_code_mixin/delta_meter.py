"""The meter of raw deltas: exact increments of points that carry what was counted since the point before.

Where a server stores OTLP's deltas as they come, a sum over the last minute is right only while every point
arrives in time and no evaluation is missed: a restart of the server loses up to all that it had just taken.
This meter remembers the sum of a window as it last saw it. What the window holds now and did not hold then
is new, however late it came and however many evaluations were missed, up to the window's length.
"""

from __future__ import annotations

WINDOW_MINUTES = 10
"""How late a point may be, by its transport or by its client's clock, and how long evaluations may be missed.

Prometheus refuses points that are more than 10 minutes ahead, whatever is configured: the two are symmetric.
"""
NOTHING = "1e-9"
"""Smaller increments are rounding: a difference of two sums of the same numbers in different order."""


def heartbeat() -> str:
    """Return the expression of the record `alive`: Unix time of the evaluation."""
    return "vector(time())"


def seen(raw: str) -> str:
    """Return the expression of the record `seen`: the window's sum per series of the selector `raw`.

    A series stays at 0 until no memory can be older, so that the last sample found is the evaluation before.
    """
    kept = f"sum_over_time({raw}[{3 * WINDOW_MINUTES}m]) * 0"
    return f"sum_over_time({raw}[{WINDOW_MINUTES}m]) or {kept}"


def increase(by: str, raw: str, *, seen: str, alive: str, now: str = "") -> str:
    """Return the expression of the increments of `raw` by the labels `by`, to be evaluated every minute.

    `seen` and `alive` are the names of the two records, which stand before this one in the group: from the
    memory alone, a point that arrives between the two is neither lost nor counted twice. A ruler that does
    not see at once what it writes reads `now`, the expression of `seen`, instead. Without a heartbeat in the
    past it is the first installation, which counts nothing.
    """
    gap = f"(time() - last_over_time({alive}[1h] offset 1ms))"
    remembered = f"last_over_time({seen}[{WINDOW_MINUTES}m] offset 1ms)"
    window = f"({now})" if now else seen
    left = "\n      or ".join(_left(raw, gap, minutes) for minutes in range(1, WINDOW_MINUTES))
    accounted = f"""(
    {remembered} - (
      {left}
      or {remembered} * 0
    )
  ) and on () ({gap} < {60 * WINDOW_MINUTES - 30})"""
    return f"""
sum by ({by}) (
  (
    {window} - ({accounted})
    or
    {window} unless ({accounted})
  ) > {NOTHING}
)
and on () {gap}
""".strip()


def _left(raw: str, gap: str, minutes: int) -> str:
    """What left the window since an evaluation `minutes` ago."""
    return (
        f"(sum_over_time({raw}[{minutes}m] offset {WINDOW_MINUTES}m) "
        f"and on () (round({gap} / 60) == {minutes}))"
    )
