"""tools/bench: what it asks, what it holds answers to, and what it writes. No servers."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tools"))

from bench import answers, forms, limits, report  # noqa: E402 - the folder is put on the path above
from bench.day import MINUTES, sessions  # noqa: E402 - as above
from bench.exposition import Exposition  # noqa: E402 - as above
from bench.ledger import Ledger  # noqa: E402 - as above
from bench.questions import Question, asked_raw, questions  # noqa: E402 - as above
from claude_code_mixin.catalogue import load  # noqa: E402 - as above
from claude_code_mixin.config import Config  # noqa: E402 - as above

ASKED = list(questions(ROOT / "build"))


@pytest.mark.parametrize(
    ("ours", "raw"),
    [
        (
            'sum by (team) (sum_over_time(identity:claude_code_cost_usd:increase1m{team=~".*"}[120s])) * 30',
            'sum by (team_id) (increase(claude_code_cost_usage_USD_total{team_id=~".*"}[120s])) * 30',
        ),
        (
            'sum (sum_over_time(extension:claude_code_cost_usd:increase1m{mcp_server!~"(none)?"}[1h]))',
            'sum (increase(claude_code_cost_usage_USD_total{mcp_server_name!~"(none)?"}[1h]))',
        ),
        (
            'sum(team:claude_code_cost_usd:month_to_date{team=~"a"})',
            'sum(increase(claude_code_cost_usage_USD_total{team_id=~"a"}[86400s]))',
        ),
        ("sum (sum_over_time(identity:claude_code_requests:increase1m[1h]))", ""),
        ('sum (sum_over_time(price:claude_code_tokens:increase1m{type="cacheWrite1h"}[1h]))', ""),
        ("max(total:claude_code_budget:used_ratio)", ""),
    ],
)
def test_the_raw_question_is_the_panels_own_in_wire_names(ours: str, raw: str) -> None:
    """Labels and metrics are those of the wire; what only events or settings know has no raw question."""
    assert asked_raw(ours) == raw


def test_every_query_of_the_dashboards_is_asked_of_both_or_says_why_not() -> None:
    """No query is left out in silence, and both kinds are compared."""
    assert all(bool(asked.raw) is not bool(asked.reason) for asked in ASKED)
    assert {asked.kind for asked in ASKED if asked.raw} == {"range", "instant"}
    assert not any("$" in asked.ours + asked.raw for asked in ASKED)


def test_every_sum_over_what_sessions_use_is_held_to_the_truth() -> None:
    """A panel whose sums the bench cannot read would never be found wrong."""
    for asked in ASKED:
        sums = asked.ours.count("sum_over_time(") + asked.ours.count(":month_to_date{")
        if asked.raw and not asked.ours.startswith("count("):  # teams are counted, not summed
            assert len(list(answers.leaves(asked))) == sums, asked.ours


def test_the_truth_of_a_day_is_what_its_sessions_used() -> None:
    """Cuts and totals of the ledger, and the clients' counters, are the same dollars."""
    day = list(sessions(40))
    ledger = Ledger(day)
    spent = sum(request.cost for session in day for request in session.requests)
    cut = sum(sum(amounts.values()) for amounts in ledger.cut("cost_usd", ["team", "model"]).values())
    asked = Question("", "instant", 60, "sum (sum_over_time(x:claude_code_cost_usd:increase1m[24h]))", "", "")
    (leaf,) = answers.leaves(asked)
    (truth,) = answers.expected(leaf, asked, ledger).values()
    last = [max(one.samples.items())[1] for session in day for one in forms.of_session(session)]
    names = [one.name for session in day for one in forms.of_session(session)]
    counters = sum(
        v for v, name in zip(last, names, strict=True) if name.startswith("claude_code_cost_usage_USD")
    )
    assert cut == pytest.approx(spent)
    assert truth == pytest.approx(spent)
    assert counters == pytest.approx(spent, rel=1e-4)


def test_a_session_is_stored_under_the_labels_that_the_catalogue_names() -> None:
    """The widespread form has no label that real clients lack, and the session's id."""
    known = load().series(forms.PROFILE, ("team_id", "enduser_id", "vcs_repository_name"))
    for one in forms.of_session(next(sessions(1))):
        name, _, labels = one.name.partition("{")
        found = {pair.partition("=")[0] for pair in labels.rstrip("}").split(",")}
        assert found <= known[name].labels.keys()
        assert {"session_id", "user_id", "team_id"} <= found
        assert min(one.samples) >= 1
        assert max(one.samples) <= MINUTES


def test_sliding_windows_leave_out_what_is_empty() -> None:
    """Roll-ups are recorded while their window has increments."""
    assert forms.sliding({1: 2.0, 3: 1.0}, 2) == {1: 2.0, 2: 2.0, 3: 1.0, 4: 1.0}


def _answer(*rows: tuple[Mapping[str, str], float]) -> dict[str, Any]:
    return {
        "data": {"result": [{"metric": dict(labels), "value": [0, str(value)]} for labels, value in rows]}
    }


@pytest.mark.parametrize("lost", [True, False])
def test_an_answer_that_is_not_the_truth_is_seen(lost: bool) -> None:
    """A team that is missing or off by a cent is a difference."""
    ledger = Ledger(sessions(60))
    expr = "sum by (team) (sum_over_time(identity:claude_code_cost_usd:increase1m[24h]))"
    asked = Question("", "instant", 60, expr, "", "")
    (leaf,) = answers.leaves(asked)
    truth = answers.expected(leaf, asked, ledger)
    rows = [({"team": group[0]}, value) for (group, _), value in truth.items()]
    assert not answers._difference(truth, answers.shown(leaf, asked, _answer(*rows), 0))
    wrong = rows[1:] if lost else [(rows[0][0], rows[0][1] + 0.01), *rows[1:]]
    assert answers._difference(truth, answers.shown(leaf, asked, _answer(*wrong), 0))


def test_counters_of_a_collector_only_rise_and_some_of_them_do() -> None:
    """Every label set is exposed once, and each scrape finds a part of them risen."""
    exposition = Exposition(50, Config(privacy="full"))
    first, second = (dict(line.rsplit(" ", 1) for line in exposition.text().splitlines()) for _ in range(2))
    assert first.keys() == second.keys()
    assert len(first) == sum(exposition.counts.values())
    assert all(float(second[name]) >= float(first[name]) for name in first)
    assert 0 < sum(second[name] != first[name] for name in first) < len(first)


def test_a_limit_is_missed_on_either_side() -> None:
    """At most and at least are told apart."""
    assert limits.Figure("a", 2, "s", 1).kept is False
    assert limits.Figure("a", 2, "times", least=1).kept is True


def test_the_report_is_made_from_the_committed_figures() -> None:
    """results/bench.md says what results/bench.json says."""
    result = json.loads((ROOT / "results" / "bench.json").read_text("utf-8"))
    assert (ROOT / "results" / "bench.md").read_text("utf-8") == report.markdown(result)
    assert (ROOT / "results" / "bench.json").read_text("utf-8") == report.as_json(result)
