"""Run the promtool tests against every mutant of every built rule, and account for those that survive.

A mutant is killed when a test file fails that passes on the rules as they are. Only test files whose
expectations depend on the changed rule are run, reduced to the rules they need, until the first fails.
"""

from __future__ import annotations

import argparse
import os
import queue
import random
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import promql_parser

from claude_code_mixin import promql_labels
from mutation import report, suite
from mutation.operators import Mutant, mutants
from mutation.suite import Rules, TestFile

WORKERS = os.cpu_count() or 2


@dataclass
class Campaign:
    """The built rules, the test files that run on them, and the folders to run them in."""

    rules: dict[str, Rules]
    tests: list[TestFile]
    folders: queue.SimpleQueue[Path] = field(default_factory=queue.SimpleQueue)
    seconds: dict[str, float] = field(default_factory=dict)

    def needed(self, test: TestFile) -> frozenset[str]:
        """Names of the rules that the expectations of a test file depend on."""
        return _needed(self, test)

    def __hash__(self) -> int:
        return id(self)

    def run(self, test: TestFile, rules: Rules) -> suite.Verdict:
        """Run a test file in a free folder."""
        folder = self.folders.get()
        try:
            return suite.run(test, rules, folder)
        finally:
            self.folders.put(folder)

    def baseline(self, test: TestFile) -> suite.Verdict:
        """Run a test file on the rules it needs, unchanged, and note how long that takes."""
        started = time.monotonic()
        verdict = self.run(test, suite.only(self.rules[test.kind], self.needed(test)))
        self.seconds[test.name] = time.monotonic() - started
        return verdict

    def killer(self, mutant: Mutant) -> str:
        """Name of the first test file that notices the mutant; empty if none does."""
        for test in self.ordered(mutant):
            rules = suite.only(self.rules[test.kind], self.needed(test))
            try:
                verdict = self.run(test, _changed(rules, mutant))
            except subprocess.TimeoutExpired:
                continue  # slow is not wrong
            if "could not parse" in verdict.output:
                raise RuntimeError(f"promtool cannot read the mutant {mutant}:\n{verdict.output}")
            if not verdict.passed:
                return test.name
        return ""

    def ordered(self, mutant: Mutant) -> list[TestFile]:
        """The test files that depend on the mutant's rule; those that expect something of it come first."""
        relevant = [t for t in self.tests if mutant.rule in self.needed(t) and mutant.file in t.rule_files]
        return sorted(relevant, key=lambda test: (not test.mentions(mutant.rule), test.name))


@cache
def _needed(campaign: Campaign, test: TestFile) -> frozenset[str]:
    return test.needed(campaign.rules[test.kind])


def _changed(rules: Rules, mutant: Mutant) -> Rules:
    """The rules with the mutant's expression in place of the original."""
    changed = dict(rules)
    changed[mutant.file] = [
        {
            **group,
            "rules": [
                {**rule, "expr": mutant.expr} if mutant.rule in (rule.get("record"), rule.get("alert")) else rule
                for rule in group["rules"]
            ],
        }
        for group in rules[mutant.file]
    ]
    return changed


def all_mutants(rules: Rules, tests: list[TestFile]) -> Iterator[Mutant]:
    """Every mutant of every rule, in the order of the rule files."""
    known = labels_known(rules, tests)
    for file in sorted(rules):
        for name, rule in suite.named(rules, (file,)):
            yield from mutants(file, name, rule["expr"], known)


def labels_known(rules: Rules, tests: list[TestFile]) -> promql_labels.Known:
    """Labels of a series: those that tests feed it with, and those that its recording rule leaves."""
    fed: dict[str, set[str]] = {}
    for test in tests:
        for series in (one["series"] for case in test.content["tests"] for one in case.get("input_series", ())):
            name = series.partition("{")[0]
            fed.setdefault(name, set()).update(re.findall(r"(\w+)\s*=\s*\"", series))
    exprs = {name: rule["expr"] for name, rule in suite.named(rules, tuple(sorted(rules)))}

    @cache
    def known(name: str) -> promql_labels.Labels | None:
        derived = promql_labels.labels(promql_parser.parse(exprs[name]), known) if name in exprs else None
        return {label: None for label in sorted({*fed.get(name, ()), *(derived or ())})}

    return known


def main() -> int:
    """Run the campaign as the command line asks; 0 if every mutant is killed or a listed equivalent."""
    arguments = _arguments()
    tests = [test for test in suite.test_files() if test.kind in ("", "coarse")]
    rules = {kind: suite.rules_for(kind) for kind in ("", "coarse")}
    everything = list(all_mutants(rules[""], tests))
    chosen = everything
    if arguments.sample:
        chosen = random.Random(arguments.seed).sample(everything, min(arguments.sample, len(everything)))  # noqa: S311 -- a repeatable choice, no secret
    equivalents = report.Equivalents.read(everything)
    campaign = Campaign(rules, tests)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        for number in range(WORKERS):
            campaign.folders.put(Path(folder) / str(number))
        failed = [v.output for v in pool.map(campaign.baseline, tests) if not v.passed]
        if failed:
            print("The tests fail on the rules as they are:\n" + "\n".join(failed))  # noqa: T201 -- a script's result
            return 1
        killers = list(pool.map(campaign.killer, chosen))
    results = report.Results(tuple(zip(chosen, killers, strict=True)), equivalents, time.monotonic() - started)
    print(results.text())  # noqa: T201 -- a script's result
    if not arguments.sample:
        results.write()
    return 0 if results.good() else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="tests/mutation/run.py")
    parser.add_argument(
        "--sample", type=int, nargs="?", const=100, metavar="N", help="only N mutants (default 100), write nothing"
    )
    parser.add_argument("--seed", type=int, default=1, help="which sample (default 1)")
    return parser.parse_args()
