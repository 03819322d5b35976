"""Expressions use only what the target server understands without experimental flags."""

from __future__ import annotations

from collections.abc import Iterator

import promql_parser as ast

from claude_code_mixin import promql
from claude_code_mixin.check.context import Context
from claude_code_mixin.problems import Problem

ID = "promql/dialect"
LATER: dict[str, frozenset[str]] = {
    "prometheus-3.5": frozenset(
        {
            "end",
            "first_over_time",
            "histogram_quantiles",
            "max_of",
            "min_of",
            "range",
            "start",
            "start_timestamp",
            "step",
            "ts_of_first_over_time",
        }
    )
}
"""Functions that promql-parser knows and the target does not (measured with promtool 3.5.3)."""
EXPERIMENTAL: dict[str, frozenset[str]] = {
    "prometheus-3.5": frozenset(
        {
            "double_exponential_smoothing",
            "info",
            "limit_ratio",
            "limitk",
            "mad_over_time",
            "sort_by_label",
            "sort_by_label_desc",
            "ts_of_last_over_time",
            "ts_of_max_over_time",
            "ts_of_min_over_time",
        }
    )
}
"""Functions that the target has behind --enable-feature=promql-experimental-functions."""

COMMON = {"victoriametrics": "prometheus-3.5"}
"""Target -> the one whose functions are used for it: content is written for both."""


def check(context: Context) -> Iterator[Problem]:
    """Yield each function or form that the configured target refuses."""
    target = COMMON.get(context.mixin.config.meter.target, context.mixin.config.meter.target)
    for found in context.expressions:
        if found.tree is None:
            continue
        for name in sorted(promql.functions(found.tree)):
            if name in LATER[target]:
                yield found.problem(ID, f"{name}() does not exist in {target}")
            elif name in EXPERIMENTAL[target]:
                yield found.problem(ID, f"{name}() is experimental in {target} and switched off by default")
        for form in sorted(set(_forms(found.tree))):
            yield found.problem(ID, f"{form} does not exist in {target}")


def _forms(tree: ast.Expr) -> Iterator[str]:
    for node in promql.walk(tree):
        if isinstance(node, ast.BinaryExpr) and node.modifier:
            fill = node.modifier.fill_values
            if fill is not None and (fill.lhs is not None or fill.rhs is not None):
                yield "fill() of missing matches"
        selector = node.vector_selector if isinstance(node, ast.MatrixSelector) else node
        if isinstance(selector, ast.VectorSelector) and selector.matchers.or_matchers:
            yield '"or" between label matchers'
