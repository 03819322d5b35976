"""One run of a server that takes OTLP: all workloads side by side, a fault, and how far off each form is."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import yaml

from claude_code_mixin.compile.prometheus import rules
from claude_code_mixin.config import Config, Meter
from claude_code_mixin.fleet import runner, scale
from claude_code_mixin.fleet.exporters import HttpSink, Ledger, Outcome
from claude_code_mixin.fleet.lab_cells import deviation
from claude_code_mixin.fleet.lab_workloads import LAB_WORKLOADS, adapted, workload_of
from claude_code_mixin.fleet.otlp_forms import BUILT, QUANTITIES, Quantity, Setup, group
from claude_code_mixin.fleet.otlp_servers import OtlpPrometheus, VictoriaMetrics
from claude_code_mixin.fleet.prometheus import Prometheus
from claude_code_mixin.fleet.servers import Vmalert
from claude_code_mixin.fleet.telemetry import Batch
from claude_code_mixin.fleet.truth import Cells, Truth
from claude_code_mixin.fleet.workloads import Workload
from claude_code_mixin.loader import load
from claude_code_mixin.settings import using

AHEAD_SECONDS = 600.0
"""Prometheus refuses points that are further ahead, on the wall clock: such machines cannot be scaled."""
SETTLE, TAIL = "6m", "6m"
SLACK_SECONDS = 2.0

FAULTS: Mapping[str, str] = {
    "none": "nothing goes wrong",
    "kill": "the server is killed with SIGKILL twice, 100 and 280 s after the begin, and started at once",
    "restart": "the server is away from 130 s to 250 s; what it then does not take is not exported",
}


@dataclass(frozen=True)
class Result:
    """What a form recorded of a quantity in a workload: `lost` and `gained` are summed over label sets.

    `at_risk` is what the busiest three minutes exported: more than two evaluations can record.
    """

    workload: str
    quantity: str
    form: str
    truth: float
    lost: float
    gained: float
    at_risk: float


@dataclass(frozen=True)
class MetricsSink:
    """Passes on metrics; events, which these servers do not take, are taken as accepted."""

    sink: HttpSink

    def send(self, batch: Batch) -> Outcome:
        """Post the batch once."""
        return self.sink.send(batch) if batch.points else Outcome.ACCEPTED


def workloads(setup: Setup) -> list[Workload]:
    """Return the workloads with every client's counters leaving as the setup wants, each in its own teams."""
    found = []
    for name, workload in LAB_WORKLOADS.items():
        if name != "cumulative":  # two temporalities in one setup: each setup has its own
            near = tuple(run for run in workload.runs if run.machine.skew <= AHEAD_SECONDS)
            found.append(adapted(replace(workload, runs=near)).exporting(setup.exporter))
    return found


def run(folder: Path, setup: Setup, fault: str, factor: int) -> list[Result]:
    """Play all workloads against the setup's servers, `factor` times faster, and return what was recorded.

    Raise ServerError when a server fails otherwise than the fault has it.
    """
    own = workloads(setup)
    with ExitStack() as stack:
        server = started(stack, folder, setup, factor)
        time.sleep(scale.milliseconds(SETTLE) / 1000 / factor)
        began = time.time()
        ledgers = _play(server, own, fault, factor)
        time.sleep(scale.milliseconds(TAIL) / 1000 / factor + SLACK_SECONDS)
        window = f"{(time.time() - began + SLACK_SECONDS) * 1000:.0f}ms"
        return [
            result
            for quantity in QUANTITIES
            for form in setup.forms
            for result in _results(_recorded(server, form, quantity, window), form, quantity, ledgers)
        ]


def started(stack: ExitStack, folder: Path, setup: Setup, factor: int) -> OtlpPrometheus | VictoriaMetrics:
    """Start the servers of a setup on the stack, and return the one that clients post to."""
    scaled = {name: scale.rules(text, factor) for name, text in _rules(setup).items()}
    if not setup.victoria:
        window = setup.out_of_order
        return stack.enter_context(
            OtlpPrometheus(
                folder / "prometheus",
                rules=scaled,
                features=setup.features,
                evaluation=scale.duration("1m", factor),
                lookback=scale.duration("5m", factor),
                out_of_order=scale.duration(window, factor) if scale.milliseconds(window) else window,
            )
        )
    latency = scale.duration("30s", factor)
    flags = (f"-search.latencyOffset={latency}", *setup.flags)
    server = stack.enter_context(VictoriaMetrics(folder / "victoria", flags=flags))
    stack.enter_context(
        Vmalert(
            folder / "vmalert",
            rules=scaled,
            datasource=server.url,
            remote_write=server.url,
            delay=latency,
            flags=("-remoteWrite.flushInterval=100ms",),
        )
    )
    return server


def _rules(setup: Setup) -> dict[str, str]:
    """The rules of every form, and those of the profile otlp where the setup has them."""
    key = "eval_delay" if setup.victoria else "query_offset"
    groups = [group(form, it, delay_key=key) for form in setup.forms if form != BUILT for it in QUANTITIES]
    found = {"forms": yaml.safe_dump({"groups": groups}, sort_keys=False)}
    if BUILT in setup.forms:
        found |= built()
    return found


@cache
def built() -> Mapping[str, str]:
    """Return the rule files of the profile otlp; the first call imports content, which one thread must do."""
    with using(Config(meter=Meter(profile="otlp"))) as config:
        return rules(load(config, Path()))


def _play(
    server: OtlpPrometheus | VictoriaMetrics, own: Sequence[Workload], fault: str, factor: int
) -> dict[str, Ledger]:
    ledgers = {workload.name: Ledger() for workload in own}
    sink = MetricsSink(server.sink())
    began = time.time()
    with ThreadPoolExecutor(len(own)) as pool:
        runs = [
            pool.submit(runner.run, it, sink, speed=factor, seed=1, ledger=ledgers[it.name]) for it in own
        ]
        _happen(server, fault, began, factor)
        for done in runs:
            done.result()
    return ledgers


def _happen(server: Prometheus, fault: str, began: float, factor: int) -> None:
    def until(seconds: float) -> None:
        time.sleep(max(0.0, began + seconds / factor - time.time()))

    if fault == "kill":
        for at in (100.0, 280.0):
            until(at)
            server.kill9()
            server.start()
    elif fault == "restart":
        until(130.0)
        server.stop()
        until(250.0)
        server.start()


def _recorded(server: Prometheus, form: str, quantity: Quantity, window: str) -> dict[str, Cells]:
    name, labels = f"{form}:{quantity.name}", quantity.by.split(", ")
    if form == BUILT:
        name, labels = quantity.record, list(quantity.labels)
    query = f'sum by ({", ".join(labels)}) (sum_over_time({{__name__="{name}"}}[{window}]))'
    found: dict[str, Cells] = {}
    for sample in server.query(query):
        key = tuple(sample.labels.get(label, "") for label in labels)
        found.setdefault(workload_of(key[0]), {})[key] = sample.value
    return found


def _results(
    recorded: Mapping[str, Cells], form: str, quantity: Quantity, ledgers: Mapping[str, Ledger]
) -> list[Result]:
    found = []
    for name, ledger in ledgers.items():
        truth = ledger.truth().cells(quantity.truth, quantity.labels)
        lost, gained = deviation(truth, recorded.get(name, {}))
        at_risk = _busiest(ledger.exported, quantity)
        found.append(Result(name, quantity.name, form, sum(truth.values()), lost, gained, at_risk))
    return found


def _busiest(exported: Sequence[Batch], quantity: Quantity) -> float:
    minutes: dict[int, list[Batch]] = {}
    for batch in exported:
        minutes.setdefault(int(batch.at // 60), []).append(batch)
    amounts = sorted(Truth(batches).total(quantity.truth) for batches in minutes.values())
    return sum(amounts[-3:])
