"""Measure what the built collector configuration carries on one core: a given rate, and the highest one.

`python tools/bench_collector.py --output results` takes eleven minutes and writes bench_collector.json; with
--seconds 10 it is a smoke. It returns 1 when a figure is outside its limit or the sums are not what was sent.
The collector gets one core of its own, the load another; Linux only, for its /proc and processor affinity.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from threading import Event, Thread

import requests

from claude_code_mixin.fleet import load
from claude_code_mixin.fleet.process import tool
from claude_code_mixin.fleet.servers import Collector
from claude_code_mixin.fleet.telemetry import Batch
from claude_code_mixin.fleet.truth import Truth

ROOT = Path(__file__).resolve().parent.parent
PER_SECOND, SECONDS = 500, 600.0
CORES_LIMIT = 1.0
CONNECTIONS = 16
CLOSED_SHARE = 0.1
"""The highest rate is looked for after the given one, for this share of its time."""
SCRAPE_SECONDS = 15.0
BATCH_SECONDS = 2.0
ROUNDING = 1e-9
PASSWORD = "made-up-for-this-run"  # noqa: S105 - of a server that lives for minutes on loopback
SUMS = {
    "dollars": ("claude_code_meter_identity_cost_USD_total", "cost"),
    "tokens": ("claude_code_meter_identity_tokens_total", "tokens"),
    "requests": ("claude_code_meter_identity_requests_total", "requests"),
    "client dollars": ("claude_code_cost_usage_USD_total", "client_cost"),
    "client tokens": ("claude_code_token_usage_tokens_total", "client_tokens"),
}
"""What is summed up -> its series and its name in the truth."""
LOSSES = ("otelcol_receiver_refused", "otelcol_receiver_failed", 'datapoints_total{error="')


@dataclass(frozen=True)
class Phase:
    """What the collector did with some seconds of load; times of answers are milliseconds.

    `cores_at_given` is its processor time a request, times the given rate. `waited_seconds` is how long its
    threads were ready and had to wait: on a machine that others use, it says whose fault a missed rate is.
    """

    asked_per_second: float | None
    seconds: float
    per_second: float
    refused: int
    cpu_seconds: float
    cores: float
    cores_at_given: float
    waited_seconds: float
    answer_median: float
    answer_99: float
    answer_longest: float


class Run:
    """A running collector, what it is sent, and what of that it accepted."""

    def __init__(self, collector: Collector, batches: Sequence[Batch]) -> None:
        self._collector = collector
        self.processor = load.Processor(collector.pid)
        self._batches = batches
        self._requests = [load.as_http(batch, PASSWORD) for batch in batches]
        self._sent = load.Load()

    def phase(self, seconds: float, per_second: float | None) -> Phase:
        """Send for some seconds and measure."""
        used, waited, began = self.processor.seconds(), self.processor.waited(), time.perf_counter()
        found = load.send(
            self._collector.otlp,
            self._requests,
            seconds=seconds,
            per_second=per_second,
            connections=CONNECTIONS,
        )
        took, used = time.perf_counter() - began, self.processor.seconds() - used
        self._sent.add(found)
        cuts = quantiles(found.waits, n=100)
        return Phase(
            asked_per_second=per_second,
            seconds=round(took, 1),
            per_second=round(found.accepted.total() / took, 1),
            refused=found.refused.total(),
            cpu_seconds=round(used, 2),
            cores=round(used / took, 3),
            cores_at_given=round(used / found.accepted.total() * PER_SECOND, 3),
            waited_seconds=round(self.processor.waited() - waited, 2),
            answer_median=round(cuts[49] * 1000, 2),
            answer_99=round(cuts[98] * 1000, 2),
            answer_longest=round(max(found.waits) * 1000, 2),
        )

    def sums(self) -> dict[str, dict[str, float]]:
        """Return what was accepted and what the collector shows, by quantity."""
        time.sleep(BATCH_SECONDS)
        text = exposed(self._collector.metrics)
        truths = [Truth([batch]) for batch in self._batches]
        return {
            name: {
                "sent": sum(truths[it].total(of) * times for it, times in self._sent.accepted.items()),
                "shown": sum(values(text, series)),
            }
            for name, (series, of) in SUMS.items()
        }

    def losses(self) -> dict[str, float]:
        """Return the collector's own counts of what it refused or lost, where they are not zero."""
        lines = [line for line in exposed(self._collector.telemetry).splitlines() if line[:1] != "#"]
        found = {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}
        return {name: value for name, value in found.items() if value and any(it in name for it in LOSSES)}


def exposed(target: str) -> str:
    """Scrape a metrics endpoint."""
    return requests.get(f"http://{target}/metrics", timeout=30).text


def values(text: str, series: str) -> list[float]:
    """Return the values of a series in the text format."""
    return [float(line.rpartition(" ")[2]) for line in text.splitlines() if line.startswith(f"{series}{{")]


def exact(sums: Mapping[str, Mapping[str, float]]) -> bool:
    """Whether all is shown that was accepted, but for the rounding of floating-point sums."""
    return all(
        it["sent"] > 0 and abs(it["shown"] - it["sent"]) <= ROUNDING * it["sent"] for it in sums.values()
    )


def started(folder: Path, batches: Sequence[Batch]) -> Collector:
    """Start the built collector on one core, and stay on the others."""
    config = (ROOT / "build" / "collector" / "config.yaml").read_text("utf-8")
    writers = dict.fromkeys({batch.writer for batch in batches}, PASSWORD)
    collector = Collector(folder, config=config, writers=writers)
    first, *others = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {first})
    try:
        return collector.start()
    finally:
        os.sched_setaffinity(0, others or {first})


def measure(seconds: float) -> dict[str, object]:
    """Return the whole result."""
    batches = load.batches()
    with tempfile.TemporaryDirectory() as folder:
        collector = started(Path(folder), batches)
        done = Event()
        scraper = Thread(target=lambda: scrape(collector.metrics, done))
        scraper.start()
        try:
            run = Run(collector, batches)
            given = run.phase(seconds, PER_SECOND)
            most = run.phase(max(2.0, seconds * CLOSED_SHARE), None)
            sums, losses = run.sums(), run.losses()
            peak = round(run.processor.peak_mib(), 1)
        finally:
            done.set()
            scraper.join()
            collector.stop()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": "make bench-collector",
        "versions": {"otelcol": version(), "python": platform.python_version()},
        "processor": processor_name(),
        "cores": os.cpu_count(),
        "records_a_request": load.RECORDS,
        "points_a_request": load.POINTS,
        "given": asdict(given),
        "highest": asdict(most),
        "peak_memory_mib": peak,
        "sums": sums,
        "exact": exact(sums),
        "losses": losses,
        "limits": {"per_second": PER_SECOND, "cores": CORES_LIMIT, "refused": 0},
        "ok": exact(sums) and not losses and kept(given) and not most.refused,
    }


def kept(phase: Phase) -> bool:
    """Whether the given rate was carried on one core without a refusal."""
    return phase.per_second >= PER_SECOND * 0.99 and phase.cores <= CORES_LIMIT and not phase.refused


def scrape(target: str, done: Event) -> None:
    """Read all counters as often as Prometheus would."""
    while not done.wait(SCRAPE_SECONDS):
        exposed(target)


def version() -> str:
    """Return the collector's version."""
    said = subprocess.run([tool("otelcol"), "--version"], capture_output=True, text=True, check=True)  # noqa: S603 (our tool)
    return said.stdout.split()[-1]


def processor_name() -> str:
    """Return the processor's name as Linux has it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((it.partition(":")[2].strip() for it in lines if it.startswith("model name")), "unknown")


def main() -> int:
    """Measure, print, write what was asked for; 1 when a limit is not kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS, help="how long the given rate is held")
    parser.add_argument("--output", type=Path, help="folder for bench_collector.json; none: print only")
    options = parser.parse_args()
    result = measure(options.seconds)
    text = json.dumps(result, indent=2) + "\n"
    sys.stdout.write(text)
    if options.output:
        (options.output / "bench_collector.json").write_text(text, "utf-8")
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
