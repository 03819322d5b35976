"""Cells of the truth table: limits, the list of expected cells, and what a deviation is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from claude_code_mixin.fleet.exporters import Ledger, Outcome
from claude_code_mixin.fleet.faults import FAULTS
from claude_code_mixin.fleet.lab_cells import Cell, ExpectedError, deviation, expected, reference
from claude_code_mixin.fleet.lab_workloads import LAB_WORKLOADS, adapted, workload_of
from claude_code_mixin.fleet.runner import batches, play
from claude_code_mixin.fleet.truth import Truth

LIST = Path(__file__).parent / "expected.toml"
EXACT = Cell("none", "clear", "dollars", truth=100.0, reference=100.0, ours=100.0)


def test_an_exact_cell_may_be_off_by_rounding_alone() -> None:
    """A millionth passes; more in either direction, in any label set, does not."""
    assert not replace(EXACT, ours=100.00005, gained=0.00005).red
    assert replace(EXACT, ours=100.001, gained=0.001).red
    assert replace(EXACT, lost=1.0, gained=1.0).red


def test_a_graceful_restart_may_cost_half_a_percent() -> None:
    """0.4 % passes, 0.6 % does not."""
    assert not replace(EXACT, limit="graceful", lost=0.4).red
    assert replace(EXACT, limit="graceful", lost=0.6).red


def test_a_bound_is_what_was_at_risk_and_only_doubtful_batches_may_be_gained() -> None:
    """Losing up to the bound passes, beyond it does not, and neither does gaining what nobody sent."""
    bound = replace(EXACT, limit="bound", at_risk=5.0, doubtful=1.0)
    assert not replace(bound, lost=5.0, gained=1.0).red
    assert replace(bound, lost=5.1).red
    assert replace(bound, gained=1.1).red


def test_what_is_not_recorded_has_no_error_and_is_not_red() -> None:
    """A quantity without a record is shown as such."""
    silent = replace(EXACT, ours=None)
    assert silent.error is None
    assert not silent.red


def test_errors_of_label_sets_do_not_cancel_out() -> None:
    """What one team lost is not made up for by what another gained."""
    assert deviation({("a",): 2.0, ("b",): 3.0}, {("a",): 3.0, ("b",): 2.0}) == (1.0, 1.0)
    assert deviation({("a",): 2.0}, {("a",): 2.0, ("c",): 0.5}) == (0.0, 0.5)


def test_the_list_of_expected_cells_names_only_what_exists() -> None:
    """Each entry has a reason and known names."""
    assert all(entry.reason for entry in expected(LIST.read_text("utf-8"), list(FAULTS), list(LAB_WORKLOADS)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('workload = "nobody"', "workload 'nobody'"),
        ('fault = "earthquake"', "fault 'earthquake'"),
        ('quantity = ["dolars"]', "quantity 'dolars'"),
        ('reason = ""', "no reason"),
        ('limit = "generous"', "limit 'generous'"),
        ('against = "hope"', "against 'hope'"),
    ],
)
def test_a_wrong_entry_is_refused(wrong: str, said: str) -> None:
    """The message names the cell and what is wrong with it."""
    right = {"workload": '"*"', "fault": '"*"', "quantity": '["dollars"]', "reason": '"known"'}
    name, _, value = wrong.partition(" = ")
    text = "[[cell]]\n" + "\n".join(f"{key} = {item}" for key, item in {**right, name: value}.items())
    with pytest.raises(ExpectedError, match=f"cell 1 .*{said}"):
        expected(text, list(FAULTS), list(LAB_WORKLOADS))


def test_references_differ_by_repeated_batches_and_cumulative_points() -> None:
    """Received counts a repeated batch twice; delta leaves cumulative points out and their events in."""
    found = batches(play(LAB_WORKLOADS["cumulative"]))
    ledger = Ledger()
    for batch in found:
        ledger.write(batch, [Outcome.ACCEPTED])
    ledger.write(found[0], [Outcome.ACCEPTED, Outcome.ACCEPTED])
    assert reference(ledger, "exported").total("cost") == ledger.truth().total("cost")
    assert len(ledger.repeated) == 1
    delta, whole = reference(ledger, "delta"), Truth(found)
    assert 0 < delta.total("sessions") < whole.total("sessions")
    assert delta.total("requests") == whole.total("requests") > 0


@pytest.mark.parametrize("name", LAB_WORKLOADS)
def test_each_workload_is_told_by_its_teams(name: str) -> None:
    """Every run is in a team whose name leads back to the workload, and nothing else is changed."""
    workload = LAB_WORKLOADS[name]
    made = adapted(workload)
    assert {workload_of(str(run.machine.custom["team.id"])) for run in made.runs} == {name}
    assert len(made.runs) == len(workload.runs)


def test_a_crowd_comes_in_waves_so_that_faults_meet_it() -> None:
    """Head-less runs overlap within a wave and go on for minutes."""
    starts = [run.at for run in adapted(LAB_WORKLOADS["one_shots"]).runs]
    assert max(starts) > 180
    assert sum(start < 2 for start in starts) == 8
