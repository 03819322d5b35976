"""The README tells the truth: its commands run, its excerpts are in the source and in the build."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

from support import process

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BIN = ROOT / ".venv" / "bin"


def blocks(language: str) -> list[str]:
    """Fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The commands of each console block."""
    return [re.findall(r"^\$ (.+)$", block, re.MULTILINE) for block in blocks("console")]


def test_console_blocks_are_found() -> None:
    """A README whose commands nobody finds would pass every other test."""
    assert [len(block) for block in commands()] == [1, 2, 5]


def test_make_targets_exist_and_build_prints_what_the_first_screen_shows() -> None:
    """`make build` runs here; `make test` is what runs this test, so only its existence is asked."""
    run = process("make", "build", cwd=ROOT, check=True)
    shown = blocks("console")[0].splitlines()[1]
    assert shown in run.stdout.splitlines()
    process("make", "-n", "test", cwd=ROOT, check=True)


def test_own_repository_commands(tmp_path: Path) -> None:
    """init, new, check and build run one after the other in an empty folder."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    script = "set -e\n" + "\n".join(commands()[2])
    run = process("bash", "-c", script, cwd=tmp_path, env={**os.environ, "PATH": path})
    assert run.returncode == 0, run.stdout + run.stderr
    assert (tmp_path / "monitoring" / "build" / "prometheus" / "billing.rules.yaml").exists()


def test_the_alert_shown_is_the_alert_built() -> None:
    """Source and compiled excerpt stand in the files they are said to be from."""
    assert blocks("python")[0] in (ROOT / "alerts" / "cost.py").read_text(encoding="utf-8")
    built = (ROOT / "build" / "prometheus" / "cost.rules.yaml").read_text(encoding="utf-8")
    assert blocks("yaml")[0] in built


def test_prometheus_configuration_is_accepted(tmp_path: Path) -> None:
    """promtool takes the scrape jobs and rule files as shown."""
    (tmp_path / "prometheus.yaml").write_text(blocks("yaml")[1], encoding="utf-8")
    shutil.copytree(ROOT / "build", tmp_path / "build")
    tools = Path(os.environ.get("CLAUDE_CODE_MIXIN_TOOLS_DIR", ROOT / ".tools"))
    run = process(tools / "promtool", "check", "config", "prometheus.yaml", cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    jobs = {job["job_name"] for job in yaml.safe_load(blocks("yaml")[1])["scrape_configs"]}
    assert jobs == {"claude-code-collector", "claude-code-collector-health"}


def test_collector_starts_as_shown(tmp_path: Path) -> None:
    """The environment of the shell block is what the compiled configuration asks for."""
    text = (ROOT / "build" / "collector" / "config.yaml").read_text(encoding="utf-8")
    asked = set(re.findall(r"\$\{env:(\w+)\}", text))
    shown = set(re.findall(r"(CLAUDE_CODE_MIXIN_\w+)=", blocks("sh")[1]))
    assert shown == asked


NAMED = set(re.findall(r"`((?:results|tests|tools|alerts)/[\w./-]+)`", README))


@pytest.mark.parametrize("path", sorted(NAMED))
def test_files_named_exist(path: str) -> None:
    """A file that the README names is there."""
    assert (ROOT / path).exists()
