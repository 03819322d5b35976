"""From a configuration to a build folder: load, check, compile, write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from claude_code_mixin import check, config, tomlfile
from claude_code_mixin import variants as other_variants
from claude_code_mixin.compile.collector import collector
from claude_code_mixin.compile.docs import docs
from claude_code_mixin.compile.grafana import dashboards
from claude_code_mixin.compile.kubernetes import kubernetes
from claude_code_mixin.compile.manifest import NAME as MANIFEST
from claude_code_mixin.compile.manifest import manifest
from claude_code_mixin.compile.prometheus import rules
from claude_code_mixin.compile.runbooks import runbooks
from claude_code_mixin.loader import Mixin, load
from claude_code_mixin.overrides import unknown_overrides
from claude_code_mixin.problems import Problem, ProblemsError
from claude_code_mixin.settings import using
from claude_code_mixin.writer import Written, write


@dataclass(frozen=True)
class Checked:
    """Content that loads, and what the checks say of it: problems, and problems that an escape covers."""

    mixin: Mixin
    problems: tuple[Problem, ...]
    escaped: tuple[Problem, ...]


@dataclass(frozen=True)
class Built:
    """A finished build: where it is, what was written, which problems an escape covers, how many budgets.

    `unavailable` gives the reason for every record and alert that an ingest profile without events lacks.
    """

    folder: Path
    written: Written
    escaped: tuple[Problem, ...]
    budgets: int
    unavailable: Mapping[str, str]


def checked(path: Path, env: Mapping[str, str], *, variants: bool = False) -> Checked:
    """Load and check the content that the configuration at `path` names.

    `env` is the environment; with `variants`, bundled content of a checkout is judged under the other privacy
    profiles and with a constant label as well. Raises ProblemsError when the configuration or a module cannot
    be read.
    """
    settings = config.read(path, env)
    mixin = load(settings, path.resolve().parent)
    found = [*unknown_overrides(settings, mixin, tomlfile.read(path)), *check.run(mixin)]
    if variants and other_variants.applies(mixin):
        found += other_variants.problems(mixin, tuple(found))
    return Checked(
        mixin,
        tuple(problem for problem in found if problem.allowed is None),
        tuple(problem for problem in found if problem.allowed is not None),
    )


def compiled(mixin: Mixin) -> dict[str, str]:
    """Return every file of the build by its path below the build folder.

    Raises ProblemsError when a file of results/, which the pages on measurements come from, is not sound.
    """
    with using(mixin.config):
        boards = dashboards(mixin)
        files = boards | rules(mixin) | runbooks(mixin) | kubernetes(mixin, boards) | collector(mixin.config)
        files |= docs(mixin)
    return files | manifest(mixin.config, files)


def outdated(path: Path, result: Checked) -> Iterator[str]:
    """Say how the build folder differs from what `result`, checked at `path`, compiles to.

    Nothing where there is no build, and where the checks found problems.
    """
    folder = path.resolve().parent / result.mixin.config.output
    if result.problems or not (folder / MANIFEST).is_file():
        return
    files = compiled(result.mixin)
    there = {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}
    old = [
        name for name in files if name not in there or (folder / name).read_bytes() != files[name].encode()
    ]
    if old:
        number = "1 file is" if len(old) == 1 else f"{len(old)} files are"
        yield f"{number} not what the source compiles to; run claude-code-mixin build"
    yield from (f"{name} is no part of the build; remove it" for name in sorted(there - files.keys()))


def build(path: Path, env: Mapping[str, str], output: Path | None = None) -> Built:
    """Build what the configuration at `path` names into `output`, by default the configured folder.

    Raises ProblemsError, with nothing written, when anything is wrong.
    """
    result = checked(path, env)
    if result.problems:
        raise ProblemsError(result.problems)
    folder = output or path.resolve().parent / result.mixin.config.output
    written = write(compiled(result.mixin), folder)
    missed = {} if result.mixin.config.meter.profile == "collector" else result.mixin.reasons
    return Built(folder, written, result.escaped, len(result.mixin.budgets), missed)
