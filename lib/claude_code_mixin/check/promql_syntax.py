"""Expressions are PromQL, their regular expressions compile, and Grafana variables in them are declared."""

from __future__ import annotations

from collections.abc import Iterator

import promql_parser as ast

from claude_code_mixin import promql
from claude_code_mixin.check.context import Context, Expression
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Problem

ID = "promql/syntax"
_PROVIDED = frozenset({"datasource"})


def check(context: Context) -> Iterator[Problem]:
    """Yield each expression that does not parse or names an undeclared variable."""
    declared = {
        (panel.place, panel.key): {variable.name for variable in board.variables} | _PROVIDED
        for _, board in context.mixin.dashboards()
        for panel in board.panels()
    }
    for found in context.expressions:
        if found.query is None:
            yield from _no_variables(found)
        else:
            key = found.owner.subject.partition("/")[2]
            yield from _declared(found, declared[found.owner.place, key])
        if found.tree is None:
            yield found.problem(
                ID, f'is not PromQL: {found.error}, in "{promql.excerpt(found.text)}"; correct it'
            )
        else:
            yield from _patterns(found, found.tree)


def _no_variables(found: Expression) -> Iterator[Problem]:
    for name in sorted(promql.all_variables(found.text)):
        yield found.problem(ID, f'"${name}" is a Grafana variable; rules cannot use it, write the value')


def _declared(found: Expression, declared: set[str]) -> Iterator[Problem]:
    for name in sorted(promql.variables(found.text) - declared):
        meant = nearest(name, declared)
        hint = f', perhaps "${meant}"' if meant else "; add it to the dashboard's variables"
        yield found.problem(ID, f'variable "${name}" is not declared on the dashboard{hint}')


def _patterns(found: Expression, tree: ast.Expr) -> Iterator[Problem]:
    """promql-parser judges matchers; the pattern of label_replace only fails in the server."""
    for call in promql.calls(tree):
        pattern = call.args[4] if call.func.name == "label_replace" else None
        if isinstance(pattern, ast.StringLiteral) and promql.regex_error(pattern.val):
            yield found.problem(ID, f'"{pattern.val}" in label_replace is no regular expression')
