"""rate(), irate(), increase() and resets() are taken of counters only."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin import promql
from claude_code_mixin.check.context import Context
from claude_code_mixin.problems import Problem

ID = "counter/rate-on-gauge"
COUNTER_FUNCTIONS = frozenset({"rate", "irate", "increase", "resets"})


def check(context: Context) -> Iterator[Problem]:
    """Yield each counter function over something that is no counter."""
    for found in context.expressions:
        for call in promql.calls(found.tree) if found.tree else ():
            if call.func.name not in COUNTER_FUNCTIONS:
                continue
            for selector in promql.selectors(call):
                kind = context.kind(selector.name) if selector.name else None
                if kind in {"gauge", "info"}:
                    way_out = _way_out(selector.name in context.records)
                    sentence = f"{call.func.name}() of {selector.name}, which is no counter but a {kind}"
                    yield found.problem(ID, f"{sentence}; {way_out}")


def _way_out(recorded: bool) -> str:
    return "sum recorded increments with sum_over_time()" if recorded else "use delta() or deriv()"
