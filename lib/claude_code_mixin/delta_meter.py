"""The meter of raw deltas: exact increments of points that carry what was counted since the point before.

Where a server stores OTLP's deltas as they come, a sum over the last minute is right only while every point
arrives in time and no evaluation is missed: a restart of the server loses up to all that it had just taken.
This meter remembers the sum of a window as it last saw it. What the window holds now and did not hold then
is new, however late it came and however many evaluations were missed, up to the window's length.
"""

from __future__ import annotations

NOTHING = "1e-9"
"""Smaller increments are rounding: a difference of two sums of the same numbers in different order."""


def seen(raw: str, minutes: int) -> str:
    """Return the sum of the window of so many `minutes`, per series of the selector `raw`.

    A series stays at 0 until no memory can be older, so that the last sample found is the evaluation before.
    """
    kept = f"sum_over_time({raw}[{3 * minutes}m]) * 0"
    return f"sum_over_time({raw}[{minutes}m]) or {kept}"


def increments(raw: str, minutes: int, *, seen: str, known: str, now: str = "") -> str:
    """Return the increments per series of `raw`, to be evaluated every minute; the window has `minutes`.

    `seen` is the name of the record of that expression, which stands before this one in the group: from the
    memory alone, a point that arrives between the two is neither lost nor counted twice. A ruler that does
    not see at once what it writes reads `now`, the expression itself, instead. `known` is the Unix time of
    the evaluation before, without labels; where there is none, the caller counts nothing.
    """
    gap = f"(time() - {known})"
    remembered = f"last_over_time({seen}[{minutes}m] offset 1ms)"
    left = "\n    or ".join(
        f"(sum_over_time({raw}[{ago}m] offset {minutes}m) and on () (round({gap} / 60) == {ago}))"
        for ago in range(1, minutes)
    )
    accounted = f"""{remembered} - (
    {left}
    or {remembered} * 0
  ) and on () ({gap} < {60 * minutes - 30})"""
    window = f"({now})" if now else seen
    return f"""
(
  {window} - ({accounted})
  or
  {window} unless {remembered}
  or
  {window} and on () ({gap} >= {60 * minutes - 30})
) > {NOTHING}
""".strip()
