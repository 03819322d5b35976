"""Rule files: what Prometheus reads is what the content declares, under every override."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from claude_code_mixin.compile import yaml_text
from claude_code_mixin.compile.kubernetes import kubernetes
from claude_code_mixin.compile.prometheus import rules
from claude_code_mixin.compile.runbooks import runbooks
from claude_code_mixin.config import Config
from claude_code_mixin.loader import Mixin, load
from support import Project, process

PATH = "prometheus/cost.rules.yaml"
TOOLS = Path(os.environ.get("CLAUDE_CODE_MIXIN_TOOLS_DIR", Path(__file__).parent.parent / ".tools"))


def loaded(project: Project, **settings: Any) -> Mixin:
    """The project's content under `settings`."""
    own = {"content": {"roots": [str(project.folder)], "bundled": False}}
    return load(Config.model_validate(own | settings), project.folder)


def compiled(project: Project, **settings: Any) -> list[dict[str, Any]]:
    """The groups of the one rule file."""
    files = rules(loaded(project, **settings))
    assert list(files) == [PATH]
    groups: list[dict[str, Any]] = yaml.safe_load(files[PATH])["groups"]
    return groups


def alert(project: Project, **settings: Any) -> dict[str, Any]:
    """The one alert."""
    (rule,) = compiled(project, **settings)[-1]["rules"]
    return dict(rule)


def overridden(**override: Any) -> dict[str, Any]:
    """Settings with an override of the one alert."""
    return {"alerts": {"ClaudeCodeSpendHigh": override}}


def test_a_file_says_where_it_comes_from_and_ends_with_a_newline(project: Project) -> None:
    """A reader of build/ must find the source."""
    text = rules(loaded(project))[PATH]
    assert text.splitlines()[0] == (
        "# Compiled by claude-code-mixin from recording_rules/cost.py and alerts/cost.py; "
        "change the source and build again."
    )
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


def test_records_stand_in_declared_order_before_the_alerts(project: Project) -> None:
    """The meter depends on the order inside its group."""
    groups = compiled(project)
    assert [group["name"] for group in groups] == ["cost", "claude-code-cost-alerts"]
    assert [rule["record"] for rule in groups[0]["rules"]][:2] == [
        "team:claude_code_cost_usd:seen",
        "team:claude_code_cost_usd:increase1m",
    ]
    assert groups[0]["interval"] == "1m"
    assert "query_offset" not in groups[0]


def test_an_alert_has_severity_owner_and_the_way_to_its_runbook(project: Project) -> None:
    """Nothing more and nothing less than declared."""
    assert alert(project) == {
        "alert": "ClaudeCodeSpendHigh",
        "expr": "team:claude_code_cost_usd:increase1h > 200",
        "labels": {"severity": "warning", "owner": "platform"},
        "annotations": {
            "summary": "A team spends a lot.",
            "description": "Team {{ $labels.team }} spent "
            "${{ $value }}{{ with $x := .Value }}{{ $x }}{{ end }}.",
            "runbook_url": "docs/runbooks/cost.md#claudecodespendhigh",
        },
    }


@pytest.mark.parametrize(
    ("override", "key", "value"),
    [
        ({"for": "15m"}, "for", "15m"),
        ({"keep_firing_for": "1h"}, "keep_firing_for", "1h"),
        ({"severity": "critical"}, "labels", {"severity": "critical", "owner": "platform"}),
        ({"labels": {"owner": "x", "a": "b"}}, "labels", {"severity": "warning", "owner": "x", "a": "b"}),
        ({"thresholds": {"usd_per_hour": 7.5}}, "expr", "team:claude_code_cost_usd:increase1h > 7.5"),
    ],
    ids=["for", "keep_firing_for", "severity", "labels", "threshold"],
)
def test_an_override_reaches_the_rule(
    project: Project, override: dict[str, Any], key: str, value: object
) -> None:
    """[alerts.<Name>] changes this and only this."""
    changed, default = alert(project, **overridden(**override)), alert(project)
    assert changed[key] == value
    assert {k: v for k, v in changed.items() if k != key} == {k: v for k, v in default.items() if k != key}


def test_a_disabled_alert_leaves_no_empty_group(project: Project) -> None:
    """Prometheus takes a group without rules, but nobody wants to read one."""
    assert [group["name"] for group in compiled(project, **overridden(enabled=False))] == ["cost"]


def test_an_alert_prefix_replaces_ours_but_not_the_runbook_s_anchor(project: Project) -> None:
    """The runbook is not renamed, so the link must not be either."""
    changed = alert(project, prefixes={"alert": "Acme"}, runbook_url="https://example.org/runbooks")
    assert changed["alert"] == "AcmeSpendHigh"
    assert changed["annotations"]["runbook_url"] == "https://example.org/runbooks/cost.md#claudecodespendhigh"
    assert alert(project, runbook_url="https://example.org/a/")["annotations"]["runbook_url"].startswith(
        "https://example.org/a/cost.md#"
    )


def test_constant_labels_are_on_every_record_and_alert(project: Project) -> None:
    """On all or none: otherwise records would no longer match each other."""
    groups = compiled(project, labels={"constant": {"environment": "prod"}})
    found = [rule["labels"]["environment"] for group in groups for rule in group["rules"]]
    assert found == ["prod"] * 7


def test_the_meter_counts_the_same_with_constant_labels(project: Project, tmp_path: Path) -> None:
    """A memory whose labels differed from what is compared with it would count everything as new."""
    (tmp_path / "rules.yaml").write_text(
        rules(loaded(project, labels={"constant": {"environment": "prod"}}))[PATH]
    )
    series = 'claude_code_meter_identity_cost_USD_total{job="collector", team="a", model="m"}'
    name = "team:claude_code_cost_usd:increase1h"
    test = {
        "rule_files": ["rules.yaml"],
        "evaluation_interval": "1m",
        "tests": [
            {
                "interval": "1m",
                "input_series": [{"series": series, "values": "5x9 8x9 8.5x20"}],
                "promql_expr_test": [
                    {
                        "expr": name,
                        "eval_time": "30m",
                        "exp_samples": [{"labels": f'{name}{{team="a", environment="prod"}}', "value": 3.5}],
                    }
                ],
            }
        ],
    }
    (tmp_path / "test.yaml").write_text(yaml.safe_dump(test))
    promtool("test", "rules", str(tmp_path / "test.yaml"))


def test_promtool_accepts_the_file(project: Project, tmp_path: Path) -> None:
    """Prometheus' own reader is the authority."""
    (tmp_path / "rules.yaml").write_text(rules(loaded(project))[PATH])
    assert "7 rules found" in promtool("check", "rules", str(tmp_path / "rules.yaml"))


def promtool(*arguments: str) -> str:
    """Run promtool, which must be there and succeed; return what it printed."""
    done = process(TOOLS / "promtool", *arguments)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_long_expressions_are_blocks_without_the_indentation_of_their_source(project: Project) -> None:
    """A reviewer reads expressions in build/, so they keep their lines and lose what Python needed."""
    expression = '"""\n    team:claude_code_cost_usd:increase1h   \n      > 1\n    """'
    project.replace("alerts/cost.py", 'f"{INCREASE_1H} > {LIMIT}"', expression)
    text = rules(loaded(project))[PATH]
    assert "    expr: |-\n      team:claude_code_cost_usd:increase1h\n        > 1\n" in text


def test_the_same_content_gives_the_same_bytes_with_and_without_libyaml(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reviewer's machine may lack libyaml; the diff must still be empty."""
    texts = rules(loaded(project)) | kubernetes(loaded(project), {})
    assert issubclass(yaml_text._Dumper, yaml.CSafeDumper)

    class Slow(yaml.SafeDumper):
        def ignore_aliases(self, data: object) -> bool:
            return True

    Slow.add_representer(str, yaml_text._text)
    monkeypatch.setattr(yaml_text, "_Dumper", Slow)
    assert rules(loaded(project)) | kubernetes(loaded(project), {}) == texts


def test_kubernetes_objects_hold_the_same_groups_and_dashboards(project: Project) -> None:
    """What the operator loads is what promtool has tested."""
    files = kubernetes(
        loaded(project, grafana={"folder": "AI"}), {"dashboards/cost.json": '{\n  "a": 1\n}\n'}
    )
    assert sorted(files) == ["kubernetes/cost.dashboard.yaml", "kubernetes/cost.rules.yaml"]
    rule = yaml.safe_load(files["kubernetes/cost.rules.yaml"])
    assert (rule["apiVersion"], rule["kind"]) == ("monitoring.coreos.com/v1", "PrometheusRule")
    assert rule["spec"]["groups"] == compiled(project)
    board = yaml.safe_load(files["kubernetes/cost.dashboard.yaml"])
    assert board["metadata"]["name"] == "claude-code-cost-dashboard"
    assert board["metadata"]["annotations"] == {"grafana_folder": "AI"}
    assert board["data"] == {"claude-code-cost.json": '{\n  "a": 1\n}\n'}


def test_runbooks_go_where_the_alerts_link_to(project: Project) -> None:
    """Whoever takes only build/ has the runbooks, with the headings that the anchors need."""
    (text,) = runbooks(loaded(project)).values()
    assert list(runbooks(loaded(project))) == ["docs/runbooks/cost.md"]
    assert "\n## ClaudeCodeSpendHigh\n" in text
    assert [line for line in text.splitlines() if line.startswith("###")] == [
        "### Meaning",
        "### Impact",
        "### Diagnosis",
        "### Mitigation",
    ]
