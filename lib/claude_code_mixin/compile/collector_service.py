"""How the collector's parts are joined to pipelines, and what it reports about itself."""

from __future__ import annotations

from typing import Any

from claude_code_mixin.compile import unknown_names
from claude_code_mixin.config import Config

Tree = dict[str, Any]
SESSIONS = "signal_to_metrics/sessions"
"""The connector of the drill-down, which exists only where it is switched on."""


def telemetry(config: Config) -> Tree:
    """Return how the collector reports on itself: on loopback, without what unauthenticated callers write."""
    host, _, port = config.collector.health_endpoint.rpartition(":")
    prometheus = {
        "host": host,
        "port": f"${{env:CLAUDE_CODE_MIXIN_TELEMETRY_PORT:-{port}}}",
        "without_scope_info": True,
        "without_type_suffix": False,
        "without_units": False,
    }
    return {
        "level": "detailed",
        "readers": [{"pull": {"exporter": {"prometheus": prometheus}}}],
        "views": [
            _status_only("http.server.request.duration", "http.response.status_code"),
            _status_only("rpc.server.call.duration", "rpc.response.status_code"),
            {
                "selector": {"instrument_name": "http.server.*.body.size"},
                "stream": {"aggregation": {"drop": {}}},
            },
        ],
    }


def _status_only(instrument: str, status: str) -> Tree:
    """Keep the answer's status alone: failed logins are seen nowhere else, and the caller writes the rest."""
    buckets = {"explicit_bucket_histogram": {"boundaries": [0.01, 0.1, 1, 10]}}
    stream = {"attribute_keys": {"included": [status]}, "aggregation": buckets}
    return {"selector": {"instrument_name": instrument}, "stream": stream}


def pipelines(config: Config) -> Tree:
    """Return the pipelines: what arrives is accounted for, then counters and events go their ways."""
    merging = ["filter/points", "groupbyattrs", "transform/merge", "transform/stamp"]
    rows = {
        "metrics/arrive": (["otlp"], ["memory_limiter", "transform/points", "batch/points"], "points"),
        "logs/arrive": (["otlp"], ["memory_limiter", "transform/records", "batch/records"], "events"),
    }
    joined: Tree = {
        name: {
            "receivers": receivers,
            "processors": processors,
            "exporters": ["signal_to_metrics/arrival", unknown_names.CONNECTOR, f"forward/{onward}"],
        }
        for name, (receivers, processors, onward) in rows.items()
    }
    joined["metrics/clients"] = {
        "receivers": ["forward/points"],
        "processors": [*merging, "delta_to_cumulative/clients"],
        "exporters": ["prometheus"],
    }
    joined["logs/events"] = {
        "receivers": ["forward/events"],
        "processors": ["filter/events"],
        "exporters": ["signal_to_metrics/meter", *([SESSIONS] if config.drill_down else [])],
    }
    joined["metrics/meter"] = {
        "receivers": ["signal_to_metrics/arrival", "signal_to_metrics/meter"],
        "processors": ["transform/derived", "delta_to_cumulative/meter"],
        "exporters": ["prometheus"],
    }
    joined["metrics/unknown"] = {
        "receivers": [unknown_names.CONNECTOR],
        "processors": ["transform/derived", "delta_to_cumulative/unknown"],
        "exporters": ["prometheus"],
    }
    if config.drill_down:
        joined["metrics/sessions"] = {
            "receivers": [SESSIONS],
            "processors": ["transform/derived", "delta_to_cumulative/sessions"],
            "exporters": ["prometheus/sessions"],
        }
    return joined
