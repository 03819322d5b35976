"""The mutation campaign changes what it says, and tells a noticed change from one that nobody notices."""

from __future__ import annotations

import pytest

from mutation import campaign, suite
from mutation.campaign import Campaign
from mutation.operators import OPERATORS, Mutant, mutants
from mutation.report import Equivalents, Results

EXPR = """
sum by (team) (a{x!="1"} or b offset 1h) > 200
and on () sum(sum_over_time(a[1d:5m])) >= 0
unless c == 0.5
""".strip()
FILE = "session.rules.yaml"
RULE = "start:claude_code_sessions:increase1h"


def changes(operator: str) -> list[str]:
    """What an operator makes of EXPR, with series that carry team and model."""
    known = mutants("f", "r", EXPR, lambda name: {"team": None, "model": None})
    return [mutant.change for mutant in known if mutant.operator == operator]


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("flip comparison", ["> -> <=", ">= -> <", "== -> !="]),
        ("threshold +-10 %", ["200 -> 220", "200 -> 180", "0.5 -> 0.55", "0.5 -> 0.45"]),
        ("window x2", ["[1d:5m] -> [2d:5m]"]),
        ("drop a by-label", ["sum by (team) -> sum by ()"]),
        ("add a by-label", ["sum by (team) -> sum by (team, model)", "sum -> sum by (model)"]),
        ("sum to max", ["sum -> max", "sum -> max (no. 2)"]),
        ("swap or/unless", ["or -> unless", "unless -> or"]),
        ("drop offset", ["offset 1h -> nothing"]),
    ],
)
def test_an_operator_changes_every_place_it_fits_and_no_other(operator: str, expected: list[str]) -> None:
    """Matchers, functions called sum_..., and comparisons with zero stay as they are."""
    assert changes(operator) == expected


def test_the_operators_above_are_all_there_are() -> None:
    """A mutant differs from the rule in one place only."""
    found = list(mutants("f", "r", EXPR, lambda name: {"team": None, "model": None}))
    assert {mutant.operator for mutant in found} == OPERATORS.keys()
    assert len({mutant.expr for mutant in found} - {EXPR}) == len(found)


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Campaign:
    """The campaign of the test files that load the session rules, with one folder to run them in."""
    files = [test for test in suite.test_files() if test.kind in campaign.KINDS and FILE in test.rule_files]
    prepared = campaign.prepared(files)
    prepared.folders.put(tmp_path_factory.mktemp("mutants") / "0")
    return prepared


def mutant_of(rule: str, old: str, new: str) -> Mutant:
    """The built rule with `old` replaced by `new`."""
    expr = next(found["expr"] for name, found in suite.named(suite.built(), (FILE,)) if name == rule)
    assert old in expr
    return Mutant(FILE, rule, "window x2", f"{old} -> {new}", expr.replace(old, new))


def test_an_unchanged_rule_survives(sessions: Campaign) -> None:
    """Otherwise every figure of the campaign would be worth nothing."""
    assert sessions.killer(mutant_of(RULE, "[1h]", "[1h]")) == ""


def test_a_changed_rule_is_killed_by_a_named_file(sessions: Campaign) -> None:
    """The file is one whose expectations depend on the rule."""
    assert sessions.killer(mutant_of(RULE, "[1h]", "[2h]")) == "coarse/roll_ups_usage.yaml"


def test_survivors_and_wrong_entries_are_problems() -> None:
    """A survivor without a reason, an entry that a test kills, an entry without a mutant."""
    one, two, three = (Mutant("f", rule, "sum to max", "sum -> max", "x") for rule in ("r1", "r2", "r3"))
    equivalents = Equivalents({("r2", "sum to max", "sum -> max"): "why"}, ("r9 | sum to max | sum -> max",))
    assert Results(((one, ""), (two, "a.yaml"), (three, "a.yaml")), equivalents, whole=False).problems() == [
        "survived: r1 | sum to max | sum -> max",
        "listed as equivalent, but killed by a.yaml: r2 | sum to max | sum -> max; remove the entry",
        "listed as equivalent, but no such mutant: r9 | sum to max | sum -> max",
    ]


def test_every_equivalent_has_a_reason_and_a_mutant() -> None:
    """The list describes the rules as they are built today."""
    tests = [test for test in suite.test_files() if test.kind in campaign.KINDS]
    equivalents = Equivalents.read(list(campaign.all_mutants(suite.built(), tests)))
    assert equivalents.stale == ()
    assert all(len(reason.split()) > 3 for reason in equivalents.reasons.values())
