"""Whatever differs from the catalogue is named: a captured request is changed in one place at a time."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from claude_code_mixin.catalogue import load, unknowns

CAPTURES = Path(__file__).parent / "data" / "captures"
Body = dict[str, Any]


def first_request(capture: str) -> Body:
    """Return a fresh copy of the first OTLP/JSON request of a capture."""
    body: Body = json.loads((CAPTURES / f"{capture}.jsonl").read_text(encoding="utf-8").splitlines()[0])[
        "body"
    ]
    return body


def first_metric(body: Body, name: str) -> dict[str, Any]:
    """Return the metric `name` of a request."""
    metrics = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]
    return next(metric for metric in metrics if metric["name"] == name)


def first_event(body: Body, name: str) -> dict[str, Any]:
    """Return the first record of the event `name` in a request."""
    records = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    return next(record for record in records if record["body"]["stringValue"] == f"claude_code.{name}")


def pair(carrier: dict[str, Any], key: str) -> dict[str, Any]:
    """Return the attribute `key` of a point, record or resource as it stands in the request."""
    return next(entry for entry in carrier["attributes"] if entry["key"] == key)


def cost(body: Body) -> dict[str, Any]:
    """Return the cost metric of a request."""
    return first_metric(body, "claude_code.cost.usage")


def cost_point(body: Body) -> dict[str, Any]:
    """Return the first cost point of a request."""
    point: dict[str, Any] = cost(body)["sum"]["dataPoints"][0]
    return point


MUTATIONS: list[tuple[str, str, Callable[[Body], object], list[str]]] = [
    (
        "metric renamed",
        "metrics",
        lambda body: cost(body).update(name="claude_code.cost.usages"),
        ['metric claude_code.cost.usages is unknown, nearest is "claude_code.cost.usage"'],
    ),
    (
        "unit changed",
        "metrics",
        lambda body: cost(body).update(unit="EUR"),
        ['metric claude_code.cost.usage: unit is "EUR", the catalogue says "USD"'],
    ),
    (
        "unit lost",
        "metrics",
        lambda body: cost(body).pop("unit"),
        ['metric claude_code.cost.usage: unit is "", the catalogue says "USD"'],
    ),
    (
        "temporality lost",
        "metrics",
        lambda body: cost(body)["sum"].pop("aggregationTemporality"),
        ["metric claude_code.cost.usage: temporality is unspecified, not delta or cumulative"],
    ),
    (
        "not monotonic",
        "metrics",
        lambda body: cost(body)["sum"].update(isMonotonic=False),
        ["metric claude_code.cost.usage is not monotonic, the catalogue says counter"],
    ),
    (
        "sum became gauge",
        "metrics",
        lambda body: cost(body).update(gauge=cost(body).pop("sum")),
        ["metric claude_code.cost.usage arrives as gauge, the catalogue says sum"],
    ),
    (
        "point without number",
        "metrics",
        lambda body: cost_point(body).pop("asDouble"),
        ["metric claude_code.cost.usage: a point has no number"],
    ),
    (
        "point attribute renamed",
        "metrics",
        lambda body: pair(cost_point(body), "model").update(key="modle"),
        [
            'metric claude_code.cost.usage: attribute "modle" is unknown, nearest is "model"',
            'metric claude_code.cost.usage: attribute "model" is missing, though it is always sent',
        ],
    ),
    (
        "point attribute retyped",
        "metrics",
        lambda body: pair(cost_point(body), "anthropic.custom_base_url").update(
            value={"stringValue": "true"}
        ),
        [
            'metric claude_code.cost.usage: attribute "anthropic.custom_base_url" arrives as string,'
            " the catalogue says bool"
        ],
    ),
    (
        "value outside the set",
        "metrics",
        lambda body: pair(cost_point(body), "query_source").update(value={"stringValue": "side"}),
        [
            'metric claude_code.cost.usage: attribute "query_source" has the value "side",'
            " the catalogue says main, subagent, auxiliary"
        ],
    ),
    (
        "attribute of another metric",
        "metrics",
        lambda body: cost_point(body)["attributes"].append(
            {"key": "language", "value": {"stringValue": "C"}}
        ),
        ['metric claude_code.cost.usage: attribute "language" is unknown'],
    ),
    (
        "resource attribute renamed",
        "metrics",
        lambda body: pair(body["resourceMetrics"][0]["resource"], "host.arch").update(key="host.archi"),
        [
            'resource: attribute "host.archi" is unknown, nearest is "host.arch"',
            'resource: attribute "host.arch" is missing, though it is always sent',
        ],
    ),
    (
        "scope renamed",
        "metrics",
        lambda body: body["resourceMetrics"][0]["scopeMetrics"][0]["scope"].update(name="claude"),
        ['scope "claude" of metrics is unknown, the catalogue says "com.anthropic.claude_code"'],
    ),
    (
        "scope with attributes",
        "metrics",
        lambda body: body["resourceMetrics"][0]["scopeMetrics"][0]["scope"].update(
            attributes=[{"key": "secret", "value": {"stringValue": "s"}}]
        ),
        ['scope "com.anthropic.claude_code": attribute "secret" is unknown'],
    ),
    (
        "event renamed",
        "logs",
        lambda body: pair(first_event(body, "api_request"), "event.name").update(
            value={"stringValue": "api_requests"}
        ),
        ['event api_requests is unknown, nearest is "api_request"'],
    ),
    (
        "event body changed",
        "logs",
        lambda body: first_event(body, "api_request").update(body={"stringValue": "secret"}),
        ['event api_request: the body is not "claude_code.api_request"'],
    ),
    (
        "cost as text",
        "logs",
        lambda body: pair(first_event(body, "api_request"), "cost_usd").update(value={"stringValue": "1.5"}),
        ['event api_request: attribute "cost_usd" arrives as string, the catalogue says double or int'],
    ),
    (
        "cost lost",
        "logs",
        lambda body: pair(first_event(body, "api_request"), "cost_usd").update(key="cost"),
        [
            'event api_request: attribute "cost" is unknown, nearest is "cost_usd"',
            'event api_request: attribute "cost_usd" is missing, though it is always sent',
        ],
    ),
    (
        "list of numbers",
        "logs",
        lambda body: pair(first_event(body, "managed_settings_resolved"), "managed_settings.sources").update(
            value={"arrayValue": {"values": [{"intValue": 1}]}}
        ),
        [
            'event managed_settings_resolved: attribute "managed_settings.sources" arrives as'
            " a list of other things than strings, the catalogue says string[]"
        ],
    ),
]


@pytest.mark.parametrize(
    ("signal", "mutate", "expected"),
    [pytest.param(*rest, id=name.replace(" ", "-")) for name, *rest in MUTATIONS],
)
def test_a_difference_is_named(signal: str, mutate: Callable[[Body], object], expected: list[str]) -> None:
    """A captured request is clean; changed in one place, exactly that is named."""
    body = first_request(f"print_plain.{signal}")
    assert unknowns(body, load()) == []
    mutate(body)
    assert unknowns(body, load()) == expected


def test_spans_and_span_events_are_compared() -> None:
    """A renamed span, a span attribute and a span event."""
    body = first_request("skill.traces")
    spans = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
    with_event = next(span for span in spans if span["events"])
    pair(with_event, "ttft_ms")["key"] = "ttft"
    with_event["events"][0]["name"] = "attempt"
    next(span for span in spans if span["name"] == "claude_code.tool")["name"] = "claude_code.tools"
    assert set(unknowns(body, load())) == {
        'span claude_code.llm_request: attribute "ttft" is unknown, nearest is "ttft_ms"',
        'span claude_code.llm_request: span event "attempt" is unknown',
        'span claude_code.tools is unknown, nearest is "claude_code.tool"',
    }


def test_custom_resource_keys_must_be_announced() -> None:
    """Keys of OTEL_RESOURCE_ATTRIBUTES are unknown until the installation names them."""
    body = first_request("print_tools_cumulative.metrics")
    found = unknowns(body, load(), custom=["department", "user.id"])
    assert 'resource: attribute "team.id" is unknown' in " ".join(found)
    assert all("team.id" in sentence for sentence in found)


def test_wanted_temporality_is_enforced() -> None:
    """A profile that needs delta hears of cumulative points."""
    delta = first_request("print_tools_delta.metrics")
    cumulative = first_request("print_plain.metrics")
    for total in cumulative["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]:
        total["sum"]["aggregationTemporality"] = 2
    assert unknowns(delta, load(), temporality="delta") == []
    sentence = "metric claude_code.cost.usage: temporality is cumulative, not delta"
    assert sentence in unknowns(cumulative, load(), temporality="delta")


def test_an_older_client_is_not_blamed() -> None:
    """What a later version brought is missing from an earlier one without a word."""
    body = first_request("print_tools_delta.metrics")
    lines = first_metric(body, "claude_code.lines_of_code.count")
    for point in lines["sum"]["dataPoints"]:
        point["attributes"].remove(pair(point, "model"))
    missing = 'metric claude_code.lines_of_code.count: attribute "model" is missing, though it is always sent'
    assert unknowns(body, load()) == [missing]
    pair(body["resourceMetrics"][0]["resource"], "service.version")["value"] = {"stringValue": "2.1.99"}
    assert unknowns(body, load()) == []


def test_content_is_never_repeated() -> None:
    """A prompt of the wrong type is named without being quoted."""
    body = first_request("print_plain.logs")
    pair(first_event(body, "user_prompt"), "prompt")["value"] = {"bytesValue": "c2VjcmV0"}
    (sentence,) = unknowns(body, load())
    assert sentence == 'event user_prompt: attribute "prompt" arrives as bytes, the catalogue says string'


def test_a_request_of_another_kind_is_named() -> None:
    """An empty or foreign request is not taken for a clean one."""
    assert unknowns({"resourceMetric": []}, load()) == [
        "the request has none of resourceMetrics, resourceLogs, resourceSpans"
    ]
