"""The catalogue knows everything the real client sent, and says so when something else arrives."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from claude_code_mixin.catalogue import (
    Cardinality,
    CatalogueError,
    Privacy,
    Series,
    load,
    unknowns,
)
from claude_code_mixin.catalogue.read import Reader, definitions
from claude_code_mixin.nearest import nearest

CAPTURES = Path(__file__).parent / "data" / "captures"
REQUESTS = sorted(CAPTURES.glob("*.jsonl"))
SCRAPE = (CAPTURES / "client_exporter_scrape.prom").read_text(encoding="utf-8")

# OTEL_RESOURCE_ATTRIBUTES of the captured runs; user.id was an attempt to pass for somebody else.
CUSTOM = {"print_tools_cumulative": {"team.id", "department", "user.id"}}

NAMES = [  # OTel name, scrape, collector = collector-default = otlp, victoriametrics
    ("claude_code.session.count", "claude_code_session_count_total", "claude_code_session_count_total"),
    (
        "claude_code.lines_of_code.count",
        "claude_code_lines_of_code_count_total",
        "claude_code_lines_of_code_count_total",
    ),
    (
        "claude_code.pull_request.count",
        "claude_code_pull_request_count_total",
        "claude_code_pull_request_count_total",
    ),
    ("claude_code.commit.count", "claude_code_commit_count_total", "claude_code_commit_count_total"),
    ("claude_code.cost.usage", "claude_code_cost_usage_total", "claude_code_cost_usage_USD_total"),
    ("claude_code.token.usage", "claude_code_token_usage_total", "claude_code_token_usage_tokens_total"),
    (
        "claude_code.code_edit_tool.decision",
        "claude_code_code_edit_tool_decision_total",
        "claude_code_code_edit_tool_decision_total",
    ),
    (
        "claude_code.active_time.total",
        "claude_code_active_time_total",
        "claude_code_active_time_seconds_total",
    ),
]
EVENTS = {
    "user_prompt",
    "assistant_response",
    "api_request",
    "api_error",
    "api_retries_exhausted",
    "api_refusal",
    "api_request_body",
    "api_response_body",
    "tool_decision",
    "tool_result",
    "permission_mode_changed",
    "auth",
    "mcp_server_connection",
    "internal_error",
    "plugin_installed",
    "plugin_loaded",
    "skill_activated",
    "at_mention",
    "hook_registered",
    "hook_execution_start",
    "hook_execution_complete",
    "hook_plugin_metrics",
    "compaction",
    "subagent_completed",
    "feedback_survey",
    "retention_sweep",
    "managed_settings_resolved",
    "safety_event",
    "system_prompt",
    "tool",
}


def requests(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the OTLP/JSON bodies of a capture."""
    for line in path.read_text(encoding="utf-8").splitlines():
        yield json.loads(line)["body"]


def carriers(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield (metric, event or span name, attributes) of every point, record and span of a capture."""
    for body in requests(path):
        for resource in body.get("resourceMetrics", []):
            for metric in resource["scopeMetrics"][0]["metrics"]:
                yield from ((metric["name"], attributes(point)) for point in metric["sum"]["dataPoints"])
        for resource in body.get("resourceLogs", []):
            for record in resource["scopeLogs"][0]["logRecords"]:
                yield attributes(record)["event.name"]["stringValue"], attributes(record)
        for resource in body.get("resourceSpans", []):
            for span in resource["scopeSpans"][0]["spans"]:
                yield span["name"], attributes(span)


def attributes(carrier: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return attribute key to OTLP value."""
    return {pair["key"]: pair["value"] for pair in carrier["attributes"]}


def sent_names(suffix: str) -> set[str]:
    """Return the names of what all captures of a signal sent."""
    return {name for path in REQUESTS if path.name.endswith(suffix) for name, _ in carriers(path)}


@pytest.mark.parametrize("path", REQUESTS, ids=lambda path: path.name.removesuffix(".jsonl"))
def test_everything_captured_is_known(path: Path) -> None:
    """Every metric, event, span and attribute, with its type, unit, value and temporality."""
    bodies = list(requests(path))
    custom = CUSTOM.get(path.name.split(".")[0], set())
    assert bodies
    assert [unknowns(body, load(), custom=custom) for body in bodies] == [[]] * len(bodies)


def test_captures_cover_what_the_tests_rely_on() -> None:
    """A capture that went missing is noticed."""
    assert sent_names(".metrics.jsonl") == {name for name, *_ in NAMES}
    assert len(sent_names(".logs.jsonl")) == 18
    assert len(sent_names(".traces.jsonl")) == 5
    assert len(REQUESTS) == 47


@pytest.mark.parametrize("name", sorted(sent_names(".logs.jsonl")))
def test_event_attributes_have_the_captured_type(name: str) -> None:
    """Read independently of `unknowns`: each attribute of each captured record, type by type."""
    types = {"stringValue": "string", "intValue": "int", "doubleValue": "double", "boolValue": "bool"}
    known = load().event_attributes(name)
    seen = {
        (key, types.get(*value) if "arrayValue" not in value else "string[]")
        for path in REQUESTS
        if path.name.endswith(".logs.jsonl")
        for event, sent in carriers(path)
        if event == name
        for key, value in sent.items()
        if key not in CUSTOM["print_tools_cumulative"] | {"service.name"}
    }
    assert {(key, kind) for key, kind in seen if kind not in known[key].wire_types} == set()


def test_scraped_exporter_is_known() -> None:
    """Every series of the client's own exporter: name, type and labels, under the profile `scrape`."""
    series = load().series("scrape")
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", SCRAPE, re.MULTILINE))
    lines = re.findall(r"^(\w+)\{(.*)\} \S+$", SCRAPE, re.MULTILINE)
    assert len(types) == 7
    assert len(lines) == 12
    for name, labels in lines:
        kind = "info" if name == "target_info" else types[name]
        assert series[name].kind == kind
        assert set(re.findall(r'(\w+)="', labels)) <= set(series[name].labels), name


@pytest.mark.parametrize(("name", "scrape", "suffixed"), NAMES, ids=[name for name, *_ in NAMES])
def test_metric_names_by_profile(name: str, scrape: str, suffixed: str) -> None:
    """The eight metrics, spelled literally."""
    assert load().metrics[name].names == {
        "collector": suffixed,
        "collector-default": suffixed,
        "scrape": scrape,
        "otlp": suffixed,
        "victoriametrics": name,
    }
    for profile, series_name in load().metrics[name].names.items():
        assert load().series(profile)[series_name].kind == "counter"


def test_names_of_other_settings() -> None:
    """Suffixes switched off, dots kept: what a server with other settings stores."""
    spellings = load().metrics["claude_code.active_time.total"].spellings
    assert spellings["plain"] == "claude_code_active_time_total"
    assert spellings["dotted-suffixed"] == "claude_code.active_time.total_seconds_total"
    assert load().metrics["claude_code.cost.usage"].spellings["plain"] == "claude_code_cost_usage"


def test_metrics_have_their_units() -> None:
    """Three metrics carry a unit, five count."""
    units = {name: metric.unit for name, metric in load().metrics.items() if metric.unit}
    assert units == {
        "claude_code.cost.usage": "USD",
        "claude_code.token.usage": "tokens",
        "claude_code.active_time.total": "s",
    }


def test_every_event_is_there() -> None:
    """The thirty events; the body is the prefixed name."""
    assert set(load().events) == EVENTS
    assert load().events["tool_result"].body == "claude_code.tool_result"


@pytest.mark.parametrize(
    ("event", "key", "wire_types", "logical_type"),
    [
        ("api_request", "duration_ms", ("int",), "int"),
        ("tool_result", "duration_ms", ("string",), "int"),
        ("tool_result", "success", ("string",), "bool"),
        ("compaction", "pre_tokens", ("string",), "int"),
        ("user_prompt", "prompt_length", ("string",), "int"),
        ("assistant_response", "response_length", ("int",), "int"),
        ("api_error", "status_code", ("int",), "int"),
        ("api_retries_exhausted", "status_code", ("int",), "int"),
        ("api_retries_exhausted", "total_attempts", ("int",), "int"),
        ("auth", "status_code", ("string",), "int"),
        ("api_request", "cost_usd", ("double", "int"), "double"),
        ("plugin_loaded", "safe_mode", ("string",), "bool"),
        ("plugin_loaded", "has_hooks", ("bool",), "bool"),
        ("subagent_completed", "duration_ms", ("int",), "int"),
        ("managed_settings_resolved", "managed_settings.sources", ("string[]",), "string[]"),
    ],
)
def test_type_trap(event: str, key: str, wire_types: tuple[str, ...], logical_type: str) -> None:
    """The same key travels as a number in one event and as text in another."""
    attribute = load().events[event].attributes[key]
    assert (attribute.wire_types, attribute.logical_type) == (wire_types, logical_type)


@pytest.mark.parametrize(
    ("key", "privacy", "cardinality"),
    [
        ("user.email", Privacy.IDENTITY, Cardinality.PER_USER),
        ("user.id", Privacy.IDENTITY, Cardinality.PER_USER),
        ("user.account_uuid", Privacy.IDENTITY, Cardinality.PER_USER),
        ("host.name", Privacy.IDENTITY, Cardinality.PER_USER),
        ("prompt", Privacy.CONTENT, Cardinality.UNBOUNDED),
        ("prompt_text", Privacy.CONTENT, Cardinality.UNBOUNDED),
        ("response", Privacy.CONTENT, Cardinality.UNBOUNDED),
        ("body", Privacy.CONTENT, Cardinality.UNBOUNDED),
        ("error", Privacy.CONTENT, Cardinality.UNBOUNDED),
        ("tool_input", Privacy.CONTENT, Cardinality.UNBOUNDED),
        ("tool_parameters", Privacy.CONTENT, Cardinality.UNBOUNDED),
        ("system_prompt", Privacy.CONTENT, Cardinality.UNBOUNDED),
        ("vcs.ref.head.name", Privacy.CONTENT, Cardinality.UNBOUNDED),
        ("session.id", Privacy.PUBLIC, Cardinality.PER_SESSION),
        ("request_id", Privacy.PUBLIC, Cardinality.UNBOUNDED),
        ("model", Privacy.PUBLIC, Cardinality.BOUNDED),
    ],
)
def test_privacy_and_cardinality(key: str, privacy: Privacy, cardinality: Cardinality) -> None:
    """The classes that privacy profiles and label cuts rest on."""
    attribute = load().attributes[key]
    assert (attribute.privacy, attribute.cardinality) == (privacy, cardinality)


def test_attributes_merge_what_their_carriers_send() -> None:
    """A merged attribute has all wire types and values; they are closed where every carrier closes them."""
    merged = load().attributes
    assert set(merged["duration_ms"].wire_types) == {"int", "string"}
    assert {"added", "cacheRead", "user"} <= set(merged["type"].values)
    assert merged["type"].closed
    assert {"main", "sdk"} <= set(merged["query_source"].values)
    assert not merged["query_source"].closed


def test_switches_and_labels() -> None:
    """The variable that adds an attribute, what it is when unset, and the label's spelling."""
    session, version = load().standard["session.id"], load().standard["app.version"]
    assert (session.opt_in, session.opt_in_default) == ("OTEL_METRICS_INCLUDE_SESSION_ID", True)
    assert (version.opt_in, version.opt_in_default) == ("OTEL_METRICS_INCLUDE_VERSION", False)
    assert load().standard["vcs.repository.url.full"].label == "vcs_repository_url_full"
    assert load().metrics["claude_code.lines_of_code.count"].attributes["model"].since == "2.1.172"


@pytest.mark.parametrize(
    ("profile", "name", "present", "absent"),
    [
        ("collector", "claude_code_cost_usage_USD_total", {"job", "model", "user_id"}, {"session_id"}),
        (
            "collector-default",
            "claude_code_cost_usage_USD_total",
            {"session_id", "exported_job", "otel_scope_version"},
            {"session.id"},
        ),
        ("scrape", "claude_code_cost_usage_total", {"session_id", "otel_scope_name"}, {"exported_job"}),
        ("scrape", "target_info", {"service_version", "os_type", "job"}, {"session_id", "otel_scope_name"}),
        ("otlp", "claude_code_cost_usage_USD_total", {"session_id", "job"}, {"otel_scope_name"}),
        ("otlp", "target_info", {"host_arch", "job"}, {"service_name"}),
        ("victoriametrics", "claude_code.cost.usage", {"session.id", "scope.name", "os.type"}, {"job"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_series_labels(profile: str, name: str, present: set[str], absent: set[str]) -> None:
    """Each way to the server adds and drops its own labels."""
    series = load().series(profile)[name]
    assert present <= set(series.labels)
    assert not absent & set(series.labels)


def test_series_values_scope_and_extra_labels() -> None:
    """Closed value sets, booleans as text, session scope, and labels of the installation."""
    otlp = load().series("otlp", extra_labels=["team_id"])
    cost, tokens = otlp["claude_code_cost_usage_USD_total"], otlp["claude_code_token_usage_tokens_total"]
    assert cost.labels["query_source"] == ("main", "subagent", "auxiliary")
    assert cost.labels["model"] is None
    assert cost.labels["anthropic_custom_base_url"] == ("false", "true")
    assert tokens.labels["type"] == ("input", "output", "cacheRead", "cacheCreation")
    assert "team_id" in cost.labels
    assert cost.session_scoped
    assert not load().series("collector")["claude_code_cost_usage_USD_total"].session_scoped


@pytest.mark.parametrize(
    ("name", "kind", "labels"),
    [
        ("up", "gauge", {"job", "instance"}),
        ("ALERTS", "gauge", {"alertname", "alertstate"}),
        ("prometheus_rule_group_iterations_missed_total", "counter", {"job", "instance", "rule_group"}),
        ("prometheus_rule_group_last_duration_seconds", "gauge", {"job", "instance", "rule_group"}),
        ("prometheus_tsdb_head_series", "gauge", {"job", "instance"}),
        (
            "alertmanager_notifications_failed_total",
            "counter",
            {"job", "instance", "integration", "reason"},
        ),
        (
            "otelcol_receiver_accepted_log_records_total",
            "counter",
            {"job", "instance", "receiver", "transport"},
        ),
        ("otelcol_deltatocumulative_datapoints_total", "counter", {"job", "instance", "error"}),
        ("otelcol_process_uptime_seconds_total", "counter", {"job", "instance"}),
        ("vmauth_http_request_errors_total", "counter", {"job", "instance", "reason"}),
        ("node_textfile_mtime_seconds", "gauge", {"job", "instance", "file"}),
    ],
)
def test_health_series(name: str, kind: str, labels: set[str]) -> None:
    """Health series that alerts stand on, spelled literally."""
    series = load().health()[name]
    assert (series.kind, set(series.labels)) == (kind, labels)


def test_health_histogram_and_alert_labels() -> None:
    """A histogram is three series; ALERTS carries whatever labels the alert has."""
    health = load().health()
    assert "otelcol_processor_internal_duration_seconds" not in health
    assert "le" in health["otelcol_processor_internal_duration_seconds_bucket"].labels
    assert health["otelcol_processor_internal_duration_seconds_count"].kind == "counter"
    assert health["ALERTS"].open_labels
    assert not health["up"].open_labels


def test_series_can_be_merged_without_harm() -> None:
    """Callers get a dictionary of their own."""
    mine = load().health()
    mine["mine"] = mine["up"]
    assert "mine" not in load().health()
    assert isinstance({**load().series("otlp"), **mine}["mine"], Series)


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"always": ["modle"]}, "here: 'modle' is not known here; did you mean 'model'?"),
        ({"as_string": ["model"]}, "here, as_string: 'model' is not known here; define it or take it out"),
        (
            {"always": ["model"], "override": {"model": {"typ": "int"}}},
            "here: model: 'typ' is not known here; did you mean 'type'?",
        ),
        (
            {"always": ["model"], "override": {"model": {"opt_in": "OTEL_LOG_TOOLS"}}},
            "here: model: 'OTEL_LOG_TOOLS' is not known here; did you mean 'OTEL_LOG_TOOL_DETAILS'?",
        ),
    ],
)
def test_a_slip_in_the_data_is_a_sentence(table: dict[str, Any], sentence: str) -> None:
    """A misspelt key in the catalogue's own files stops loading, with the nearest name."""
    reader = Reader(load().attributes, load().switches)
    with pytest.raises(CatalogueError, match=re.escape(sentence)):
        reader.carried("here", table)


def test_an_attribute_has_one_verdict() -> None:
    """The same key under two headings is refused."""
    entry = {"bounded": {"model": {"type": "string"}}}
    with pytest.raises(CatalogueError, match="'model' stands under two headings; keep one"):
        definitions({"public": entry, "identity": entry, "content": {}}, {})


@pytest.mark.parametrize(
    ("name", "expected"),
    [("modle", "model"), ("MODEL", "model"), ("xyz", None), ("Tema", "Team")],
)
def test_nearest(name: str, expected: str | None) -> None:
    """Typing errors and case are forgiven, guesses are not made up."""
    assert nearest(name, ["model", "Team", "user"]) == expected
