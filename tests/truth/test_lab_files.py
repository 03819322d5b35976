"""What the lab changes in files, and what it asks: breaks, widespread queries, faults and options."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from claude_code_mixin.fleet import widespread
from claude_code_mixin.fleet.faults import FAULTS
from claude_code_mixin.fleet.lab import SMOKE
from claude_code_mixin.fleet.lab_break import BREAKS, BreakError
from claude_code_mixin.fleet.lab_collector import JOB
from claude_code_mixin.fleet.lab_profiles import COLLECTOR, SETUPS, Setup, built, read
from claude_code_mixin.fleet.lab_stack import Built
from claude_code_mixin.fleet.lab_workloads import LAB_WORKLOADS
from claude_code_mixin.fleet.process import ServerError

BUILD = Path(__file__).parents[2] / "build"


@pytest.mark.parametrize("name", BREAKS)
def test_a_break_changes_the_built_files_and_leaves_them_well_formed(name: str) -> None:
    """Either the collector or the rules, in a way that still parses."""
    built = read(BUILD)
    broken = BREAKS[name].change(built, 24)
    assert (broken.collector == built.collector) != (broken.rules == built.rules)
    assert yaml.safe_load(broken.collector)["service"]["pipelines"]
    assert all(yaml.safe_load(text)["groups"] for text in broken.rules.values())
    assert BREAKS[name].fault in FAULTS


@pytest.mark.parametrize("name", ["no_batch", "offset_increments", "no_ordering_offset"])
def test_a_break_that_finds_nothing_to_break_says_so(name: str) -> None:
    """A renamed processor or rule must not make a break harmless."""
    with pytest.raises(BreakError, match="nothing of what this break takes away"):
        BREAKS[name].change(Built("service: {pipelines: {}}", {"a.rules.yaml": "groups: []"}), 24)


def test_offset_increments_replaces_every_memory() -> None:
    """No rule of an increment reads the memory any more."""
    broken = BREAKS["offset_increments"].change(read(BUILD), 24)
    rules = [
        rule
        for text in broken.rules.values()
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
        if "record" in rule and ":seen - " in str(rule["expr"])
    ]
    assert rules
    assert all("last_over_time" not in str(rule["expr"]) for rule in rules)
    assert all(":seen offset 1m" in str(rule["expr"]) for rule in rules)


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: str(setup.name))
def test_every_quantity_is_recorded(setup: Setup) -> None:
    """A record that was renamed would otherwise be left out of the table as not recorded."""
    made = built(setup, BUILD)
    missing = [it.name for it in setup.quantities if not made.records(it.record.partition("{")[0])]
    assert not missing
    assert not made.records("identity:claude_code_cost_usd:increase1")


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: str(setup.name))
def test_rules_and_usual_queries_read_the_same_counters(setup: Setup) -> None:
    """Where the widespread queries read what our rules read, the rules name counter and job."""
    if setup is not COLLECTOR:
        rules = "".join(built(setup, BUILD).rules.values())
        job = setup.job or JOB
        assert all(f'{it.raw}{{job="{job}"}}' in rules for it in setup.quantities if it.raw)


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: str(setup.name))
def test_the_sample_holds_cells_of_each_setup(setup: Setup) -> None:
    """What it names exists and can happen there."""
    faults, workloads = SMOKE[setup.name]
    assert set(faults) <= FAULTS.keys() - setup.skipped.keys()
    assert set(workloads) <= LAB_WORKLOADS.keys()


def test_a_folder_without_rules_is_refused(tmp_path: Path) -> None:
    """The message says what to run."""
    with pytest.raises(ServerError, match="run `claude-code-mixin build` first"):
        read(tmp_path)


def test_the_widespread_collector_keeps_sessions_and_accumulates_nothing() -> None:
    """One pipeline: receive, batch, expose; expiry is scaled."""
    config = yaml.safe_load(widespread.collector(60))
    assert config["service"]["pipelines"] == {
        "metrics": {"receivers": ["otlp"], "processors": ["batch"], "exporters": ["prometheus"]}
    }
    assert config["exporters"]["prometheus"]["metric_expiration"] == "5000ms"


def test_the_usual_queries_have_scaled_windows() -> None:
    """The rate is multiplied by the step on the wall clock, so that it sums up to an amount."""
    asked = widespread.queries("m", 12.5, 60)
    assert set(asked) == set(widespread.QUERIES)
    assert asked["increase"] == 'sum by (team_id) (increase(m{job="widespread"}[12500ms]))'
    assert "rate(m{" in asked["rate"]
    assert asked["rate"].endswith("[5000ms])[12500ms:1000ms])) * 1.0")


def test_steps_of_faults_come_in_order() -> None:
    """A step that lies before the one above it would come late."""
    for fault in FAULTS.values():
        assert [step.at for step in fault.steps] == sorted(step.at for step in fault.steps)
    assert FAULTS["scrape_outage"].lasts >= 600
