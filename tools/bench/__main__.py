"""Measure what was asked for, print it beside its limits, and write results/bench.json and bench.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import figures, limits, report, rules_load, sessions_bench
from bench.questions import questions
from claude_code_mixin.build import checked
from claude_code_mixin.check import default_series
from claude_code_mixin.check.context import build as context_of
from claude_code_mixin.fleet.process import tool
from claude_code_mixin.loader import Mixin
from claude_code_mixin.settings import using

ROOT = figures.ROOT
DAYS = (1_000, 10_000, 100_000)
RULE_USERS, SESSION_SERIES = 5_000, 100_000
SMOKE_DAY, SMOKE_USERS, SMOKE_FACTOR, SMOKE_EVALUATIONS = 1_000, 200, 12, 2
Part = dict[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Run the parts that were asked for; 1 when a limit is missed."""
    options = _options(arguments)
    if options.smoke:
        return _verdict(_smoke())
    path = options.output / "bench.json"
    result = json.loads(path.read_text("utf-8")) if path.is_file() else {}
    measured = result.get("measured", {})
    for name in options.parts:
        limited = {figure.name for figure in _limited(result)}
        build = [figure for figure in result.get("figures", []) if figure["name"] not in limited]
        if name == "build":
            build = [figure.as_row() for figure in figures.figures()]
        elif name == "sessions":
            result |= _sessions(options)
        else:
            result |= {"rules": _rules()}
        measured[name] = datetime.now(UTC).date().isoformat()
        found = [*build, *(figure.as_row() for figure in _limited(result))]
        result = {**_circumstances(), "measured": measured, "figures": found, **_parts(result)}
        _write(options.output, result)
    return _verdict(limits.Figure(**figure) for figure in result["figures"])


def _parts(result: Part) -> Part:
    return {name: result[name] for name in ("sessions", "queries", "rules") if name in result}


def _limited(result: Part) -> Iterator[limits.Figure]:
    """What is demanded of the measured days and rules."""
    yield from limits.of_sessions(result.get("sessions", []))
    for part in result.get("rules", []):
        yield from limits.of_rules(part)


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["build", "sessions", "rules", []], help="default: all")
    parser.add_argument("--days", type=int, nargs="+", default=DAYS, help="sessions of each generated day")
    parser.add_argument("--output", type=Path, default=ROOT / "results", help="folder of the written files")
    parser.add_argument("--smoke", action="store_true", help="a small run; writes nothing")
    found = parser.parse_args(arguments)
    found.parts = found.parts or ["build", "sessions", "rules"]
    return found


def _sessions(options: argparse.Namespace) -> Part:
    days = []
    for count in options.days:
        with tempfile.TemporaryDirectory() as folder:
            days.append(_day(count, Path(folder), whole=True))
    queries = [[asked.panel, asked.ours, asked.raw] for asked in questions(ROOT / "build")]
    return {"sessions": days, "queries": queries}


def _day(count: int, folder: Path, *, whole: bool) -> Part:
    mixin = _mixin()
    with using(mixin.config):
        context = context_of(mixin, default_series())
        asked = list(questions(ROOT / "build"))
        return sessions_bench.measure(count, folder, asked, context, _say, whole=whole)


def _rules() -> list[Part]:
    with tempfile.TemporaryDirectory() as folder:
        collected = rules_load.collected(_mixin(), Path(folder), RULE_USERS, _say, past=True)
    with tempfile.TemporaryDirectory() as folder:
        scraped = rules_load.scraped(_mixin(), Path(folder), SESSION_SERIES, _say)
    return [collected, scraped]


def _smoke() -> list[limits.Figure]:
    with tempfile.TemporaryDirectory() as folder:
        day = _day(SMOKE_DAY, Path(folder) / "day", whole=False)
        rules = Path(folder) / "rules"
        measured = rules_load.collected(
            _mixin(), rules, SMOKE_USERS, _say, factor=SMOKE_FACTOR, evaluations=SMOKE_EVALUATIONS
        )
    # What other work on the machine takes does not count: a sample says whether something is absurd.
    found = [*limits.of_smoke(day), *limits.of_rules({**measured, "seconds": measured["cpu_seconds"]})]
    _say(f"{day['sessions']} sessions, {day['requests']} requests; {measured['label_sets']} label sets")
    return [replace(figure, name=f"smoke: {figure.name}") for figure in found]


def _mixin() -> Mixin:
    return checked(ROOT / "mixin.toml", os.environ).mixin


def _circumstances() -> Part:
    return {
        "command": "make bench",
        "date": datetime.now(UTC).date().isoformat(),
        "python": platform.python_version(),
        "prometheus": _prometheus_version(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[2], 1),
    }


def _prometheus_version() -> str:
    run = subprocess.run([tool("promtool"), "--version"], check=True, capture_output=True, text=True)  # noqa: S603 (our own tool)
    return run.stdout.split()[2]


def _cpu() -> str:
    """The processor's model as Linux names it, elsewhere its architecture."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text("utf-8").splitlines() if information.is_file() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.machine())


def _write(folder: Path, result: Part) -> None:
    for name, text in (("bench.json", report.as_json(result)), ("bench.md", report.markdown(result))):
        fresh = folder / f".{name}.new"
        fresh.write_text(text, "utf-8")
        fresh.replace(folder / name)


def _verdict(found: Iterable[limits.Figure]) -> int:
    listed = list(found)
    for figure in listed:
        _say(str(figure))
    return 0 if all(figure.kept for figure in listed) else 1


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
