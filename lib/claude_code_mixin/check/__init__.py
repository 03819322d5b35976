"""Checks of content, offline and before anything is written. Each module of this folder is one check."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType

from claude_code_mixin import catalogue, settings
from claude_code_mixin.catalogue import Series
from claude_code_mixin.check.context import Context, Owner, build, is_bundled
from claude_code_mixin.loader import Mixin
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Problem
from claude_code_mixin.settings import active_budgets, using

Check = Callable[[Context], Iterator[Problem]]
LOADING: dict[str, str] = {
    "stem/stdlib": "The stem of a content file shadows no module of the standard library.",
    "content/empty": "A content root holds at least one module.",
    "content/import": "Every content module can be imported.",
    "content/duplicate": "No two alerts, dashboards or groups share a name.",
}
"""Checks that loading content makes itself; they have no escape."""
ESCAPE = "check/escape"
_HELPERS = frozenset({"context", "promtool_files", "templates"})


@cache
def modules() -> Mapping[str, ModuleType]:
    """The check modules of this folder by check id."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _HELPERS)
    found = [importlib.import_module(f"{__name__}.{name}") for name in names]
    return {module.ID: module for module in found}


def documented() -> dict[str, str]:
    """Every check id and the sentence that says what the check demands."""
    found = {check: (module.__doc__ or "").strip().partition("\n")[0] for check, module in modules().items()}
    escape = "An escape names a check, gives a reason and covers a problem that there is."
    return dict(sorted({**found, **LOADING, ESCAPE: escape}.items()))


def run(
    mixin: Mixin, series: Mapping[str, Series] | None = None, skipped: Collection[str] = ()
) -> list[Problem]:
    """Run every check on `mixin` and return the problems in order of place; escaped ones carry `allowed`.

    `series` are the raw series that content may read; by default those that the compiled collector exposes
    and those in which the servers report on themselves. `skipped` are ids of checks that are not run.
    """
    with using(mixin.config, active_budgets()):
        context = build(mixin, default_series() if series is None else series)
        chosen = [module for check, module in modules().items() if check not in skipped]
        found = {problem for module in chosen for problem in module.check(context)}
    return sorted([*_escaped(found, context), *_idle_escapes(found, context)], key=_order)


def default_series() -> dict[str, Series]:
    """The raw series under the active configuration: what the collector exposes, what the servers tell."""
    from claude_code_mixin import collector_series, ingest  # late: content may be checked with other series

    telemetry = (
        collector_series.collector_series() if ingest.by_collector() else ingest.raw_series(settings.active())
    )
    return {**catalogue.load().health(), **telemetry}


def _order(problem: Problem) -> tuple[str, int, str, str, str]:
    return problem.place.path, problem.place.line, problem.subject, problem.check, problem.sentence


def _escapes(owners: tuple[Owner, ...]) -> Iterator[tuple[Owner, str, str]]:
    return ((owner, check, reason) for owner in owners for check, reason in owner.allow)


def _escaped(found: set[Problem], context: Context) -> Iterator[Problem]:
    reasons = {
        (owner.place, owner.subject, check): reason for owner, check, reason in _escapes(context.owners)
    }
    for problem in found:
        reason = reasons.get((problem.place, problem.subject, problem.check))
        yield Problem(problem.place, problem.subject, problem.sentence, problem.check, reason or None)


def _idle_escapes(found: set[Problem], context: Context) -> Iterator[Problem]:
    covered = {(problem.place, problem.subject, problem.check) for problem in found}
    for owner, check, reason in _escapes(context.owners):
        if check not in modules():
            meant = nearest(check, modules())
            hint = f', perhaps "{meant}"' if meant else ""
            yield owner.problem(ESCAPE, f'allows "{check}", which is no check{hint}')
        elif not reason.strip():
            yield owner.problem(ESCAPE, f'allows "{check}" without a reason; say why it does not apply')
        elif (owner.place, owner.subject, check) not in covered and not _read_elsewhere(owner, context):
            yield owner.problem(ESCAPE, f'allows "{check}", which finds nothing here; remove the escape')


def _read_elsewhere(owner: Owner, context: Context) -> bool:
    """Whether content of one's own may be what makes an escape of the bundled content needless."""
    return bool(context.mixin.config.content.roots) and is_bundled(Path(owner.place.path))
