"""The truth table on paper: what stands in JSON is what stands in Markdown, and red is red."""

from __future__ import annotations

import json
from dataclasses import replace

from claude_code_mixin.fleet import lab_report
from claude_code_mixin.fleet.lab_cells import Cell
from claude_code_mixin.fleet.lab_markdown import markdown
from claude_code_mixin.fleet.lab_profiles import COLLECTOR, DELTA, SCRAPED

GOOD = Cell(
    "none",
    "clear",
    "dollars",
    truth=2.5,
    reference=2.5,
    ours=2.5,
    raw_truth=2.5,
    widespread={"increase": 0.0, "rate": 0.025, "max_over_time": 2.5, "sum": 5.0},
)
BAD = replace(GOOD, workload="fork", ours=2.0, lost=0.5)
WRONG = replace(
    BAD,
    profile=DELTA.profile,
    clients=DELTA.clients,
    limit="none",
    reasons=("begins anew",),
    detected_by=("ClaudeCodeCountersUnreliable",),
)
LISTED = replace(GOOD, workload="retries", ours=3.0, reference=3.0, reasons=("counts twice",))


def table(*cells: Cell) -> lab_report.Table:
    """Return a table of one fault."""
    return {
        "date": "2026-01-02",
        "command": "make truth",
        "versions": {"prometheus": "3.5.3"},
        "factor": 24,
        "setups": {it.name: lab_report.setup(it, ["none"]) for it in (COLLECTOR, DELTA, SCRAPED)},
        "faults": {"none": {"description": "nothing goes wrong", "limit": "exact"}},
        "workloads": {"clear": "/clear twice"},
        "cells": [lab_report.row(cell) for cell in cells],
    }


def test_json_comes_back_as_it_was() -> None:
    """One line a cell, and the same content."""
    made = table(GOOD, BAD)
    text = lab_report.as_json(made)
    assert json.loads(text) == made
    assert sum('"workload": ' in line for line in text.splitlines()) == 2


def test_markdown_is_made_from_json_alone() -> None:
    """What was read back from the file gives the same text."""
    made = table(GOOD, LISTED)
    assert markdown(json.loads(lab_report.as_json(made))) == markdown(made)


def test_a_line_shows_truth_ours_and_the_usual_queries() -> None:
    """Errors are percentages against the truth of each."""
    assert (
        "| clear | dollars | 2.5 | 2.5 | 0.0 % | -100 % | -99 % | 0.0 % | +100 % |  |"
        in markdown(table(GOOD))["truth_collector.md"]
    )


def test_red_cells_are_said() -> None:
    """In the verdict, in the line, and on the console; not without one."""
    made = table(GOOD, BAD)
    assert lab_report.verdict(made["cells"]).startswith("RED: 1 of 2 cells")
    assert "| fork | dollars | 2.5 | 2 | -20 % |" in markdown(made)["truth_collector.md"]
    said = lab_report.red_cells(made["cells"])
    assert said.startswith("RED collector (delta) / none / fork / dollars: truth 2.5, ours 2;")
    assert lab_report.verdict(table(GOOD)["cells"]).startswith("GREEN")
    assert not lab_report.red_cells(table(GOOD)["cells"])


def test_a_listed_cell_says_what_it_is_held_against() -> None:
    """Its error against the truth stays visible, and its reason is in the list."""
    files = markdown(table(LISTED))
    text = files["truth_collector.md"]
    assert "| +20 % |" in text
    assert "listed: held against 3" in text
    assert "- counts twice" in files["truth.md"]


def test_something_out_of_nothing_has_no_percentage() -> None:
    """An infinite error is null in JSON and a dash in the table."""
    made = lab_report.row(replace(GOOD, truth=0.0, reference=0.0, ours=1.0, gained=1.0))
    assert made["error"] is None
    assert made["red"]


def test_the_summary_shows_the_worst_cell_and_the_median_of_the_usual_queries() -> None:
    """Half of the dollars lost a fifth."""
    assert (
        "| none | 2 | 0.0 % | 20 % | - | -10 % | 1 | -100 % | -99 % | 0.0 % | +100 % |"
        in lab_report.summary(table(GOOD, BAD), COLLECTOR.name)
    )


def test_a_cell_listed_as_wrong_shows_its_alert() -> None:
    """Whether it fired or was silent, and the cell has no part in those that have a limit."""
    made = table(GOOD, WRONG)
    note = "listed as wrong, ClaudeCodeCountersUnreliable fired"
    files = markdown(made)
    assert note in files["truth_collector_default.md"]
    assert note not in files["truth_collector.md"]
    assert "- begins anew Told by ClaudeCodeCountersUnreliable." in files["truth.md"]
    assert "| none | 1 | 0.5 %; listed instead: none, an alert fires | 0.0 % | 20 % |" in lab_report.summary(
        made, DELTA.name
    )
    silent = table(replace(WRONG, undetected=WRONG.detected_by))
    assert lab_report.verdict(silent["cells"]).startswith("RED: 1 of 1 cells")
    assert "ClaudeCodeCountersUnreliable was silent" in lab_report.red_cells(silent["cells"])


def test_faults_that_cannot_happen_are_named() -> None:
    """With the reason."""
    said = "two_replicas: not run, clients are scraped: there is no collector."
    assert said in markdown(table(GOOD))["truth.md"]
