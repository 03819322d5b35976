"""Every check finds its mistake and says it in exactly these words; correct content passes all of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from claude_code_mixin import check
from claude_code_mixin.catalogue import Series
from claude_code_mixin.config import Config, Content
from claude_code_mixin.loader import load
from claude_code_mixin.problems import Problem, ProblemsError

TESTS = Path(__file__).parent
BAD = sorted(path for path in (TESTS / "bad").iterdir() if path.is_dir())
TARGET = {"job": None, "instance": None}
TYPES = ("input", "output", "cacheRead", "cacheCreation")


def series(name: str, kind: str, unit: str, *labels: str, session_scoped: bool = False) -> Series:
    """A raw series with open labels `labels`."""
    found = {**TARGET, **dict.fromkeys(labels)}
    return Series(
        name=name,
        kind=kind,  # type: ignore[arg-type]  # every caller gives one of the literals
        unit=unit,
        labels={**found, **({"type": TYPES} if "type" in found else {})},
        session_scoped=session_scoped,
        description="for a test",
        source="test",
    )


SERIES = {
    found.name: found
    for found in (
        series("claude_code_meter_identity_cost_USD_total", "counter", "USD", "team", "user", "model"),
        series("claude_code_meter_identity_tokens_total", "counter", "tokens", "user", "model", "type"),
        series("claude_code_cost_usage_USD_total", "counter", "USD", "session_id", session_scoped=True),
        series(
            "claude_code_meter_session_cost_USD_total", "counter", "USD", "session_id", session_scoped=True
        ),
        series("claude_code_pipeline_dropped_total", "counter", "points", "reason"),
        series("up", "gauge", ""),
    )
}


def problems_of(root: Path, monkeypatch: pytest.MonkeyPatch, **config: Any) -> list[Problem]:
    """All problems of the content root alone, with paths relative to the repository."""
    monkeypatch.chdir(TESTS.parent)
    try:
        mixin = load(Config(content=Content(roots=(str(root),), bundled=False), **config), TESTS)
    except ProblemsError as error:
        return list(error.problems)
    return check.run(mixin, SERIES)


@pytest.mark.parametrize("folder", BAD, ids=lambda folder: folder.name)
def test_each_mistake_is_told_in_these_words(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The folder's name is the check; expected.txt holds all that this check says about the folder."""
    check_id = folder.name.replace("-", "/", 1)
    found = [str(problem) for problem in problems_of(folder, monkeypatch) if problem.check == check_id]
    assert found == (folder / "expected.txt").read_text(encoding="utf-8").splitlines()
    assert found


def test_correct_content_has_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is the one escape, with its reason. The raw series here name users."""
    found = problems_of(TESTS / "good", monkeypatch, privacy="full")
    assert [(problem.subject, problem.check, problem.allowed) for problem in found] == [
        ("team:claude_code_cost_usd:share1h", "record/unused", "read by the finance report")
    ]


def test_every_check_has_a_mistake_in_a_folder_of_its_name() -> None:
    """A check without a fixture could rot unnoticed; a fixture without a check tests nothing."""
    assert {folder.name.replace("-", "/", 1) for folder in BAD} == set(check.documented())


@pytest.mark.parametrize("check_id", sorted(check.documented()))
def test_every_check_is_documented_by_one_sentence(check_id: str) -> None:
    """The sentence says what is demanded and ends with a full stop."""
    sentence = check.documented()[check_id]
    assert sentence.endswith(".")
    assert 20 <= len(sentence) <= 110


@pytest.mark.parametrize("check_id", sorted(check.modules()))
def test_every_check_lives_in_the_file_of_its_name(check_id: str) -> None:
    """promql/syntax is check/promql_syntax.py."""
    stem = check_id.replace("/", "_").replace("-", "_")
    assert check.modules()[check_id].__name__ == f"claude_code_mixin.check.{stem}"


def test_panels_may_show_single_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same series that no rule may read."""
    found = problems_of(TESTS / "bad" / "session-panels", monkeypatch)
    assert [str(it) for it in found if "dashboards" in it.place.path] == []
