"""Every alert has a promtool test in which it fires and one in which it stays quiet; tests load the alert."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from glob import glob
from pathlib import Path
from typing import Any

import yaml

from claude_code_mixin.check.context import Context
from claude_code_mixin.compile.prometheus import PREFIX
from claude_code_mixin.loader import Mixin, bundled_root
from claude_code_mixin.model import Alert
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Place, Problem, relative

ID = "alert/tested"
RULES = "{stem}.rules.yaml"
"""Name of the compiled rule file of a stem."""


@dataclass
class Tested:
    """What the test files say about one alert."""

    firing: bool = False
    quiet: bool = False
    places: list[Place] = field(default_factory=list)


def check(context: Context) -> Iterator[Problem]:
    """Yield each alert without both tests, and each test that would pass without testing anything."""
    mixin = context.mixin
    stems = {alert.name: stem for stem, alert in mixin.alerts()}
    tested = {name: Tested() for name in stems}
    for path in mixin.test_files():
        yield from _file(mixin, path, stems, tested)
    for found in context.expressions:
        if isinstance(found.item, Alert) and _has_tests(mixin, found.item):
            verdict = tested[found.item.name]
            if not verdict.firing:
                yield found.problem(
                    ID, "has no test in which it fires; add one with exp_alerts to tests/rules/"
                )
            if not verdict.quiet:
                yield found.problem(ID, "has no test with input in which it stays quiet (exp_alerts: [])")


def _has_tests(mixin: Mixin, alert: Alert) -> bool:
    """An installed package comes without its tests: there the bundled alerts were judged at release."""
    homes = [module.path for module in mixin.modules if alert in module.declared]
    bundled = any(path.is_relative_to(bundled_root()) for path in homes)
    return not bundled or (bundled_root() / "tests" / "rules").is_dir()


def _file(mixin: Mixin, path: Path, stems: dict[str, str], tested: dict[str, Tested]) -> Iterator[Problem]:
    place = Place(relative(str(path)))
    try:
        content: Any = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        yield Problem(place, "", f"is no YAML: {' '.join(str(error).split())}", ID)
        return
    if not isinstance(content, dict):
        yield Problem(
            place, "", "is no promtool test file: a mapping with rule_files and tests is wanted", ID
        )
        return
    named = content.get("rule_files")
    patterns = [str(pattern) for pattern in named] if isinstance(named, list) else []
    yield from _rule_files(mixin, path, patterns)
    for test in _mappings(content.get("tests")):
        for case in _mappings(test.get("alert_rule_test")):
            name = _declared(mixin, stems, str(case.get("alertname", "")))
            yield from _case(mixin, place, name, stems, patterns)
            if name in tested:
                tested[name].firing |= bool(case.get("exp_alerts"))
                tested[name].quiet |= not case.get("exp_alerts") and bool(test.get("input_series"))


def _mappings(value: object) -> list[dict[str, Any]]:
    """The mappings of a list; promtool itself refuses anything else there."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _rule_files(mixin: Mixin, path: Path, patterns: list[str]) -> Iterator[Problem]:
    rooms = {"recording_rules", "alerts"}
    compiled = {RULES.format(stem=module.stem) for module in mixin.modules if module.room in rooms}
    place = Place(relative(str(path)))
    if not patterns:
        yield Problem(place, "", "loads no rules; name them in rule_files", ID)
    for pattern in patterns:
        wanted = Path(pattern).name
        written = bool(glob(str(path.parent / pattern)))
        if not written and not any(fnmatch(name, wanted) for name in compiled):
            meant = nearest(wanted, compiled)
            hint = f"; perhaps {meant}" if meant else ""
            yield Problem(place, "", f'rule_files entry "{pattern}" matches no rule file{hint}', ID)


def _declared(mixin: Mixin, stems: dict[str, str], name: str) -> str:
    """The name in the content of an alert that is called `name` in the built rules, under the own prefix."""
    original = PREFIX + name.removeprefix(mixin.config.prefixes.alert)
    return original if original in stems or original in mixin.config.alerts else name


def _case(
    mixin: Mixin, place: Place, name: str, stems: dict[str, str], patterns: list[str]
) -> Iterator[Problem]:
    if name in mixin.config.alerts and name not in stems:
        return  # switched off in this configuration
    if name not in stems:
        meant = nearest(name, stems)
        hint = f"; perhaps {meant}" if meant else ""
        yield Problem(place, name, f"is tested here, but no alert has this name{hint}", ID)
        return
    wanted = RULES.format(stem=stems[name])
    if not any(fnmatch(wanted, Path(pattern).name) for pattern in patterns):
        sentence = f"is tested here, but {wanted} is not among rule_files, so the test sees no such alert"
        yield Problem(place, name, sentence, ID)
