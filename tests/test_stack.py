"""The files of stack/ are what the programs accept, and fit the build and each other."""

from __future__ import annotations

import os
import re
import shutil
import time
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from claude_code_mixin.config import Config
from support import process

ROOT = Path(__file__).resolve().parent.parent
STACK = ROOT / "stack"
TOOLS = Path(os.environ.get("CLAUDE_CODE_MIXIN_TOOLS_DIR", ROOT / ".tools"))
UNITS = sorted((STACK / "systemd").iterdir())


def parsed(path: str) -> Any:
    """A YAML file of the stack."""
    return yaml.safe_load((STACK / path).read_text("utf-8"))


def unit(name: str) -> ConfigParser:
    """A unit file; names of options keep their case."""
    options = ConfigParser(interpolation=None)
    options.optionxform = str  # type: ignore[assignment,method-assign]  # configparser's documented way
    options.read_string((STACK / "systemd" / name).read_text("utf-8"))
    return options


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.name)
def test_units_are_valid(path: Path) -> None:
    """systemd's own word where it is installed; each unit says what it is and is an INI file everywhere."""
    assert unit(path.name)["Unit"]["Description"]
    if verifier := shutil.which("systemd-analyze"):
        done = process(verifier, "verify", path)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")


def command(name: str, folder: Path) -> str:
    """The shell command of a service, its program replaced by one that prints its arguments and settings."""
    start = unit(name)["Service"]["ExecStart"]
    found = re.fullmatch(r"/bin/sh -c '([^']+)'", start)
    assert found
    fake = folder / "program"
    fake.write_text('#!/bin/sh\necho "$@"\nenv | grep ^CLAUDE_CODE_MIXIN_ | sort\n')
    fake.chmod(0o755)
    shell, count = re.subn(r"/(usr/local|opt)/\S+", str(fake), found[1].replace("$$", "$").replace("%%", "%"))
    assert count == 1
    return shell


def test_the_collector_gets_a_new_start_each_time_and_all_that_it_asks_for(tmp_path: Path) -> None:
    """Run twice as systemd would."""
    shell = command("claude-code-collector.service", tmp_path)
    seen = []
    for _ in range(2):
        done = process(
            "/bin/sh", "-c", shell, env={"CREDENTIALS_DIRECTORY": "/run/x", "PATH": "/usr/bin:/bin"}
        )
        arguments, *settings = done.stdout.splitlines()
        assert arguments == "--config=/etc/claude-code/collector.yaml"
        seen.append(dict(line.split("=", 1) for line in settings))
        time.sleep(1.1)
    assert seen[0]["CLAUDE_CODE_MIXIN_COLLECTOR_START"] != seen[1]["CLAUDE_CODE_MIXIN_COLLECTOR_START"]
    assert seen[0]["CLAUDE_CODE_MIXIN_HTPASSWD"] == "/run/x/htpasswd"
    built = (ROOT / "build" / "collector" / "config.yaml").read_text("utf-8")
    assert set(re.findall(r"\$\{env:(\w+)\}", built)) == seen[0].keys()
    limit = int(unit("claude-code-collector.service")["Service"]["MemoryMax"].removesuffix("M"))
    assert limit > Config().collector.memory_limit_mib
    assert int(unit("claude-code-collector.service")["Service"]["RestartSec"]) > 1


def test_the_canary_timer_starts_a_command_that_exists(tmp_path: Path) -> None:
    """Its arguments are the command's; its credentials are a file."""
    shell = command("claude-code-canary.service", tmp_path)
    done = process(
        "/bin/sh", "-c", shell, env={"CREDENTIALS_DIRECTORY": str(tmp_path), "PATH": "/usr/bin:/bin"}
    )
    arguments = done.stdout.split()
    assert arguments[0] == "canary"
    called = process(ROOT / ".venv" / "bin" / "claude-code-mixin", *arguments)
    assert called.returncode == 1
    assert called.stderr.startswith(f"{tmp_path}/canary: cannot be read")
    assert unit("claude-code-canary.timer")["Timer"]["OnCalendar"] == "*:0/5"


def test_prometheus_accepts_its_configuration_and_finds_every_rule(tmp_path: Path) -> None:
    """With the built rules beside it, as the README says; the jobs are those that the rules read."""
    shutil.copy(STACK / "prometheus" / "prometheus.yaml", tmp_path)
    shutil.copytree(ROOT / "build" / "prometheus", tmp_path / "claude-code")
    done = process(TOOLS / "promtool", "check", "config", "prometheus.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    found = sum(int(count) for count in re.findall(r"SUCCESS: (\d+) rules found", done.stdout))
    files = [yaml.safe_load(path.read_text("utf-8")) for path in (tmp_path / "claude-code").iterdir()]
    assert found == sum(len(group["rules"]) for file in files for group in file["groups"])
    meter, collector = Config().meter, Config().collector
    targets = {
        job["job_name"]: job["static_configs"][0]["targets"][0]
        for job in parsed("prometheus/prometheus.yaml")["scrape_configs"]
    }
    assert targets == {meter.job: collector.metrics_endpoint, meter.health_job: collector.health_endpoint}


def test_the_prometheus_of_single_sessions_has_no_rules_and_scrapes_nothing_else() -> None:
    """promtool's word, and no job that the rules read."""
    path = STACK / "prometheus" / "sessions.yaml"
    done = process(TOOLS / "promtool", "check", "config", path)
    assert done.returncode == 0, done.stderr
    found = parsed("prometheus/sessions.yaml")
    assert set(found) == {"global", "scrape_configs"}
    assert [job["job_name"] for job in found["scrape_configs"]] == ["claude-code-sessions"]


def test_grafana_provisions_the_configured_folder() -> None:
    """The folder that the build names, read from files, with recorded series' own resolution."""
    (provider,) = parsed("grafana/dashboards.yaml")["providers"]
    assert provider["folder"] == Config().grafana.folder
    assert provider["type"] == "file"
    assert provider["options"]["path"] in (ROOT / "README.md").read_text("utf-8")
    (source,) = parsed("grafana/datasources.yaml")["datasources"]
    assert (source["type"], source["jsonData"]["timeInterval"]) == ("prometheus", "1m")


def test_kubernetes_scrapes_under_the_jobs_that_the_rules_read() -> None:
    """Two ports of one Service, two jobs."""
    endpoints = parsed("kubernetes/service_monitor.yaml")["spec"]["endpoints"]
    jobs = [
        rule["replacement"]
        for end in endpoints
        for rule in end["relabelings"]
        if rule["targetLabel"] == "job"
    ]
    assert jobs == [Config().meter.job, Config().meter.health_job]


def test_kubernetes_scrapes_a_collector_that_drains() -> None:
    """Through a Service of its own, which the monitor finds and which keeps pods that are not ready."""
    text = (STACK / "kubernetes" / "services.yaml").read_text("utf-8")
    clients, metrics = yaml.safe_load_all(text)
    monitor = parsed("kubernetes/service_monitor.yaml")["spec"]
    assert metrics["metadata"]["labels"] == monitor["selector"]["matchLabels"]
    assert metrics["spec"]["publishNotReadyAddresses"] is True
    assert [port["name"] for port in metrics["spec"]["ports"]] == [
        end["port"] for end in monitor["endpoints"]
    ]
    assert "labels" not in clients["metadata"]
    assert clients["spec"]["selector"] == metrics["spec"]["selector"]
