"""Find the content roots, import them, collect what they declare. The folder is the registry."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import ModuleType

import claude_code_mixin.content
from claude_code_mixin import budgets, prices, runbooks
from claude_code_mixin.availability import unavailable
from claude_code_mixin.budgets import Budget
from claude_code_mixin.config import Config
from claude_code_mixin.model import Alert, Dashboard, Group, Record, Threshold
from claude_code_mixin.prices import Price
from claude_code_mixin.problems import Place, Problem, ProblemsError, raised_at, relative
from claude_code_mixin.runbooks import Runbook
from claude_code_mixin.settings import using

ROOMS = ("recording_rules", "alerts", "dashboards")
BUNDLED = "claude_code_mixin.content"
OWN = "_claude_code_mixin_root_"
"""Begin of the private package names of content roots."""


@dataclass(frozen=True)
class Module:
    """One imported content file and what it declares, in order."""

    room: str
    stem: str
    path: Path
    declared: tuple[object, ...]


@dataclass(frozen=True)
class Mixin:
    """All content under one configuration, without what that disables or its ingest profile cannot have."""

    config: Config
    modules: tuple[Module, ...]
    runbooks: tuple[Runbook, ...]
    roots: tuple[Path, ...]
    base: Path = Path()
    """The folder that the configuration's paths are relative to."""
    budgets: tuple[Budget, ...] = ()
    prices: tuple[Price, ...] = ()
    """The budgets and the prices that the content was declared under."""
    left_out: tuple[Module, ...] = ()
    """The modules with only that: disabled alerts and dashboards, records and alerts of other profiles."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Why the ingest profile cannot have a record or alert, by name."""

    def groups(self) -> Iterator[tuple[str, Group]]:
        """Each recording-rule group with the stem of its file."""
        return ((m.stem, item) for m in self.modules for item in m.declared if isinstance(item, Group))

    def left_out_groups(self) -> Iterator[Group]:
        """Groups of the records that the ingest profile cannot have."""
        return (item for m in self.left_out for item in m.declared if isinstance(item, Group))

    def records(self) -> Iterator[tuple[str, Record]]:
        """Each record with the stem of its file."""
        return ((stem, record) for stem, group in self.groups() for record in group.records)

    def alerts(self) -> Iterator[tuple[str, Alert]]:
        """Each alert with the stem of its file."""
        return ((m.stem, item) for m in self.modules for item in m.declared if isinstance(item, Alert))

    def thresholds(self) -> Iterator[tuple[str, Threshold]]:
        """Each threshold with the stem of its file."""
        return ((m.stem, item) for m in self.modules for item in m.declared if isinstance(item, Threshold))

    def dashboards(self) -> Iterator[tuple[str, Dashboard]]:
        """Each dashboard with the stem of its file."""
        return ((m.stem, item) for m in self.modules for item in m.declared if isinstance(item, Dashboard))

    def ungrouped(self) -> dict[str, Record]:
        """Records of modules that stand in no group and so are never evaluated, by name."""
        grouped = {id(record) for _, record in self.records()}
        declared = (item for module in self.modules for item in module.declared)
        return {item.name: item for item in declared if isinstance(item, Record) and id(item) not in grouped}

    def test_files(self) -> list[Path]:
        """The promtool test files of every root, those in folders of tests/rules included."""
        return sorted(path for root in self.roots for path in (root / "tests" / "rules").rglob("*.yaml"))


def load(config: Config, base: Path) -> Mixin:
    """Import the bundled content and the roots of `config` (relative to `base`) under `config`.

    Raises ProblemsError with every module that cannot be imported, every folder without modules, every
    stem that shadows the standard library, every name declared twice, and every fault of budgets or prices.
    """
    listed = prices.with_own(base / config.prices) if config.prices else prices.bundled()
    return _loaded(config, base, budgets.read(base / config.budgets, config), listed)


def reloaded(mixin: Mixin, config: Config) -> Mixin:
    """Return the content of `mixin` under `config` and those of its budgets that the privacy there allows.

    What was imported before stays imported. Raises ProblemsError like `load()`.
    """
    kept = {name: module for name, module in sys.modules.items() if _is_content(name)}
    allowed = tuple(one for one in mixin.budgets if one.is_allowed(config))
    try:
        return _loaded(config, mixin.base, allowed, mixin.prices)
    finally:
        for name in [name for name in sys.modules if _is_content(name)]:
            del sys.modules[name]
        sys.modules.update(kept)


def _is_content(module: str) -> bool:
    return module.startswith((f"{BUNDLED}.", OWN))


def _loaded(config: Config, base: Path, allotted: tuple[Budget, ...], listed: tuple[Price, ...]) -> Mixin:
    roots = [(base / root).resolve() for root in config.content.roots]
    problems: list[Problem] = []
    modules: list[Module] = []
    with using(config, allotted, listed):
        for package, root in _packages(config, roots):
            modules += _import_root(package, root, problems)
    sections = tuple(_runbooks(modules, problems))
    tested = (*([bundled_root()] if config.content.bundled else []), *roots)
    mixin = Mixin(config, tuple(modules), sections, tested, base, allotted, listed)
    problems += _duplicates(mixin)
    if problems:
        raise ProblemsError(problems)
    return _enabled(mixin)


def bundled_root() -> Path:
    """The folder that holds the bundled recording_rules, alerts and dashboards."""
    return (Path(claude_code_mixin.content.__path__[0]) / ROOMS[0]).resolve().parent


def _packages(config: Config, roots: list[Path]) -> Iterator[tuple[str, Path]]:
    if config.content.bundled:
        yield BUNDLED, Path(claude_code_mixin.content.__path__[0])
    for number, root in enumerate(roots):
        yield f"{OWN}{number}", root


def _import_root(package: str, root: Path, problems: list[Problem]) -> Iterator[Module]:
    _forget(package)
    if package != BUNDLED:
        private = ModuleType(package)
        private.__path__ = [str(root)]
        sys.modules[package] = private
    found = [(room, path) for room in ROOMS for path in sorted((root / room).glob("*.py"))]
    if not found:
        message = f"holds no content: put a module into one of {', '.join(room + '/' for room in ROOMS)}"
        problems.append(Problem(Place(relative(str(root))), "", message, "content/empty"))
    for room, path in found:
        if path.stem == "__init__":
            continue
        if path.stem in sys.stdlib_module_names:
            sentence = (
                f'stem "{path.stem}" shadows a standard-library module; rename it, for example "{path.stem}s"'
            )
            problems.append(Problem(Place(relative(str(path))), "", sentence, "stem/stdlib"))
            continue
        module = _import_module(f"{package}.{room}.{path.stem}", path, problems)
        if module is not None:
            yield Module(room, path.stem, path.resolve(), tuple(_declared(module)))


def _forget(package: str) -> None:
    importlib.invalidate_caches()
    for name in [name for name in sys.modules if name.startswith(package + ".")]:
        del sys.modules[name]


def _import_module(name: str, path: Path, problems: list[Problem]) -> ModuleType | None:
    try:
        return importlib.import_module(name)
    except ProblemsError as error:
        problems += error.problems
    except (Exception, SystemExit) as error:  # content may raise anything; each is a sentence
        place = raised_at(error, path)
        sentence = f"cannot be imported: {type(error).__name__}: {error}"
        problems.append(Problem(place, "", sentence.replace("\n", " "), "content/import"))
    return None


def _declared(module: ModuleType) -> Iterator[object]:
    """Objects declared in this module (imported ones belong to their own file), tuples unpacked."""
    here = relative(str(module.__file__))
    for value in vars(module).values():
        for item in value if isinstance(value, tuple | list) else (value,):
            if isinstance(item, Record | Group | Alert | Dashboard | Threshold) and item.place.path == here:
                yield item


def _runbooks(modules: list[Module], problems: list[Problem]) -> Iterator[Runbook]:
    for module in modules:
        path = module.path.with_suffix(".md")
        if module.room == "alerts" and path.exists():
            try:
                yield from runbooks.read(path)
            except ProblemsError as error:
                problems += error.problems


def _duplicates(mixin: Mixin) -> Iterator[Problem]:
    named: list[tuple[str, Place, str]] = [(a.name, a.place, "alert") for _, a in mixin.alerts()]
    named += [
        (f"{stem} ", m.declared[0].place, "dashboard")  # type: ignore[attr-defined]  # a Dashboard
        for m in mixin.modules
        for stem in [m.stem]
        if m.room == "dashboards" and m.declared
    ]
    named += [(g.name, g.place, "group") for _, g in mixin.groups()]
    seen: dict[tuple[str, str], Place] = {}
    for name, place, kind in named:
        first = seen.setdefault((kind, name), place)
        if first is not place:
            sentence = f"{kind} is also declared at {first}; give one of them another name"
            yield Problem(place, name.strip(), sentence, "content/duplicate")


def _enabled(mixin: Mixin) -> Mixin:
    config = mixin.config

    def keeps(module: Module, item: object) -> bool:
        if isinstance(item, Alert):
            override = config.alerts.get(item.name)
            return override is None or override.enabled
        if isinstance(item, Dashboard):
            switch = config.dashboards.get(module.stem)
            return switch is None or switch.enabled
        return True

    missing = unavailable((record for _, record in mixin.records()), (alert for _, alert in mixin.alerts()))
    divided = [(module, missing.divided(module.declared, partial(keeps, module))) for module in mixin.modules]
    return replace(
        mixin,
        modules=tuple(replace(module, declared=built) for module, (built, _) in divided),
        left_out=tuple(replace(module, declared=rest) for module, (_, rest) in divided),
        reasons=missing.reasons,
    )
