"""Queries in runbooks are PromQL, and the recorded and raw series that they name exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from claude_code_mixin import promql
from claude_code_mixin.check.context import Context
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Place, Problem
from claude_code_mixin.runbooks import METRIC, Runbook, queries

ID = "runbook/queries"


def check(context: Context) -> Iterator[Problem]:
    """Yield each query that somebody would paste in vain.

    The bundled runbooks are written for the default privacy profile and judged under it alone.
    """
    for runbook in context.mixin.runbooks:
        if context.is_written_for_this(Path(runbook.place.path)):
            for section in runbook.sections.values():
                for query in queries(section):
                    yield from _judged(context, runbook, query)


def _judged(context: Context, runbook: Runbook, query: str) -> Iterator[Problem]:
    place = _line(runbook, query)
    try:
        tree = promql.parse(query)
    except promql.PromQLError as error:
        sentence = f"query `{promql.excerpt(query)}` is not PromQL: {error}; correct it"
        yield Problem(place, runbook.alert, sentence, ID)
        return
    for name in sorted({selector.name or "" for selector in promql.selectors(tree)}):
        built = context.mixin.config.prefixes.record + name
        if METRIC.fullmatch(name) and not context.known(name) and not context.known(built):
            meant = nearest(name, context.names)
            hint = f"perhaps {meant}" if meant else "name one that exists"
            yield Problem(place, runbook.alert, f"query names {name}, which does not exist; {hint}", ID)


def _line(runbook: Runbook, query: str) -> Place:
    lines = Path(runbook.place.path).read_text(encoding="utf-8").splitlines()
    first = query.splitlines()[0]
    numbered = enumerate(lines[runbook.place.line :], runbook.place.line + 1)
    return Place(runbook.place.path, next((no for no, line in numbered if first in line), runbook.place.line))
