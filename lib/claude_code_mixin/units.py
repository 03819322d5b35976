"""Units of records and panels, and how they combine.

A house unit is a product of factors: "USD", "tokens", "USD/requests", "ratio" (a pure number that is a
share), "1" (a pure count), "timestamp". Panels name Grafana's unit ids.
"""

from __future__ import annotations

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
