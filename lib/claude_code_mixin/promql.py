"""PromQL as values: parse, walk, list selectors and calls. promql-parser does the grammar."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

import promql_parser as ast

VARIABLE = "__variable__"
"""What a Grafana variable inside a quoted string becomes before parsing."""
BUILT_IN: dict[str, str] = {
    "__range": "1h",
    "__interval": "1m",
    "__rate_interval": "4m",
    "__range_s": "3600",
    "__range_ms": "3600000",
    "__interval_ms": "60000",
    "__from": "0",
    "__to": "3600000",
}
"""Grafana's own variables and the sentinels that stand for them while an expression is analysed."""
COMPARISONS = frozenset({"==", "!=", ">", "<", ">=", "<="})
SET_OPERATORS = frozenset({"and", "or", "unless"})

_TOKEN = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`)
      | (?P<variable>\$\{\w+(?::\w+)?\}|\$[A-Za-z_]\w*)""",
    re.VERBOSE,
)
_IN_TEXT = re.compile(r"\$(?:\{([A-Za-z_]\w*)(?::\w+)?\}|([A-Za-z_]\w*))")


class PromQLError(ValueError):
    """An expression that is not PromQL; the text is the parser's sentence."""


@dataclass(frozen=True)
class Match:
    """One label matcher: `op` is one of =, !=, =~, !~."""

    label: str
    op: str
    value: str

    @property
    def is_variable(self) -> bool:
        """Whether the value is known only in Grafana."""
        return VARIABLE in self.value


@dataclass(frozen=True)
class Selector:
    """One selector of series. `name` is None where only matchers choose the metric."""

    name: str | None
    matches: tuple[Match, ...]
    range: timedelta | None = None
    offset: timedelta | None = None


@cache
def parse(expr: str) -> ast.Expr:
    """Parse PromQL in which Grafana variables may stand; raises PromQLError with the parser's sentence.

    The same text gives the same tree: nobody changes one, and variants of a check share most expressions.
    """
    try:
        parsed: ast.Expr = ast.parse(without_variables(expr))
    except ValueError as error:
        raise PromQLError(str(error)) from None
    return parsed


def excerpt(expr: str, length: int = 60) -> str:
    """The beginning of `expr` on one line: the parser tells no position."""
    line = " ".join(expr.split())
    return line if len(line) <= length else line[: length - 3] + "..."


def without_variables(expr: str) -> str:
    """Replace Grafana variables by sentinels: durations and numbers as such, VARIABLE inside strings."""
    return _TOKEN.sub(lambda found: _sentinel(found, expr), expr)


def _sentinel(found: re.Match[str], expr: str) -> str:
    if found["text"]:
        return _IN_TEXT.sub(VARIABLE, found["text"])
    name = _IN_TEXT.fullmatch(found["variable"])
    built_in = BUILT_IN.get((name[1] or name[2]) if name else "")
    if built_in:
        return built_in
    return "1h" if re.search(r"(\[|:|\boffset)\s*-?\s*$", expr[: found.start()]) else "1"


def all_variables(expr: str) -> frozenset[str]:
    """Names of the Grafana variables in `expr`, Grafana's own included."""
    return frozenset(one or other for one, other in _IN_TEXT.findall(expr))


def variables(expr: str) -> frozenset[str]:
    """Names of the Grafana variables in `expr`, without Grafana's own."""
    return all_variables(expr) - BUILT_IN.keys()


def children(node: ast.Expr) -> tuple[ast.Expr, ...]:
    """The direct operands of a node, left to right."""
    if isinstance(node, ast.AggregateExpr):
        return (node.param, node.expr) if isinstance(node.param, ast.Expr) else (node.expr,)
    if isinstance(node, ast.BinaryExpr):
        return (node.lhs, node.rhs)
    if isinstance(node, ast.Call):
        return tuple(node.args)
    if isinstance(node, ast.ParenExpr | ast.UnaryExpr | ast.SubqueryExpr):
        return (node.expr,)
    return ()


def walk(node: ast.Expr) -> Iterator[ast.Expr]:
    """The node and everything below it, parents first."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(reversed(children(found)))


def selectors(node: ast.Expr) -> Iterator[Selector]:
    """Every selector below `node`."""
    for found in walk(node):
        if isinstance(found, ast.MatrixSelector):
            yield as_selector(found.vector_selector, found.range)
        elif isinstance(found, ast.VectorSelector):
            yield as_selector(found)


def as_selector(node: ast.VectorSelector, window: timedelta | None = None) -> Selector:
    """The selector of a node; `{__name__="x"}` counts as the name x."""
    found = tuple(Match(m.name, _operator(m.op), m.value) for m in node.matchers.matchers)
    name = node.name or next((m.value for m in found if m.label == "__name__" and m.op == "="), None)
    return Selector(name, tuple(m for m in found if m.label != "__name__" or not name), window, node.offset)


def _operator(op: ast.MatchOp) -> str:
    # the enum of the extension module is neither hashable nor iterable, its text is stable
    return {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}[str(op).rpartition(".")[2]]


def calls(node: ast.Expr) -> Iterator[ast.Call]:
    """Every function call below `node`."""
    return (found for found in walk(node) if isinstance(found, ast.Call))


def functions(node: ast.Expr) -> frozenset[str]:
    """Names of the functions and aggregations used below `node`."""
    aggregations = {str(found.op) for found in walk(node) if isinstance(found, ast.AggregateExpr)}
    return frozenset({call.func.name for call in calls(node)} | aggregations)


def is_scalar(node: ast.Expr) -> bool:
    """Whether the node is a number rather than a set of series."""
    if isinstance(node, ast.Call):
        return node.func.name in {"scalar", "time", "pi"}
    if isinstance(node, ast.ParenExpr | ast.UnaryExpr):
        return is_scalar(node.expr)
    if isinstance(node, ast.BinaryExpr):
        return is_scalar(node.lhs) and is_scalar(node.rhs)
    return isinstance(node, ast.NumberLiteral)


def regex_error(pattern: str) -> str | None:
    """Why `pattern` is no regular expression, judged by the parser's own engine (linear, like RE2)."""
    quoted = pattern.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    try:
        ast.parse(f'x{{a=~"{quoted}"}}')
    except ValueError as error:
        return str(error)
    return None


def selector(name: str, **matchers: str) -> str:
    """Write a selector: `selector("m", team="a", model="~b.*")` is `m{team="a",model=~"b.*"}`.

    A value may begin with `~` (regular expression), `!` (not equal) or `!~`; it is escaped for PromQL.
    """
    return f"{name}{{{','.join(_matcher(label, value) for label, value in matchers.items())}}}"


def _matcher(label: str, value: str) -> str:
    sign, text = re.fullmatch(r"(!~|!|~|)(.*)", value, re.DOTALL).groups()  # type: ignore[union-attr]  # the pattern matches any text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    operator = {"": "=", "!": "!=", "~": "=~", "!~": "!~"}[sign]
    return f'{label}{operator}"{escaped}"'
