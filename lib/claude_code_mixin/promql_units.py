"""Which unit the result of an expression has, and where it mixes units that do not mix.

A unit is a house unit (`units.UNITS`), a product of such factors ("USD/requests", "bytes/s"), or NUMBER for
literals, which go with everything. None means that the unit cannot be known: nothing is claimed then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import promql_parser as ast

from claude_code_mixin import promql, units

NUMBER = "number"
COUNTED = frozenset({"tokens", "requests", "sessions", "events", "points", "series"})
"""Units of things that are counted: the result of count() may stand for any of them."""

_COUNT_LIKE = COUNTED | {"bool"}
_PURE = frozenset({NUMBER, "1", "ratio", "bool"})
_PER_SECOND = frozenset({"rate", "irate", "deriv"})
_COUNTS = frozenset({"count_over_time", "present_over_time", "changes", "resets"})
_KEEPING = ("avg", "min", "max", "sum", "last", "quantile", "stddev", "mad")
_OVER_TIME = {f"{word}_over_time" for word in _KEEPING}
_CHANGES = {"increase", "delta", "idelta", "predict_linear", "double_exponential_smoothing"}
_ROUNDS = {"abs", "ceil", "floor", "round", "clamp", "clamp_min", "clamp_max"}
_SORTS = {"sort", "sort_desc", "sort_by_label", "sort_by_label_desc", "label_replace", "label_join"}
_CONVERTS = {"vector", "scalar", "histogram_avg", "histogram_sum", "histogram_stddev"}
_KEEPS = _OVER_TIME | _CHANGES | _ROUNDS | _SORTS | _CONVERTS
_DAYS = {"day_of_month", "day_of_week", "day_of_year", "days_in_month"}
_PLAIN_NUMBERS = _DAYS | {"hour", "minute", "month", "year", "pi"}
_UNKNOWN_AGGREGATES = frozenset({"stdvar"})
_PER_SECOND_IDS: dict[str, tuple[str, ...]] = {"bytes": ("Bps",), "requests": ("reqps", "cps")}
_SPOKEN = {"s": "second", "h": "hour"}

Known = Callable[[str], str | None]


@dataclass
class Inference:
    """One pass over an expression; `conflicts` collects sentences about units that do not mix.

    `compared` collects the units of series that are compared with a number.
    """

    known: Known
    conflicts: list[str] = field(default_factory=list)
    compared: set[str] = field(default_factory=set)

    def unit(self, node: ast.Expr) -> str | None:
        """The unit of the result of `node`."""
        if isinstance(node, ast.NumberLiteral):
            return NUMBER
        if isinstance(node, ast.MatrixSelector):
            return self.unit(node.vector_selector)
        if isinstance(node, ast.VectorSelector):
            name = promql.as_selector(node).name
            return self.known(name) if name else None
        if isinstance(node, ast.AggregateExpr):
            return self._aggregated(node)
        if isinstance(node, ast.Call):
            return self._called(node)
        if isinstance(node, ast.BinaryExpr):
            return self._combined(node)
        if isinstance(node, ast.ParenExpr | ast.UnaryExpr | ast.SubqueryExpr):
            return self.unit(node.expr)
        return None

    def _aggregated(self, node: ast.AggregateExpr) -> str | None:
        inner, operator = self.unit(node.expr), str(node.op)
        if operator in {"count", "count_values"} or (operator == "sum" and inner == "bool"):
            return "1"
        if operator == "group":
            return NUMBER
        return None if operator in _UNKNOWN_AGGREGATES else inner

    def _called(self, node: ast.Call) -> str | None:
        name = node.func.name
        inner = [self.unit(argument) for argument in node.args]
        if name in {"time", "timestamp"}:
            return "timestamp"
        if name in _PLAIN_NUMBERS:
            return NUMBER
        if name in {"absent", "absent_over_time"}:
            return "bool"
        if name in _COUNTS:
            return "1"
        series = next((unit for unit in inner if unit != NUMBER), NUMBER if inner else None)
        if name in _PER_SECOND:
            return divided(series, "s")
        return series if name in _KEEPS else None

    def _combined(self, node: ast.BinaryExpr) -> str | None:
        left, right, operator = self.unit(node.lhs), self.unit(node.rhs), str(node.op)
        if operator == "*":
            return _hourly(node, left, right) or multiplied(left, right)
        if operator == "/":
            return divided(left, right)
        if operator in {"and", "unless"}:
            return left
        if operator in {"^", "atan2"}:
            return None
        if operator == "%":
            return "seconds" if left == "timestamp" else left
        if operator in {"+", "-"} and "timestamp" in (left, right):
            return _moment(operator, left, right)
        return self._like(node, left, right)

    def _like(self, node: ast.BinaryExpr, left: str | None, right: str | None) -> str | None:
        """Both sides must be alike: addition, comparison, `or`."""
        operator = str(node.op)
        if not compatible(left, right):
            self.conflicts.append(f'"{operator}" puts {spoken(left)} beside {spoken(right)}')
        if operator in promql.COMPARISONS:
            self._note_compared(node, left, right)
            if node.modifier and node.modifier.return_bool:
                return "bool"
            return right if promql.is_scalar(node.lhs) else left
        return right if left in {None, NUMBER} else left

    def _note_compared(self, node: ast.BinaryExpr, left: str | None, right: str | None) -> None:
        for side, unit in ((node.lhs, left), (node.rhs, right)):
            if unit and unit != NUMBER and not promql.is_scalar(side):
                self.compared.add(unit)


def _moment(operator: str, left: str | None, right: str | None) -> str | None:
    if left == right:
        return "seconds" if operator == "-" else None
    return "timestamp"


def _hourly(node: ast.BinaryExpr, left: str | None, right: str | None) -> str | None:
    """A rate per second times 3600 is a rate per hour."""
    for number, unit in ((node.lhs, right), (node.rhs, left)):
        if isinstance(number, ast.NumberLiteral) and number.val == 3600 and unit and unit.endswith("/s"):
            return unit.removesuffix("/s") + "/h"
    return None


def factors(unit: str) -> Counter[str]:
    """The factors of a unit with their powers: "USD/requests" is USD 1, requests -1."""
    over, _, under = unit.partition("/")
    found = Counter({name: 1 for name in over.split("*") if name not in {"1", ""}})
    for name in under.split("*") if under else ():
        found[name] -= 1
    return found


def _joined(found: Counter[str]) -> str:
    seconds = min(found["seconds"], -found["s"])
    if seconds > 0:
        found["seconds"] -= seconds
        found["s"] += seconds
    over = [name for name, power in sorted(found.items()) for _ in range(power)]
    under = [name for name, power in sorted(found.items()) for _ in range(-power)]
    if not over and not under:
        return "ratio"
    return "*".join(over or ["1"]) + ("/" + "*".join(under) if under else "")


def multiplied(left: str | None, right: str | None) -> str | None:
    """Unit of a product; pure numbers change nothing."""
    if left is None or right is None:
        return None
    if left in _PURE:
        return left if right == NUMBER else right
    if right in _PURE:
        return left
    if "timestamp" in (left, right):
        return None
    total = factors(left)
    total.update(factors(right))
    return _joined(total)


def divided(left: str | None, right: str | None) -> str | None:
    """Unit of a quotient; equal units give a ratio."""
    if left is None or right is None or "timestamp" in (left, right):
        return None
    if right == NUMBER:
        return left
    if left in _PURE and right in _PURE:
        return "ratio"
    if right in _PURE:
        return left
    if left in _PURE:
        return None
    total = factors(left)
    total.subtract(factors(right))
    return _joined(total)


def compatible(left: str | None, right: str | None) -> bool:
    """Whether two units may be added or compared.

    A sum over a window and a rate per hour count as alike: an increase over one hour is both.
    """
    if left is None or right is None or NUMBER in (left, right):
        return True
    counts = "1" in (left, right) and bool({left.removesuffix("/h"), right.removesuffix("/h")} & _COUNT_LIKE)
    return amount(left) == amount(right) or counts


def amount(unit: str) -> Mapping[str, int]:
    """The factors of `unit` with their powers, without the hours: USD and USD/h are the same amount."""
    if unit in _PURE:
        return {unit: 1}
    return {name: power for name, power in factors(unit).items() if name != "h" and power}


def grafana(unit: str) -> tuple[str, ...]:
    """Grafana unit ids that show `unit`; empty where none does."""
    known = units.GRAFANA.get(unit)
    if known is not None:
        return known
    over, _, under = unit.partition("/")
    if under == "s":
        return _PER_SECOND_IDS.get(over, ("cps",) if over in COUNTED | {"1"} else ())
    return units.GRAFANA.get(over, ()) if under else ()


def panel_units() -> frozenset[str]:
    """Every Grafana unit id that a panel may name."""
    house = {unit for allowed in units.GRAFANA.values() for unit in allowed}
    return frozenset(house.union(*_PER_SECOND_IDS.values(), {"cps"}))


def spoken(unit: str | None) -> str:
    """A unit as a reader says it: USD/h is "USD per hour"."""
    over, _, under = (unit or "an unknown unit").partition("/")
    return f"{over} per {_SPOKEN.get(under, under)}" if under else over
