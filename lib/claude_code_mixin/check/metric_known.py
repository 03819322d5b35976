"""Every metric that an expression or a dashboard variable names exists."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claude_code_mixin.check.context import Context, Owner, board_owner
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Problem
from claude_code_mixin.promql import Selector

ID = "metric/known"


def check(context: Context) -> Iterator[Problem]:
    """Yield each metric name that neither the catalogue nor a record knows."""
    for found in context.expressions:
        for selector in found.selectors:
            yield from _judged(context, found.owner, selector)
    for stem, board in context.mixin.dashboards():
        for variable in board.variables:
            yield from _judged(context, board_owner(stem, board), Selector(variable.of, ()))


def _judged(context: Context, owner: Owner, selector: Selector) -> Iterator[Problem]:
    name = selector.name
    if name is None:
        yield from _by_pattern(context, owner, selector)
    elif not context.known(name):
        yield owner.problem(ID, f"metric {name} {_absent(context, name)}")


def _absent(context: Context, name: str) -> str:
    ungrouped = context.mixin.ungrouped().get(name)
    if ungrouped:
        return f"is declared at {ungrouped.place} but stands in no Group; add it to one"
    meant = nearest(name, context.names)
    hint = f"perhaps {meant}" if meant else "no record and no known series has a name like it"
    return f"does not exist; {hint}"


def _by_pattern(context: Context, owner: Owner, selector: Selector) -> Iterator[Problem]:
    patterns = [match for match in selector.matches if match.label == "__name__" and match.op == "=~"]
    if not patterns:
        yield owner.problem(ID, "a selector names no metric and reads every series of the server; name one")
    for match in patterns:
        if not match.is_variable and not any(_fits(match.value, name) for name in context.names):
            yield owner.problem(ID, f'no known metric matches __name__=~"{match.value}"')


def _fits(pattern: str, name: str) -> bool:
    try:
        return re.fullmatch(pattern, name) is not None
    except re.error:
        return True  # RE2 forms that Python lacks: not judged
