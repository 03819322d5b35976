"""Eight fixed ways to change one place of a rule expression.

Edits are made on tokens of the text, so that a mutant differs from the rule in nothing else; the parsed
expression is asked only which labels reach an aggregation.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import promql_parser as ast

from claude_code_mixin import promql, promql_labels

FLIPPED = {">": "<=", "<=": ">", "<": ">=", ">=": "<", "==": "!=", "!=": "=="}
AGGREGATIONS = frozenset({"sum", "max", "min", "avg", "group", "count", "stddev", "stdvar"})

_TOKEN = re.compile(
    r"""(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<matchers>\{[^}]*\})
      | (?P<range>\[[^\]]*\])
      | (?P<offset>\boffset\s+-?\w+)
      | (?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)
      | (?P<number>\d+(?:\.\d+)?)
      | (?P<comparison>==|!=|<=|>=|<|>)
      | (?P<other>\S)""",
    re.VERBOSE,
)
_LABELS = re.compile(r"\s*by\s*\(([^)]*)\)")


@dataclass(frozen=True)
class Mutant:
    """One changed rule. `change` says what became what, numbered where it fits in several places.

    `kind` is that of the only test files that know the rule, empty for a rule of the default build.
    """

    file: str
    rule: str
    operator: str
    change: str
    expr: str
    kind: str = ""


@dataclass(frozen=True)
class Edit:
    """Replacement of `old`, which begins at `start`, by `new`."""

    start: int
    old: str
    new: str

    def applied(self, expr: str) -> str:
        """The expression after the edit."""
        return expr[: self.start] + self.new + expr[self.start + len(self.old) :]

    def told(self) -> str:
        """The edit in words."""
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"{old} -> {new or 'nothing'}"


Tokens = list[re.Match[str]]


def tokens(expr: str) -> Tokens:
    """The tokens of an expression; matchers and ranges are one token each."""
    return list(_TOKEN.finditer(expr))


def _flip(expr: str, known: promql_labels.Known) -> Iterator[Edit]:
    for token in tokens(expr):
        if token["comparison"]:
            yield Edit(token.start(), token[0], FLIPPED[token[0]])


def _threshold(expr: str, known: promql_labels.Known) -> Iterator[Edit]:
    for before, token in pairwise(tokens(expr)):
        if before["comparison"] and token["number"] and float(token[0]) != 0:
            for factor in (1.1, 0.9):
                yield Edit(token.start(), token[0], f"{float(token[0]) * factor:.12g}")


def _window(expr: str, known: promql_labels.Known) -> Iterator[Edit]:
    for token in tokens(expr):
        if token["range"]:
            number, rest = re.fullmatch(r"\[(\d+)(.*)\]", token[0]).groups()  # type: ignore[union-attr]  # promtool reads it
            yield Edit(token.start(), token[0], f"[{int(number) * 2}{rest}]")


def _drop_label(expr: str, known: promql_labels.Known) -> Iterator[Edit]:
    for token in tokens(expr):
        found = _LABELS.match(expr, token.end()) if token[0] in AGGREGATIONS else None
        labels = [label.strip() for label in found[1].split(",") if label.strip()] if found else []
        for label in labels:
            kept = ", ".join(other for other in labels if other != label)
            yield Edit(token.start(), expr[token.start() : found.end()], f"{token[0]} by ({kept})")  # type: ignore[union-attr]  # labels come from it


def _add_label(expr: str, known: promql_labels.Known) -> Iterator[Edit]:
    nodes = [node for node in promql.walk(promql.parse(expr)) if isinstance(node, ast.AggregateExpr)]
    places = [t for t in tokens(expr) if t[0] in AGGREGATIONS]
    if len(places) != len(nodes):
        raise ValueError(f"aggregations are not where they were looked for: {expr}")
    for token, node in zip(places, nodes, strict=True):
        found = _LABELS.match(expr, token.end())
        listed = [label.strip() for label in found[1].split(",") if label.strip()] if found else []
        free = sorted((promql_labels.labels(node.expr, known) or {}).keys() - set(listed))
        if free:
            by = f"{token[0]} by ({', '.join((*listed, free[0]))})"
            yield Edit(token.start(), expr[token.start() : found.end() if found else token.end()], by)


def _sum_to_max(expr: str, known: promql_labels.Known) -> Iterator[Edit]:
    for token in tokens(expr):
        if token[0] == "sum":
            yield Edit(token.start(), "sum", "max")


def _swap(expr: str, known: promql_labels.Known) -> Iterator[Edit]:
    for token in tokens(expr):
        if token[0] in ("or", "unless"):
            yield Edit(token.start(), token[0], "unless" if token[0] == "or" else "or")


def _drop_offset(expr: str, known: promql_labels.Known) -> Iterator[Edit]:
    for token in tokens(expr):
        if token["offset"]:
            yield Edit(token.start(), token[0], "")


OPERATORS: dict[str, Callable[[str, promql_labels.Known], Iterator[Edit]]] = {
    "flip comparison": _flip,
    "threshold +-10 %": _threshold,
    "window x2": _window,
    "drop a by-label": _drop_label,
    "add a by-label": _add_label,
    "sum to max": _sum_to_max,
    "swap or/unless": _swap,
    "drop offset": _drop_offset,
}


def mutants(file: str, rule: str, expr: str, known: promql_labels.Known) -> Iterator[Mutant]:
    """Every mutant of one rule. Raises PromQLError for one that does not parse: it would test nothing."""
    for operator, edits in OPERATORS.items():
        told: Counter[str] = Counter()
        for edit in edits(expr, known):
            told[edit.told()] += 1
            number = told[edit.told()]
            change = edit.told() + (f" (no. {number})" if number > 1 else "")
            mutated = edit.applied(expr)
            promql.parse(mutated)
            yield Mutant(file, rule, operator, change, mutated)
