"""Which labels the result of an expression carries, and with which values."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import promql_parser as ast

from claude_code_mixin import promql

Values = tuple[str, ...] | None
"""The closed set of values of a label, or None: any value."""
Labels = Mapping[str, Values]
Known = Callable[[str], Labels | None]
"""Labels of a metric by name; None where the metric, and so its labels, are unknown."""

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
}
_KEEPS_SERIES = frozenset({"topk", "bottomk", "limitk", "limit_ratio"})
_NO_LABELS = frozenset({"vector", "scalar", "time", "pi"})


@dataclass(frozen=True)
class Use:
    """A label that an expression relies on: `where` it stands and what is there (`has`)."""

    label: str
    where: str
    has: Labels
    node: ast.Expr


def labels(node: ast.Expr, known: Known) -> Labels | None:
    """Labels of the result of `node` with their values; None when they cannot be known."""
    if isinstance(node, ast.VectorSelector):
        return _selected(promql.as_selector(node), known)
    if isinstance(node, ast.MatrixSelector):
        return labels(node.vector_selector, known)
    if isinstance(node, ast.AggregateExpr):
        return _aggregated(node, known)
    if isinstance(node, ast.BinaryExpr):
        return _combined(node, known)
    if isinstance(node, ast.Call):
        return _called(node, known)
    if isinstance(node, ast.ParenExpr | ast.UnaryExpr | ast.SubqueryExpr):
        return labels(node.expr, known)
    return {}


def _selected(selector: promql.Selector, known: Known) -> Labels | None:
    found = known(selector.name) if selector.name else None
    if found is None:
        return None
    narrowed = dict(found)
    for match in selector.matches:
        if match.op == "=" and match.value == "":
            narrowed.pop(match.label, None)
        elif match.label in narrowed:
            narrowed[match.label] = _narrowed(narrowed[match.label], match)
    return narrowed


def _narrowed(values: Values, match: promql.Match) -> Values:
    if match.is_variable:
        return values
    if values is None:
        return (match.value,) if match.op == "=" else None
    return tuple(value for value in values if matches(match, value))


def matches(match: promql.Match, value: str) -> bool:
    """Whether a label value passes a matcher (Python's `re` stands in for RE2; a bad pattern passes)."""
    if match.op in {"=", "!="}:
        return (match.value == value) == (match.op == "=")
    try:
        return bool(re.fullmatch(match.value, value)) == (match.op == "=~")
    except re.error:
        return True


def _aggregated(node: ast.AggregateExpr, known: Known) -> Labels | None:
    inner, aggregation = labels(node.expr, known), str(node.op)
    if aggregation in _KEEPS_SERIES or (inner is None and not _by(node)):
        return inner
    kept = _grouped(node, inner)
    if aggregation == "count_values" and isinstance(node.param, ast.StringLiteral):
        return {**kept, node.param.val: None}
    return kept


def _by(node: ast.AggregateExpr) -> bool:
    return node.modifier is None or node.modifier.type == ast.AggModifierType.By


def _grouped(node: ast.AggregateExpr, inner: Labels | None) -> Labels:
    listed = node.modifier.labels if node.modifier else []
    if inner is None:
        return dict.fromkeys(listed)
    if _by(node):
        return {label: values for label, values in inner.items() if label in listed}
    return {label: values for label, values in inner.items() if label not in listed}


def _combined(node: ast.BinaryExpr, known: Known) -> Labels | None:
    left, right = labels(node.lhs, known), labels(node.rhs, known)
    if _is_never(node):
        return None
    if promql.is_scalar(node.lhs):
        return right
    if promql.is_scalar(node.rhs):
        return left
    if str(node.op) == "or":
        return None if left is None or right is None else united(left, right)
    if str(node.op) in promql.SET_OPERATORS or node.modifier is None:
        return left
    return _matched(node.modifier, left, right)


def _is_never(node: ast.BinaryExpr) -> bool:
    """`vector(0) > 0` has no sample, whatever its labels: the usual way to write an empty result."""
    holds, left, right = _COMPARE.get(str(node.op)), node.lhs, node.rhs
    if holds is None or not isinstance(left, ast.Call) or not isinstance(right, ast.NumberLiteral):
        return False
    number = left.args[0] if left.func.name == "vector" else None
    return isinstance(number, ast.NumberLiteral) and not holds(number.val, right.val)


def united(left: Labels, right: Labels) -> Labels:
    """Labels of either side; values are closed only where both sides close them."""
    both = {**left, **right}
    for label in left.keys() & right.keys():
        one, other = left[label], right[label]
        both[label] = None if one is None or other is None else tuple(dict.fromkeys(one + other))
    return both


def _matched(modifier: ast.BinModifier, left: Labels | None, right: Labels | None) -> Labels | None:
    if modifier.card == ast.VectorMatchCardinality.ManyToOne:
        return _grafted(left, right, modifier.group_labels or [])
    if modifier.card == ast.VectorMatchCardinality.OneToMany:
        return _grafted(right, left, modifier.group_labels or [])
    if modifier.matching is None or left is None:
        return left
    listed, keeps = modifier.matching.labels, modifier.matching.type == ast.LabelModifierType.Include
    return {label: values for label, values in left.items() if (label in listed) == keeps}


def _grafted(many: Labels | None, one: Labels | None, extra: list[str]) -> Labels | None:
    if many is None:
        return None
    kept = {label: values for label, values in many.items() if label not in extra}
    return kept | {label: one.get(label) if one else None for label in extra if one is None or label in one}


def _called(node: ast.Call, known: Known) -> Labels | None:
    name = node.func.name
    if name in _NO_LABELS or not node.args:
        return {}
    if name in {"absent", "absent_over_time"}:
        return _fixed(node.args[0])
    inner = labels(_series_argument(node), known)
    if inner is None or name == "info":
        return None
    if name in {"label_replace", "label_join"}:
        target = node.args[1]
        return {**inner, target.val: None} if isinstance(target, ast.StringLiteral) else None
    if name.startswith("histogram_"):
        return {label: values for label, values in inner.items() if label != "le"}
    return inner


def _series_argument(node: ast.Call) -> ast.Expr:
    """The argument that carries series: the last one of quantile functions, else the first."""
    vectors: list[ast.Expr] = [
        argument
        for argument in node.args
        if not isinstance(argument, ast.StringLiteral) and not promql.is_scalar(argument)
    ]
    return vectors[0] if vectors else node.args[0]


def _fixed(node: ast.Expr) -> Labels:
    """`absent()` carries the labels that the selector fixes with `=`."""
    found = list(promql.selectors(node))
    if len(found) != 1 or not isinstance(node, ast.VectorSelector | ast.MatrixSelector):
        return {}
    return {m.label: (m.value,) for m in found[0].matches if m.op == "=" and m.value}


def uses(node: ast.Expr, known: Known) -> Iterator[Use]:
    """Every label that grouping, matching and label functions below `node` rely on."""
    for names, where, operand in relied_on(node):
        has = labels(operand, known) if names else None
        if has is not None:
            yield from (Use(name, where, has, operand) for name in names)


def relied_on(node: ast.Expr) -> Iterator[tuple[list[str], str, ast.Expr]]:
    """The labels that each grouping, matching and label function below `node` names, where, and of what."""
    for found in promql.walk(node):
        if isinstance(found, ast.AggregateExpr) and found.modifier:
            yield found.modifier.labels, _word(found), found.expr
        elif isinstance(found, ast.BinaryExpr) and found.modifier:
            yield from _matching(found, found.modifier)
        elif isinstance(found, ast.Call) and found.func.name in {"label_replace", "label_join"}:
            sources = found.args[3:4] if found.func.name == "label_replace" else found.args[3:]
            # An empty source label is how PromQL sets a constant one.
            names = [source.val for source in sources if isinstance(source, ast.StringLiteral) and source.val]
            yield names, found.func.name, found.args[0]


def _word(node: ast.AggregateExpr) -> str:
    return "by" if _by(node) else "without"


def _matching(node: ast.BinaryExpr, modifier: ast.BinModifier) -> Iterator[tuple[list[str], str, ast.Expr]]:
    if modifier.matching and modifier.matching.type == ast.LabelModifierType.Include:
        yield modifier.matching.labels, "on", node.lhs
        yield modifier.matching.labels, "on", node.rhs
    if modifier.card == ast.VectorMatchCardinality.ManyToOne:
        yield modifier.group_labels or [], "group_left", node.rhs
    if modifier.card == ast.VectorMatchCardinality.OneToMany:
        yield modifier.group_labels or [], "group_right", node.lhs
