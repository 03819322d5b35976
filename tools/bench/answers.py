"""Whether the dashboards show what the sessions used: every sum in a panel's query, held to the truth."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bench.clock import Clock
from bench.day import MINUTES
from bench.ledger import LABELS, Ledger
from bench.questions import PRICED_CUTS, Question, asked_raw
from claude_code_mixin.fleet.scale import milliseconds

TOLERANCE = 1e-6
"""Samples are rounded to nine digits, and millions of them are added up in another order."""
_LEAF = re.compile(
    r"sum\s*(?:by \((?P<by>[^)]*)\)\s*)?"
    r"\((?:sum_over_time\()?(?P<record>(?P<cut>\w+):claude_code_(?P<quantity>\w+):(?:increase1m|month_to_date))"
    r"(?:\{(?P<matchers>[^}]*)\})?(?:\[(?P<window>\w+)\]\))?\)"
)
_MATCHER = re.compile(r'(\w+)([=!]~?)"([^"]*)"')
Points = dict[tuple[tuple[str, ...], int], float]


@dataclass(frozen=True)
class Leaf:
    """One sum of a panel's query, `text`, and which part of the truth it asks for."""

    text: str
    quantity: str
    by: tuple[str, ...]
    matchers: tuple[tuple[str, str, str], ...]
    minutes: int

    def keeps(self, labels: Mapping[str, str]) -> bool:
        """Whether the sum counts what has these labels."""
        return all(_matches(labels[label], operator, value) for label, operator, value in self.matchers)


def leaves(question: Question) -> Iterator[Leaf]:
    """Yield every sum of the question whose quantity the truth knows."""
    for found in _LEAF.finditer(question.ours):
        if found["quantity"] in LABELS and found["cut"] not in PRICED_CUTS:
            window = found["window"] or "1d"
            yield Leaf(
                found[0],
                found["quantity"],
                tuple(label.strip() for label in (found["by"] or "").split(",") if label),
                tuple(_MATCHER.findall(found["matchers"] or "")),
                min(milliseconds(window) // 60_000, MINUTES),
            )


def _matches(value: str, operator: str, wanted: str) -> bool:
    same = value == wanted if operator in ("=", "!=") else re.fullmatch(wanted, value) is not None
    return same is not operator.startswith("!")


def expected(leaf: Leaf, question: Question, ledger: Ledger) -> Points:
    """Return what the sum is in truth: by the values of its labels and the number of the step."""

    def bucket(minute: int) -> int:
        if question.kind == "range":
            return -(-60 * minute // question.step)
        return 0 if minute > MINUTES - leaf.minutes else -1

    found = ledger.total(leaf.quantity, leaf.by, leaf.keeps, bucket)
    return {key: value for key, value in found.items() if value and key[1] >= 0}


def shown(leaf: Leaf, question: Question, answer: Mapping[str, Any], day: int) -> Points:
    """Return what the server answered, in the same form."""
    found: Points = {}
    for row in answer["data"]["result"]:
        group = tuple(row["metric"].get(label, "") for label in leaf.by)
        for at, value in row.get("values") or [row["value"]]:
            step = round((float(at) - day) / question.step) if question.kind == "range" else 0
            found[group, step] = float(value)
    return {key: value for key, value in found.items() if value}


def wrong(question: Question, clock: Clock, ledger: Ledger, day: int) -> str:
    """Return a sentence on the first sum of the question that is not the truth, empty when all are."""
    for leaf in leaves(question):
        _, answer = clock.ask(question, leaf.text)
        if answer["status"] != "success":
            return f"{leaf.text} is refused: {answer.get('error')}"
        difference = _difference(expected(leaf, question, ledger), shown(leaf, question, answer, day))
        if difference:
            return f"{leaf.text}: {difference}"
    return ""


def _difference(truth: Points, ours: Points) -> str:
    for key in sorted(truth.keys() | ours.keys()):
        right, here = truth.get(key, 0.0), ours.get(key, 0.0)
        if abs(here - right) > TOLERANCE * max(abs(right), 1.0):
            return f"{here:.9g} instead of {right:.9g} at {key}"
    return ""


def raw_error(question: Question, clock: Clock, ledger: Ledger) -> float | None:
    """Return by what share the raw form's answer differs from the truth, where the question is one sum."""
    plain = list(leaves(question))
    if question.kind == "range" or len(plain) != 1 or not question.raw:
        return None
    _, answer = clock.ask(question, asked_raw(plain[0].text))
    truth = sum(expected(plain[0], question, ledger).values())
    if answer["status"] != "success" or not truth:
        return None
    return sum(float(row["value"][1]) for row in answer["data"]["result"]) / truth - 1
