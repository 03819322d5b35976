"""Labels reach where they are used: grouping, matching, legends, columns, templates, dashboard variables."""

from __future__ import annotations

import re
from collections.abc import Iterator

import promql_parser as ast

from claude_code_mixin import promql, promql_labels
from claude_code_mixin.check import templates
from claude_code_mixin.check.context import Context, Expression, board_owner
from claude_code_mixin.model import Alert, Panel
from claude_code_mixin.problems import Problem
from claude_code_mixin.promql_labels import Labels

ID = "label/survives"
_LEGEND = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")


def check(context: Context) -> Iterator[Problem]:
    """Yield each label that is relied upon where it is no longer there."""
    for found in context.expressions:
        if found.tree is None:
            continue
        for use in promql_labels.uses(found.tree, context.labels):
            lost = lost_at(context, use.node, use.label) if use.label not in use.has else None
            if lost is not None:
                end = lost or "a grouping inside"
                sentence = f'{use.where} (...) needs label "{use.label}", which ends at {end}'
                yield found.problem(ID, f"{sentence} (has: {listed(use.has)})")
        yield from _unmatched(context, found, found.tree)
        yield from _shown(context, found, found.tree)
    yield from _variables(context)


def listed(has: Labels) -> str:
    """The label names in order, or the word none."""
    return ", ".join(sorted(has)) or "none"


def lost_at(context: Context, tree: ast.Expr, label: str, seen: frozenset[str] = frozenset()) -> str | None:
    """Where on the way from the raw series to `tree` a label ends: a record, "" for `tree` itself.

    None when no series on the way ever had it, or what there is cannot be known.
    """
    for selector in promql.selectors(tree):
        name = selector.name or ""
        if label in (context.labels(name) or ()):
            return ""
        for _, found in context.records.get(name, ()):
            if found.tree is None or name in seen:
                continue
            lost = lost_at(context, found.tree, label, seen | {name})
            if lost is not None:
                return lost or name
    return None


def _unmatched(context: Context, found: Expression, tree: ast.Expr) -> Iterator[Problem]:
    """Without on() or ignoring(), two sides match only where all labels are equal."""
    for node in promql.walk(tree):
        if not isinstance(node, ast.BinaryExpr) or str(node.op) == "or":
            continue
        if (
            (node.modifier and node.modifier.matching)
            or promql.is_scalar(node.lhs)
            or promql.is_scalar(node.rhs)
        ):
            continue
        left = promql_labels.labels(node.lhs, context.labels)
        right = promql_labels.labels(node.rhs, context.labels)
        if left is not None and right is not None and left.keys() != right.keys():
            common = ", ".join(sorted(left.keys() & right.keys()))
            sides = f"({listed(left)}) with ({listed(right)})"
            yield found.problem(ID, f'"{node.op}" pairs {sides}, which never match; add on ({common})')


def _shown(context: Context, found: Expression, tree: ast.Expr) -> Iterator[Problem]:
    has = promql_labels.labels(tree, context.labels)
    if isinstance(found.item, Alert):
        yield from _templates(found, found.item, has)
    elif isinstance(found.item, Panel) and found.query is not None and has is not None:
        for label in _LEGEND.findall(found.query.legend):
            if label not in has and label != "__name__":
                yield found.problem(
                    ID, f'legend shows "{label}", which the query does not return (has: {listed(has)})'
                )
        for label in found.item.columns.keys() - has.keys():
            yield found.problem(ID, f'column "{label}" is no label of the query (has: {listed(has)})')


def _templates(found: Expression, alert: Alert, has: Labels | None) -> Iterator[Problem]:
    texts = {"summary": alert.summary, "description": alert.description}
    texts |= {f"label {label}": value for label, value in alert.labels.items()}
    for where, text in texts.items():
        for label in sorted(templates.labels(text)):
            if has is not None and label not in has:
                sentence = f"{where} shows $labels.{label}, which the expression does not return"
                yield found.problem(ID, f"{sentence} (has: {listed(has)})")
        for name in sorted(templates.unknown(text)):
            yield found.problem(ID, f"{where} uses {name}, which templates do not have; use $labels.<label>")


def _variables(context: Context) -> Iterator[Problem]:
    for stem, board in context.mixin.dashboards():
        for variable in board.variables:
            has = context.labels(variable.of)
            if has is not None and variable.label not in has:
                sentence = f'variable "{variable.name}" lists label "{variable.label}" of {variable.of}'
                yield board_owner(stem, board).problem(
                    ID, f"{sentence}, which is not there (has: {listed(has)})"
                )
