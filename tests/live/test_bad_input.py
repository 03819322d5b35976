"""What a broken or hostile client may send to the built collector.

Nothing is fatal, everything is dropped or corrected as documented and counted with its reason, and the honest
telemetry that follows every time is counted exactly.
"""

from __future__ import annotations

import gzip
import math
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import requests
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from prometheus_client.parser import text_string_to_metric_families

from claude_code_mixin.fleet import otlp
from claude_code_mixin.fleet.servers import Collector

WRITER = ("laptops", "made-up-for-this-run")
HONEST_USD = 0.25
WAIT_SECONDS = 10.0
LONGEST_LABEL = 128
COST = "claude_code.cost.usage"
EVENT_USD = "claude_code_meter_identity_cost_USD_total"
EVENT_REQUESTS = "claude_code_meter_identity_requests_total"
CLIENT_USD = "claude_code_cost_usage_USD_total"
DROPPED = "claude_code_pipeline_dropped_total"
NOW = time.time_ns()
TIMES = (0, 1, 2**63 - 1, NOW + 10**18, NOW - 10**18)
PROTOBUF = {"Content-Type": "application/x-protobuf"}
GZIP = {"Content-Encoding": "gzip"}
SECRET = "must-never-come-out"  # noqa: S105 - what a test looks for, no password

Series = dict[tuple[str, tuple[tuple[str, str], ...]], float]
Body = Mapping[str, Any] | bytes
Bodies = list[tuple[str, Body, Mapping[str, str]]]


def request(cost: object = 1.0, **changed: object) -> dict[str, object]:
    """Return an api_request event that costs `cost`; `changed` attributes use __ for the dot."""
    event: dict[str, object] = {
        "event.name": "api_request",
        "model": "claude-opus-5-5",
        "cost_usd": cost,
        "input_tokens": 100,
        "output_tokens": 50,
        "cache_read_tokens": 30000,
        "cache_creation_tokens": 2000,
        "query_source": "sdk",
    }
    event |= {key.replace("__", "."): item for key, item in changed.items()}
    return {key: item for key, item in event.items() if item is not None}


def spent(*amounts: float, **settings: Any) -> dict[str, Any]:
    """Return a metrics request with the client's cost counter."""
    labels = settings.pop("labels", {"model": "claude-opus-5-5", "query_source": "main"})
    return otlp.metrics(otlp.counter(COST, *amounts, labels=labels, **settings))


def logs(*bodies: Body, **headers: str) -> Bodies:
    """Return `bodies` addressed to the logs path."""
    return [("/v1/logs", body, headers) for body in bodies]


def points(*bodies: Body, **headers: str) -> Bodies:
    """Return `bodies` addressed to the metrics path."""
    return [("/v1/metrics", body, headers) for body in bodies]


@dataclass(frozen=True)
class Case:
    """What is sent, how it is answered, what it adds to each meter, and what is counted as dropped."""

    sent: Bodies
    statuses: frozenset[int] = frozenset({200})
    events_usd: float = 0.0
    requests: int = 0
    client_usd: float = 0.0
    dropped: Mapping[str, int] = field(default_factory=dict)
    writer: tuple[str, str] | None = WRITER


def other_kinds() -> dict[str, Any]:
    """Return a metrics request in which the cost counter is a gauge, three histograms' worth of nonsense."""
    point = {"timeUnixNano": str(NOW), "count": "1", "sum": 1.0}
    buckets = {**point, "bucketCounts": ["1", "0"], "explicitBounds": [1.0]}
    scaled = {**point, "scale": 1, "zeroCount": "0", "positive": {"offset": 0, "bucketCounts": ["1"]}}
    return otlp.metrics(
        {"name": COST, "gauge": {"dataPoints": [{"timeUnixNano": str(NOW), "asDouble": 1.0}]}},
        {"name": COST, "histogram": {"aggregationTemporality": 1, "dataPoints": [buckets]}},
        {"name": COST, "exponentialHistogram": {"aggregationTemporality": 1, "dataPoints": [scaled]}},
        {"name": COST, "summary": {"dataPoints": [point]}},
    )


def broken_text(model: str) -> Bodies:
    """Return a record and a point whose model is not UTF-8, which no library would write."""
    pairs = [KeyValue(key="model", value=AnyValue(string_value=model))]
    log = ExportLogsServiceRequest()
    record = log.resource_logs.add().scope_logs.add().log_records.add()
    record.attributes.extend(pairs)
    record.attributes.add(key="event.name", value=AnyValue(string_value="api_request"))
    record.attributes.add(key="cost_usd", value=AnyValue(double_value=1.0))
    metric = ExportMetricsServiceRequest()
    sum_ = metric.resource_metrics.add().scope_metrics.add().metrics.add(name=COST).sum
    sum_.aggregation_temporality, sum_.is_monotonic = 1, True
    sum_.data_points.add(as_double=1.0, attributes=pairs)
    found = [each.SerializeToString().replace(model.encode(), b"\xff" * len(model)) for each in (log, metric)]
    return [("/v1/logs", found[0], PROTOBUF), ("/v1/metrics", found[1], PROTOBUF)]


def bomb(mebibytes: int) -> bytes:
    """Return a gzip body of a few kilobytes that unpacks to `mebibytes` of valid JSON."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    parts = [packer.compress(b"{")] + [packer.compress(b" " * 2**20) for _ in range(mebibytes)]
    return b"".join([*parts, packer.compress(b"}"), packer.flush()])


OURS = ("writer", "team", "user", "reason", "event", "signal", "collector_start", "job", "instance")
FORGED = [
    *((label, "forged") for label in (*OURS, "__name__")),
    *(("team.id", "a"), ("team_id", "b"), ("enduser.id", "c"), ("enduser_id", "d"), ("le", "1")),
    *(("model", "a"), ("model", "b"), ("query_source", "sdk")),
]
STRANGE = ("", 7, True, [1], "x" * 100_000, 'quote " backslash \\ newline \n brace {} snowman \u2603')

CASES: dict[str, Case] = {
    "honest": Case(
        logs(otlp.records(request(2.0))) + points(spent(3.0)), events_usd=2, requests=1, client_usd=3
    ),
    "no_credentials": Case(
        logs(otlp.records(request())) + points(spent(1.0)), statuses=frozenset({401}), writer=None
    ),
    "wrong_password": Case(
        logs(otlp.records(request())) + points(spent(1.0)),
        statuses=frozenset({401}),
        writer=("laptops", "no"),
    ),
    "unknown_event": Case(
        logs(otlp.records({"event.name": "new_event"}, {"no": "name"}, {"event.name": 7})),
        dropped={"unknown_event": 3},
    ),
    "unknown_metric": Case(
        points(otlp.metrics(*(otlp.counter(name, 1.0) for name in ("claude_code.new", "evil", COST + ".x")))),
        dropped={"unknown_metric": 3},
    ),
    "wrong_type_in_event": Case(
        logs(
            otlp.records(
                *(request(cost) for cost in ("1.5", True, [1.0], None)),
                request(input_tokens="5"),
                request(output_tokens=True),
            )
        ),
        dropped={"wrong_type": 6},
    ),
    "wrong_type_of_metric": Case(points(other_kinds()), dropped={"wrong_type": 4}),
    "no_data": Case(points(otlp.metrics({"name": COST}, {"name": ""}))),
    "tokens_missing_or_fractions": Case(
        logs(otlp.records(request(input_tokens=None), request(input_tokens=2.5))), events_usd=2, requests=2
    ),
    "not_finite": Case(
        logs(
            otlp.records(
                *(request(cost) for cost in (math.nan, math.inf, -math.inf)), request(input_tokens=math.nan)
            )
        )
        + points(spent(math.nan, math.inf, -math.inf)),
        dropped={"not_finite": 7},
    ),
    "negative": Case(
        logs(otlp.records(request(-1.0), request(-3), request(output_tokens=-1))) + points(spent(-1.0, -1)),
        dropped={"negative": 5},
    ),
    "absurd_amounts": Case(
        logs(otlp.records(request(1e300), request(200_000), request(input_tokens=2**62)))
        + points(spent(1e300, 200_000, 2**62)),
        dropped={"absurd": 6},
    ),
    "integer_then_double_in_one_request": Case(
        logs(otlp.records(request(1), request(0.5), request(2))) + points(spent(1, 0.5, 2, 0)),
        events_usd=3.5,
        requests=3,
        client_usd=3.5,
    ),
    "integer": Case(
        logs(otlp.records(request(1))) + points(spent(1)), events_usd=1, requests=1, client_usd=1
    ),
    "double_after_integer": Case(
        logs(otlp.records(request(0.5))) + points(spent(0.5)), events_usd=0.5, requests=1, client_usd=0.5
    ),
    "absurd_timestamps": Case(
        logs(*(otlp.records(request(), at=at) for at in TIMES))
        + points(*(spent(1.0, at=at, start=start) for at in TIMES for start in TIMES)),
        events_usd=5,
        requests=5,
        client_usd=25,
    ),
    "after_absurd_timestamps": Case(
        logs(otlp.records(request())) + points(spent(1.0)), events_usd=1, requests=1, client_usd=1
    ),
    "cumulative": Case(
        points(spent(1.0, temporality=2), spent(1.0, temporality=0), spent(1.0, monotonic=False)),
        dropped={"cumulative": 2, "not_monotonic": 1},
    ),
    "empty": Case(
        logs({}, {"resourceLogs": []}, {"resourceLogs": [{}]})
        + points({"resourceMetrics": [{"scopeMetrics": [{}]}]})
        + [("/v1/logs", b"", PROTOBUF), ("/v1/metrics", b"", PROTOBUF)]
    ),
    "no_otlp": Case(
        [
            ("/v1/logs", b"{", {}),
            ("/v1/logs", b"\xff\xff\xff", PROTOBUF),
            ("/v1/metrics", b"[]", {}),
            ("/v1/logs", b"x", {"Content-Type": "text/plain"}),
            ("/v1/nothing", b"{}", {}),
            ("/v1/logs", gzip.compress(b"x")[:10], GZIP),
        ],
        statuses=frozenset({400, 404, 415}),
    ),
    "oversized": Case(logs(otlp.records(request(x="a" * 3 * 2**20))), statuses=frozenset({400, 413})),
    "gzip_bomb": Case(
        [("/v1/logs", bomb(256), GZIP), ("/v1/metrics", bomb(256), GZIP)], statuses=frozenset({400, 413})
    ),
    "full_batch": Case(logs(otlp.records(*[request(0.001)] * 2000)), events_usd=2.0, requests=2000),
    "forged_and_doubled_keys": Case(
        logs(
            otlp.records(
                [("event.name", "api_request"), ("cost_usd", 1.0), ("cost_usd", 5.0), *FORGED],
                resource=[("service.name", "forged"), ("writer", "forged"), ("job", "forged")],
            )
        )
        + points(otlp.metrics(otlp.counter(COST, 1.0, labels=FORGED), resource=[("service.name", "forged")])),
        events_usd=1,
        requests=1,
        client_usd=1,
    ),
    "strange_labels": Case(
        logs(otlp.records(*(request(model=item, team__id=item) for item in STRANGE)))
        + points(*(spent(1.0, labels={"model": item, "team.id": item}) for item in STRANGE)),
        events_usd=6,
        requests=6,
        client_usd=6,
    ),
    "not_utf8": Case(broken_text("PLACEHOLDER"), events_usd=1, requests=1, client_usd=1),
}


@pytest.fixture(scope="module")
def collector(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """One collector for all cases: what one does to it, the next must survive."""
    config = (build / "collector" / "config.yaml").read_text("utf-8")
    with Collector(tmp_path_factory.mktemp("bad_input"), config=config, writers=dict([WRITER])) as running:
        yield running


def exposed(address: str) -> Series:
    """Return what a metrics endpoint exposes, by name and labels."""
    text = requests.get(f"http://{address}/metrics", timeout=WAIT_SECONDS).text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def total(series: Series, name: str, **labels: str) -> float:
    """Return the sum of the series called `name` that carry `labels`."""
    return sum(
        value
        for (found, pairs), value in series.items()
        if found == name and labels.items() <= dict(pairs).items()
    )


def by_reason(before: Series, after: Series) -> dict[str, float]:
    """Return what was dropped between `before` and `after`, by reason."""
    reasons = {dict(pairs)["reason"] for name, pairs in after if name == DROPPED}
    grown = {it: total(after, DROPPED, reason=it) - total(before, DROPPED, reason=it) for it in reasons}
    return {reason: count for reason, count in grown.items() if count}


def after_honest(collector: Collector, before: Series) -> Series:
    """Send honest telemetry behind what was sent before, and return what is exposed once it is counted."""
    for signal, body in (
        ("logs", otlp.records(request(HONEST_USD, model="honest"))),
        ("metrics", spent(HONEST_USD, labels={"model": "honest", "query_source": "main"})),
    ):
        otlp.send(f"http://{collector.otlp}/v1/{signal}", body, writer=WRITER)
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        now = exposed(collector.metrics)
        if all(
            total(now, name, model="honest") >= total(before, name, model="honest") + HONEST_USD - 1e-9
            for name in (EVENT_USD, CLIENT_USD)
        ):
            return exposed(collector.metrics)
        time.sleep(0.05)
    pytest.fail(f"honest telemetry is not counted any more: {collector.tail()}")


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_dropped_counted_and_never_fatal(name: str, collector: Collector) -> None:
    """Answers, both meters and the reasons are as documented, and what honest clients send is exact."""
    case, before = CASES[name], exposed(collector.metrics)
    answers = [
        otlp.post(f"http://{collector.otlp}{path}", body, writer=case.writer, headers=headers)
        for path, body, headers in case.sent
    ]
    after = after_honest(collector, before)

    def grown(metric: str, **labels: str) -> float:
        return total(after, metric, **labels) - total(before, metric, **labels)

    assert collector.running, collector.tail()
    assert {status for status, _ in answers} <= case.statuses, answers
    assert grown(EVENT_USD) == pytest.approx(case.events_usd + HONEST_USD)
    assert grown(EVENT_REQUESTS) == case.requests + 1
    assert grown(CLIENT_USD) == pytest.approx(case.client_usd + HONEST_USD)
    assert grown(EVENT_USD, model="honest") == pytest.approx(HONEST_USD)
    assert grown(CLIENT_USD, model="honest") == pytest.approx(HONEST_USD)
    assert by_reason(before, after) == case.dropped


def test_refused_requests_are_counted_by_status(collector: Collector) -> None:
    """What is refused before it is read has no reason label; it is counted by the answer's status."""
    before = exposed(collector.telemetry)
    otlp.post(f"http://{collector.otlp}/v1/logs", b"{", writer=WRITER)
    otlp.post(f"http://{collector.otlp}/v1/logs", b"{}", writer=None)
    after = exposed(collector.telemetry)
    for status in ("400", "401"):
        count = "http_server_request_duration_seconds_count"
        grown = total(after, count, http_response_status_code=status) - total(
            before, count, http_response_status_code=status
        )
        assert grown == 1, status


def test_nothing_forged_is_exposed(collector: Collector) -> None:
    """Labels that the server sets cannot be set by a client, whatever the spelling."""
    test_bad_input_is_dropped_counted_and_never_fatal("forged_and_doubled_keys", collector)
    assert "forged" not in requests.get(f"http://{collector.metrics}/metrics", timeout=WAIT_SECONDS).text


def test_labels_are_bounded(collector: Collector) -> None:
    """A label of 100,000 characters is cut: it would be in every sample that Prometheus stores."""
    test_bad_input_is_dropped_counted_and_never_fatal("strange_labels", collector)
    lengths = {len(value) for _, pairs in exposed(collector.metrics) for _, value in pairs}
    assert max(lengths) == LONGEST_LABEL


def test_content_and_identity_do_not_come_out(collector: Collector) -> None:
    """No text, e-mail, session or path that a client sends is in the metrics, the telemetry or the log."""
    identity = ("user.email", "user.id", "user.account_uuid", "organization.id", "session.id", "host.name")
    content = ("prompt", "vcs.repository.url.full", "tool_parameters", "request_id")
    planted = dict.fromkeys((*identity, *content), SECRET)
    before = exposed(collector.metrics)
    event = {**request(), **planted}
    otlp.send(f"http://{collector.otlp}/v1/logs", otlp.records(event, resource=planted), writer=WRITER)
    metric = otlp.counter(COST, 1.0, labels={**planted, "model": "claude-opus-5-5"})
    body = otlp.metrics({**metric, "description": SECRET}, resource=planted)
    otlp.send(f"http://{collector.otlp}/v1/metrics", body, writer=WRITER)
    after_honest(collector, before)
    for address in (collector.metrics, collector.telemetry):
        assert SECRET not in requests.get(f"http://{address}/metrics", timeout=WAIT_SECONDS).text
    assert SECRET not in collector.log.read_text("utf-8")


def test_memory_and_log_stay_bounded(
    collector: Collector, record_property: Callable[[str, object], None]
) -> None:
    """After all that, memory is below the limiter's limit and the log holds neither panic nor stack."""
    resident = total(exposed(collector.telemetry), "otelcol_process_memory_rss_bytes") / 2**20
    record_property("live", f"collector after {len(CASES)} kinds of bad input: {resident:.0f} MiB resident")
    assert 0 < resident < 512
    log = collector.log.read_text("utf-8")
    assert "panic" not in log
    assert "goroutine" not in log
