"""Raw series of the clients are read by the meter's records only, and never through rate() or increase()."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin import promql
from claude_code_mixin.check.context import Context, Expression
from claude_code_mixin.meters import SESSION_PREFIX
from claude_code_mixin.problems import Problem

ID = "counter/raw-increase"
_INCREMENTS = "take increments with meter.remembering()"
_LOSSY = frozenset({"rate", "irate", "increase", "delta", "idelta", "deriv"})


def check(context: Context) -> Iterator[Problem]:
    """Yield each raw client series read outside records, and each lossy function over one inside.

    Panels may show single sessions as they are; who else reads those is session/panels' business.
    """
    for found in context.expressions:
        if found.owner.kind == "record":
            yield from _lossy(context, found)
            continue
        yield from _lossy(context, found, begin=SESSION_PREFIX)
        for name in _raw(context, found):
            sentence = f"reads the raw series {name}; births, resets and resumed sessions make it lie"
            yield found.problem(ID, f"{sentence}, read a recorded series")


def _raw(context: Context, found: Expression) -> list[str]:
    names = {selector.name for selector in found.selectors if selector.name}
    return sorted(
        name for name in names if context.is_client_series(name) and not name.startswith(SESSION_PREFIX)
    )


def _lossy(context: Context, found: Expression, begin: str = "") -> Iterator[Problem]:
    for call in promql.calls(found.tree) if found.tree else ():
        if call.func.name not in _LOSSY:
            continue
        for selector in promql.selectors(call):
            name = selector.name or ""
            if context.is_client_series(name) and name.startswith(begin):
                scope = (
                    "a counter per session" if context.series[name].session_scoped else "a counter of clients"
                )
                sentence = f"{call.func.name}() of {name}, {scope}, loses its births"
                way_out = "show its value, the session's whole" if begin else _INCREMENTS
                yield found.problem(ID, f"{sentence}; {way_out}")
