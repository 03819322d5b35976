"""Every alert has promtool tests in which it fires, stays quiet, and gets no data; tests load the alert."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from glob import glob
from pathlib import Path

from claude_code_mixin.check import promtool_files
from claude_code_mixin.check.context import Context, Expression, is_bundled
from claude_code_mixin.check.promtool_files import Entry
from claude_code_mixin.compile.prometheus import PREFIX
from claude_code_mixin.loader import Mixin, bundled_root
from claude_code_mixin.model import Alert
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Place, Problem, relative
from claude_code_mixin.promql import Selector

ID = "alert/tested"
RULES = "{stem}.rules.yaml"
"""Name of the compiled rule file of a stem."""


@dataclass
class Tested:
    """What the test files show of one alert."""

    fires: bool = False
    quiet: bool = False
    without_data: bool | None = None
    """Whether it fires without data; None: no test says."""


def check(context: Context) -> Iterator[Problem]:
    """Yield each alert without its three tests, and each test that would pass without testing anything."""
    mixin = context.mixin
    stems = {alert.name: stem for stem, alert in mixin.alerts()}
    entries: dict[str, list[tuple[Entry, tuple[bool, ...]]]] = {name: [] for name in stems}
    for path in mixin.test_files():
        yield from _file(mixin, path, stems, entries)
    for found in context.expressions:
        if isinstance(found.item, Alert) and _has_tests(context, found.item):
            tested = _tested(entries[found.item.name], context.reads(found), mixin.config.prefixes.record)
            yield from _missing(found, found.item, tested)


def _tested(entries: list[tuple[Entry, tuple[bool, ...]]], reads: frozenset[Selector], prefix: str) -> Tested:
    tested = Tested()
    for entry, fires in entries:
        fed = any(one.is_read_by(selector, prefix) for one in entry.inputs for selector in reads)
        tested.fires |= any(fires)
        tested.quiet |= fed and not any(fires)
        if not fed:
            tested.without_data = any(fires) or bool(tested.without_data)
    return tested


def _missing(found: Expression, alert: Alert, tested: Tested) -> Iterator[Problem]:
    if not tested.fires:
        yield found.problem(ID, "has no test in which it fires; add one with exp_alerts to tests/rules/")
    if not tested.quiet:
        wanted = "add an entry under tests: with series that it reads and nothing but exp_alerts: []"
        yield found.problem(ID, f"has no test with input in which it never fires; {wanted}")
    fires = alert.no_data.strip().startswith("fires")
    expected = "exp_alerts that fire" if fires else "exp_alerts: []"
    if tested.without_data is None:
        wanted = f"add an entry under tests: with none of the series that it reads and {expected}"
        yield found.problem(ID, f"has no test without data; {wanted}")
    elif tested.without_data is not fires and alert.no_data.strip():
        happens = "it is silent" if fires else "it fires"
        sentence = f'no_data says "{alert.no_data.split()[0].strip(":,")}", but in its test without data'
        yield found.problem(ID, f"{sentence} {happens}; correct one of them")


def _has_tests(context: Context, alert: Alert) -> bool:
    """Whether the tests of an alert are there and meant for this configuration.

    An installed package comes without its tests: there the bundled alerts were judged at release.
    """
    homes = [module.path for module in context.mixin.modules if alert in module.declared]
    bundled = any(is_bundled(path) for path in homes)
    there = not bundled or (bundled_root() / "tests" / "rules").is_dir()
    return there and all(context.is_written_for_this(path) for path in homes)


def _file(
    mixin: Mixin,
    path: Path,
    stems: dict[str, str],
    entries: dict[str, list[tuple[Entry, tuple[bool, ...]]]],
) -> Iterator[Problem]:
    place = Place(relative(str(path)))
    try:
        file = promtool_files.read(path)
    except ValueError as error:
        yield Problem(place, "", str(error), ID)
        return
    yield from _rule_files(mixin, path, file.rule_files)
    for entry in file.entries:
        for built, fires in entry.expected.items():
            name = _declared(mixin, stems, built)
            yield from _case(mixin, place, name, stems, file.rule_files)
            if name in entries:
                entries[name].append((entry, fires))


def _rule_files(mixin: Mixin, path: Path, patterns: tuple[str, ...]) -> Iterator[Problem]:
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
    mixin: Mixin, place: Place, name: str, stems: dict[str, str], patterns: tuple[str, ...]
) -> Iterator[Problem]:
    if name not in stems and (name in mixin.config.alerts or name in mixin.reasons):
        return  # switched off in this configuration, or not to be had in its ingest profile
    if name not in stems:
        meant = nearest(name, stems)
        hint = f"; perhaps {meant}" if meant else ""
        yield Problem(place, name, f"is tested here, but no alert has this name{hint}", ID)
        return
    wanted = RULES.format(stem=stems[name])
    if not any(fnmatch(wanted, Path(pattern).name) for pattern in patterns):
        sentence = f"is tested here, but {wanted} is not among rule_files, so the test sees no such alert"
        yield Problem(place, name, sentence, ID)
