"""The promtool tests of tests/rules/ as values: which rules each of them needs, and how one is run.

Three kinds. Files directly in tests/rules/ run on the built rules as they are. Those in coarse/ step through
days and months: the rule groups lose their own interval, so that the file's evaluation_interval holds. Those
in configured/<name>/ run on what configured/<name>/mixin.toml compiles to, without intervals as well.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import yaml

from claude_code_mixin import check, config, loader, promql
from claude_code_mixin.compile import prometheus
from claude_code_mixin.problems import ProblemsError

ROOT = Path(__file__).parents[2]
RULES = ROOT / "tests" / "rules"
BUILT = ROOT / "build" / "prometheus"
PROMTOOL = Path(os.environ.get("CLAUDE_CODE_MIXIN_TOOLS_DIR", ROOT / ".tools")) / "promtool"
TIMEOUT_SECONDS = 60
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # the C one is faster, not every platform has it

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_NAME_PATTERN = re.compile(r'__name__=~"([^"]+)"')

Group = dict[str, Any]
Rules = Mapping[str, list[Group]]
"""Rule groups by the name of their file."""


@dataclass(frozen=True)
class Verdict:
    """What promtool said: the output of a run, the tests that it ran and those that failed."""

    passed: bool
    output: str
    names: tuple[str, ...]
    failed: tuple[str, ...] = ()


@dataclass(frozen=True)
class TestFile:
    """One file of promtool tests."""

    __test__ = False  # pytest collects classes by their name

    path: Path

    @property
    def name(self) -> str:
        """Its path below tests/rules/."""
        return str(self.path.relative_to(RULES))

    @property
    def kind(self) -> str:
        """Empty, `coarse`, or the name of the configuration that its rules are compiled under."""
        parts = self.path.relative_to(RULES).parts
        return parts[1] if parts[0] == "configured" else "coarse" if parts[0] == "coarse" else ""

    @property
    def content(self) -> dict[str, Any]:
        """The parsed file."""
        return _parsed(self.path)

    @property
    def rule_files(self) -> tuple[str, ...]:
        """Names of the rule files that it loads."""
        return tuple(Path(entry).name for entry in self.content["rule_files"])

    def asserted(self) -> frozenset[str]:
        """Names of records and alerts that its expectations mention; a pattern stands for what it matches."""
        return _asserted(self.path)

    def mentions(self, rule: str) -> bool:
        """Whether an expectation names the rule or a pattern that matches it."""
        patterns = (found[1] for text in self.asserted() for found in _NAME_PATTERN.finditer(text))
        return rule in self.asserted() or any(re.fullmatch(pattern, rule) for pattern in patterns)

    def fed(self) -> Iterator[str]:
        """Every input series, as it is written."""
        for test in self.content["tests"]:
            yield from (one["series"] for one in test.get("input_series", ()))

    def needed(self, rules: Rules) -> frozenset[str]:
        """Names of the rules of its files that its expectations depend on, through any chain of records."""
        feeds = {name: set[str]() for name, _ in named(rules, self.rule_files)}
        for name, rule in named(rules, self.rule_files):
            feeds[name] |= set(_NAME.findall(rule["expr"])) & feeds.keys()
        found, waiting = set[str](), [name for name in feeds if self.mentions(name)]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += feeds[name]
        return frozenset(found)


@cache
def _parsed(path: Path) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
    return content


@cache
def _asserted(path: Path) -> frozenset[str]:
    names: set[str] = set()
    for test in _parsed(path)["tests"]:
        names |= {case["alertname"] for case in test.get("alert_rule_test", ())}
        for case in test.get("promql_expr_test", ()):
            texts = (case["expr"], *(sample["labels"] for sample in case["exp_samples"]))
            names |= {name for text in texts for name in _NAME.findall(text)}
            names |= {found[0] for text in texts for found in _NAME_PATTERN.finditer(text)}
    return frozenset(names)


def test_files() -> list[TestFile]:
    """Every file of promtool tests, in a fixed order."""
    return [TestFile(path) for path in sorted(RULES.rglob("*.yaml"))]


test_files.__test__ = False  # type: ignore[attr-defined]  # pytest collects functions by their name


def named(rules: Rules, files: tuple[str, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each rule of `files` with the name of its record or alert."""
    for file in files:
        for group in rules[file]:
            for rule in group["rules"]:
                yield name_of(rule), rule


def name_of(rule: Mapping[str, Any]) -> str:
    """The name of a record or an alert."""
    return str(rule.get("record") or rule["alert"])


def rules_for(kind: str) -> Rules:
    """The rules that test files of `kind` run on; compiled for a configuration, else read from build/.

    Raises ProblemsError where the checks refuse the configuration: nobody could build its rules.
    """
    if kind in ("", "coarse"):
        rules = built()
        return without_intervals(rules) if kind else rules
    home = RULES / "configured" / kind
    mixin = loader.load(config.read(home / "mixin.toml", {}), home)
    problems = [problem for problem in check.run(mixin) if problem.allowed is None]
    if problems:
        raise ProblemsError(problems)
    texts = prometheus.rules(mixin)
    groups = {Path(path).name: yaml.safe_load(text)["groups"] for path, text in texts.items()}
    return without_intervals(groups)


def built() -> Rules:
    """The rules of build/prometheus; raises FileNotFoundError when nothing was built."""
    files = sorted(BUILT.glob("*.rules.yaml"))
    if not files:
        raise FileNotFoundError(f"{BUILT} holds no rule file: run `make build` first")
    return {file.name: yaml.safe_load(file.read_text("utf-8"))["groups"] for file in files}


def without_intervals(rules: Rules) -> Rules:
    """The same groups, evaluated at the evaluation_interval of the test file."""
    return {
        name: [{key: value for key, value in group.items() if key != "interval"} for group in groups]
        for name, groups in rules.items()
    }


def only(rules: Rules, wanted: frozenset[str]) -> Rules:
    """The same files with only the rules named in `wanted`; groups stay, in case a test orders them."""
    return {
        name: [
            {**group, "rules": [rule for rule in group["rules"] if name_of(rule) in wanted]}
            for group in groups
        ]
        for name, groups in rules.items()
    }


def evaluation_order(rules: Rules, files: tuple[str, ...]) -> list[str]:
    """Names of the groups of `files` so that each sees what those it reads have just recorded, alerts last.

    promtool takes any order. What is read with an offset is memory and orders nothing.
    """
    groups = [group for file in files for group in rules[file]]
    waiting = sorted(groups, key=lambda group: all("alert" in rule for rule in group["rules"]))
    ordered: list[str] = []
    while waiting:
        following = next((group for group in waiting if not _waits(group, waiting)), waiting[0])
        ordered.append(following["name"])
        waiting.remove(following)
    return ordered


def _waits(group: Group, groups: list[Group]) -> bool:
    """Whether `group` reads what another of `groups` records."""
    recorded = {name_of(rule) for other in groups if other is not group for rule in other["rules"]}
    return any(_read_now(rule["expr"]) & recorded for rule in group["rules"])


@cache
def _read_now(expr: str) -> frozenset[str]:
    return frozenset(one.name or "" for one in promql.selectors(promql.parse(expr)) if not one.offset)


def run(test: TestFile, rules: Rules, folder: Path) -> Verdict:
    """Run one test file on `rules`, its groups in the order in which they read each other, in `folder`.

    promtool resolves rule_files beside the test file, so `folder`, made or reused, looks like the repository.
    """
    (folder / "build" / "prometheus").mkdir(parents=True, exist_ok=True)
    for name in test.rule_files:
        text = yaml.safe_dump({"groups": rules[name]}, sort_keys=False, width=10_000)
        (folder / "build" / "prometheus" / name).write_text(text, "utf-8")
    report = folder / "report.xml"
    report.unlink(missing_ok=True)
    path = folder / "tests" / "rules" / test.name
    path.parent.mkdir(parents=True, exist_ok=True)
    ordered = test.content | {"group_eval_order": evaluation_order(rules, test.rule_files)}
    path.write_text(yaml.dump(ordered, Dumper=_DUMPER, sort_keys=False, width=10_000), "utf-8")
    command = [str(PROMTOOL), "test", "rules", f"--junit={report}", str(path)]
    done = subprocess.run(  # noqa: S603 -- promtool of the tools folder, with files of this repository
        command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    output, ran = (done.stdout + done.stderr).replace(str(folder) + "/", ""), _ran(report)
    failed = tuple(name for name, passed in ran if not passed)
    return Verdict(
        done.returncode == 0 and "SUCCESS" in output, output, tuple(name for name, _ in ran), failed
    )


def _ran(report: Path) -> list[tuple[str, bool]]:
    """The tests of a report by promtool, and whether each of them passed."""
    if not report.exists():
        return []
    tree = ElementTree.parse(report)  # noqa: S314 -- written by promtool a moment ago
    return [(case.attrib["name"], case.find("failure") is None) for case in tree.iter("testcase")]
