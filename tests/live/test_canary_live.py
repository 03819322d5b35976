"""The canary command passes the built collector as it is, and only with the writer's token."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
import requests

from claude_code_mixin.canary import send
from claude_code_mixin.fleet.servers import Collector
from claude_code_mixin.problems import ProblemsError

ROOT = Path(__file__).parents[2]
WAIT_SECONDS = 15.0


def canaries(collector: Collector) -> float:
    """What the collector's metrics endpoint counts by now."""
    text = requests.get(f"http://{collector.metrics}/metrics", timeout=5).text
    found = re.findall(r"^claude_code_pipeline_canary_total\{[^}]*writer=\"probe\"[^}]*\} (\S+)$", text, re.M)
    return sum(float(value) for value in found)


def wait_for(collector: Collector, count: float) -> None:
    """Wait until that many canaries are counted."""
    ends = time.monotonic() + WAIT_SECONDS
    while canaries(collector) != count:
        assert time.monotonic() < ends, f"{canaries(collector)} canaries were counted, not {count}"
        time.sleep(0.1)


def test_each_canary_is_counted_for_its_writer(build: Path, tmp_path: Path) -> None:
    """claude_code_pipeline_canary_total grows by one each; a wrong token adds nothing."""
    config = (build / "collector" / "config.yaml").read_text("utf-8")
    with Collector(tmp_path, config=config, writers={"probe": "made-up"}) as collector:
        url = f"http://{collector.otlp}"
        send(url, ("probe", "made-up"))
        wait_for(collector, 1)
        with pytest.raises(ProblemsError, match="answered 401"):
            send(url, ("probe", "wrong"))
        send(url, ("probe", "made-up"))
        wait_for(collector, 2)


def test_a_writer_is_revoked_by_a_restart(build: Path, tmp_path: Path) -> None:
    """The collector reads its htpasswd file at its start: until then a deleted writer still gets in."""
    config = (build / "collector" / "config.yaml").read_text("utf-8")
    writers = {"probe": "made-up", "other": "made-up-too"}
    with Collector(tmp_path, config=config, writers=writers) as collector:
        url = f"http://{collector.otlp}"
        collector.writers = {"other": "made-up-too"}
        collector.arguments()  # writes the file
        assert "probe" not in (tmp_path / "htpasswd").read_text("utf-8")
        send(url, ("probe", "made-up"))
        collector.stop()
        collector.start()
        with pytest.raises(ProblemsError, match="answered 401"):
            send(url, ("probe", "made-up"))
        send(url, ("other", "made-up-too"))


class Encrypted(Collector):
    """The collector with stack/collector/tls.yaml as a second configuration."""

    def arguments(self) -> list[str]:
        """Name both files, and the certificate."""
        first = super().arguments()
        names = {"CERTIFICATE": "certificate.pem", "KEY": "key.pem"}
        self.environment |= {
            f"CLAUDE_CODE_MIXIN_TLS_{key}": str(self.folder / name) for key, name in names.items()
        }
        return [*first, f"--config={ROOT / 'stack' / 'collector' / 'tls.yaml'}"]


def test_tls_is_a_second_configuration(build: Path, tmp_path: Path) -> None:
    """With it the canary passes over https alone, for who trusts the certificate."""
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout key.pem"
    more = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", "certificate.pem"]
    subprocess.run([*command.split(), *more], cwd=tmp_path, check=True, capture_output=True, timeout=60)  # noqa: S603 -- openssl, fixed arguments
    config = (build / "collector" / "config.yaml").read_text("utf-8")
    with Encrypted(tmp_path, config=config, writers={"probe": "made-up"}) as collector:
        with pytest.raises(ProblemsError, match="not trusted over TLS"):
            send(f"https://{collector.otlp}", ("probe", "made-up"))
        with pytest.raises(ProblemsError):
            send(f"http://{collector.otlp}", ("probe", "made-up"))
        authority = tmp_path / "certificate.pem"
        send(f"https://{collector.otlp}", ("probe", "made-up"), authority=authority)
        wait_for(collector, 1)
