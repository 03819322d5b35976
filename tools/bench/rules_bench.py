"""What the rules cost a Prometheus on one core: time of all groups an evaluation, and memory.

A real Prometheus scrapes what a collector exposes for many users and evaluates every built rule, with a month
of history behind it. Any folder of rules and any text of counters will do.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import requests

from bench import remote_write
from bench.remote_write import Points
from claude_code_mixin.fleet import scale
from claude_code_mixin.fleet.process import REQUEST_SECONDS, ServerError, free_port
from claude_code_mixin.fleet.prometheus import Prometheus
from claude_code_mixin.fleet.scrape_server import ScrapeServer, write_metrics

SCRAPE, TIMEOUT, INTERVAL = "15s", "10s", "1m"
WARM_UP, EVALUATIONS = 2, 4
_SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$", re.MULTILINE)
_GROUP = re.compile(r'rule_group="[^"]*;([^"]+)"')
Say = Callable[[str], None]


@dataclass(frozen=True)
class Load:
    """What is scraped and evaluated: the text of each target's scrape by path, rule files by name, job.

    With several targets the path is the instance. Durations are divided by `factor`; times an evaluation are
    not. `memory` is what the rules saw before.
    """

    pages: Mapping[str, Callable[[], str]]
    rules: Mapping[str, str]
    job: str
    factor: int = 1
    scrape: str = SCRAPE
    memory: Callable[[], Iterable[tuple[Mapping[str, str], Points]]] = tuple


class OneCore(Prometheus):
    """A Prometheus that runs Go code on one processor at a time and keeps what it was given."""

    def arguments(self) -> list[str]:
        """Return the command line."""
        command = [*super().arguments(), "--storage.tsdb.retention.time=40d"]
        self.environment = {"GOMAXPROCS": "1"}
        return command


def target(port: int) -> str:
    """Return the scrape target on `port`."""
    return f"127.0.0.1:{port}"


def measure(
    folder: Path, load: Load, say: Say, *, port: int = 0, evaluations: int = EVALUATIONS
) -> dict[str, Any]:
    """Return seconds an evaluation by group and in all, the dearest rules, memory and CPU time.

    `folder` may hold data already, in data/; `port` is that of the scraped target.
    """
    port = port or free_port()
    interval = scale.milliseconds(scale.duration(INTERVAL, load.factor)) / 1000
    rules = {name: scale.rules(text, load.factor) for name, text in load.rules.items()}
    scrape = {
        "job_name": load.job,
        "scrape_interval": scale.duration(load.scrape, load.factor),
        "scrape_timeout": scale.duration(TIMEOUT, load.factor),
        "static_configs": [
            {"targets": [target(port)], "labels": {"__metrics_path__": path, **_instance(path, load)}}
            for path in load.pages
        ],
    }

    def answer(request: BaseHTTPRequestHandler) -> None:
        write_metrics(request, load.pages[request.path]())

    exporter = ScrapeServer(port, answer)
    try:
        with OneCore(folder, evaluation=f"{interval * 1000:.0f}ms") as server:
            remote_write.write(server, load.memory())
            server.scrapes = [scrape]
            server.reload()
            time.sleep(interval)
            scraping = _round(server, interval, say)["cpu"]
            server.rule_files = rules
            server.reload()
            time.sleep(WARM_UP * interval)
            rounds = [_round(server, interval, say) for _ in range(evaluations)]
            return _figures(server, rounds, interval, scraping)
    finally:
        exporter.close()


def _instance(path: str, load: Load) -> dict[str, str]:
    return {"instance": path.removeprefix("/")} if len(load.pages) > 1 else {}


def _round(server: Prometheus, interval: float, say: Say) -> dict[str, Any]:
    before = _metrics(server)
    time.sleep(interval)
    after = _metrics(server)
    groups = {
        _GROUP.search(labels)[1]: value  # type: ignore[index]  # every series of this name has the label
        for (name, labels), value in after.items()
        if name == "prometheus_rule_group_last_duration_seconds"
    }
    cpu = after["process_cpu_seconds_total", ""] - before["process_cpu_seconds_total", ""]
    memory = after["process_resident_memory_bytes", ""]
    failures = sum(
        value for (name, _), value in after.items() if name == "prometheus_rule_evaluation_failures_total"
    )
    seconds = sum(groups.values())
    say(f"  rules {seconds:.3f} s, memory {memory / 1e9:.3f} GB, CPU {cpu:.2f} s in {interval:g} s")
    if failures:
        raise ServerError(f"{failures:.0f} rule evaluations failed: {_failed(server)}")
    return {"groups": groups, "cpu": cpu, "memory": memory}


def _metrics(server: Prometheus) -> dict[tuple[str, str], float]:
    page = requests.get(f"{server.url}/metrics", timeout=REQUEST_SECONDS).text
    return {(found["name"], found["labels"] or ""): float(found["value"]) for found in _SAMPLE.finditer(page)}


def _failed(server: Prometheus) -> str:
    rules = (rule for group in server.rules() for rule in group["rules"])
    return "; ".join(f"{rule['name']}: {rule['lastError']}" for rule in rules if rule.get("lastError"))


def _figures(
    server: Prometheus, rounds: list[dict[str, Any]], interval: float, scraping: float
) -> dict[str, Any]:
    last = _metrics(server)
    recorded = server.value('count({__name__=~".+:increase1m"})')
    if not recorded:
        raise ServerError("the rules recorded no increments: what is exposed is not what they read")
    groups = {name: statistics.median(one["groups"][name] for one in rounds) for name in rounds[-1]["groups"]}
    dearest = sorted(
        ((rule["evaluationTime"], rule["name"]) for group in server.rules() for rule in group["rules"]),
        reverse=True,
    )
    return {
        "evaluations": len(rounds),
        "recorded_increments": round(recorded),
        "seconds": statistics.median(sum(one["groups"].values()) for one in rounds),
        "worst_seconds": max(sum(one["groups"].values()) for one in rounds),
        "cpu_seconds": statistics.median(one["cpu"] for one in rounds) - scraping,
        "scrape_cpu_seconds": scraping,
        "interval_seconds": interval,
        "memory_bytes": max(one["memory"] for one in rounds),
        "heap_bytes": last["go_memstats_heap_inuse_bytes", ""],
        "head_series": int(last["prometheus_tsdb_head_series", ""]),
        "groups": dict(sorted(groups.items(), key=lambda pair: -pair[1])),
        "dearest_rules": {name: seconds for seconds, name in dearest[:12]},
    }
