"""budgets.toml: what it may say, and the sentences for what it may not."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import yaml

from claude_code_mixin.budgets import Budget, read
from claude_code_mixin.build import build
from claude_code_mixin.config import Config
from claude_code_mixin.problems import ProblemsError
from claude_code_mixin.scaffold import init
from support import Project

TEAM = '[[budget]]\nteam = "a"\nusd_per_month = 10\nfrom = 2026-01-01\n'


def refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, config: Config | None = None
) -> list[str]:
    """The problems of a file with `text`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "budgets.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ProblemsError) as caught:
        read(tmp_path / "budgets.toml", config or Config())
    return [str(problem) for problem in caught.value.problems]


def test_default_file_may_be_missing_another_may_not(tmp_path: Path) -> None:
    """Whoever names a file wants it read."""
    assert read(tmp_path / "budgets.toml", Config()) == ()
    with pytest.raises(ProblemsError, match="cannot be read"):
        read(tmp_path / "mine.toml", Config(budgets="mine.toml"))


def test_a_budget_holds_from_its_first_midnight_to_the_end_of_its_last_day() -> None:
    """Days are the configured ones: five hours east of UTC they begin five hours earlier."""
    budget = Budget.model_validate({"usd_per_month": 1, "from": date(1970, 1, 2), "until": date(1970, 1, 3)})
    assert (budget.starts(0), budget.ends(0)) == (86400, 259200)
    assert budget.starts(5) == 86400 - 5 * 3600


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[budget]\nusd_per_month = 1\n", ["budgets.toml budget: write each budget as a [[budget]] table"]),
        ("limit = 1\n", ['budgets.toml limit: unknown key "limit"; the file holds [[budget]] tables only']),
        (
            TEAM.replace("10", "-1"),
            ["usd_per_month is -1: input should be greater than 0"],
        ),
        (TEAM.replace("10", '"10"'), ["usd_per_month is '10': input should be a valid number"]),
        (TEAM.replace("10", "true"), ["usd_per_month is True: input should be a valid number"]),
        (TEAM.replace("2026-01-01", '"2026-01-01"'), ["from is '2026-01-01': input should be a valid date"]),
        (
            TEAM + "until = 2026-12-31T00:00:00\n",
            ["until is datetime.datetime(2026, 12, 31, 0, 0): input should"],
        ),
        (
            TEAM.replace("10", "inf"),
            ["usd_per_month is inf: input should be a finite"],
        ),
        (TEAM + 'user = "b"\n', ["names a team and a user; keep one of them", 'use privacy = "full"']),
        (TEAM + "until = 2025-12-31\n", ["until = 2025-12-31 lies before from = 2026-01-01; swap them"]),
        (TEAM + TEAM, ['budgets.toml:5 budget: overlaps the budget at budgets.toml:1 for team "a"']),
        (TEAM + "euros = 3\n", ["budgets.toml:1 budget: euros is 3: extra inputs are not permitted"]),
        ("[[budget", ["budgets.toml:1: is not valid TOML"]),
    ],
)
def test_each_fault_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: list[str]
) -> None:
    """All faults of the file come at once."""
    found = refused(tmp_path, monkeypatch, text)
    assert len(found) == len(expected)
    assert all(any(part in one for one in found) for part in expected)


def test_strict_privacy_keeps_no_team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A budget that could never match is refused."""
    (found,) = refused(tmp_path, monkeypatch, TEAM, Config(privacy="strict"))
    assert 'privacy = "strict" keeps no team label; use privacy = "team"' in found


def test_consecutive_budgets_do_not_overlap(tmp_path: Path) -> None:
    """A raise is a new table."""
    text = TEAM + "until = 2026-06-30\n" + TEAM.replace("2026-01-01", "2026-07-01")
    (tmp_path / "budgets.toml").write_text(text, encoding="utf-8")
    assert [budget.usd_per_month for budget in read(tmp_path / "budgets.toml", Config())] == [10, 10]


def test_a_raise_builds_and_takes_over_without_a_gap(tmp_path: Path) -> None:
    """Two budgets of one team are one rule: the second begins in the second in which the first ends."""
    text = TEAM + "until = 2026-06-30\n" + TEAM.replace("2026-01-01", "2026-07-01").replace("10", "20")
    (tmp_path / "budgets.toml").write_text(text, encoding="utf-8")
    (tmp_path / "mixin.toml").write_text("", encoding="utf-8")
    build(tmp_path / "mixin.toml", {}, tmp_path / "build")
    rules = yaml.safe_load(
        (tmp_path / "build" / "prometheus" / "budget.rules.yaml").read_text(encoding="utf-8")
    )
    named = [rule for group in rules["groups"] for rule in group["rules"]]
    (rule,) = (rule for rule in named if rule["record"] == "team:claude_code_budget_usd:month")
    assert rule["labels"] == {"team": "a"}
    assert rule["expr"].split() == [
        "(vector(10)",
        "and",
        "on",
        "()",
        "(vector(time())",
        ">=",
        "1767225600)",
        "and",
        "on",
        "()",
        "(vector(time())",
        "<",
        "1782864000))",
        "or",
        "(vector(20)",
        "and",
        "on",
        "()",
        "(vector(time())",
        ">=",
        "1782864000))",
    ]


def test_a_build_without_budgets_says_so(project: Project) -> None:
    """The default file may be missing, but not without a word."""
    assert "no budgets: without one in budgets.toml no budget alert can fire" in project.run("build").stdout
    project.write("budgets.toml", TEAM)
    assert "no budgets" not in project.run("build").stdout


def test_a_new_repository_has_a_sample(tmp_path: Path) -> None:
    """It sets nothing, and is a budget once its comment signs are gone."""
    init(tmp_path)
    path = tmp_path / "budgets.toml"
    assert read(path, Config()) == ()
    comment, table, sample = path.read_text("utf-8").partition("# [[budget]]\n")
    assert "retention.time=40d" in comment
    path.write_text("\n".join(line.removeprefix("# ") for line in (table + sample).splitlines()))
    assert [budget.owner() for budget in read(path, Config())] == ['team "payments"']
