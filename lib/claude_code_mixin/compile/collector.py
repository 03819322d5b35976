"""The OpenTelemetry Collector configuration: from clients' telemetry to long-lived, low-cardinality counters.

The order of the processors is what makes the numbers exact: labels and reasons are set first, while the
request's context still says who wrote; batching makes one writer of many requests, which would otherwise race
on the time stamps; equal points are merged, stamped with the time of arrival and summed up.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from claude_code_mixin.compile import drain, unknown_names
from claude_code_mixin.compile.collector_service import SESSIONS, pipelines, telemetry
from claude_code_mixin.compile.ottl_points import metric_statements, point_statements
from claude_code_mixin.compile.ottl_records import CANARY, record_statements
from claude_code_mixin.compile.yaml_text import dump
from claude_code_mixin.config import Config
from claude_code_mixin.event_meters import METERS, SESSION_METERS
from claude_code_mixin.meters import Meter, kept

MEBIBYTE = 1 << 20
STREAMS = 70_000
"""Most streams that each meter sums up; beyond it new ones vanish. Measured: about 4.5 kB a stream, so that
two full meters fit into the default memory limit of 1 GiB without any refusal."""
HEADER = """Compiled by claude-code-mixin from lib/claude_code_mixin/compile/collector.py and mixin.toml.
Environment: CLAUDE_CODE_MIXIN_HTPASSWD (htpasswd file, one line a writer) and
CLAUDE_CODE_MIXIN_COLLECTOR_START (any text that is new at every start, such as the output of date +%s).
When it is told to end it takes no more input and shows its counters for CLAUDE_CODE_MIXIN_DRAIN (25s) longer:
do not kill it before."""

Tree = dict[str, Any]


def collector(config: Config) -> dict[str, str]:
    """Return {"collector/config.yaml": text} for `config`: endpoints, limits, privacy profile, labels."""
    tree: Tree = {
        "extensions": _extensions(),
        "receivers": {"otlp": {"protocols": _protocols(config)}},
        "processors": _processors(config),
        "connectors": {
            "forward/points": {},
            "forward/events": {},
            "signal_to_metrics/arrival": _arrival(),
            unknown_names.CONNECTOR: unknown_names.counted(),
            "signal_to_metrics/meter": _metered(METERS, config),
            **({SESSIONS: _metered(SESSION_METERS, config)} if config.drill_down else {}),
        },
        "exporters": _exporters(config) | drain.exporters(),
        "service": {
            "extensions": ["health_check", "basicauth/ingest"],
            "telemetry": {"metrics": telemetry(config)},
            "pipelines": pipelines(config) | drain.pipelines(),
        },
    }
    return {"collector/config.yaml": dump(HEADER, tree)}


def _extensions() -> Tree:
    return {
        "health_check": {"endpoint": "${env:CLAUDE_CODE_MIXIN_HEALTH_ENDPOINT:-127.0.0.1:13133}"},
        "basicauth/ingest": {"htpasswd": {"file": "${env:CLAUDE_CODE_MIXIN_HTPASSWD}"}},
    }


def _protocols(config: Config) -> Tree:
    """Both protocols bounded and authenticated; the body limit holds after decompression."""
    limit = config.collector.request_limit_mib
    authenticated = {"auth": {"authenticator": "basicauth/ingest"}}
    return {
        "grpc": {
            "endpoint": _endpoint("GRPC", config.collector.grpc_endpoint),
            "max_recv_msg_size_mib": limit,
            **authenticated,
        },
        "http": {
            "endpoint": _endpoint("HTTP", config.collector.http_endpoint),
            "max_request_body_size": limit * MEBIBYTE,
            **authenticated,
        },
    }


def _endpoint(name: str, default: str) -> str:
    return f"${{env:CLAUDE_CODE_MIXIN_{name}_ENDPOINT:-{default}}}"


def _processors(config: Config) -> Tree:
    limit = config.collector.memory_limit_mib
    batch = {"timeout": "200ms", "send_batch_size": 8192, "send_batch_max_size": 16384}
    summed = {"max_stale": f"{config.collector.stream_hours}h", "max_streams": STREAMS}
    refused = 'log.attributes["reason"] != nil'
    return {
        "memory_limiter": {
            "check_interval": "250ms",
            "limit_mib": limit,
            "spike_limit_mib": limit // 4,
        },
        "transform/points": _transform(
            "metric", ("datapoint", point_statements(config)), ("metric", metric_statements()), *_ANONYMOUS
        ),
        "transform/records": _transform("log", ("log", record_statements(config)), *_ANONYMOUS),
        "batch/points": dict(batch),
        "batch/records": dict(batch),
        "filter/points": _filter("metrics", "datapoint", 'datapoint.attributes["reason"] != nil'),
        "filter/events": _filter("logs", "log_record", refused),
        "groupbyattrs": {},
        "transform/merge": _transform(
            "metric",
            ("datapoint", [f"set(datapoint.{name}_unix_nano, 1)" for name in ("time", "start_time")]),
            ("metric", ['aggregate_on_attributes("sum")']),
        ),
        "transform/stamp": _transform("metric", ("datapoint", ["set(datapoint.time, Now())", _STARTS_NOW])),
        "transform/derived": _transform("metric", ("datapoint", [_STARTS_NOW]), *_ANONYMOUS),
        "delta_to_cumulative/clients": dict(summed),
        "delta_to_cumulative/meter": dict(summed),
        "delta_to_cumulative/unknown": {**summed, "max_streams": unknown_names.STREAMS},
        **({"delta_to_cumulative/sessions": _sessions(config)} if config.drill_down else {}),
        **drain.processors(),
    }


_STARTS_NOW = "set(datapoint.start_time, datapoint.time)"
_ANONYMOUS = (
    (
        "scope",
        [
            'set(scope.name, "")',
            'set(scope.version, "")',
            'set(scope.schema_url, "")',
            "keep_keys(scope.attributes, [])",
        ],
    ),
    ("resource", ['set(resource.schema_url, "")', "keep_keys(resource.attributes, [])"]),
)
"""Scope and resource are written by clients and would split or relabel series."""


def _transform(signal: str, *contexts: tuple[str, list[str]]) -> Tree:
    blocks = [{"context": context, "statements": list(statements)} for context, statements in contexts]
    return {"error_mode": "propagate", f"{signal}_statements": blocks}


def _filter(signal: str, context: str, condition: str) -> Tree:
    return {"error_mode": "propagate", signal: {context: [condition]}}


def _arrival() -> Tree:
    """Account for everything that arrived and for everything that is not counted, by reason and writer."""
    one = {"sum": {"value": "1", "monotonic": True}}
    writer = {"key": "writer"}

    def dropped(signal: str) -> Tree:
        attributes = [{"key": "reason"}, writer, {"key": "signal", "default_value": signal}]
        return {"name": "claude_code.pipeline.dropped", "description": "", "attributes": attributes, **one}

    def arrived(name: str, *attributes: Tree) -> Tree:
        return {"name": f"claude_code.pipeline.{name}", "description": "", "attributes": [*attributes], **one}

    canary = {**arrived("canary", writer), "conditions": [f'log.attributes["event"] == "{CANARY}"']}
    return {
        "error_mode": "ignore",
        "datapoints": [arrived("points", writer), dropped("metrics")],
        "logs": [arrived("events", {"key": "event"}, writer), dropped("logs"), canary],
    }


def _metered(meters: tuple[Meter, ...], config: Config) -> Tree:
    return {"error_mode": "ignore", "logs": list(_definitions(meters, config))}


def _definitions(meters: tuple[Meter, ...], config: Config) -> Iterator[Tree]:
    for meter in meters:
        if meter.parts:
            yield from (_definition(meter, config, number, part) for part, number in meter.parts.items())
        else:
            yield _definition(meter, config, meter.number, None)


def _definition(meter: Meter, config: Config, number: str | None, part: str | None) -> Tree:
    """One definition; those of one name become one metric. The part is no attribute, so its default holds."""
    attributes: list[Tree] = [{"key": label} for label in kept(meter.cut.labels, config)]
    conditions = f'log.attributes["event"] == "{meter.event}"'
    if part:
        attributes.append({"key": meter.part_label, "default_value": part})
    if number:
        conditions += f' and log.attributes["{number}"] != nil'
    amount = f'Double(log.attributes["{number}"])' if number else "1"
    unit = {"unit": meter.otel_unit} if meter.otel_unit else {}
    head = {"name": meter.otel_name, **unit, "description": "", "attributes": attributes}
    value: Tree = {"sum": {"value": amount, "monotonic": True}}
    if meter.buckets:
        value = {"histogram": {"buckets": list(meter.buckets), "count": "1", "value": amount}}
    return {**head, "conditions": [conditions], **value}


def _sessions(config: Config) -> Tree:
    """A stream outlives its series: nobody counts a session's begin, and what is shown is its whole."""
    own = config.collector
    return {"max_stale": f"{own.session_hours + 1}h", "max_streams": own.session_streams}


def _exporters(config: Config) -> Tree:
    """A meter's series outlives its stream: one that returned unseen would be counted twice."""
    own = config.collector
    found = {
        "prometheus": _exporter(_endpoint("PROMETHEUS", own.metrics_endpoint), hours=own.stream_hours + 1)
    }
    if config.drill_down:
        endpoint = _endpoint("SESSION", own.session_endpoint)
        found["prometheus/sessions"] = _exporter(endpoint, hours=own.session_hours)
    return found


def _exporter(endpoint: str, *, hours: int) -> Tree:
    return {
        "endpoint": endpoint,
        "metric_expiration": f"{hours}h",
        "without_scope_info": True,
        "enable_open_metrics": False,
        "translation_strategy": "UnderscoreEscapingWithSuffixes",
        "const_labels": {"collector_start": "${env:CLAUDE_CODE_MIXIN_COLLECTOR_START}"},
    }
