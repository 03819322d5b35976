"""Units of records and panels, and which of them combine.

A house unit is a product of factors: "USD", "tokens", "USD/requests", "ratio" (a pure number that is a
share), "1" (a pure count), "timestamp". Panels name Grafana's unit ids.
"""

from __future__ import annotations

import re

from claude_code_mixin.nearest import nearest

UNITS: tuple[str, ...] = (
    "USD",
    "USD/h",
    "tokens",
    "tokens/h",
    "requests",
    "requests/h",
    "sessions",
    "sessions/h",
    "events",
    "points",
    "series",
    "seconds",
    "milliseconds",
    "bytes",
    "timestamp",
    "ratio",
    "bool",
    "1",
)

GRAFANA: dict[str, tuple[str, ...]] = {
    "USD": ("currencyUSD",),
    "USD/h": ("currencyUSD",),
    "tokens": ("short",),
    "tokens/h": ("short",),
    "requests": ("short",),
    "requests/h": ("short",),
    "sessions": ("short",),
    "sessions/h": ("short",),
    "events": ("short",),
    "points": ("short",),
    "series": ("short",),
    "seconds": ("s", "dtdurations"),
    "milliseconds": ("ms",),
    "bytes": ("bytes",),
    "timestamp": ("dateTimeFromNow", "dateTimeAsIso"),
    "ratio": ("percentunit", "none"),
    "bool": ("bool_on_off", "bool_yes_no", "none"),
    "1": ("short", "none"),
}
"""House unit -> Grafana unit ids that show it without lying (ids: Grafana's unit categories)."""

_ALONE = frozenset({"timestamp", "ratio", "bool", "1"})
FACTORS: tuple[str, ...] = tuple(unit for unit in UNITS if "/" not in unit and unit not in _ALONE)
"""House units that products and quotients are made of."""
TIMES = ("s", "h")
"""Further divisors: per second, per hour."""


def known(unit: str) -> bool:
    """Whether `unit` is a house unit or a product or quotient of some: "tokens/requests", "USD*requests"."""
    over, slash, under = unit.partition("/")
    quotient = all(name in FACTORS for name in over.split("*")) and (
        not slash or all(name in FACTORS + TIMES for name in under.split("*"))
    )
    return unit in UNITS or quotient


def meant(unit: str) -> str | None:
    """The unit that somebody probably meant by `unit`, factor by factor; None when nothing comes close."""
    likely = re.sub(r"[^*/]+", lambda name: nearest(name[0], FACTORS + TIMES) or name[0], unit)
    return likely if known(likely) else nearest(unit, UNITS)
