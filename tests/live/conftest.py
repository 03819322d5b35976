"""What the live tests share: the built files, one replay of real input, and figures at the end of the run.

Nothing here skips: a missing program or file fails loudly.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from claude_code_mixin.fleet.captures import Capture, load
from claude_code_mixin.fleet.real_input import RealInput

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def build() -> Path:
    """The folder of the built files."""
    folder = ROOT / "build"
    assert (folder / "manifest.json").is_file(), f"{folder} holds no build: run `make build` first"
    return folder


@pytest.fixture(scope="session")
def built_rules(build: Path) -> dict[str, str]:
    """The rule files as they were built, by name."""
    files = {file.name: file.read_text("utf-8") for file in sorted(build.glob("prometheus/*.rules.yaml"))}
    assert files, f"{build}/prometheus holds no rule file: run `make build` first"
    return files


@pytest.fixture(scope="session")
def captures() -> tuple[Capture, ...]:
    """Everything that the real client was seen to send."""
    return load(ROOT / "tests" / "data" / "captures")


@pytest.fixture(scope="session")
def real_input(
    build: Path, captures: tuple[Capture, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RealInput]:
    """Collector and Prometheus as built, after all captures went through them."""
    with RealInput(tmp_path_factory.mktemp("real_input"), build) as running:
        running.replay(captures)
        yield running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests recorded as the property `live`, whether they passed or not."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    lines = [str(text) for report in reports for name, text in report.user_properties if name == "live"]
    if lines:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(lines))
