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
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from claude_code_mixin.fleet import lab_report
from claude_code_mixin.fleet.faults import FAULTS
from claude_code_mixin.fleet.lab_break import BREAKS, Break
from claude_code_mixin.fleet.lab_cells import Expected, expected
from claude_code_mixin.fleet.lab_run import run
from claude_code_mixin.fleet.lab_stack import Built, Lab
from claude_code_mixin.fleet.lab_workloads import LAB_WORKLOADS
from claude_code_mixin.fleet.process import ServerError, tool
from claude_code_mixin.fleet.workloads import WRITERS

FACTOR, SMOKE_FACTOR = 24, 60
SMOKE_FAULTS = ("none", "prometheus_kill")
SMOKE_WORKLOADS = ("one_shots", "clear", "clock_skew", "retries", "six_writers", "cumulative")
BREAK_WORKLOADS = (
    "idle_gaps",
    "one_shots",
    "parallel",
    "clock_skew",
    "six_writers",
    "no_session_id",
    "flood",
)


def read(build: Path) -> Built:
    """Return what is to be run from the build folder; raise ServerError when it holds no rules."""
    rules = {file.name: file.read_text("utf-8") for file in sorted(build.glob("prometheus/*.rules.yaml"))}
    if not rules:
        raise ServerError(f"{build}/prometheus holds no rule file: run `claude-code-mixin build` first")
    return Built((build / "collector" / "config.yaml").read_text("utf-8"), rules)


def version(name: str) -> str:
    """Return the version that one of the tools says it has."""
    command = [str(tool(name)), "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603 (our tools)
    return said.partition("version ")[2].split()[0]


def cells(
    built: Built, factor: int, fault: str, workloads: Sequence[str], listed: Sequence[Expected]
) -> list[lab_report.Row]:
    """Run one fault with all workloads, say how long it took, and return its rows."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        lab = Lab(Path(folder), built, factor, WRITERS)
        found = run(lab, FAULTS[fault], [LAB_WORKLOADS[name] for name in workloads], listed)
    rows = [lab_report.row(cell) for cell in found]
    seconds = time.monotonic() - began
    _say(f"{fault}: {len(rows)} cells in {seconds:.0f} s, {sum(it['red'] for it in rows)} red")
    return rows


def table(built: Built, options: argparse.Namespace, listed: Sequence[Expected]) -> lab_report.Table:
    """Run every fault that was asked for and return the whole table."""
    rows = [
        row
        for fault in options.faults
        for row in cells(built, options.factor, fault, options.workloads, listed)
    ]
    return {
        "date": str(datetime.now(UTC).date()),
        "command": "make truth",
        "versions": {name: version(name) for name in ("prometheus", "otelcol")},
        "factor": options.factor,
        "faults": {
            name: {"description": FAULTS[name].description, "limit": FAULTS[name].limit}
            for name in options.faults
        },
        "workloads": {name: LAB_WORKLOADS[name].description for name in options.workloads},
        "cells": rows,
    }


def broken(built: Built, it: Break, options: argparse.Namespace, listed: Sequence[Expected]) -> str:
    """Run the pipeline with a break and return its line; it begins with RED when the break was noticed."""
    rows = cells(it.change(built, options.factor), options.factor, it.fault, options.workloads, listed)
    red = [row for row in rows if row["red"]]
    if not red:
        return f"GREEN | {it.name} | {it.description} | {it.fault} | 0 of {len(rows)} | -"
    worst = max(red, key=lab_report.deviation)
    shown = f"{worst['workload']}, {worst['quantity']}: {lab_report.percent(worst['error'])}"
    return f"RED | {it.name} | {it.description} | {it.fault} | {len(red)} of {len(rows)} | {shown}"


def _break_all(built: Built, options: argparse.Namespace, listed: Sequence[Expected]) -> int:
    """Run every break that was asked for, write their lines; return 0 only if each turned red."""
    lines = []
    for name in options.broken:
        lines.append(broken(built, BREAKS[name], options, listed))
        _say(lines[-1])
    versions = ", ".join(f"{name} {version(name)}" for name in ("prometheus", "otelcol"))
    head = "| | break | what is wrong | fault | cells outside their limits | worst cell |\n|" + " --- |" * 6
    if options.output:
        (options.output / "truth_broken.md").write_text(
            f"# The truth table with the pipeline broken on purpose\n\n`make truth-broken`, "
            f"{datetime.now(UTC).date()}, {versions}; the clock runs {options.factor} times faster; "
            f"workloads: {', '.join(options.workloads)}.\n\n{head}\n"
            + "".join(f"| {line} |\n" for line in lines),
            "utf-8",
        )
    return 0 if all(line.startswith("RED") for line in lines) else 1


def _table(built: Built, options: argparse.Namespace, listed: Sequence[Expected]) -> int:
    found = table(built, options, listed)
    if options.output:
        (options.output / "truth.json").write_text(lab_report.as_json(found), "utf-8")
        (options.output / "truth.md").write_text(lab_report.markdown(found), "utf-8")
    _say(f"\n{lab_report.summary(found)}\n{lab_report.red_cells(found['cells'])}")
    _say(
        f"{len(options.workloads)} workloads x {len(options.faults)} faults, clock {options.factor} times "
        f"faster: {lab_report.verdict(found['cells'])}"
    )
    return 1 if any(cell["red"] for cell in found["cells"]) else 0


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="claude_code_mixin.fleet.lab", description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build"), help="folder of the built files")
    parser.add_argument("--expected", type=Path, default=Path("tests/truth/expected.toml"))
    parser.add_argument("--output", type=Path, help="folder for truth.json and truth.md; none: print only")
    parser.add_argument("--factor", type=int, help="how many times faster the clock runs")
    parser.add_argument("--faults", choices=FAULTS, nargs="+")
    parser.add_argument("--workloads", choices=LAB_WORKLOADS, nargs="+")
    parser.add_argument("--break", dest="broken", choices=[*BREAKS, "all"], nargs="+")
    parser.add_argument("--smoke", action="store_true", help="a sample that takes less than a minute")
    found = parser.parse_args(arguments)
    found.factor = found.factor or (SMOKE_FACTOR if found.smoke else FACTOR)
    found.faults = found.faults or list(SMOKE_FAULTS if found.smoke else FAULTS)
    usual = SMOKE_WORKLOADS if found.smoke else BREAK_WORKLOADS if found.broken else tuple(LAB_WORKLOADS)
    found.workloads = found.workloads or list(usual)
    found.broken = list(BREAKS) if found.broken and "all" in found.broken else found.broken
    return found


def main(arguments: Sequence[str]) -> int:
    """Run what was asked for: 0 when every cell is inside its limit or listed, and every break shows."""
    options = _options(arguments)
    listed = expected(options.expected.read_text("utf-8"), list(FAULTS), list(LAB_WORKLOADS))
    built = read(options.build)
    return (_break_all if options.broken else _table)(built, options, listed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
