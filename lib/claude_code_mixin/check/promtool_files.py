"""promtool test files as values: the tests of each, the series they feed in, what they expect of alerts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import promql_parser as ast
import yaml

from claude_code_mixin import promql
from claude_code_mixin.promql import Match, Selector

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the C one reads ten times as fast, not all have it


@dataclass(frozen=True)
class Input:
    """A series that a test feeds in."""

    name: str
    labels: Mapping[str, str]

    def is_read_by(self, selector: Selector, prefix: str = "") -> bool:
        """Whether `selector` selects it; `prefix` before either name makes no difference."""
        if selector.name is not None and selector.name.removeprefix(prefix) != self.name.removeprefix(prefix):
            return False
        return all(_fits(match, {**self.labels, "__name__": self.name}) for match in selector.matches)


@dataclass(frozen=True)
class Entry:
    """One entry under `tests:`; `expected` holds, alert by alert, whether it fires at each time asked for."""

    inputs: tuple[Input, ...]
    expected: Mapping[str, tuple[bool, ...]]


@dataclass(frozen=True)
class TestFile:
    """A promtool test file: its rule_files and its tests."""

    rule_files: tuple[str, ...]
    entries: tuple[Entry, ...]


def read(path: Path) -> TestFile:
    """Return the test file at `path`. Raises ValueError with the reason when it is none."""
    try:
        status = path.stat()
        return _read(path, status.st_mtime_ns, status.st_size)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"is no YAML: {' '.join(str(error).split())}") from error


@lru_cache(maxsize=1024)
def _read(path: Path, _changed: int, _size: int) -> TestFile:
    """`_changed` and `_size` tell a file that was rewritten meanwhile."""
    content: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 (both are safe loaders)
    if not isinstance(content, dict):
        message = "is no promtool test file: a mapping with rule_files and tests is wanted"
        raise ValueError(message)  # noqa: TRY004 (a fault of the file, not of the caller)
    named = content.get("rule_files")
    patterns = tuple(str(pattern) for pattern in named) if isinstance(named, list) else ()
    return TestFile(patterns, tuple(_entry(test) for test in _mappings(content.get("tests"))))


def _entry(test: Mapping[str, Any]) -> Entry:
    expected: dict[str, tuple[bool, ...]] = {}
    for case in _mappings(test.get("alert_rule_test")):
        name = str(case.get("alertname", ""))
        expected[name] = (*expected.get(name, ()), bool(case.get("exp_alerts")))
    series = (str(one.get("series", "")) for one in _mappings(test.get("input_series")))
    return Entry(tuple(_input(text) for text in series), expected)


def _mappings(value: object) -> list[dict[str, Any]]:
    """The mappings of a list; promtool itself refuses anything else there."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


@cache
def _input(series: str) -> Input:
    try:
        tree = promql.parse(series)
    except promql.PromQLError:
        return Input(series, {})  # promtool says what is wrong with it
    if not isinstance(tree, ast.VectorSelector):
        return Input(series, {})
    selector = promql.as_selector(tree)
    return Input(selector.name or "", {match.label: match.value for match in selector.matches})


def _fits(match: Match, labels: Mapping[str, str]) -> bool:
    value = labels.get(match.label, "")
    if match.op in {"=", "!="}:
        return (value == match.value) is (match.op == "=")
    try:
        return bool(re.fullmatch(match.value, value)) is (match.op == "=~")
    except re.error:
        return True  # RE2 forms that Python lacks: not judged
