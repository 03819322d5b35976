"""Recording rules and alerts to Prometheus rule files, one per topic."""

from __future__ import annotations

from textwrap import dedent
from typing import Any

from claude_code_mixin.compile import vmalert
from claude_code_mixin.compile.yaml_text import dump
from claude_code_mixin.loader import Mixin
from claude_code_mixin.model import Alert, Group, Record

PREFIX = "ClaudeCode"
VMALERT = "victoriametrics"
"""The target whose rules vmalert evaluates."""
SOURCES = ("recording_rules", "alerts")
"""Rooms whose modules make up a rule file."""
RUNBOOKS = "docs/runbooks/"
"""Where the build holds runbooks. An alert links there when no `runbook_url` is configured."""


def rules(mixin: Mixin) -> dict[str, str]:
    """Return the rule files of `mixin` by their paths below the build folder, in the target's dialect."""
    groups = rule_groups(mixin)
    folder = "prometheus"
    if mixin.config.meter.target == VMALERT:
        folder, groups = "vmalert", vmalert.dialect(groups)
    return {
        f"{folder}/{stem}.rules.yaml": dump(origin(mixin, stem, *SOURCES), {"groups": listed})
        for stem, listed in groups.items()
    }


def rule_groups(mixin: Mixin) -> dict[str, list[dict[str, Any]]]:
    """Return the groups of each stem as Prometheus reads them: records as declared, then the alerts."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for stem, group in mixin.groups():
        groups.setdefault(stem, []).append(_group(mixin, group))
    alerts: dict[str, list[dict[str, Any]]] = {}
    for stem, alert in mixin.alerts():
        alerts.setdefault(stem, []).append(_alert(mixin, stem, alert))
    for stem, listed in alerts.items():
        groups.setdefault(stem, []).append({"name": f"claude-code-{stem}-alerts", "rules": listed})
    return dict(sorted(groups.items()))


def origin(mixin: Mixin, stem: str, *rooms: str) -> str:
    """Return the header of a file compiled from the modules called `stem` in `rooms`."""
    found = [module for module in mixin.modules if module.stem == stem and module.room in rooms]
    sources = dict.fromkeys(f"{module.room}/{stem}.py" for module in found)
    return f"Compiled by claude-code-mixin from {' and '.join(sources)}; change the source and build again."


def alert_name(mixin: Mixin, alert: Alert) -> str:
    """Return the name of `alert` under the configured prefix."""
    return mixin.config.prefixes.alert + alert.name.removeprefix(PREFIX)


def _group(mixin: Mixin, group: Group) -> dict[str, Any]:
    offset = {"query_offset": group.query_offset} if group.query_offset else {}
    records = [_record(mixin, record) for record in group.records]
    return {"name": group.name, "interval": group.interval, **offset, "rules": records}


def _record(mixin: Mixin, record: Record) -> dict[str, Any]:
    """Constant labels go on every record, so that records still match each other in binary operations."""
    labels = {**record.labels, **mixin.config.labels.constant}
    return {"record": record.name, "expr": _expression(record.expr)} | ({"labels": labels} if labels else {})


def _alert(mixin: Mixin, stem: str, alert: Alert) -> dict[str, Any]:
    override = mixin.config.alerts.get(alert.name)
    duration = (override and override.for_) or alert.for_
    keep = (override and override.keep_firing_for) or alert.keep_firing_for
    labels = {
        "severity": (override and override.severity) or alert.severity,
        "owner": mixin.config.owner,
        **mixin.config.labels.constant,
        **alert.labels,
        **(override.labels if override else {}),
    }
    return {
        "alert": alert_name(mixin, alert),
        "expr": _expression(alert.expr),
        **({"for": duration} if duration != "0s" else {}),
        **({"keep_firing_for": keep} if keep else {}),
        "labels": labels,
        "annotations": _annotations(mixin, stem, alert),
    }


def _annotations(mixin: Mixin, stem: str, alert: Alert) -> dict[str, str]:
    base = mixin.config.runbook_url.rstrip("/") + "/" if mixin.config.runbook_url else RUNBOOKS
    return {
        "summary": alert.summary.strip(),
        "description": alert.description.strip(),
        "runbook_url": f"{base}{stem}.md#{alert.name.lower()}",
    }


def _expression(expr: str) -> str:
    """The expression without the indentation and blank ends that its place in the source gave it."""
    return "\n".join(line.rstrip() for line in dedent(expr).strip().splitlines())
