"""The pages on what was measured say what the committed results say, and nothing when those are unsound."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from claude_code_mixin.build import build, checked, outdated
from claude_code_mixin.compile import docs
from claude_code_mixin.problems import ProblemsError
from claude_code_mixin.results import read
from support import Project

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "results"
TRUTH = json.loads((RESULTS / "truth.json").read_text("utf-8"))
BENCHES = {path.name: json.loads(path.read_text("utf-8")) for path in sorted(RESULTS.glob("bench*.json"))}
FAULTS = list(TRUTH["faults"])


def page(name: str) -> str:
    """A page of the committed build."""
    return (ROOT / "build" / "docs" / f"{name}.md").read_text("utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of every line of every table."""
    return [re.split(r" (?<!\\)\| ", line[2:-2]) for line in text.splitlines() if line.startswith("| ")]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the results, from which pages are made instead."""
    monkeypatch.setattr(docs, "bundled_root", lambda: tmp_path)
    shutil.copytree(RESULTS, tmp_path / "results")
    return tmp_path / "results"


def change(path: Path, **values: Any) -> None:
    """Change fields of a JSON file."""
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


def made(folder: Path) -> Mapping[str, str]:
    """The pages from the results in `folder`."""
    return docs.pages(read(folder))


def test_both_pages_say_command_date_and_versions() -> None:
    """As the files have them."""
    said = page("truth")
    for text in (f"`{TRUTH['command']}`, {TRUTH['date']}", f"{TRUTH['factor']} times faster"):
        assert text in said
    assert [f"{name} {version}" for name, version in TRUTH["versions"].items() if version not in said] == []
    for bench in BENCHES.values():
        assert f"`{bench['command']}`, {bench['date']}" in page("bench")
    assert f"python {BENCHES['bench.json']['python']}" in page("bench")


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_the_cells_and_the_worst_one_of_the_results(fault: str) -> None:
    """By setup: number, those outside, and the largest share lost and gained of what may not be anything."""
    cells = [cell for cell in TRUTH["cells"] if cell["fault"] == fault]
    setups = dict.fromkeys((cell.get("profile"), cell.get("clients")) for cell in cells)
    want = []
    for setup in setups:
        mine = [cell for cell in cells if (cell.get("profile"), cell.get("clients")) == setup]
        shares = [
            (cell["lost"] + cell["gained"]) / (cell.get("reference") or cell["truth"])
            for cell in mine
            if cell["ours"] is not None and cell["limit"] != "none" and cell.get("reference", cell["truth"])
        ]
        outside = sum(cell["red"] for cell in mine)
        want.append([str(len(mine)), f"**{outside}**" if outside else "0", max(shares, default=0.0)])
    before_workloads = page("truth").partition("## Cells that cannot")[0]
    found = [row[2:5] for row in rows(before_workloads) if row[0] == fault]
    assert [row[:2] for row in found] == [row[:2] for row in want]
    for (*_, shown), (*_, share) in zip(found, want, strict=True):
        assert float(shown.removesuffix(" %")) == pytest.approx(100 * share, rel=0.01, abs=0.006)


def test_every_reason_stands_beside_the_number_of_its_cells() -> None:
    """The list of what cannot be right is complete."""
    want: dict[str, int] = {}
    for reason in (reason for cell in TRUTH["cells"] for reason in cell.get("reasons", ())):
        want[reason] = want.get(reason, 0) + 1
    listed = rows(page("truth").partition("## Cells that cannot")[2].partition("## Workloads")[0])[2:]
    found = {row[0].partition(" Alerts: ")[0].replace("\\|", "|"): int(row[5]) for row in listed}
    assert found == want
    assert want


def test_what_was_broken_on_purpose_is_taken_along() -> None:
    """Every line of its table."""
    lines = [it for it in (RESULTS / "truth_broken.md").read_text("utf-8").splitlines() if it.startswith("|")]
    assert len(lines) > 5
    assert [line for line in lines if line not in page("truth").splitlines()] == []


def test_the_whole_table_is_linked() -> None:
    """From where the page lies in the build."""
    (link,) = re.findall(r"\]\((\S+)\)", page("truth"))
    assert (ROOT / "build" / "docs" / link).resolve() == RESULTS / "truth.md"


def test_each_figure_stands_beside_its_limit_and_whether_it_is_kept() -> None:
    """In the order of the file."""
    wanted = [figure for bench in BENCHES.values() for figure in bench.get("figures", ())]
    found = {row[0]: row for row in rows(page("bench")) if len(row) == 4}
    assert wanted
    for figure in wanted:
        _, measured, limit, met = found[figure["name"]]
        assert measured.endswith(figure["unit"])
        shown = float(measured.removesuffix(figure["unit"]).replace(",", ""))
        assert shown == pytest.approx(figure["value"], rel=0.01)
        if figure.get("limit") is not None:
            assert f"at most {figure['limit']:g}" in limit.replace(",", "")
            assert met == ("yes" if figure["value"] <= figure["limit"] else "**no**")


def test_a_figure_outside_its_limit_is_said_at_the_top_and_in_its_line(folder: Path) -> None:
    """Limits may be most or least; a figure without one promises nothing."""
    figures = [
        {"name": "slow", "value": 2.0, "unit": "s", "limit": 1.0},
        {"name": "ratio", "value": 150.0, "unit": "", "least": 100},
        {"name": "rate", "value": 12345.6, "unit": "requests/s"},
    ]
    change(folder / "bench.json", figures=figures)
    text = made(folder)["docs/bench.md"]
    assert "2 figures have limits: **1 miss theirs: slow.**" in text
    assert ["slow", "2 s", "at most 1 s", "**no**"] in rows(text)
    assert ["ratio", "150", "at least 100", "yes"] in rows(text)
    assert ["rate", "12,346 requests/s", "-", "no limit"] in rows(text)


def test_further_sections_and_files_become_tables(folder: Path) -> None:
    """Whatever has the shape of a table; what is deeper stays in its file."""
    days = [
        {
            "sessions": 1000,
            "questions": [
                {"kind": "range", "ours": {"ms": 2.0}, "raw": {"ms": 300.0}},
                {"kind": "range", "ours": {"ms": 4.0}, "raw": {"ms": 900.0, "refused": "too many samples"}},
                {"kind": "single", "ours": {"ms": 1.0}, "no_raw": "not in the clients' counters"},
            ],
        }
    ]
    change(folder / "bench.json", days=days, by_group=[{"group": "cost", "seconds": 0.25, "deep": [1]}])
    bench = {"command": "make bench-collector", "date": "2026-01-02", "load": {"requests a second": 500}}
    (folder / "bench_collector.json").write_text(json.dumps({**bench, "other": [1, 2]}), "utf-8")
    text = made(folder)["docs/bench.md"]
    assert ["1,000", "range", "2", "3", "600", "188", "1", "0"] in rows(text)
    assert ["1,000", "single", "1", "1", "-", "-", "0", "0"] in rows(text)
    assert [it for it in rows(text) if it[0] in ("group", "cost")] == [["group", "seconds"], ["cost", "0.25"]]
    assert "## `make bench-collector`, 2026-01-02" in text
    assert ["requests a second", "500"] in rows(text)
    assert "### Other\n\nIn `results/bench_collector.json`." in text


def test_profiles_are_told_apart_and_alerts_named(folder: Path) -> None:
    """A cell that cannot be right has no part in the worst one; the alert that must fire stands with it."""
    good = {**TRUTH["cells"][0], "profile": "scrape", "clients": "cumulative", "limit": "near"}
    wrong = {**good, "limit": "none", "ours": 0.0, "lost": good["truth"], "error": -1.0, "reasons": ["a | b"]}
    found = {"detected_by": ["ClaudeCodeX"], "undetected": []}
    cells = [TRUTH["cells"][0], good, {**wrong, **found}]
    change(folder / "truth.json", cells=cells)
    text = made(folder)["docs/truth.md"]
    assert "## By fault: collector, delta clients" in text
    after = rows(text.partition("## By fault: scrape, cumulative clients")[2])
    shown = ["none", "0.5 %; listed: none: cannot be right, an alert says so", "2", "0", "0.0 %"]
    assert after[2][:5] == shown
    (why,) = [row for row in after if row[0].startswith("a \\| b")]
    assert why[0].endswith("Alerts: ClaudeCodeX; silent in 0 cells.")
    assert why[6] == "-100 %"


def test_red_cells_are_said_first(folder: Path) -> None:
    """In the heading and in the line of their fault."""
    others = [{**cell, "red": False} for cell in TRUTH["cells"][1:]]
    cells = [{**TRUTH["cells"][0], "red": True}, *others]
    change(folder / "truth.json", cells=cells)
    text = made(folder)["docs/truth.md"]
    assert "**1 outside.**" in text
    first, *rest = [row[3] for row in rows(text) if row[0] == "none" and len(row) > 5]
    assert first == "**1**"
    assert set(rest) == {"0"}


def test_new_results_make_the_build_stale(folder: Path) -> None:
    """`check` and `build` say so; the same results do not."""
    config = ROOT / "mixin.toml"
    result = checked(config, os.environ)
    assert list(outdated(config, result)) == []
    change(folder / "truth.json", date="2001-01-01")
    (said,) = outdated(config, result)
    assert said.startswith("2 files are not what the source compiles to")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "truth.json",
            None,
            "truth.json: is missing; make truth writes it anew, or take the committed one back",
        ),
        ("truth_broken.md", None, "truth_broken.md: is missing; make truth-broken writes it anew"),
        ("bench.json", None, "bench.json: is missing; make bench writes it anew"),
        ("bench.json", "{\n", "bench.json:2: is not valid JSON: "),
        ("bench.json", "[]", "bench.json: the file: input should be a valid dictionary"),
        ("bench.json", '{"command": "x"}', "bench.json: date: field required"),
        ("truth_broken.md", "# nothing\n", "truth_broken.md: holds no table"),
        ("truth.json", json.dumps({**TRUTH, "cells": []}), "truth.json: has no cell; make truth"),
        ("truth.json", json.dumps({**TRUTH, "faults": {}}), "truth.json: has cells of the fault collector_"),
        ("bench_more.json", "{}", "bench_more.json: command: field required"),
    ],
)
def test_what_is_missing_or_malformed_is_one_sentence(
    folder: Path, name: str, content: str | None, said: str
) -> None:
    """File, cause, way out; no page is made."""
    (folder / name).unlink(missing_ok=True)
    if content is not None:
        (folder / name).write_text(content, "utf-8")
    with pytest.raises(ProblemsError) as caught:
        made(folder)
    assert said in str(caught.value.problems[0])
    assert str(caught.value.problems[0]).endswith("[results/file]")


def test_a_field_that_all_cells_lack_is_said_once(folder: Path) -> None:
    """And nothing is written."""
    cells = [{key: value for key, value in cell.items() if key != "lost"} for cell in TRUTH["cells"]]
    change(folder / "truth.json", cells=cells)
    output = folder.parent / "output"
    with pytest.raises(ProblemsError) as caught:
        build(ROOT / "mixin.toml", os.environ, output)
    assert [str(it).partition("truth.json: ")[2] for it in caught.value.problems] == [
        "cells.0.lost: field required; make truth writes it anew, or take the committed one back "
        "[results/file]"
    ]
    assert not output.exists()


def test_content_of_ones_own_alone_has_no_such_pages(project: Project) -> None:
    """What was measured is the bundled content."""
    assert project.run("build").exit_code == 0
    assert not {"docs/truth.md", "docs/bench.md"} & set(project.built())


def test_the_readme_links_both_pages() -> None:
    """Where a reader of the repository finds them."""
    links = re.findall(r"\]\((build/docs/\S+)\)", (ROOT / "README.md").read_text("utf-8"))
    assert links == ["build/docs/truth.md", "build/docs/bench.md"]
