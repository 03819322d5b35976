"""CONTRIBUTING's example can be followed: copied as it stands, it builds and its tests pass and can fail."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import pytest

from support import process
from test_compile_prometheus import promtool

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
FILES = dict(re.findall(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The source with the example's files, nothing built."""
    for name in ("lib", "alerts", "dashboards", "recording_rules", "results", "tests/rules"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True, ignore=ignored)
    for name in ("mixin.toml", "budgets.toml"):
        shutil.copy(ROOT / name, tmp_path)
    for name, text in FILES.items():
        assert not (tmp_path / name).exists()
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def built(folder: Path) -> set[str]:
    """Build `folder` with its own library; the files of the example that come out."""
    env = {**os.environ, "PYTHONPATH": str(folder / "lib")}
    done = process(sys.executable, "-m", "claude_code_mixin", "build", cwd=folder, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    return {str(path.relative_to(folder)) for path in (folder / "build").rglob("subagent*")}


def test_the_example_has_all_its_files() -> None:
    """Record, alert, runbook and test of one stem."""
    folders = ("recording_rules/subagent.py", "alerts/subagent.py", "alerts/subagent.md")
    assert [*FILES] == [*folders, "tests/rules/subagent.yaml"]


def test_the_example_builds_as_it_stands(copy: Path) -> None:
    """Into the files that the text names; promtool runs its tests."""
    made = built(copy)
    assert made == {
        "build/prometheus/subagent.rules.yaml",
        "build/kubernetes/subagent.rules.yaml",
        "build/docs/runbooks/subagent.md",
    }
    promtool("test", "rules", str(copy / "tests" / "rules" / "subagent.yaml"))


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("tests/rules/subagent.yaml", "values: 0.95x100", "values: 0.85x100"),
        ("alerts/subagent.py", "value=0.9,", "value=0.8,"),
    ],
)
def test_the_example_can_fail(copy: Path, name: str, old: str, new: str) -> None:
    """Both changes that the text proposes are noticed."""
    path = copy / name
    assert old in path.read_text("utf-8")
    path.write_text(path.read_text("utf-8").replace(old, new), encoding="utf-8")
    built(copy)
    with pytest.raises(AssertionError):
        promtool("test", "rules", str(copy / "tests" / "rules" / "subagent.yaml"))


def test_targets_and_files_named_exist() -> None:
    """`make ...` and paths in the text, apart from the example's own."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in set(re.findall(r"`make ([\w-]+)`", TEXT)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target
    for path in set(re.findall(r"`((?:tests|lib|recording_rules)/[\w./-]+)`", TEXT)) - FILES.keys():
        assert (ROOT / path).exists(), path
