"""Ports of scraped clients: what faults do to them, and that only stored scrapes count as exported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import requests

from claude_code_mixin.fleet.exporters import Ledger
from claude_code_mixin.fleet.lab_profiles import SCRAPED
from claude_code_mixin.fleet.lab_scrape import NUMBER, Port, ScrapeStack
from claude_code_mixin.fleet.lab_stack import Built, Lab, Loss
from claude_code_mixin.fleet.lab_workloads import LAB_WORKLOADS
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.prometheus import Range
from claude_code_mixin.fleet.runner import play
from claude_code_mixin.fleet.scrapes import shown
from claude_code_mixin.fleet.servers import Collector

CLEAR = SCRAPED.adapted(LAB_WORKLOADS["clear"])
SHOWN = [batch for port in shown(play(CLEAR)).values() for _, batch in port if batch]


@pytest.fixture
def port() -> Iterator[Port]:
    """A port that listens."""
    made = Port()
    made.listen()
    yield made
    made.close()


def scraped(port: Port) -> requests.Response:
    """Return what a scrape gets."""
    return requests.get(f"http://{port.target}/metrics", timeout=5)


def test_answers_are_numbered_so_that_stored_ones_can_be_told(port: Port) -> None:
    """The number that Prometheus has leads back to what it was shown."""
    for number, batch in enumerate(SHOWN[:3]):
        port.show(batch)
        assert f"\n{NUMBER} {number}\n" in scraped(port).text
    assert port.stored([(7.0, 0.0), (9.0, 2.0)]) == [(7.0, SHOWN[0]), (9.0, SHOWN[2])]


def test_a_failing_port_answers_500_and_a_dark_or_unreachable_one_hangs_up(port: Port) -> None:
    """What happens while a machine is unreachable is seen when it is reachable again."""
    port.show(SHOWN[0])
    port.failing = True
    assert scraped(port).status_code == 500
    port.failing = False
    port.down()
    port.show(SHOWN[1])
    with pytest.raises(requests.ConnectionError):
        scraped(port)
    port.up()
    assert scraped(port).status_code == 200
    assert port.stored([(7.0, 1.0)]) == [(7.0, SHOWN[1])]
    port.show(None)
    port.up()
    with pytest.raises(requests.ConnectionError):
        scraped(port)


def stack(folder: Path) -> ScrapeStack:
    """Return servers that are not started."""
    return ScrapeStack(Lab(folder, Built("", {}), 60, (), (CLEAR,)))


def test_only_what_prometheus_has_stored_was_exported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that was given and not stored, as when Prometheus is killed, is not part of the truth."""
    servers = stack(tmp_path)
    (port,) = servers.ports["clear"].values()
    port.listen()
    for batch in SHOWN[:3]:
        port.show(batch)
        scraped(port)
    port.close()
    idle = Range({"instance": servers.idle.target}, ((1.0, 0.0), (1.5, 1.0), (4.0, 2.0)))
    found = [Range({"instance": port.target}, ((0.2, 0.0), (1.7, 1.0))), idle]
    monkeypatch.setattr(servers, "prometheus", SimpleNamespace(stored=lambda _: found))
    ledger = Ledger()
    servers.settle({"clear": ledger})
    assert ledger.exported == SHOWN[:2]
    # At factor 60 an evaluation is 1 s and a scrape 0.25 s: what came since then, until Prometheus had ended.
    assert servers.losses == [Loss([SHOWN[0]], [SHOWN[1]])]


def test_every_machine_is_a_target_beside_one_that_idles(tmp_path: Path) -> None:
    """Only that one answers when Prometheus comes, unless there is a history."""
    servers = stack(tmp_path)
    (job,) = servers.prometheus.scrapes
    targets = [servers.idle.target, *(port.target for port in servers.ports["clear"].values())]
    assert job["static_configs"] == [{"targets": targets}]
    assert servers.listening() == 1
    servers.history()
    assert servers.listening() == 2
    (port,) = servers.ports["clear"].values()
    port.listen()
    assert "claude_code_cost_usage_total{" in scraped(port).text
    port.close()


def test_scraped_clients_have_no_collector(tmp_path: Path) -> None:
    """A fault that is not left out would say so."""
    with pytest.raises(ServerError, match="no collector"):
        stack(tmp_path).restart_collectors(Collector.stop)
