"""The promtool tests of tests/rules/ pass, and none of them can pass without testing anything.

promtool takes much for granted: an alert that does not exist is quiet, a rule file that does not exist holds
no rules, groups are evaluated in any order, an empty list of tests succeeds. Here each of these is an error.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from mutation import suite
from mutation.suite import Rules, TestFile, Verdict

FILES = suite.test_files()
KINDS = tuple(dict.fromkeys(file.kind for file in FILES))
WORKERS = 2

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


@pytest.fixture(scope="session")
def rules() -> Mapping[str, Rules]:
    """The rules of each kind of test file."""
    return {kind: suite.rules_for(kind) for kind in KINDS}


@pytest.fixture(scope="session")
def verdicts(rules: Mapping[str, Rules], tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Verdict]:
    """What promtool says of each file; two at a time, each in a folder of its own.

    Rules that no expectation of the file depends on are left out: they take most of the time.
    """
    base = tmp_path_factory.mktemp("promtool")

    def verdict(file: TestFile) -> Verdict:
        missing = set(file.rule_files) - rules[file.kind].keys()
        if missing:
            return Verdict(False, f"nothing builds {', '.join(sorted(missing))}", ())
        try:
            folder = base / file.name.replace("/", "-")
            folder.mkdir()
            mine = rules[file.kind]
            return suite.run(file, suite.only(mine, file.needed(mine)), folder)
        except subprocess.TimeoutExpired as late:
            return Verdict(False, str(late), ())

    with ThreadPoolExecutor(WORKERS) as pool:
        return dict(zip((file.name for file in FILES), pool.map(verdict, FILES), strict=True))


@each_file
def test_promtool_runs_every_test_of_the_file_and_all_pass(
    file: TestFile, verdicts: Mapping[str, Verdict]
) -> None:
    """promtool's exit status, its word, and the number of tests that it reports."""
    verdict = verdicts[file.name]
    assert verdict.passed, verdict.output
    assert list(verdict.names) == [test["name"] for test in file.content["tests"]]


@each_file
def test_every_rule_file_exists_and_groups_have_an_order(file: TestFile, rules: Mapping[str, Rules]) -> None:
    """promtool warns of a missing file and succeeds; unordered groups see each other's records or not."""
    folder = "../" * len(file.path.relative_to(suite.ROOT).parent.parts) + "build/prometheus/"
    assert file.content["rule_files"] == [folder + name for name in file.rule_files]
    assert set(file.rule_files) <= rules[file.kind].keys()
    groups = [group["name"] for name in file.rule_files for group in rules[file.kind][name]]
    ordered = file.content.get("group_eval_order", groups if len(groups) == 1 else [])
    assert sorted(ordered) == sorted(groups)


@each_file
def test_every_asserted_record_and_alert_exists(file: TestFile, rules: Mapping[str, Rules]) -> None:
    """promtool finds any unknown alert quiet and any unknown record empty."""
    known = {name for name, _ in suite.named(rules[file.kind], file.rule_files)}
    alerts = {case["alertname"] for test in file.content["tests"] for case in test.get("alert_rule_test", ())}
    records = {name for name in file.asserted() if re.fullmatch(r"[a-z_]+:[a-z0-9_]+:[a-z0-9_]+", name)}
    assert alerts | records <= known
    assert known & file.needed(rules[file.kind]), "the file expects nothing of the rules that it loads"


@each_file
def test_every_test_states_its_requirement(file: TestFile) -> None:
    """A sentence for a name, expectations of something, and a file short enough to read."""
    for test in file.content["tests"]:
        assert re.fullmatch(r"[A-Z].+\.", test["name"])
        assert test.get("alert_rule_test") or test.get("promql_expr_test")
    names = Counter(test["name"] for test in file.content["tests"])
    assert max(names.values()) == 1
    assert len(file.path.read_text("utf-8").splitlines()) <= 250


def rule_names(rules: Rules) -> list[str]:
    """Names of all records and alerts of all files."""
    return sorted({name for name, _ in suite.named(rules, tuple(rules))})


BUILT = suite.built()


@pytest.mark.parametrize("rule", rule_names(BUILT))
def test_every_rule_is_expected_something_of(rule: str) -> None:
    """A record or alert that no expectation spells out is not tested; a pattern does not spell."""
    assert any(rule in file.asserted() for file in FILES if file.kind in ("", "coarse"))


def test_every_rule_that_a_configuration_adds_is_expected_something_of(rules: Mapping[str, Rules]) -> None:
    """The same for the records that only a configuration brings, such as those per user."""
    for kind in set(KINDS) - {"", "coarse"}:
        added = set(rule_names(rules[kind])) - set(rule_names(BUILT))
        files = [file for file in FILES if file.kind == kind]
        assert [rule for rule in sorted(added) if not any(rule in file.asserted() for file in files)] == []


def cases(alert: str) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each test with each of its expectations of `alert`, on the built rules."""
    for file in FILES:
        if file.kind in ("", "coarse"):
            for test in file.content["tests"]:
                for case in test.get("alert_rule_test", ()):
                    if case["alertname"] == alert:
                        yield test, case


@pytest.mark.parametrize("alert", [name for name in rule_names(BUILT) if ":" not in name])
def test_every_alert_fires_whole_stays_quiet_and_meets_missing_data(alert: str) -> None:
    """One test with all labels and annotations, one that is quiet with input, one without any data."""
    found = list(cases(alert))
    firing = [expected for _, case in found for expected in case["exp_alerts"]]
    assert firing
    for expected in firing:
        assert {"severity", "owner"} <= expected["exp_labels"].keys()
        assert {"summary", "description", "runbook_url"} <= expected["exp_annotations"].keys()
    assert any(not case["exp_alerts"] and test.get("input_series") for test, case in found)
    assert any(re.search(r"\b(any|no) data\b", test["name"]) for test, _ in found)
