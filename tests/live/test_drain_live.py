"""A collector that is told to end: what it took in is read by one more scrape."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
import requests
import yaml

from claude_code_mixin.fleet.exporters import HttpSink, Ledger, Outcome, deliver
from claude_code_mixin.fleet.runner import batches, play
from claude_code_mixin.fleet.servers import Collector
from claude_code_mixin.fleet.telemetry import Batch
from claude_code_mixin.fleet.workloads import WORKLOADS, WRITERS

PASSWORDS = dict.fromkeys(WRITERS, "made-up")
DRAIN_SECONDS = 3.0
SENT = batches(play(WORKLOADS["clear"], seed=1))


@pytest.fixture
def collector(tmp_path: Path, build: Path) -> Iterator[Collector]:
    """As built, but for the time it takes to end."""
    config = (build / "collector" / "config.yaml").read_text("utf-8")
    with Collector(tmp_path, config=config, writers=PASSWORDS, drain=f"{DRAIN_SECONDS:g}s") as running:
        yield running


def seconds_to_end(collector: Collector) -> float:
    """Stop the collector; return how long that took."""
    began = time.monotonic()
    collector.stop()
    return time.monotonic() - began


def spent(collector: Collector) -> float:
    """Dollars on the metrics endpoint."""
    text = requests.get(f"http://{collector.metrics}/metrics", timeout=2).text
    lines = [it for it in text.splitlines() if it.startswith("claude_code_meter_identity_cost_USD_total{")]
    return sum(float(line.rpartition(" ")[2]) for line in lines)


def posted(collector: Collector, sent: list[Batch]) -> Ledger:
    """Deliver all at once."""
    sink, ledger = HttpSink(f"http://{collector.otlp}", PASSWORDS), Ledger()
    for batch in sent:
        deliver(batch, sink, ledger, sleep=lambda _: None)
    return ledger


def test_what_was_accepted_a_moment_ago_can_still_be_scraped(collector: Collector) -> None:
    """No more input, not healthy any more, all counters there; then it ends by itself."""
    ledger = posted(collector, SENT)
    took: list[float] = []
    ending = Thread(target=lambda: took.append(seconds_to_end(collector)))
    ending.start()
    time.sleep(DRAIN_SECONDS / 2)
    assert HttpSink(f"http://{collector.otlp}", PASSWORDS).send(SENT[0]) is Outcome.AWAY
    assert requests.get(collector.ready_url(), timeout=2).status_code == 503
    assert spent(collector) == pytest.approx(ledger.truth().total("cost"))
    assert spent(collector) > 0
    assert "drain" not in requests.get(f"http://{collector.metrics}/metrics", timeout=2).text
    ending.join()
    assert DRAIN_SECONDS <= took[0] < DRAIN_SECONDS + 2


def test_a_collector_that_has_counted_nothing_ends_at_once(collector: Collector) -> None:
    """Nobody waits for counters that are not there."""
    assert seconds_to_end(collector) < DRAIN_SECONDS - 1


def test_a_draining_collector_is_waited_for(build: Path) -> None:
    """By systemd as we ship it, by Kubernetes as it is; after a scrape that takes its timeout."""
    config = yaml.safe_load((build / "collector" / "config.yaml").read_text("utf-8"))
    timeout = config["exporters"]["otlp_grpc/drain"]["timeout"]
    seconds = int(timeout.removeprefix("${env:CLAUDE_CODE_MIXIN_DRAIN:-").removesuffix("s}"))
    stack = build.parent / "stack"
    job = yaml.safe_load((stack / "prometheus" / "prometheus.yaml").read_text("utf-8"))["global"]
    assert seconds >= int(job["scrape_interval"].removesuffix("s")) + 10
    unit = (stack / "systemd" / "claude-code-collector.service").read_text("utf-8").splitlines()
    (limit,) = [line.partition("=")[2] for line in unit if line.startswith("TimeoutStopSec=")]
    assert int(limit) > seconds
    assert seconds < 30
