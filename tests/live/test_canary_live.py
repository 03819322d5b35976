"""The canary command passes the built collector as it is, and only with the writer's token."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
import requests

from claude_code_mixin.canary import send
from claude_code_mixin.fleet.servers import Collector
from claude_code_mixin.problems import ProblemsError

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
