"""A runbook is followed at night: what it tells to paste and to open exists."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from claude_code_mixin import loader, promql
from claude_code_mixin.check import default_series
from claude_code_mixin.check.context import Context, build
from claude_code_mixin.config import Config
from claude_code_mixin.settings import using

ROOT = Path(__file__).resolve().parent.parent
SECTIONS = {
    (path.stem, section.partition("\n")[0]): section
    for path in sorted((ROOT / "build" / "docs" / "runbooks").glob("*.md"))
    for section in re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]
}
QUERY = re.compile(r":claude_code_|\b(claude_code|otelcol|http_server)_\w+|^up\b")
each_section = pytest.mark.parametrize("place", SECTIONS, ids=lambda place: place[1])


@pytest.fixture(scope="module")
def known() -> Iterator[Context]:
    """What exists when everybody may be seen: a runbook says what `full` adds."""
    config = Config(privacy="full")
    with using(config):
        yield build(loader.load(config, ROOT), default_series())


def queries(section: str) -> list[str]:
    """The PromQL between backticks."""
    return [code for code in re.findall(r"`([^`]+)`", section) if QUERY.search(code)]


@each_section
def test_queries_parse_and_name_what_exists(place: tuple[str, str], known: Context) -> None:
    """Each series and each label matched on it; a query that finds nothing misleads."""
    for query in queries(SECTIONS[place]):
        for selector in promql.selectors(promql.parse(query)):
            assert selector.name is not None
            assert known.known(selector.name), query
            labels = known.labels(selector.name)
            assert labels is None or {match.label for match in selector.matches} <= labels.keys(), query


def test_queries_are_found() -> None:
    """Runbooks whose queries nobody finds would pass."""
    assert sum(len(queries(section)) for section in SECTIONS.values()) >= 30


@each_section
def test_dashboards_and_panels_exist_and_spend_links_to_its_own(place: tuple[str, str]) -> None:
    """A dashboard goes by its title and its path, a panel by its title."""
    boards = [json.loads(path.read_text("utf-8")) for path in (ROOT / "build" / "dashboards").glob("*.json")]
    names = {board["title"] for board in boards} | set(titles(boards))
    section = SECTIONS[place]
    named = re.findall(r"(?:dashboard|panels?|and) \*([^*]+)\*", section, re.IGNORECASE)
    assert set(named) <= names
    assert set(re.findall(r"`/d/([^`]+)`", section)) <= {board["uid"] for board in boards}
    assert place[0] != "cost" or "*Claude Code / Cost* (`/d/claude-code-cost`)" in section


def titles(panels: list[dict[str, object]]) -> Iterator[str]:
    """Titles of the panels below `panels`, which may be dashboards."""
    for panel in panels:
        inner = panel.get("panels", [])
        assert isinstance(inner, list)
        yield str(panel["title"])
        yield from titles(inner)


@pytest.mark.parametrize("alert", ["ClaudeCodeSpendSpike", "ClaudeCodeSpendRateHigh"])
def test_nobody_is_sent_after_what_no_series_holds(alert: str) -> None:
    """Users are asked for with `full` alone, sessions never."""
    steps = SECTIONS["cost", alert].splitlines()
    assert all('privacy = "full"' in step for step in steps if "by (user)" in step)
    assert [step for step in steps if re.search(r"by \([^)]*session", step)] == []


def test_what_a_file_says_above_its_sections_reaches_the_build() -> None:
    """Whoever reads the built runbook alone still learns that its dollars are estimates."""
    built = (ROOT / "build" / "docs" / "runbooks" / "cost.md").read_text(encoding="utf-8")
    assert built.count("They are no invoice") == 1
    assert built.index("They are no invoice") < built.index("## ClaudeCodeSpendSpike")
