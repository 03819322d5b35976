"""What the command prints: summaries, lists, problems. Texts in, lines on a terminal or JSON out."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from claude_code_mixin.problems import Problem, as_json

if TYPE_CHECKING:
    from claude_code_mixin.build import Built, Checked


def summary(built: Built) -> Iterator[str]:
    """What was written, grouped by the first part of the path: counts, and the paths that changed."""
    written = built.written
    marks = {"+": written.created, "~": written.changed, "-": written.removed, " ": written.unchanged}
    marked = {path: mark for mark, paths in marks.items() for path in paths}
    groups: dict[str, list[str]] = {}
    for path in sorted(marked, key=lambda path: (path.rpartition("/")[0], path)):
        groups.setdefault(path.partition("/")[0], []).append(path)
    total = len(marked) - len(written.removed)
    done = [f"{len(written.created)} created", f"{len(written.changed)} changed"]
    done += [f"{len(written.removed)} removed", f"{len(written.unchanged)} unchanged"]
    yield f"{shown(built.folder)}: {counted(total, 'file')}, {', '.join(done)}"
    for name, paths in groups.items():
        yield f"  {name:<12} {len([path for path in paths if marked[path] != '-'])}"
        yield from (f"    {marked[path]} {path}" for path in paths if marked[path] != " ")
    if not built.budgets:
        yield "no budgets: without one in budgets.toml no budget alert can fire"
    for reason, number in Counter(built.unavailable.values()).items():
        yield f"not in this ingest profile: {counted(number, 'rule')}; each {reason}"
    if built.escaped:
        yield f"{counted(len(built.escaped), 'escape')}: claude-code-mixin check --escapes lists them"


def contents(result: Checked) -> str:
    """How much content there is, how many problems and escapes."""
    mixin = result.mixin
    counts = {"record": mixin.records(), "alert": mixin.alerts(), "dashboard": mixin.dashboards()}
    there = ", ".join(counted(len(list(items)), name) for name, items in counts.items())
    return f"{there}: {counted(len(result.problems), 'problem')}, {counted(len(result.escaped), 'escape')}"


def shown(folder: Path) -> str:
    """The folder, relative to the working directory where it lies below it."""
    return os.path.relpath(folder) if folder.resolve().is_relative_to(Path.cwd()) else str(folder)


def listed(done: str, items: Iterable[Path | str]) -> None:
    """Print a line for each of `items`: `done`, then the item."""
    for item in items:
        click.echo(f"{done} {item}")


def show_problems(problems: Iterable[Problem]) -> None:
    """Print problems to standard error, by place."""
    for problem in in_order(problems):
        click.echo(str(problem), err=True)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by file and line."""
    return sorted(problems, key=lambda problem: (problem.place, str(problem)))


def as_object(*, problems: Iterable[Problem], **fields: object) -> str:
    """`fields` and `problems` as a JSON object."""
    return json.dumps({**fields, "problems": json.loads(as_json(in_order(problems)))}, indent=2)


def counted(number: int, what: str) -> str:
    """The number with its noun, in the plural where due."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
