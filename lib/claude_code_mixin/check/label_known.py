"""Labels that matchers and groupings name exist on the metric."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin import promql_labels
from claude_code_mixin.check.context import Context, Expression
from claude_code_mixin.check.label_survives import listed, lost_at
from claude_code_mixin.problems import Problem

ID = "label/known"


def check(context: Context) -> Iterator[Problem]:
    """Yield each label that the series it is asked of never had."""
    for found in context.expressions:
        yield from _matchers(context, found)
        if found.tree is None:
            continue
        for use in promql_labels.uses(found.tree, context.labels):
            if use.label not in use.has and lost_at(context, use.node, use.label) is None:
                sentence = f'{use.where} (...) names label "{use.label}", which nothing there has'
                yield found.problem(ID, f"{sentence} (has: {listed(use.has)})")


def _matchers(context: Context, found: Expression) -> Iterator[Problem]:
    for selector in found.selectors:
        has = context.labels(selector.name) if selector.name else None
        if has is None:
            continue
        for match in selector.matches:
            asks_absence = match.op == "=" and match.value == ""
            if match.label not in has and not asks_absence:
                sentence = f'label "{match.label}" is not on {selector.name} (has: {listed(has)})'
                yield found.problem(ID, sentence)
