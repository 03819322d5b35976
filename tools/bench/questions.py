"""What the dashboards ask, and the same asked of the widespread raw form, derived from the panel's own query.

`sum_over_time(<record>[window])` is `increase(<client counter>[window])`, labels and matchers under the names
they have on the wire. What has no raw form is said, with the reason.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from bench.day import MINUTES
from bench.forms import COUNTERS, raw_label, raw_name
from claude_code_mixin.durations import seconds

DAY_SECONDS = 60 * MINUTES
SCREEN_PIXELS, COLUMNS = 1920, 24
"""A full-HD screen: Grafana asks for as many points as a panel has pixels."""
_STEPS = ((90, 60), (210, 120), (450, 300), (750, 600), (1050, 900))
"""Grafana rounds an interval shorter than the first number of seconds to the second (rangeutil)."""
_MATCHERS = r"(?:\{(?P<matchers>[^}]*)\})?"
_SUM = re.compile(
    rf"sum_over_time\((?P<cut>\w+):claude_code_(?P<quantity>\w+):increase1m{_MATCHERS}\[(?P<window>\w+)\]\)"
)
_MONTH = re.compile(rf"\w+:claude_code_(?P<quantity>\w+):month_to_date{_MATCHERS}")
_BY = re.compile(r"\bby \((?P<labels>[^)]*)\)")
_LABEL = re.compile(r'(?P<label>\w+)(?P<rest>[=!]~?"[^"]*")')
PRICED_CUTS = ("price", "listed")
"""Records whose token types are those of the price table, which the clients' counter does not tell apart."""
_COUNTED_FROM_EVENTS = (
    "context",
    "error",
    "tool",
    "tool_kind",
    "decision",
    "connection",
    "hook",
    "compaction",
    *("prompt", "mention", "skill", "subagent", "mode", "auth", "install", "settings", "registered"),
    *("plugin", "unknown", "fault"),
)
_FROM_EVENTS = "counted from events; clients have no counter of it"
_REASONS = (
    ("_bucket:increase1m", "durations are in events alone; clients have no histogram of them"),
    *((f"{cut}:claude_code_", "clients do not tell what cache writes cost") for cut in PRICED_CUTS),
    *((f"({cut}:claude_code_", _FROM_EVENTS) for cut in _COUNTED_FROM_EVENTS),
    ("edit:claude_code_edit_decisions", "the day that is measured has no edits"),
    ("(change:claude_code_", "the day that is measured has no changes to code"),
    ("claude_code_commit_cost_usd", "the day that is measured has no changes to code"),
    ("(activity:claude_code_", "the day that is measured has no active time"),
    (" offset ", "compares with weeks before, and one day is measured"),
    ("claude_code_budget", "a budget is a setting, no telemetry has it"),
    ("claude_code_requests", "requests are counted from events; clients have no counter of them"),
    ("divergence_ratio", "compares two independent meters; the raw form has one"),
    (":increase1h", "one of several meters that are compared; the raw form has one"),
    ("unexplained", "compares several meters; the raw form has one"),
    ("claude_code_dropped", "what the mixin's collector refused"),
    ("gap_seconds", "the meter's own health"),
    ("ALERTS", "the state of alerts; no question to the clients' counters"),
    ("canary:", "the mixin's own probe"),
    ("up{", "the state of scrapes, the same in both forms"),
)


@dataclass(frozen=True)
class Question:
    """One query of a panel: `ours` and `raw` with every variable filled in; no `raw` has a `reason`.

    A range is asked every `step` seconds of the day, an instant at its end.
    """

    panel: str
    kind: Literal["range", "instant"]
    step: int
    ours: str
    raw: str
    reason: str


def questions(build: Path) -> Iterator[Question]:
    """Yield every query of every dashboard in the build folder; ValueError for one that is unknown."""
    for path in sorted((build / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text("utf-8"))["panels"]:
            for target in panel.get("targets", ()):
                yield _question(path.stem, panel, target)


def _question(stem: str, panel: Mapping[str, Any], target: Mapping[str, Any]) -> Question:
    step = _interval(panel)
    ours = _filled(target["expr"], step)
    raw = asked_raw(ours)
    reason = "" if raw else _reason(ours)
    kind: Literal["range", "instant"] = "instant" if target.get("instant") else "range"
    name = f"{stem}: {panel['title']}" + (
        f" ({target.get('legendFormat', '')})" if panel["type"] == "table" else ""
    )
    return Question(name, kind, step, ours, raw, reason)


def _interval(panel: Mapping[str, Any]) -> int:
    points = SCREEN_PIXELS * panel["gridPos"]["w"] / COLUMNS
    exact = DAY_SECONDS / points
    rounded = next((rounded for below, rounded in _STEPS if exact < below), 1800)
    return max(rounded, round(seconds(panel.get("interval", "1m"))))


def _filled(expr: str, step: int) -> str:
    """`expr` with Grafana's variables as they are on opening the dashboard: a day, everything selected."""
    values = {"__interval_ms": str(step * 1000), "__interval": f"{step}s", "__range": f"{DAY_SECONDS}s"}
    return re.sub(r"\$(\w+)", lambda found: values.get(found[1], ".*"), expr)


def asked_raw(ours: str) -> str:
    """Return the same question of the clients' counters, empty where there is none."""
    text = _MONTH.sub(_increased_this_month, _SUM.sub(_increased, ours))
    if "claude_code_" not in text or re.search(r"\w+:claude_code|ALERTS", text):
        return ""
    return _BY.sub(lambda found: f"by ({_renamed(found['labels'])})", text)


def _increased(found: re.Match[str]) -> str:
    if found["quantity"] not in COUNTERS or found["cut"] in PRICED_CUTS:
        return found[0]
    return f"increase({_selected(found)}[{found['window']}])"


def _increased_this_month(found: re.Match[str]) -> str:
    """The day is the first of a month."""
    return f"increase({_selected(found)}[{DAY_SECONDS}s])"


def _selected(found: re.Match[str]) -> str:
    matchers = _LABEL.sub(lambda one: raw_label(one["label"]) + one["rest"], found["matchers"] or "")
    return f"{raw_name(found['quantity'])}{{{matchers}}}"


def _renamed(labels: str) -> str:
    return ", ".join(raw_label(label.strip()) for label in labels.split(","))


def _reason(ours: str) -> str:
    for part, reason in _REASONS:
        if part in ours:
            return reason
    raise ValueError(
        f"the bench knows no raw form of {ours!r}, nor why there is none: say so in tools/bench/questions.py"
    )
