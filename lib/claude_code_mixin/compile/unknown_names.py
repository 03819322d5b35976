"""Names that the catalogue does not have: what a newer client sends is seen by its name.

Counted are names alone, never values. A name that does not look like one is counted as `other`, a list of
names ends where labels do, and after STREAMS combinations further ones are left out.
"""

from __future__ import annotations

import re
from typing import Any

from claude_code_mixin.catalogue import load
from claude_code_mixin.config import Config

STREAMS = 200
"""Most combinations of event and names that a collector counts until it restarts."""
NAME = r"^[a-z][a-z0-9_.]{0,63}$"
CONNECTOR = "signal_to_metrics/unknown"


def unknown_in_record(config: Config) -> list[str]:
    """Statements for one event record: `unknown` holds the event's name, or those of its attributes."""
    name, left, names = 'log.attributes["event.name"]', 'log.cache["left"]', 'log.cache["unknown"]'
    chosen = (config.labels.team, config.labels.user, config.labels.repository)
    keys = sorted({*load().attributes, *chosen})
    known = "|".join(_escaped(key) for key in keys)
    listed = ", ".join(f'"{key}"' for key in keys)
    is_unknown = 'log.cache["event"] == "unknown"'
    return [
        f'set({names}, "other") where {is_unknown}',
        f'set({names}, {name}) where {is_unknown} and IsMatch({name}, "{_in_ottl(NAME)}")',
        # A list is looked up, a pattern of as many names is searched for: that costs a fifth of the time of a
        # record, and only a record with an unknown name needs it.
        f'set(log.cache["known"], log.attributes) where not {is_unknown}',
        f'keep_keys(log.cache["known"], [{listed}]) where not {is_unknown}',
        f"set({left}, log.attributes) where not {is_unknown}"
        ' and Len(log.cache["known"]) < Len(log.attributes)',
        f'delete_matching_keys({left}, "^({known})$") where {left} != nil',
        f"set({names}, String(Sort(Keys({left})))) where {left} != nil and Len({left}) > 0",
        f'replace_pattern({names}, "[^A-Za-z0-9_.,-]", "") where {names} != nil',
    ]


def unknown_in_point() -> list[str]:
    """Statements for one data point of a metric that is not counted: `unknown` holds the metric's name."""
    names, is_unknown = 'datapoint.cache["unknown"]', 'datapoint.cache["reason"] == "unknown_metric"'
    return [
        f'set({names}, "other") where {is_unknown}',
        f'set({names}, metric.name) where {is_unknown} and IsMatch(metric.name, "{_in_ottl(NAME)}")',
    ]


def counted() -> dict[str, Any]:
    """The connector's definitions: one counter by kind (metric, event, attribute), event and names."""

    def of(kind: str, where: str, *conditions: str) -> dict[str, Any]:
        return {
            "name": "claude_code.pipeline.unknown",
            "description": "",
            "attributes": [
                {"key": "kind", "default_value": kind},
                {"key": "event", "default_value": "none"},
                {"key": "unknown"},
            ],
            "conditions": [" and ".join((f'{where}.attributes["unknown"] != nil', *conditions))],
            "sum": {"value": "1", "monotonic": True},
        }

    event = 'log.attributes["event"]'
    return {
        "error_mode": "ignore",
        "datapoints": [of("metric", "datapoint")],
        "logs": [
            of("event", "log", f'{event} == "unknown"'),
            of("attribute", "log", f'{event} != "unknown"'),
        ],
    }


def _escaped(key: str) -> str:
    return _in_ottl(re.sub(r"([^A-Za-z0-9_-])", r"\\\1", key))


def _in_ottl(pattern: str) -> str:
    return pattern.replace("\\", "\\\\")
