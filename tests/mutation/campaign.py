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
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import promql_parser

from claude_code_mixin import promql_labels
from mutation import report, suite
from mutation.operators import Mutant, mutants
from mutation.suite import Group, Rules, TestFile, Verdict

WORKERS = os.cpu_count() or 2
PROFILES = {"collector-default": ("cost.rules.yaml", "meter.rules.yaml"), "scrape": ("session.rules.yaml",)}
"""Rule files by ingest profile whose own rules are changed, too: one counter stands for its likes."""
KINDS = ("", "coarse")
"""Kinds of test files that run on the built rules."""


@dataclass
class Campaign:
    """Test files by their names, each with the rules it needs, and the free folders to run them in."""

    tests: Mapping[str, TestFile]
    rules: Mapping[str, Rules]
    folders: queue.SimpleQueue[Path] = field(default_factory=queue.SimpleQueue)

    def run(self, test: TestFile, rules: Rules) -> Verdict:
        """Run a test file in a free folder."""
        folder = self.folders.get()
        try:
            return suite.run(test, rules, folder)
        finally:
            self.folders.put(folder)

    def baseline(self, name: str) -> Verdict:
        """Run a test file on the rules it needs, unchanged."""
        return self.run(self.tests[name], self.rules[name])

    def killer(self, mutant: Mutant) -> str:
        """Name of the first test file that notices the mutant; empty if none does."""
        for test in self.ordered(mutant):
            try:
                verdict = self.run(test, changed(self.rules[test.name], mutant))
            except subprocess.TimeoutExpired:
                continue  # slow is not wrong
            if "could not parse" in verdict.output:
                raise RuntimeError(f"promtool cannot read the mutant {mutant}:\n{verdict.output}")
            if not verdict.passed:
                return test.name
        return ""

    def ordered(self, mutant: Mutant) -> list[TestFile]:
        """The test files that depend on the mutant's rule; those that expect something of it come first."""
        relevant = [test for test in self.tests.values() if self.depends(test, mutant)]
        return sorted(relevant, key=lambda test: (not test.mentions(mutant.rule), test.name))

    def depends(self, test: TestFile, mutant: Mutant) -> bool:
        """Whether the rule of the mutant is among those that the test file needs."""
        rules = self.rules[test.name]
        known = any(
            name == mutant.rule for name, _ in suite.named(rules, tuple({mutant.file} & rules.keys()))
        )
        return known and (test.kind == mutant.kind if mutant.kind else test.kind in KINDS)


def prepared(tests: Sequence[TestFile]) -> Campaign:
    """The campaign of `tests` on the built rules."""
    rules = {kind: suite.rules_for(kind) for kind in {test.kind for test in tests}}
    needed = {test.name: suite.only(rules[test.kind], test.needed(rules[test.kind])) for test in tests}
    return Campaign({test.name: test for test in tests}, needed)


def changed(rules: Rules, mutant: Mutant) -> Rules:
    """The rules with the mutant's expression in place of the original."""
    groups: list[Group] = []
    for group in rules[mutant.file]:
        listed = [
            {**rule, "expr": mutant.expr} if suite.name_of(rule) == mutant.rule else rule
            for rule in group["rules"]
        ]
        groups.append({**group, "rules": listed})
    return {**rules, mutant.file: groups}


def all_mutants(rules: Rules, tests: Sequence[TestFile]) -> Iterator[Mutant]:
    """Every mutant of every rule, in the order of the rule files."""
    known = labels_known(rules, tests)
    for file in sorted(rules):
        for name, rule in suite.named(rules, (file,)):
            yield from mutants(file, name, rule["expr"], known)


def profile_mutants(tests: Sequence[TestFile]) -> Iterator[Mutant]:
    """Every mutant of the rules that an ingest profile has otherwise than the default build."""
    usual = {name: rule["expr"] for name, rule in suite.named(suite.built(), tuple(suite.built()))}
    for kind, files in PROFILES.items():
        rules = suite.rules_for(kind)
        known = labels_known(rules, [test for test in tests if test.kind == kind])
        for file in files:
            for name, rule in suite.named(rules, (file,)):
                if rule["expr"] != usual.get(name):
                    for mutant in mutants(file, name, rule["expr"], known):
                        yield replace(mutant, kind=kind)


def labels_known(rules: Rules, tests: Sequence[TestFile]) -> promql_labels.Known:
    """Labels of a series: those that tests feed it with, and those that its recording rule leaves."""
    fed: dict[str, set[str]] = {}
    for series in (series for test in tests for series in test.fed()):
        fed.setdefault(series.partition("{")[0], set()).update(re.findall(r"(\w+)\s*=\s*\"", series))
    exprs = {name: rule["expr"] for name, rule in suite.named(rules, tuple(sorted(rules)))}

    @cache
    def known(name: str) -> promql_labels.Labels | None:
        expr = exprs.pop(name, None)  # a memory that reads itself learns nothing from itself
        derived = promql_labels.labels(promql_parser.parse(expr), known) if expr else None
        return dict.fromkeys(sorted({*fed.get(name, ()), *(derived or ())}))

    return known


def main() -> int:
    """Run the campaign as the command line asks; 0 if every mutant is killed or a listed equivalent."""
    arguments = _arguments()
    tests = [test for test in suite.test_files() if test.kind in (*KINDS, *PROFILES)]
    usual = [test for test in tests if test.kind in KINDS]
    everything = list(all_mutants(suite.built(), usual))
    others = list(profile_mutants(tests))
    chosen = others if arguments.profiles else everything
    if arguments.sample:
        source = random.Random(arguments.seed)  # noqa: S311 -- a choice to be repeated, no secret
        chosen = source.sample(chosen, min(arguments.sample, len(chosen)))
    started = time.monotonic()
    killers = _killers(prepared(tests), chosen)
    if killers is None:
        return 1
    results = report.Results(
        tuple(zip(chosen, killers, strict=True)),
        report.Equivalents.read([*everything, *others]),
        whole=chosen is everything,
    )
    print(results.text(), f"in {time.monotonic() - started:.0f} s")  # noqa: T201 -- a script's result
    if results.whole:
        results.write()
    return 1 if results.problems() else 0


def _killers(campaign: Campaign, chosen: Sequence[Mutant]) -> list[str] | None:
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:
        for number in range(WORKERS):
            campaign.folders.put(Path(folder) / str(number))
        failed = [
            verdict.output for verdict in pool.map(campaign.baseline, campaign.tests) if not verdict.passed
        ]
        if failed:
            print("The tests fail on the rules as they are:", *failed, sep="\n")  # noqa: T201 -- a script's result
            return None
        return list(pool.map(campaign.killer, chosen))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, prog="tests/mutation/run.py")
    sample = "only N mutants (default 100); writes no result"
    parser.add_argument("--sample", type=int, nargs="?", const=100, metavar="N", help=sample)
    others = "mutants of the rules that other ingest profiles have, instead; writes no result"
    parser.add_argument("--profiles", action="store_true", help=others)
    parser.add_argument("--seed", type=int, default=1, help="which sample (default 1)")
    return parser.parse_args()
