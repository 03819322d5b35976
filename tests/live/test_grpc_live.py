"""The built collector over gRPC: what is posted there counts like what is posted over HTTP."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from claude_code_mixin.fleet.exporters import Ledger, Outcome, deliver
from claude_code_mixin.fleet.grpc_sink import GrpcSink
from claude_code_mixin.fleet.lab_workloads import LAB_WORKLOADS
from claude_code_mixin.fleet.process import free_port
from claude_code_mixin.fleet.protocols import MixedSink
from claude_code_mixin.fleet.runner import batches, play
from claude_code_mixin.fleet.servers import Collector
from claude_code_mixin.fleet.telemetry import Clock
from claude_code_mixin.fleet.workloads import WRITERS

PASSWORDS = dict.fromkeys(WRITERS, "made-up")
COST = "claude_code_meter_identity_cost_USD_total"
TAKEN = "otelcol_receiver_accepted_log_records_total"


@pytest.fixture
def collector(tmp_path: Path, build: Path) -> Iterator[Collector]:
    """As built."""
    config = (build / "collector" / "config.yaml").read_text("utf-8")
    with Collector(tmp_path, config=config, writers=PASSWORDS) as running:
        yield running


def total(target: str, series: str, label: str = "") -> float:
    """The sum of a series on a metrics endpoint, where a line has `label`."""
    lines = requests.get(f"http://{target}/metrics", timeout=5).text.splitlines()
    found = [line for line in lines if line.startswith(f"{series}{{") and label in line]
    return sum(float(line.rpartition(" ")[2]) for line in found)


def test_both_protocols_count_alike(collector: Collector) -> None:
    """Six writers over HTTP, six over gRPC: the sum of all is the truth."""
    sink, ledger = MixedSink.to(collector.otlp, collector.grpc, PASSWORDS), Ledger()
    for name in ("six_writers", "grpc"):
        for batch in batches(play(LAB_WORKLOADS[name], clock=Clock(time.time()))):
            deliver(batch, sink, ledger, sleep=lambda _: None)
    truth, deadline = ledger.truth().total("cost"), time.monotonic() + 10
    while total(collector.metrics, COST) < truth * 0.999999 and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not ledger.lost
    assert total(collector.metrics, COST) == pytest.approx(truth)
    for transport in ("grpc", "http"):
        assert total(collector.telemetry, TAKEN, f'transport="{transport}"') > 0


def test_a_wrong_password_is_refused_and_nobody_there_is_away(collector: Collector) -> None:
    """A client must know what it may post again."""
    (batch, *_) = batches(play(LAB_WORKLOADS["clear"], clock=Clock(time.time())))
    with GrpcSink(collector.grpc, dict.fromkeys(WRITERS, "wrong")) as stranger:
        assert stranger.send(batch) is Outcome.REFUSED
    with GrpcSink(f"127.0.0.1:{free_port()}", PASSWORDS) as lonely:
        assert lonely.send(batch) is Outcome.AWAY
