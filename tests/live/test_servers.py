"""The servers that tests stand on: found, started, bounded, killed, started again, clear about failure."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
import requests

from claude_code_mixin.fleet import process
from claude_code_mixin.fleet.exporter import Exporter
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.servers import Alertmanager, Prometheus, Vmagent, Vmalert

WAIT_SECONDS = 30.0
RULES = """
groups:
  - name: test
    interval: 250ms
    rules:
      - {record: doubled, expr: up * 2}
      - {alert: Always, expr: vector(1), labels: {severity: info}}
"""


def scrape(target: str) -> dict[str, object]:
    """Return a scrape job of one target."""
    return {
        "job_name": "test",
        "scrape_interval": "250ms",
        "scrape_timeout": "250ms",
        "static_configs": [{"targets": [target]}],
    }


def until(condition: Callable[[], bool]) -> bool:
    """Return whether `condition` came true within WAIT_SECONDS."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.1)
    return False


def test_a_missing_program_is_a_loud_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the tool there is one sentence with the way out, and no skipped test."""
    monkeypatch.setenv("CLAUDE_CODE_MIXIN_TOOLS_DIR", str(tmp_path / "nowhere"))
    with pytest.raises(ServerError, match=r"nowhere/prometheus is missing: run tools/install\.py"):
        Prometheus(tmp_path).start()


def test_no_tools_folder_is_a_loud_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a checkout and without the variable, the sentence names both ways out."""
    monkeypatch.delenv("CLAUDE_CODE_MIXIN_TOOLS_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(process, "__file__", str(tmp_path / "process.py"))
    with pytest.raises(ServerError, match=r"no \.tools folder above .*CLAUDE_CODE_MIXIN_TOOLS_DIR"):
        process.tools_folder()


def test_a_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    """The reason that the server itself gives stands in the error."""
    with pytest.raises(ServerError, match=r"prometheus ended at start .*bad\.rules\.yaml"):
        Prometheus(tmp_path, rules={"bad": "groups: [{name: x, rules: [{record: a, expr: 'sum('}]}]"}).start()


def test_a_crash_keeps_port_and_data(tmp_path: Path) -> None:
    """Killed and started again, the server answers at the same address and remembers."""
    with Exporter() as exporter, Prometheus(tmp_path, scrapes=[scrape(exporter.target)]) as server:
        exporter.add("known_total", {"a": "b"}, 5)
        assert until(lambda: server.value("known_total") == 5)
        url = server.url
        server.kill9()
        assert not server.running
        with pytest.raises(ServerError, match="does not run"):
            server.query("up")
        exporter.down()
        server.start()
        assert (server.url, server.value("last_over_time(known_total[10m])")) == (url, 5)


def test_a_paused_server_answers_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A frozen process is no crash: it keeps its connections and goes on when it is let."""
    monkeypatch.setattr("claude_code_mixin.fleet.prometheus.REQUEST_SECONDS", 0.5)
    with Prometheus(tmp_path) as server:
        server.pause()
        with pytest.raises(ServerError, match="does not answer"):
            server.query("vector(1)")
        server.resume()
        monkeypatch.setattr("claude_code_mixin.fleet.prometheus.REQUEST_SECONDS", 10.0)
        assert server.value("vector(1)") == 1


def test_reload_reads_new_rules_and_refuses_bad_ones(tmp_path: Path) -> None:
    """Rules can be changed on a running server; what it refuses is an error with its own words."""
    with Prometheus(tmp_path) as server:
        assert server.rules() == []
        server.rule_files = {"prometheus/test.rules.yaml": RULES}
        server.reload()
        (group,) = server.rules()
        assert [rule["name"] for rule in group["rules"]] == ["doubled", "Always"]
        server.rule_files = {"test": RULES.replace("up * 2", "up *")}
        with pytest.raises(ServerError, match="prometheus reload was answered with 500"):
            server.reload()


def test_alerts_reach_alertmanager(tmp_path: Path) -> None:
    """An alert that fires in Prometheus is known to Alertmanager."""
    with Alertmanager(tmp_path / "am") as receiver:
        address = receiver.url.removeprefix("http://")
        rules = {"test": RULES}
        with Prometheus(tmp_path / "prom", rules=rules, alertmanager=address) as server:
            assert until(lambda: len(receiver.alerts()) == 1)
            assert server.firing() == [{"alertname": "Always", "severity": "info"}]


def test_vmagent_and_vmalert_write_to_prometheus(tmp_path: Path) -> None:
    """vmagent's samples and vmalert's records arrive by remote write."""
    with Exporter() as exporter, Prometheus(tmp_path / "prom", out_of_order="10m") as store:
        exporter.add("known_total", {"a": "b"}, 5)
        write = f"{store.url}/api/v1/write"
        with (
            Vmagent(tmp_path / "agent", scrapes=[scrape(exporter.target)], remote_write=write),
            Vmalert(
                tmp_path / "alert",
                rules={"test": RULES},
                datasource=store.url,
                remote_write=store.url,
                delay="0s",
            ),
        ):
            assert until(lambda: store.value("known_total") == 5)
            assert until(lambda: store.value("doubled") == 2)


def test_an_exporter_does_what_a_test_tells_it() -> None:
    """Counters, start label, failure and silence are all under the test's control."""
    with Exporter() as exporter:
        exporter.add("x_total", {"team": "a"}, 1.5)
        exporter.add("x_total", {"team": "b"}, 1)
        exporter.add("x_total", {"team": "a"}, 1)
        url = f"http://{exporter.target}/metrics"
        assert requests.get(url, timeout=5).text == (
            'x_total{collector_start="1",team="a"} 2.5\nx_total{collector_start="1",team="b"} 1.0\n'
        )
        exporter.hide("team", "a")
        assert 'team="a"' not in requests.get(url, timeout=5).text
        exporter.failing = True
        assert requests.get(url, timeout=5).status_code == 500
        exporter.restart("2")
        assert exporter.text() == "\n"
        exporter.down()
        with pytest.raises(requests.ConnectionError):
            requests.get(url, timeout=5)
