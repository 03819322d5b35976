"""The same rules and dashboards as Kubernetes objects, for the Prometheus Operator and Grafana's sidecar."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from claude_code_mixin.compile.prometheus import SOURCES, VMALERT, origin, rule_groups
from claude_code_mixin.compile.yaml_text import dump
from claude_code_mixin.loader import Mixin


def kubernetes(mixin: Mixin, dashboards: Mapping[str, str]) -> dict[str, str]:
    """Return a manifest per rule file and per dashboard.

    `dashboards` are the compiled ones by path. The Prometheus Operator knows no delay of an evaluation, so
    that there are no rules for vmalert. A rule file is a PrometheusRule (monitoring.coreos.com/v1), a
    dashboard a ConfigMap with the label and folder annotation that Grafana's Helm chart looks for.
    """
    rules = {
        f"kubernetes/{stem}.rules.yaml": dump(
            origin(mixin, stem, *SOURCES),
            _object("monitoring.coreos.com/v1", "PrometheusRule", stem) | {"spec": {"groups": groups}},
        )
        for stem, groups in rule_groups(mixin).items()
        if mixin.config.meter.target != VMALERT
    }
    boards = {PurePosixPath(path).stem: text for path, text in dashboards.items()}
    return rules | {
        f"kubernetes/{stem}.dashboard.yaml": dump(
            origin(mixin, stem, "dashboards"), _config_map(mixin.config.grafana.folder, stem, text)
        )
        for stem, text in boards.items()
    }


def _config_map(folder: str, stem: str, text: str) -> dict[str, object]:
    manifest = _object("v1", "ConfigMap", f"{stem}-dashboard")
    manifest["metadata"]["labels"]["grafana_dashboard"] = "1"
    manifest["metadata"]["annotations"] = {"grafana_folder": folder}
    return manifest | {"data": {f"claude-code-{stem}.json": text}}


def _object(version: str, kind: str, name: str) -> dict[str, Any]:
    labels = {"app.kubernetes.io/part-of": "claude-code-mixin"}
    metadata = {"name": f"claude-code-{name}".replace("_", "-"), "labels": labels}
    return {"apiVersion": version, "kind": kind, "metadata": metadata}
