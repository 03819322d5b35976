"""The rules for vmalert, by vmalert: it takes them, and what they record on VictoriaMetrics is the truth."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from claude_code_mixin.compile.prometheus import rules
from claude_code_mixin.config import Config
from claude_code_mixin.fleet import vmalert_lab
from claude_code_mixin.fleet.process import tool
from claude_code_mixin.fleet.vmalert_scene import VictoriaScene
from claude_code_mixin.loader import load
from claude_code_mixin.settings import using


def dry_run(folder: Path) -> subprocess.CompletedProcess[str]:
    """Let vmalert check the rule files of a folder."""
    command = [str(tool("vmalert")), "-dryRun", f"-rule={folder}/*.yaml"]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our tools


def test_vmalert_takes_every_rule_and_refuses_a_wrong_one(tmp_path: Path) -> None:
    """Expressions, templates and group settings; query_offset is what Prometheus calls it."""
    config = Config.model_validate({"meter": {"target": "victoriametrics"}})
    with using(config):
        for name, text in rules(load(config, Path(__file__).parents[2])).items():
            (tmp_path / Path(name).name).write_text(text, "utf-8")
    taken = dry_run(tmp_path)
    assert taken.returncode == 0, taken.stderr
    file = tmp_path / "cost.rules.yaml"
    file.write_text(file.read_text("utf-8").replace("eval_delay", "query_offset"), "utf-8")
    refused = dry_run(tmp_path)
    assert refused.returncode != 0
    assert "query_offset" in refused.stderr


@pytest.mark.slow
def test_increments_are_exact_when_vmalert_is_killed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """vmalert is killed and started at once, and again after minutes without it."""
    with VictoriaScene(tmp_path, vmalert_lab.built("victoriametrics")) as scene:
        scene.settle()
        scene.spend("1m")
        scene.vmalert.kill9()
        scene.vmalert.start()
        scene.spend("1m")
        scene.vmalert.kill9()
        scene.spend("1m")
        scene.vmalert.start()
        outcome = scene.outcome()
    lost, gained = vmalert_lab.deviation(outcome)
    record_property("live", f"vmalert killed twice: lost {lost:.2%}, gained {gained:.2%}")
    assert (lost, gained) == pytest.approx((0, 0), abs=vmalert_lab.TOLERANCE)
