"""Nothing names persons or content that the privacy profile keeps out."""

from __future__ import annotations

from collections.abc import Iterator

import promql_parser as ast

from claude_code_mixin import catalogue, promql, promql_labels
from claude_code_mixin.catalogue import Privacy
from claude_code_mixin.check import templates
from claude_code_mixin.check.context import Context, Expression, board_owner
from claude_code_mixin.model import Alert, Panel, Record
from claude_code_mixin.problems import Problem

ID = "privacy/identity"
KEEPS_USERS = frozenset({"full"})
KEEPS_TEAMS = frozenset({"full", "team"})
_REMOVES = frozenset({"without"})


def check(context: Context) -> Iterator[Problem]:
    """Yield each label of a person, team or content that the configured profile forbids."""
    for found in context.expressions:
        for label in sorted(_named(context, found) - _of_servers(found)):
            yield from _judged(context, found, label)
    for stem, board in context.mixin.dashboards():
        for variable in board.variables:
            kind = forbidden(context, variable.label)
            if kind:
                sentence = f'variable "{variable.name}" lists label "{variable.label}", {kind}'
                yield board_owner(stem, board).problem(ID, f"{sentence}; {_way_out(context)}")


def _of_servers(found: Expression) -> frozenset[str]:
    """Labels of servers' reports on themselves: their `error` is an error's kind, the clients' its text."""
    health = catalogue.load().health()
    read = [health.get(selector.name or "") for selector in found.selectors]
    return frozenset(label for series in read if series and all(read) for label in series.labels)


def forbidden(context: Context, label: str) -> str | None:
    """What a label gives away that the privacy profile keeps out, or None."""
    profile = context.mixin.config.privacy
    if label == "team":
        return None if profile in KEEPS_TEAMS else "which names a team"
    attribute = context.attributes.get(label)
    if attribute is not None and attribute.privacy is Privacy.CONTENT:
        return "which is content"
    identity = label == "user" or (attribute is not None and attribute.privacy is Privacy.IDENTITY)
    return "which names a person" if identity and profile not in KEEPS_USERS else None


def _judged(context: Context, found: Expression, label: str) -> Iterator[Problem]:
    kind = forbidden(context, label)
    if kind:
        yield found.problem(ID, f'uses label "{label}", {kind}; {_way_out(context)}')


def _way_out(context: Context) -> str:
    return f'privacy = "{context.mixin.config.privacy}" forbids it, leave it out'


def _named(context: Context, found: Expression) -> frozenset[str]:
    """Labels that the object names or whose values its result carries."""
    names = {match.label for selector in found.selectors for match in selector.matches}
    if found.tree is not None:
        names |= set(_in_expression(found.tree))
        names |= set(promql_labels.labels(found.tree, context.labels) or ())
    item = found.item
    if isinstance(item, Record | Alert):
        names |= item.labels.keys()
    if isinstance(item, Alert):
        names |= templates.labels(item.summary) | templates.labels(item.description)
    if isinstance(item, Panel):
        names |= item.columns.keys()
    return frozenset(names)


def _in_expression(tree: ast.Expr) -> Iterator[str]:
    """Grouping and matching labels; `without` and `ignoring` take labels away and are welcome."""
    for names, where, _ in promql_labels.relied_on(tree):
        if where not in _REMOVES:
            yield from names
    for call in promql.calls(tree):
        if call.func.name in {"label_replace", "label_join"} and isinstance(call.args[1], ast.StringLiteral):
            yield call.args[1].val
