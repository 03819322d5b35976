"""From a configuration to a build folder: load, check, compile, write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from claude_code_mixin import budgets, check, config, tomlfile
from claude_code_mixin.compile.collector import collector
from claude_code_mixin.compile.grafana import dashboards
from claude_code_mixin.compile.kubernetes import kubernetes
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
    """A finished build: where it is, what was written, which problems an escape covers, how many budgets."""

    folder: Path
    written: Written
    escaped: tuple[Problem, ...]
    budgets: int


def checked(path: Path, env: Mapping[str, str]) -> Checked:
    """Load and check the content that the configuration at `path` names.

    `env` is the environment. Raises ProblemsError when the configuration or a module cannot be read.
    """
    settings = config.read(path, env)
    mixin = load(settings, path.resolve().parent)
    found = [*unknown_overrides(settings, mixin, tomlfile.read(path)), *check.run(mixin)]
    return Checked(
        mixin,
        tuple(problem for problem in found if problem.allowed is None),
        tuple(problem for problem in found if problem.allowed is not None),
    )


def compiled(mixin: Mixin) -> dict[str, str]:
    """Return every file of the build by its path below the build folder."""
    with using(mixin.config):
        boards = dashboards(mixin)
        files = boards | rules(mixin) | runbooks(mixin) | kubernetes(mixin, boards) | collector(mixin.config)
    return files | manifest(mixin.config, files)


def build(path: Path, env: Mapping[str, str], output: Path | None = None) -> Built:
    """Build what the configuration at `path` names into `output`, by default the configured folder.

    Raises ProblemsError, with nothing written, when anything is wrong.
    """
    result = checked(path, env)
    if result.problems:
        raise ProblemsError(result.problems)
    folder = output or path.resolve().parent / result.mixin.config.output
    count = len(budgets.read(path.resolve().parent / result.mixin.config.budgets, result.mixin.config))
    return Built(folder, write(compiled(result.mixin), folder), result.escaped, count)
