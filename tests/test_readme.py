"""The README tells the truth: its commands run, its excerpts are in the source and in the build."""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import time
from pathlib import Path
from subprocess import DEVNULL, Popen

import pytest
import requests
import yaml

from claude_code_mixin.canary import CREDENTIALS_VARIABLE
from claude_code_mixin.config import read
from claude_code_mixin.fleet.process import free_port
from claude_code_mixin.reconcile import recorded
from support import process
from test_canary import serving

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
BIN = ROOT / ".venv" / "bin"


def blocks(language: str) -> list[str]:
    """Fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def commands() -> list[list[str]]:
    """The commands of each console block."""
    return [re.findall(r"^\$ (.+)$", block, re.MULTILINE) for block in blocks("console")]


def test_blocks_are_found() -> None:
    """A README whose commands nobody finds would pass every other test."""
    assert [len(block) for block in commands()] == [1, 2, 2, 5]
    assert [len(blocks(language)) for language in ("python", "yaml", "sh", "toml")] == [1, 2, 5, 1]


def test_make_targets_exist_and_build_prints_what_the_first_screen_shows() -> None:
    """`make build` runs here; `make test` is what runs this test, so only its existence is asked."""
    run = process("make", "build", cwd=ROOT, check=True)
    shown = blocks("console")[0].splitlines()[1]
    assert without_numbers(shown) in map(without_numbers, run.stdout.splitlines())
    process("make", "-n", "test", cwd=ROOT, check=True)


def without_numbers(line: str) -> str:
    """The same line for any number of files: content grows, the README need not follow."""
    return re.sub(r"\d+", "N", line)


def test_wheel_is_made_and_installed_as_shown(tmp_path: Path) -> None:
    """In an environment of its own; the dependencies, which need an index, are left out."""
    python = tmp_path / "venv" / "bin" / "python"
    process(sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv", check=True)
    pip = f'pip() {{ {sys.executable} -m pip --python {python} "$@" --quiet --no-deps --no-index; }}'
    done = process("bash", "-c", "\n".join(["set -e", pip, *commands()[2]]), cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "venv" / "bin" / "claude-code-mixin").exists()


def test_own_repository_commands(tmp_path: Path) -> None:
    """init, new, check and build run one after the other in an empty folder."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    script = "set -e\n" + "\n".join(commands()[3])
    run = process("bash", "-c", script, cwd=tmp_path, env={**os.environ, "PATH": path})
    assert run.returncode == 0, run.stdout + run.stderr
    assert (tmp_path / "monitoring" / "build" / "prometheus" / "billing.rules.yaml").exists()


def test_the_alert_shown_is_the_alert_built() -> None:
    """Source and compiled excerpt stand in the files they are said to be from."""
    assert blocks("python")[0] in (ROOT / "alerts" / "cost.py").read_text(encoding="utf-8")
    built = (ROOT / "build" / "prometheus" / "cost.rules.yaml").read_text(encoding="utf-8")
    assert blocks("yaml")[0] in built


def test_prometheus_configuration_is_the_one_of_the_stack() -> None:
    """tests/test_stack.py has promtool judge it."""
    assert blocks("yaml")[1] == (ROOT / "stack" / "prometheus" / "prometheus.yaml").read_text("utf-8")


def program(folder: Path, name: str, text: str) -> dict[str, str]:
    """An environment in which `name` is a shell script with `text`."""
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)
    return {**os.environ, "PATH": f"{folder}{os.pathsep}{BIN}{os.pathsep}{os.environ['PATH']}"}


def test_collector_starts_as_shown(tmp_path: Path) -> None:
    """The block gives what the compiled configuration asks for; header and htpasswd fit the same token."""
    env = program(tmp_path, "otelcol-contrib", 'echo "$@"; env | grep ^CLAUDE_CODE_MIXIN_')
    done = process("bash", "-euc", blocks("sh")[0] + 'echo "TOKEN=$TOKEN"', cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    arguments, *settings = done.stdout.splitlines()
    given = dict(line.split("=", 1) for line in settings)
    assert arguments == "--config build/collector/config.yaml"
    text = (ROOT / "build" / "collector" / "config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"\$\{env:(\w+)\}", text)) <= given.keys()
    token = given["TOKEN"]
    assert base64.b64decode((tmp_path / "header").read_text(), validate=True).decode() == f"laptops:{token}"
    writer, _, hashed = (tmp_path / "htpasswd").read_text().strip().partition(":")
    assert (writer, len(token)) == ("laptops", 64)
    again = process("openssl", "passwd", "-apr1", "-salt", hashed.split("$")[2], token)
    assert again.stdout.strip() == hashed


def test_canary_is_sent_as_shown() -> None:
    """The block runs against a server on a free port."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    with serving() as (url, server):
        script = "TOKEN=made-up\n" + blocks("sh")[2].replace("http://127.0.0.1:4318", url)
        done = process("bash", "-euc", script, env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stderr
    assert server.seen[0][1]["Authorization"] == "Basic " + base64.b64encode(b"laptops:made-up").decode()


def test_single_sessions_are_switched_on_as_shown(tmp_path: Path) -> None:
    """The setting is one, and the collector then exposes where the second Prometheus scrapes."""
    (tmp_path / "mixin.toml").write_text(blocks("toml")[0])
    config = read(tmp_path / "mixin.toml", {})
    assert config.drill_down
    stack = yaml.safe_load((ROOT / "stack" / "prometheus" / "sessions.yaml").read_text("utf-8"))
    (job,) = stack["scrape_configs"]
    assert job["static_configs"] == [{"targets": [config.collector.session_endpoint]}]
    own = config.collector
    assert f"`session_hours`: {own.session_hours}, so" in " ".join(README.split())
    assert f"`session_streams` series are kept, {own.session_streams:,}, which" in " ".join(README.split())


def test_the_second_prometheus_starts_as_shown(tmp_path: Path) -> None:
    """On another port and with its data elsewhere; it has the retention that the command names."""
    tools, port = Path(os.environ.get("CLAUDE_CODE_MIXIN_TOOLS_DIR", ROOT / ".tools")), free_port()
    shown = blocks("sh")[3]
    command = shown.replace("9091", str(port)).replace("path=sessions", f"path={tmp_path}")
    assert command.count(str(tmp_path)) == 1
    env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
    with Popen(["bash", "-euc", f"exec {command}"], cwd=ROOT, env=env, stderr=DEVNULL) as running:  # noqa: S603, S607 (the README's own)
        try:
            flags = answer_of(f"http://127.0.0.1:{port}/api/v1/status/flags")
        finally:
            running.terminate()
    assert flags["data"]["storage.tsdb.retention.time"] == "3d"


def answer_of(url: str) -> dict[str, dict[str, str]]:
    """What a server answers once it is up."""
    deadline = time.monotonic() + 30
    while True:
        try:
            found: dict[str, dict[str, str]] = requests.get(url, timeout=5).json()
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return found


def test_a_month_is_compared_as_shown(tmp_path: Path) -> None:
    """The block runs beside an export, against a server on a free port."""
    path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
    (tmp_path / "cost.csv").write_text("usage_date_utc,model,cost_usd\n2026-10-01,Claude Opus 5.5,3\n")
    row = {"metric": {"model": "claude-opus-5-5"}, "values": [[1_790_899_200, "3"]]}
    answer = {"status": "success", "data": {"resultType": "matrix", "result": [row]}}
    with serving(answer=json.dumps(answer)) as (url, _):
        script = blocks("sh")[-1].replace("http://127.0.0.1:9090", url)
        done = process("bash", "-euc", script, cwd=tmp_path, env={**os.environ, "PATH": path})
    assert done.returncode == 0, done.stderr
    assert "claude-opus-5-5" in done.stdout


def test_the_line_for_cron_is_a_command(tmp_path: Path) -> None:
    """Time, user, and what the command takes: it gets as far as a file that is not there."""
    (line,) = re.findall(r"^\*/5 \* \* \* \* \w+ \S+/claude-code-mixin (.+)$", README, re.MULTILINE)
    arguments = line.replace("/etc/claude-code", str(tmp_path)).split()
    done = process(BIN / "claude-code-mixin", *arguments)
    assert done.stderr.startswith(f"{tmp_path}/canary: cannot be read")


def test_prometheus_knows_the_flag_for_retention() -> None:
    """And the days fit what the month to date reads: 32 and one more."""
    (flag, days) = re.findall(r"`--(storage\.tsdb\.retention\.time)=(\d+)d`", README)[0]
    tools = Path(os.environ.get("CLAUDE_CODE_MIXIN_TOOLS_DIR", ROOT / ".tools"))
    assert f"--{flag}=" in process(tools / "prometheus", "--help").stdout.replace("[no-]", "")
    rules = (ROOT / "build" / "prometheus" / "budget.rules.yaml").read_text("utf-8")
    assert int(days) > max(int(found) for found in re.findall(r"\[(\d+)d:1d\]", rules)) + 1


def test_settings_and_files_named_exist() -> None:
    """Environment variables stand in what is built or in the stack; a variable's short form, too."""
    texts = [path.read_text("utf-8") for path in (ROOT / "stack").rglob("*") if path.is_file()]
    texts.append((ROOT / "build" / "collector" / "config.yaml").read_text("utf-8"))
    texts += [CREDENTIALS_VARIABLE, recorded.CREDENTIALS_VARIABLE, "CLAUDE_CODE_MIXIN_TOOLS_DIR"]
    for name in set(re.findall(r"CLAUDE_CODE_MIXIN_\w+", README)):
        assert any(re.search(rf"\b{name}\b", text) for text in texts), name


NAMED = set(re.findall(r"`((?:results|tests|tools|alerts|stack)/[\w./-]+)`", README))


@pytest.mark.parametrize("path", sorted(NAMED))
def test_files_named_exist(path: str) -> None:
    """A file that the README names is there."""
    assert (ROOT / path).exists()
