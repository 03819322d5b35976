"""The lab of servers that take OTLP themselves: every setup, workload and fault, against the truth.

`python -m claude_code_mixin.fleet.otlp_lab --output results` writes otlp.md and returns 1 when a cell of the
profile otlp is outside its limit. It needs the optional tool prometheus-otlp: `make tools-otlp`.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from claude_code_mixin.fleet import otlp_probe
from claude_code_mixin.fleet.lab_cells import ROUNDING
from claude_code_mixin.fleet.otlp_forms import BUILT, FORMS, SETUPS, Setup
from claude_code_mixin.fleet.otlp_run import FAULTS, Result, built, run
from claude_code_mixin.fleet.process import ServerError, tool

FACTOR, VICTORIA_FACTOR = 12, 3
"""VictoriaMetrics shows a new series up to 12 s late, whatever the clock: a minute must be longer."""
AT_ONCE = 6
RUNS = (
    *(("prometheus-deltas", fault) for fault in FAULTS),
    ("prometheus-deltas-in-order", "none"),
    ("prometheus-accumulated", "none"),
    ("prometheus-accumulated", "kill"),
    ("prometheus-totals", "none"),
    ("prometheus-plain", "none"),
    ("victoriametrics-deltas", "none"),
    ("victoriametrics-plain", "none"),
    ("victoriametrics-totals", "none"),
)


@dataclass(frozen=True)
class Played:
    """A run's results."""

    setup: Setup
    fault: str
    results: Sequence[Result]


def red(played: Played, result: Result, listed: Sequence[dict[str, str]]) -> bool:
    """Whether a cell of the profile otlp is outside its limit: exact, or what the list allows."""
    if not played.setup.supported or result.form != BUILT:
        return False
    names = (played.setup.name, played.fault)
    allowed = any((it["setup"], it["fault"]) == names for it in listed)
    rounding = ROUNDING * max(result.truth, 1.0)
    return result.gained > rounding or result.lost > rounding + (result.at_risk if allowed else 0.0)


def _played(name: str, fault: str) -> Played:
    setup, began = SETUPS[name], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        factor = VICTORIA_FACTOR if setup.victoria else FACTOR
        found = Played(setup, fault, run(Path(folder), setup, fault, factor))
    sys.stderr.write(f"{name}, {fault}: {len(found.results)} cells in {time.monotonic() - began:.0f} s\n")
    return found


def share(part: float, result: Result) -> str:
    """Return what was lost or gained as a percentage of the truth."""
    if result.truth == 0:
        return "0" if part == 0 else "of nothing"
    percent = 100 * part / result.truth
    return "0" if percent < 1e-3 else f"{percent:.3g}"


def _cell(result: Result) -> str:
    lost, gained = share(result.lost, result), share(result.gained, result)
    if (lost, gained) == ("0", "0"):
        return "0.0 %"
    return " ".join(f"{sign}{part} %" for sign, part in (("-", lost), ("+", gained)) if part != "0")


def _section(played: Played, listed: Sequence[dict[str, str]]) -> str:
    forms = played.setup.forms
    lines = [
        f"\n## {played.setup.name}: {played.fault}\n",
        f"{played.setup.description}; {FAULTS[played.fault]}.\n",
        "| workload | quantity | exported | " + " | ".join(forms) + " |",
        "| --- | --- | --- |" + " --- |" * len(forms),
    ]
    by_place: dict[tuple[str, str], list[Result]] = {}
    for result in played.results:
        by_place.setdefault((result.workload, result.quantity), []).append(result)
    for (workload, quantity), found in by_place.items():
        cells = [_cell(it) + (" **RED**" if red(played, it, listed) else "") for it in found]
        lines.append(f"| {workload} | {quantity} | {found[0].truth:.9g} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _summary(runs: Sequence[Played]) -> str:
    lines = [
        "| setup | fault | form | cells that are exact | worst lost | worst gained |",
        "|" + " --- |" * 6,
    ]
    for played in runs:
        for form in played.setup.forms:
            found = [it for it in played.results if it.form == form and it.truth]
            if not found:
                lines.append(
                    f"| {played.setup.name} | {played.fault} | {form} | nothing was exported | - | - |"
                )
                continue
            exact = sum(_cell(it) == "0.0 %" for it in found)
            lost, gained = (max(getattr(it, part) / it.truth for it in found) for part in ("lost", "gained"))
            lines.append(
                f"| {played.setup.name} | {played.fault} | {form} | {exact} of {len(found)} "
                f"| {100 * lost:.1f} % | {100 * gained:.1f} % |"
            )
    return "\n".join(lines) + "\n"


def _version(name: str) -> str:
    said = subprocess.run([tool(name), "--version"], capture_output=True, text=True, check=True)  # noqa: S603 (our tools)
    return said.stdout.partition("version ")[2].split()[0]


def markdown(
    runs: Sequence[Played], probed: Sequence[tuple[str, ...]], listed: Sequence[dict[str, str]]
) -> str:
    """Return the whole table for people."""
    forms = "\n".join(f"- `{name}`: {form.description}" for name, form in FORMS.items())
    table = "\n".join("| " + " | ".join(row) + " |" for row in probed)
    reasons = "\n".join(f"- {it['setup']}, {it['fault']}: {it['reason']}" for it in listed)
    number = sum(red(played, it, listed) for played in runs for it in played.results)
    cells = sum(it.form == BUILT and played.setup.supported for played in runs for it in played.results)
    verdict = "GREEN" if not number else f"RED: {number}"
    return f"""# Servers that take OTLP themselves

`make truth-otlp`, {datetime.now(UTC).date()}, Prometheus {_version("prometheus-otlp")} and
VictoriaMetrics 1.145.
The clock runs {FACTOR} times faster, with VictoriaMetrics {VICTORIA_FACTOR} times.
{verdict}; {cells} cells of the profile otlp.

Truth is what the simulated clients exported successfully. What a form lost and gained is summed over label
sets, so that errors cannot cancel out. `{BUILT}` is the profile otlp as it is built. The machine an hour
ahead is left out: Prometheus refuses its points. The other forms:

{forms}

## In short

{_summary(runs)}
## Cells that were known beforehand not to be exact

{reasons}

## Single points

What a client is told, and what a sum over the series holds afterwards. The first amount posted is 0.5, the
second one 0.25, the third one 1.

| {" | ".join(otlp_probe.HEADER)} |
|{" --- |" * len(otlp_probe.HEADER)}
{table}
{"".join(_section(played, listed) for played in runs)}"""


def main(arguments: Sequence[str]) -> int:
    """Run the lab; return 1 when a cell of the profile otlp is outside its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder for otlp.md")
    parser.add_argument("--expected", type=Path, default=Path("tests/truth/otlp_expected.toml"))
    parser.add_argument("--setups", nargs="*", choices=SETUPS, default=list(SETUPS))
    options = parser.parse_args(arguments)
    listed = tomllib.loads(options.expected.read_text("utf-8"))["cell"]
    chosen = [it for it in RUNS if it[0] in options.setups]
    built()
    try:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            runs = list(pool.map(_played, *zip(*chosen, strict=True)))
        text = markdown(runs, otlp_probe.rows(), listed)
    except ServerError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    made = options.output / ".otlp.md.new"
    made.write_text(text, "utf-8")
    made.replace(options.output / "otlp.md")
    return int(any(red(played, it, listed) for played in runs for it in played.results))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
