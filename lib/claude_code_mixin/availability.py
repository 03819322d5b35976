"""What the active ingest profile cannot have: records and alerts that say so, and all that reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from claude_code_mixin import promql
from claude_code_mixin.model import Alert, Group, Panel, Record


@dataclass(frozen=True)
class Unavailable:
    """Why records and alerts are not built, by name."""

    reasons: Mapping[str, str]

    def divided(
        self, declared: Iterable[object], keeps: Callable[[object], bool]
    ) -> tuple[tuple[object, ...], tuple[object, ...]]:
        """Return what of the declared objects is built, and the rest: refused by `keeps`, or unavailable.

        A group is divided by its records.
        """
        pairs = [self._split(item) if keeps(item) else ((), (item,)) for item in declared]
        built = tuple(item for here, _ in pairs for item in here)
        return built, tuple(item for _, out in pairs for item in out)

    def _split(self, item: object) -> tuple[tuple[object, ...], tuple[object, ...]]:
        if isinstance(item, Record | Alert):
            return ((), (item,)) if item.name in self.reasons else ((item,), ())
        if not isinstance(item, Group):
            return (item,), ()
        out = tuple(record for record in item.records if record.name in self.reasons)
        kept = tuple(record for record in item.records if record.name not in self.reasons)
        if not out:
            return (item,), ()
        return (replace(item, records=kept),) if kept else (), (replace(item, records=out),)


def unavailable(records: Iterable[Record], alerts: Iterable[Alert]) -> Unavailable:
    """Return every record and alert without its reason to be: it says so, or reads a record that is none."""
    waiting: list[Record | Alert] = [*records, *alerts]
    reasons = {item.name: item.unavailable for item in waiting if item.unavailable}
    grown = -1
    while reasons and len(reasons) != grown:
        grown = len(reasons)
        for item in waiting:
            source = next((name for name in _read(item.expr) if name in reasons), None)
            if source and item.name not in reasons:
                reasons[item.name] = reasons[source]
    return Unavailable(reasons)


def marked(panel: Panel, reasons: Mapping[str, str]) -> Panel:
    """Return `panel`, saying so where the active profile has the data of none of its queries."""
    missing = [next((name for name in _read(query.expr) if name in reasons), "") for query in panel.queries]
    if not missing or not all(missing):
        return panel
    reason = reasons[missing[0]]
    return replace(
        panel, no_value="not in this ingest profile", description=f"{panel.description} No data: {reason}."
    )


@cache
def _read(expr: str) -> tuple[str, ...]:
    """Names of the series that an expression reads; content is loaded once for every variant of a check."""
    try:
        tree = promql.parse(expr)
    except promql.PromQLError:
        return ()
    return tuple(selector.name for selector in promql.selectors(tree) if selector.name)
