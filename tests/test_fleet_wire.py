"""Batches on the wire: JSON, Protobuf and the exporter's text carry the same."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from prometheus_client.parser import text_string_to_metric_families

from claude_code_mixin.fleet import grpc_sink, wire
from claude_code_mixin.fleet.telemetry import Batch, Event, Point
from claude_code_mixin.fleet.turns import WHOLE_DOLLAR
from claude_code_mixin.fleet.usage import OTHER_MODEL
from fleet_comparison import answered, launch, request

RESOURCE = {"service.version": "2.1.330"}


def batches() -> tuple[Batch, Batch]:
    """Return the events and the points of a short process with a request of exactly one dollar."""
    process = launch()
    answered(process)
    process.request(0.5, request(2, model=OTHER_MODEL, usage=WHOLE_DOLLAR))
    process.exit(1)
    logs, metrics = process.outbox.batches
    return logs, metrics


def test_protobuf_carries_what_json_carries() -> None:
    """Read back with the official classes: points with their numbers and times, records with their types."""
    logs, metrics = batches()
    points = ExportMetricsServiceRequest.FromString(wire.as_protobuf(metrics))
    read = points.resource_metrics[0].scope_metrics[0].metrics
    sent = json.loads(wire.as_json(metrics))["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    assert [metric.name for metric in read] == [metric["name"] for metric in sent]
    for one, other in zip(read, sent, strict=True):
        assert one.sum.is_monotonic
        assert one.sum.aggregation_temporality == other["sum"]["aggregationTemporality"] == wire.DELTA
        assert [(p.as_double, str(p.start_time_unix_nano)) for p in one.sum.data_points] == [
            (p["asDouble"], p["startTimeUnixNano"]) for p in other["sum"]["dataPoints"]
        ]
    records = ExportLogsServiceRequest.FromString(wire.as_protobuf(logs))
    costs = [
        (pair.value.WhichOneof("value"), pair.value.double_value or pair.value.int_value)
        for record in records.resource_logs[0].scope_logs[0].log_records
        for pair in record.attributes
        if pair.key == "cost_usd"
    ]
    assert costs == [("double_value", 0.0174), ("int_value", 1)]


def test_the_same_batch_gives_the_same_bytes() -> None:
    """A repeated post is the same request."""
    for one, other in zip(batches(), batches(), strict=True):
        assert wire.as_json(one) == wire.as_json(other)
        assert wire.as_protobuf(one) == wire.as_protobuf(other)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, {"boolValue": True}),
        (7, {"intValue": 7}),
        (2.0, {"intValue": 2}),
        (0.5, {"doubleValue": 0.5}),
        ("7", {"stringValue": "7"}),
        ((), {"arrayValue": {"values": []}}),
        (("a",), {"arrayValue": {"values": [{"stringValue": "a"}]}}),
    ],
)
def test_values_have_the_types_that_javascript_gives_them(value: Any, expected: dict[str, Any]) -> None:
    """A number without a fraction is an integer, a number in a text stays one."""
    body = wire.body(Batch("p", "w", 0, RESOURCE, events=(Event("auth", 1, {"key": value}),)))
    (record,) = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    assert record["attributes"] == [{"key": "key", "value": expected}]


def test_the_text_format_is_read_back_with_its_labels() -> None:
    """A Prometheus parser finds every point, however its labels are spelt."""
    custom = {"team.id": 'a "b" c\\n\nd'}
    point = Point("claude_code.cost.usage", {**custom, "flag": True}, 1, 2, 0.5)
    text = wire.exposition(Batch("p", "w", 0, RESOURCE | custom, cumulative=True, points=(point,)))
    families = {family.name: family for family in text_string_to_metric_families(text)}
    (sample,) = families["claude_code_cost_usage"].samples
    assert sample.labels == {
        "team_id": custom["team.id"],
        "flag": "true",
        "otel_scope_name": "com.anthropic.claude_code",
        "otel_scope_version": "2.1.330",
    }
    assert sample.value == 0.5
    assert families["target_info"].samples[0].labels["team_id"] == custom["team.id"]


@pytest.mark.parametrize(
    ("module", "package", "use"),
    [
        (
            "opentelemetry.proto.collector.logs.v1.logs_service_pb2",
            "opentelemetry-proto",
            lambda: wire.as_protobuf(batches()[0]),
        ),
        ("grpc", "grpcio", lambda: grpc_sink.GrpcSink("127.0.0.1:1")),
    ],
)
def test_a_missing_package_is_named_with_the_way_out(
    monkeypatch: pytest.MonkeyPatch, module: str, package: str, use: Callable[[], object]
) -> None:
    """Protobuf and gRPC are optional: their absence is a sentence, not a trace."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(wire.WireError, match=f"needs the package {package} .*: install it, or send"):
        use()


@pytest.mark.parametrize(("answer", "rejects"), [(b"", False), (b"\n\x00", False), (b"\n\x02\x08\x03", True)])
def test_a_partial_success_is_a_rejection(answer: bytes, rejects: bool) -> None:
    """An answer that counts rejected points is no success; an empty one is."""
    assert wire.rejects(answer) is rejects
