"""How fast the build, the checks and the rule tests are."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.limits import Figure

ROOT = Path(__file__).resolve().parents[2]
RUNS = 5


def figures() -> list[Figure]:
    """Measure everything; CalledProcessError has the output of a command that fails."""
    return [*cold_build(), no_op_build(), thousand_expressions(), rule_tests()]


def median_seconds(run: Callable[[], object]) -> float:
    """Return the median wall time of RUNS calls."""
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        run()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def command(*words: str) -> None:
    """Run a command in the repository; raises CalledProcessError with its output when it fails."""
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)  # noqa: S603 (our own commands)


def cold_build() -> list[Figure]:
    """A build into an empty folder in a fresh process, and the largest memory any such process took."""
    program = str(Path(sys.executable).parent / "claude-code-mixin")

    def once() -> None:
        with tempfile.TemporaryDirectory() as folder:
            command(program, "build", "--output", str(Path(folder) / "build"))

    seconds = median_seconds(once)
    megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        Figure("cold claude-code-mixin build", seconds, "s", 1.0),
        Figure("its peak memory", megabytes, "MB", 150),
    ]


def no_op_build() -> Figure:
    """`make build` with nothing to do."""
    command("make", "build")
    return Figure("make build with nothing to do", median_seconds(lambda: command("make", "build")), "s", 1.0)


def thousand_expressions() -> Figure:
    """All checks over the bundled content, scaled to 1,000 expressions."""
    from claude_code_mixin import check  # the import is not what is measured
    from claude_code_mixin.build import checked

    mixin = checked(ROOT / "mixin.toml", os.environ).mixin
    expressions = sum(1 for _ in mixin.records()) + sum(1 for _ in mixin.alerts())
    expressions += sum(len(panel.queries) for _, board in mixin.dashboards() for panel in board.panels())
    seconds = median_seconds(lambda: check.run(mixin))
    return Figure("checks, per 1,000 expressions", seconds * 1000 / expressions, "s", 1.0)


def rule_tests() -> Figure:
    """Every promtool test of the built rules."""
    started = time.perf_counter()
    command(sys.executable, "-m", "pytest", "tests/test_rules.py")
    return Figure("all promtool tests", time.perf_counter() - started, "s", 30)
