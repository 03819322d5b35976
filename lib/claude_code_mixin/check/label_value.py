"""Matchers ask for values that the label can have."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claude_code_mixin import promql_labels
from claude_code_mixin.check.context import Context
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Problem
from claude_code_mixin.promql import Match

ID = "label/value"
_ALTERNATIVES = re.compile(r"[\w.:-]+(\|[\w.:-]+)*")


def check(context: Context) -> Iterator[Problem]:
    """Yield each matcher whose value is outside the closed set of its label."""
    for found in context.expressions:
        for selector in found.selectors:
            has = context.labels(selector.name) if selector.name else None
            for match in selector.matches:
                values = (has or {}).get(match.label)
                if values is None or match.is_variable or not match.value:
                    continue
                for value in _impossible(match, values):
                    meant = nearest(value, values)
                    hint = f'; perhaps "{meant}"' if meant else ""
                    sentence = f'"{value}" is no value of {match.label} on {selector.name}'
                    yield found.problem(ID, f"{sentence} (has: {', '.join(values)}){hint}")


def _impossible(match: Match, values: tuple[str, ...]) -> list[str]:
    """The parts of the matcher that no value fits. Python's `re` stands in for RE2."""
    if match.op in {"=", "!="}:
        return [] if match.value in values else [match.value]
    if _ALTERNATIVES.fullmatch(match.value) and "." not in match.value:
        return [part for part in match.value.split("|") if part not in values]
    asked = Match(match.label, "=~", match.value)
    return [] if any(promql_labels.matches(asked, value) for value in (*values, "")) else [match.value]
