"""What the live tests share: the built files, and figures at the end of the run.

Nothing here skips: a missing program or file fails loudly.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

BUILD = Path(os.environ.get("DEV_BUILD", Path(__file__).parents[2] / "build"))


@pytest.fixture(scope="session")
def built_rules() -> dict[str, str]:
    """The rule files as they were built, by name."""
    files = {file.name: file.read_text("utf-8") for file in sorted(BUILD.glob("prometheus/*.rules.yaml"))}
    assert files, f"{BUILD}/prometheus holds no rule file: run `make build` first"
    return files


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the figures that tests recorded as the property `live`, whether they passed or not."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.getreports(outcome)]
    lines = [str(text) for report in reports for name, text in report.user_properties if name == "live"]
    if lines:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(lines))
