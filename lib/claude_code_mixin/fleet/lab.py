"""The truth lab: workloads and faults through real servers, ours beside the usual queries on the same data.

`python -m claude_code_mixin.fleet.lab --output results` writes truth.json and truth.md and returns 1 when a
cell is outside its limit and not listed beforehand; see --help for the smaller runs.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from claude_code_mixin.fleet import lab_report
from claude_code_mixin.fleet.faults import FAULTS
from claude_code_mixin.fleet.lab_break import BREAKS, Break
from claude_code_mixin.fleet.lab_expected import Expected, expected
from claude_code_mixin.fleet.lab_markdown import markdown
from claude_code_mixin.fleet.lab_profiles import COLLECTOR, PROFILES, SETUPS, Setup, built
from claude_code_mixin.fleet.lab_run import run
from claude_code_mixin.fleet.lab_stack import Built, Lab
from claude_code_mixin.fleet.lab_workloads import LAB_WORKLOADS
from claude_code_mixin.fleet.process import tool
from claude_code_mixin.fleet.workloads import WRITERS

NAMES = tuple(dict.fromkeys((*PROFILES, *(setup.name for setup in SETUPS))))
EXPECTED = (Path("tests/truth/expected.toml"), Path("tests/truth/expected_profiles.toml"))
FACTOR, SMOKE_FACTOR = 24, 60
SMOKE_RUNS = 2
"""Runs of the sample at the same time: most of a small one is waiting for Prometheus to find its targets."""
SMOKE: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "collector": (
        ("none", "prometheus_kill"),
        ("one_shots", "clear", "clock_skew", "retries", "six_writers", "cumulative"),
    ),
    "collector-default, delta": (("none",), ("one_shots", "clear")),
    "collector-default, cumulative": (("none",), ("clear", "six_writers", "parallel")),
    "scrape": (("none",), ("clear", "six_writers", "continue")),
}
"""Setup -> the faults and workloads of the sample."""
BREAK_WORKLOADS = (
    "idle_gaps",
    "one_shots",
    "parallel",
    "clock_skew",
    "six_writers",
    "no_session_id",
    "flood",
)


@dataclass(frozen=True)
class Job:
    """What is to be run of a setup: its build, the faults that can happen there, and the workloads."""

    setup: Setup
    built: Built
    faults: tuple[str, ...]
    workloads: tuple[str, ...]
    factor: int
    listed: Sequence[Expected]


def version(name: str) -> str:
    """Return the version that one of the tools says it has."""
    command = [str(tool(name)), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 (our tools)
    return said.partition("version ")[2].split()[0]


def cells(job: Job, fault: str) -> list[lab_report.Row]:
    """Run one fault with all workloads, say how long it took, and return its rows."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder), job.built, job.factor, WRITERS)
        found, failed = run(
            job.setup, lab, FAULTS[fault], [LAB_WORKLOADS[name] for name in job.workloads], job.listed
        )
    rows = [lab_report.row(cell) for cell in found]
    seconds = time.monotonic() - began
    red = sum(it["red"] for it in rows)
    _say(
        f"{job.setup.name}, {fault}: {len(rows)} cells in {seconds:.0f} s, {red} red; "
        f"{failed:.1%} of scrapes failed"
    )
    return rows


def jobs(options: argparse.Namespace, listed: Sequence[Expected]) -> Iterator[Job]:
    """Yield what was asked for, setup by setup; say which faults cannot happen in one."""
    for setup in SETUPS:
        if not {setup.profile, setup.name} & set(options.profiles):
            continue
        usual = SMOKE[setup.name] if options.smoke else (tuple(FAULTS), tuple(LAB_WORKLOADS))
        faults, workloads = options.faults or usual[0], options.workloads or usual[1]
        for fault in faults:
            if fault in setup.skipped:
                _say(f"{setup.name}, {fault}: not run: {setup.skipped[fault]}")
        possible = tuple(fault for fault in faults if fault not in setup.skipped)
        yield Job(setup, built(setup, options.build), possible, tuple(workloads), options.factor, listed)


def table(options: argparse.Namespace, listed: Sequence[Expected]) -> lab_report.Table:
    """Run every setup and fault that was asked for and return the whole table."""
    found = list(jobs(options, listed))
    runs = [(job, fault) for job in found for fault in job.faults]
    with ThreadPoolExecutor(SMOKE_RUNS if options.smoke else 1) as pool:
        rows = list(chain.from_iterable(pool.map(lambda run: cells(*run), runs)))
    faults = [name for name in FAULTS if any(name in job.faults for job in found)]
    workloads = [name for name in LAB_WORKLOADS if any(name in job.workloads for job in found)]
    return {
        "date": str(datetime.now(UTC).date()),
        "command": "make truth",
        "versions": {name: version(name) for name in ("prometheus", "otelcol")},
        "factor": options.factor,
        "setups": {job.setup.name: lab_report.setup(job.setup, job.faults) for job in found},
        "faults": {
            name: {"description": FAULTS[name].description, "limit": FAULTS[name].limit} for name in faults
        },
        "workloads": {name: LAB_WORKLOADS[name].description for name in workloads},
        "cells": rows,
    }


def broken(job: Job, it: Break) -> str:
    """Run the pipeline with a break and return its line; it begins with RED when the break was noticed."""
    factor = it.factor or job.factor
    rows = cells(replace(job, built=it.change(job.built, factor), factor=factor), it.fault)
    red = [row for row in rows if row["red"]]
    if not red:
        return f"GREEN | {it.name} | {it.description} | {it.fault} | 0 of {len(rows)} | -"
    worst = max(red, key=lab_report.deviation)
    shown = f"{worst['workload']}, {worst['quantity']}: {lab_report.percent(worst['error'])}"
    return f"RED | {it.name} | {it.description} | {it.fault} | {len(red)} of {len(rows)} | {shown}"


def _break_all(options: argparse.Namespace, listed: Sequence[Expected]) -> int:
    """Run every break that was asked for, write their lines; return 0 only if each turned red."""
    lines = []
    workloads = tuple(options.workloads or BREAK_WORKLOADS)
    job = Job(COLLECTOR, built(COLLECTOR, options.build), (), workloads, options.factor, listed)
    for name in options.broken:
        lines.append(broken(job, BREAKS[name]))
        _say(lines[-1])
    versions = ", ".join(f"{name} {version(name)}" for name in ("prometheus", "otelcol"))
    head = "| | break | what is wrong | fault | cells outside their limits | worst cell |\n|" + " --- |" * 6
    if options.output:
        (options.output / "truth_broken.md").write_text(
            f"# The truth table with the pipeline broken on purpose\n\n`make truth-broken`, "
            f"{datetime.now(UTC).date()}, {versions}; the clock runs {options.factor} times faster; "
            f"workloads: {', '.join(workloads)}.\n\n{head}\n" + "".join(f"| {line} |\n" for line in lines),
            "utf-8",
        )
    return 0 if all(line.startswith("RED") for line in lines) else 1


def _table(options: argparse.Namespace, listed: Sequence[Expected]) -> int:
    began = time.monotonic()
    found = table(options, listed)
    if options.output:
        (options.output / "truth.json").write_text(lab_report.as_json(found), "utf-8")
        for name, text in markdown(found).items():
            (options.output / name).write_text(text, "utf-8")
    _say(f"\n{lab_report.summaries(found)}\n{lab_report.red_cells(found['cells'])}")
    _say(
        f"{len(found['setups'])} setups, {len(found['workloads'])} workloads, {len(found['faults'])} faults "
        f"in {time.monotonic() - began:.0f} s, clock {options.factor} times faster: "
        f"{lab_report.verdict(found['cells'])}"
    )
    return 1 if any(cell["red"] for cell in found["cells"]) else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="claude_code_mixin.fleet.lab", description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of the built files")
    parser.add_argument(
        "--expected", type=Path, nargs="+", default=EXPECTED, help="lists of cells that cannot be right"
    )
    parser.add_argument("--output", type=Path, help="folder for truth.json and *.md; none: print only")
    parser.add_argument("--factor", type=int, help="how many times faster the clock runs")
    parser.add_argument("--profiles", choices=NAMES, nargs="+", default=PROFILES)
    parser.add_argument("--faults", choices=FAULTS, nargs="+")
    parser.add_argument("--workloads", choices=LAB_WORKLOADS, nargs="+")
    parser.add_argument("--break", dest="broken", choices=[*BREAKS, "all"], nargs="+")
    parser.add_argument("--smoke", action="store_true", help="a sample that takes less than 90 seconds")
    found = parser.parse_args(arguments)
    found.factor = found.factor or (SMOKE_FACTOR if found.smoke else FACTOR)
    found.broken = list(BREAKS) if found.broken and "all" in found.broken else found.broken
    return found


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for: 0 when every cell is inside its limit or listed, and every break shows."""
    options = _options(arguments)
    listed = [
        entry
        for path in options.expected
        for entry in expected(path.read_text("utf-8"), list(FAULTS), list(LAB_WORKLOADS))
    ]
    return (_break_all if options.broken else _table)(options, listed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
