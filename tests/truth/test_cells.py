"""Cells of the truth table: limits, the list of expected cells, and what a deviation is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from claude_code_mixin.fleet.exporters import Ledger, Outcome
from claude_code_mixin.fleet.faults import FAULTS
from claude_code_mixin.fleet.lab_cells import ALL, Cell, deviation, reference
from claude_code_mixin.fleet.lab_expected import Expected, ExpectedError, expected
from claude_code_mixin.fleet.lab_profiles import COLLECTOR, DELTA, SETUPS, Setup
from claude_code_mixin.fleet.lab_run import Scope
from claude_code_mixin.fleet.lab_stack import Loss
from claude_code_mixin.fleet.lab_workloads import LAB_WORKLOADS, adapted, workload_of
from claude_code_mixin.fleet.runner import batches, play
from claude_code_mixin.fleet.truth import Truth

LISTS = sorted(Path(__file__).parent.glob("expected*.toml"))
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


def test_counters_of_single_sessions_may_be_off_by_half_a_percent() -> None:
    """0.4 % passes, 0.6 % does not, in either direction."""
    near = replace(EXACT, limit="near")
    assert not replace(near, lost=0.2, gained=0.2).red
    assert replace(near, lost=0.3, gained=0.3).red


def test_a_cell_listed_as_wrong_needs_its_alert_when_it_is_wrong() -> None:
    """Wrong and told is fine, wrong and silent is red, right and silent is fine."""
    wrong = replace(EXACT, limit="none", ours=40.0, lost=60.0, detected_by=("Told",))
    assert not wrong.red
    assert replace(wrong, undetected=("Told",)).red
    assert not replace(wrong, ours=100.0, lost=0.0, undetected=("Told",)).red


def test_what_is_not_recorded_has_no_error_and_is_not_red() -> None:
    """A quantity without a record is shown as such."""
    silent = replace(EXACT, ours=None)
    assert silent.error is None
    assert not silent.red


def test_errors_of_label_sets_do_not_cancel_out() -> None:
    """What one team lost is not made up for by what another gained."""
    assert deviation({("a",): 2.0, ("b",): 3.0}, {("a",): 3.0, ("b",): 2.0}) == (1.0, 1.0)
    assert deviation({("a",): 2.0}, {("a",): 2.0, ("c",): 0.5}) == (0.0, 0.5)


@pytest.mark.parametrize("path", LISTS, ids=lambda path: str(path.name))
def test_the_lists_of_expected_cells_name_only_what_exists(path: Path) -> None:
    """Each entry has a reason and known names, and is about some cell that is run."""
    for entry in expected(path.read_text("utf-8"), list(FAULTS), list(LAB_WORKLOADS)):
        assert entry.reason
        assert any(
            entry.fits(setup, fault, workload, it.name)
            for setup in SETUPS
            for fault in FAULTS
            if fault not in setup.skipped
            for workload in (*LAB_WORKLOADS, ALL)
            for it in setup.quantities
        )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('workload = "nobody"', "workload 'nobody'"),
        ('fault = "earthquake"', "fault 'earthquake'"),
        ('quantity = ["dolars"]', "quantity 'dolars'"),
        ('reason = ""', "no reason"),
        ('limit = "generous"', "limit 'generous'"),
        ('against = "hope"', "against 'hope'"),
        ('profile = "telepathy"', "profile 'telepathy'"),
        ('clients = "drums"', "clients 'drums'"),
        ('limit = "none"', "no detected_by"),
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


def test_an_entry_is_about_its_profile_and_its_clients_alone() -> None:
    """Lists of one profile leave the others alone."""
    text = """
[[cell]]
profile = "collector-default"
clients = "delta"
workload = ["clear", "fork"]
fault = "*"
quantity = "dollars"
reason = "known"
"""
    (entry,) = expected(text, list(FAULTS), list(LAB_WORKLOADS))
    assert entry.fits(DELTA, "none", "clear", "dollars")
    assert not entry.fits(DELTA, "none", "resume", "dollars")
    assert not entry.fits(DELTA, "none", "clear", "tokens")
    assert not entry.fits(replace(DELTA, clients="cumulative"), "none", "clear", "dollars")
    assert not entry.fits(COLLECTOR, "none", "clear", "dollars")


def test_totals_are_at_risk_by_what_they_gained() -> None:
    """A total that was scraped before loses only what came on top of it."""
    found = batches(play(DELTA.adapted(LAB_WORKLOADS["clear"]).exporting("cumulative")))
    points = [batch for batch in found if batch.points]
    scope = Scope(DELTA, FAULTS["none"], "clear", DELTA.quantities[0], {}, ())
    loss = Loss(points[:-1], points[-1:])
    whole, before = (Truth(it).total("client_cost") for it in (points, points[:-1]))
    assert scope.at_risk(loss, {id(batch) for batch in points}) == pytest.approx(whole - before)
    assert scope.at_risk(loss, {id(points[-1])}) == Truth(points[-1:]).total("client_cost") > whole - before


def test_an_alert_tells_for_its_team_for_all_or_where_the_list_says_so_for_any() -> None:
    """An alert of another team is silence, unless the cause is a setting that all clients have."""
    entry = Expected("collector-default", "*", ("clear",), ("*",), ("*",), "known", detected_by="Told")
    own = Scope(DELTA, FAULTS["none"], "clear", DELTA.quantities[0], {}, (entry,))
    anywhere = replace(own, listed=(replace(entry, anywhere=True),))
    assert own.undetected({("Told", "clear")}) == own.undetected({("Told", ALL)}) == ()
    assert own.undetected({("Told", "fork"), ("Other", "clear")}) == ("Told",)
    assert anywhere.undetected({("Told", "fork")}) == ()
    assert anywhere.undetected({("Other", ALL)}) == ("Told",)


@pytest.mark.parametrize("setup", SETUPS, ids=lambda setup: str(setup.name))
def test_each_setup_makes_clients_export_its_way(setup: Setup) -> None:
    """The profile `collector` leaves clients as their workload has them."""
    made = setup.adapted(LAB_WORKLOADS["cumulative"])
    exporting = {run.settings.metrics for run in made.runs}
    assert exporting == ({setup.exporting} if setup.exporting else {"delta", "cumulative"})
    assert {workload_of(str(run.machine.custom["team.id"])) for run in made.runs} == {"cumulative"}


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
