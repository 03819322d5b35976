"""The promtool tests of tests/rules/ pass, and none of them can pass without testing anything.

promtool takes much for granted: an alert that does not exist is quiet, a rule file that does not exist holds
no rules, an empty list of tests succeeds. Here each of these is an error. Groups, which promtool evaluates in
any order, are put into that in which they read each other; group_eval_order is for promtool run by hand.
"""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from claude_code_mixin.problems import ProblemsError
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
    assert verdict.passed, said(file, verdict)
    assert list(verdict.names) == [test["name"] for test in file.content["tests"]]


def said(file: TestFile, verdict: Verdict) -> str:
    """A failure in words: the file and its tests first, then what promtool printed."""
    tests = " and ".join(f'"{name}"' for name in verdict.failed) or "no test ran"
    return f"tests/rules/{file.name}: {tests}\n{verdict.output}"


def test_a_failure_names_file_and_test_first(rules: Mapping[str, Rules], tmp_path: Path) -> None:
    """Whoever reads a log must not search for them."""
    file = next(file for file in FILES if file.name == "session_cuts.yaml")
    name = file.rule_files[0]
    empty = [{**group, "rules": []} for group in rules[file.kind][name]]
    verdict = suite.run(file, {**rules[file.kind], name: empty}, tmp_path)
    assert not verdict.passed
    first = said(file, verdict).splitlines()[0]
    assert first.startswith('tests/rules/session_cuts.yaml: "')
    assert verdict.failed[0] in first
    assert set(verdict.failed) <= set(verdict.names)


def test_groups_are_evaluated_after_those_they_read() -> None:
    """Meters, roll-ups, alerts; what is read with an offset is memory; files need not say it."""
    rules = {
        "a": [
            {"name": "alerts", "rules": [{"alert": "A", "expr": "y:z:up > 0"}]},
            {"name": "roll-ups", "rules": [{"record": "y:z:up", "expr": "sum_over_time(x:z:up[1h])"}]},
        ],
        "b": [
            {
                "name": "meter",
                "rules": [{"record": "x:z:up", "expr": "up - last_over_time(y:z:up[1h] offset 1ms)"}],
            }
        ],
    }
    assert suite.evaluation_order(rules, ("a", "b")) == ["meter", "roll-ups", "alerts"]


@each_file
def test_every_rule_file_and_every_group_that_is_named_exists(
    file: TestFile, rules: Mapping[str, Rules]
) -> None:
    """promtool warns of a missing file and succeeds, and knows nothing of a group by a wrong name."""
    folder = "../" * len(file.path.relative_to(suite.ROOT).parent.parts) + "build/prometheus/"
    assert file.content["rule_files"] == [folder + name for name in file.rule_files]
    assert set(file.rule_files) <= rules[file.kind].keys()
    groups = {group["name"] for name in file.rule_files for group in rules[file.kind][name]}
    assert set(file.content.get("group_eval_order", ())) <= groups


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
    kinds = set(KINDS) - {"", "coarse"}
    added = {rule for kind in kinds for rule in rule_names(rules[kind])} - set(rule_names(BUILT))
    files = [file for file in FILES if file.kind in kinds]
    assert [rule for rule in sorted(added) if not any(file.mentions(rule) for file in files)] == []


def test_rules_that_nobody_could_build_are_no_rules_to_test(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A configuration that the checks refuse is refused here as well."""
    (tmp_path / "configured" / "unowned").mkdir(parents=True)
    (tmp_path / "configured" / "unowned" / "mixin.toml").write_text('owner = " "')
    monkeypatch.setattr(suite, "RULES", tmp_path)
    with pytest.raises(ProblemsError, match="has no owner"):
        suite.rules_for("unowned")


def cases(alert: str) -> Iterator[dict[str, Any]]:
    """Each expectation of `alert` on the built rules."""
    for file in FILES:
        if file.kind in ("", "coarse"):
            for test in file.content["tests"]:
                for case in test.get("alert_rule_test", ()):
                    if case["alertname"] == alert:
                        yield case


@pytest.mark.parametrize("alert", [name for name in rule_names(BUILT) if ":" not in name])
def test_every_alert_fires_with_all_its_labels_and_annotations(alert: str) -> None:
    """That each alert is also quiet once, and meets missing data, is demanded by the check alert/tested."""
    firing = [expected for case in cases(alert) for expected in case["exp_alerts"]]
    assert firing
    for expected in firing:
        assert {"severity", "owner"} <= expected["exp_labels"].keys()
        assert {"summary", "description", "runbook_url"} <= expected["exp_annotations"].keys()
