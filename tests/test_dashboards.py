"""The bundled dashboards keep their promises under every privacy profile, and their sums are exact."""

from __future__ import annotations

import os
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Literal

import pytest
import yaml

from claude_code_mixin.breakdowns import (
    Quantity,
    Quotient,
    Times,
    hourly,
    percentiles,
    quotient_table,
    quotients,
    ranking,
    slowest,
    total,
)
from claude_code_mixin.config import Config
from claude_code_mixin.loader import load
from claude_code_mixin.model import Dashboard, Panel, Record

ROOT = Path(__file__).parents[1]
PROMTOOL = Path(os.environ.get("CLAUDE_CODE_MIXIN_TOOLS_DIR", ROOT / ".tools")) / "promtool"
PROFILES: tuple[Literal["strict", "team", "full"], ...] = ("strict", "team", "full")
STEMS = sorted(path.stem for path in (ROOT / "dashboards").glob("*.py"))
NEVER_BY_USER = {
    "api": "requests of all are answered by one API",
    "tool": "no record of tools names users",
    "productivity": "clients' counters of output are summed over users",
    "security": "what it shows is counted by team, or for all",
}
"""Dashboards that nobody can filter by user, whatever the privacy profile, and why."""
BY_STEM_AND_PROFILE = [pytest.param(s, p, id=f"{s}-{p}") for s in STEMS for p in PROFILES]
SPENT = "_ 1 _ _ _ 2 _ _ _ _ 4 _ _ _ _ 8"
"""Dollars at minutes 1, 5, 10 and 15: the last three fall on the edge between two five-minute intervals."""


@cache
def board(stem: str, privacy: Literal["strict", "team", "full"]) -> Dashboard:
    """A bundled dashboard under a privacy profile."""
    return dict(load(Config(privacy=privacy), ROOT).dashboards())[stem]


def asked(panel: Panel, interval: str = "5m", span: str = "15m") -> list[str]:
    """The queries of a panel as Grafana sends them with every filter at All."""
    values = {"$__range": span, "$__interval_ms": "300000", "$__interval": interval}
    found = []
    for query in panel.queries:
        expr = query.expr
        for name, value in values.items():
            expr = expr.replace(name, value)
        found.append(re.sub(r"\$\w+", ".*", expr))
    return found


def promtool(*arguments: object) -> str:
    """What promtool says; the test fails if it is not content."""
    command = [str(PROMTOOL), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 (own tool)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.parametrize(("stem", "privacy"), BY_STEM_AND_PROFILE)
def test_prometheus_reads_every_query(
    stem: str, privacy: Literal["strict", "team", "full"], tmp_path: Path
) -> None:
    """promtool parses each query once Grafana's variables are filled in."""
    exprs = [expr for panel in board(stem, privacy).panels() for expr in asked(panel)]
    rules = [{"record": f"query:{number}", "expr": expr} for number, expr in enumerate(exprs)]
    file = tmp_path / "queries.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": stem, "rules": rules}]}))
    assert f"{len(exprs)} rules found" in promtool("check", "rules", "--lint=none", file)


UNFILTERED = {"reconcile"}
"""Boards about the meters themselves: a filter would hide where they part."""


@pytest.mark.parametrize(("stem", "privacy"), BY_STEM_AND_PROFILE)
def test_filters_and_queries_name_nobody_whom_privacy_hides(
    stem: str, privacy: Literal["strict", "team", "full"]
) -> None:
    """Users appear in full only, teams not in strict; where they may, most can be filtered."""
    found = board(stem, privacy)
    names = {variable.name for variable in found.variables}
    text = " ".join(query.expr + query.legend for panel in found.panels() for query in panel.queries)
    if stem in UNFILTERED:
        assert not names
        assert not re.search(r"\b(user|team)\b(?!:)", text)
        return
    users = privacy == "full" and stem not in NEVER_BY_USER
    assert ("user" in names, bool(re.search(r"\buser\b", text))) == (users,) * 2
    assert ("team" in names, bool(re.search(r"\bteam\b(?!:)", text))) == (privacy != "strict",) * 2


@pytest.mark.parametrize(("stem", "privacy"), BY_STEM_AND_PROFILE)
def test_a_dashboard_fits_a_screen_and_calls_no_estimate_an_invoice(
    stem: str, privacy: Literal["strict", "team", "full"]
) -> None:
    """6 panels or more (the check layout/size limits them to 16); dollars say whose estimate they are."""
    panels = board(stem, privacy).panels()
    assert len(panels) >= 6, (
        f"dashboards/{stem}.py has {len(panels)} panels: too few for a question of its own"
    )
    for panel in panels:
        if panel.unit == "currencyUSD":
            assert panel.description.endswith("List-price estimates of the clients, not an invoice."), (
                panel.key
            )


def evaluated(file: Path, series: dict[str, str], checks: list[tuple[str, str, dict[str, float]]]) -> None:
    """Let promtool evaluate (query, time, value by labels) over series of one sample a minute."""
    tests = {
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": expr,
                "eval_time": at,
                "exp_samples": [{"labels": k, "value": v} for k, v in found.items()],
            }
            for expr, at, found in checks
        ],
    }
    file.write_text(yaml.safe_dump({"rule_files": [], "tests": [tests]}))
    assert "SUCCESS" in promtool("test", "rules", file)


def test_bars_and_totals_count_every_increment_once(tmp_path: Path) -> None:
    """Dollars on the edge of an interval belong to the one that ends there: bars add up to the total."""
    spend = Quantity("spend", "Spend", "currencyUSD", "x:claude_code_cost_usd:increase1m")
    (whole,), (bars,), (parts,) = (
        asked(panel) for panel in (total(spend, ""), hourly(spend, "team", ""), ranking(spend, "team", ""))
    )
    a = '{team="a"}'
    checks = [(bars, end, {a: dollars * 12.0}) for end, dollars in (("5m", 3), ("10m", 4), ("15m", 8))]
    checks += [(whole, "15m", {"{}": 15}), (parts, "15m", {a: 15})]
    evaluated(tmp_path / "sums.yaml", {f"{spend.increments}{a}": SPENT}, checks)


@pytest.mark.parametrize(
    ("how", "shares"),
    [
        ("within", {"a": 0.25, "b": 0.0}),
        ("apart", {"a": 0.2, "b": 0.0, "c": 1.0}),
        ("mean", {"a": 0.25}),
    ],
)
def test_a_share_is_zero_where_nothing_is_in_it(
    how: Literal["within", "apart", "mean"], shares: dict[str, float], tmp_path: Path
) -> None:
    """a has part and whole, b the whole alone, c the part alone: no answers but errors are 100 %."""
    share = Quotient("x", "X", "percentunit", "x:part:increase1m", "x:whole:increase1m", how=how)
    (over_time,), (shown,) = (
        asked(panel) for panel in (quotients(share, "team", ""), quotient_table(share, "", {"team": "Team"}))
    )
    found = {f'{{team="{team}"}}': value for team, value in shares.items()}
    series = {f'x:whole:increase1m{{team="{team}"}}': "_ 2 2" for team in "ab"}
    series |= {f'x:part:increase1m{{team="{team}"}}': "_ 1" for team in "ac"}
    evaluated(tmp_path / "shares.yaml", series, [(over_time, "5m", found), (shown, "5m", found)])


def test_percentiles_say_nothing_where_nothing_happened(tmp_path: Path) -> None:
    """Buckets are recorded as 0, too, and a percentile of nothing would be NaN."""
    bucket, sums = (
        Record(name=f"x:claude_code_wait_{part}:increase1m", expr="up", unit="1", help="Waits")
        for part in ("bucket", "sum")
    )
    waits = Times("wait", "Wait", (sums, sums, sums, bucket, sums, sums), ())
    (p95,), (p50, *_, mean) = (asked(panel) for panel in (slowest(waits, ""), percentiles(waits, "")))
    series = {f'{bucket}{{le="{le}"}}': f"0x7 {count}" for le, count in (("1", 5), ("2", 10), ("+Inf", 10))}
    series |= {sums.name: "_x8 12"}
    checks = [(query, "5m", dict[str, float]()) for query in (p95, p50, mean)]
    checks += [(query, "10m", {"{}": value}) for query, value in ((p95, 1.9), (p50, 1.0), (mean, 1.2))]
    evaluated(tmp_path / "percentiles.yaml", series, checks)


def test_doubts_are_counted_and_a_silent_meter_is_one(tmp_path: Path) -> None:
    """0 needs both: no alert about telemetry, pending or firing, and a collector seen just now."""
    panels = {panel.key: panel for panel in board("overview", "team").panels()}
    (doubts,), (canary,) = asked(panels["doubts"]), asked(panels["canary"])
    gap = {"total:claude_code_meter:gap_seconds": "10x5 240 240 stale"}
    seen = {"canary:claude_code_events:increase1m": "_ _ 1 _ _ _"}
    alerts = {
        'ALERTS{alertname="ClaudeCodeMetersDiverge",alertstate="pending"}': "_ _ 1 1 stale",
        'ALERTS{alertname="ClaudeCodeSpendSpike",alertstate="firing"}': "1x9",
    }
    values = {"1m": 0, "3m": 1, "5m": 0, "6m": 1, "9m": 1}
    checks = [(doubts, at, {"{}": float(value)}) for at, value in values.items()]
    checks += [(canary, "5m", {"{}": 180}), (canary, "1m", {})]
    evaluated(tmp_path / "doubts.yaml", {**gap, **seen, **alerts}, checks)


def test_the_cache_saves_what_reading_is_cheaper_less_what_writing_is_dearer(tmp_path: Path) -> None:
    """Two million read at $1 instead of $10, one written at $12.5, one at $20; unpriced ones left out."""
    panels = {panel.key: panel for panel in board("tokens", "team").panels()}
    (saved,) = asked(panels["saved"])
    price, tokens = "price:claude_code_token_usd:per_million", "listed:claude_code_tokens:increase1m"
    dollars = {"input": 10, "output": 50, "cacheRead": 1, "cacheWrite5m": 12.5, "cacheWrite1h": 20}
    series = {f'{price}{{listed_as="o",type="{kind}"}}': f"{value}x15" for kind, value in dollars.items()}
    for kind, count in (("input", 7), ("cacheRead", 2), ("cacheWrite5m", 1), ("cacheWrite1h", 1)):
        for listed in ("o", "unpriced"):
            series[f'{tokens}{{listed_as="{listed}",model="m",type="{kind}"}}'] = f"_ {count}e6"
    evaluated(tmp_path / "saved.yaml", series, [(saved, "15m", {"{}": 5.5})])


def test_the_month_lists_teams_that_spent_nothing_beside_their_budget(tmp_path: Path) -> None:
    """The first column has a value wherever another one has, so that Grafana names the columns rightly."""
    panels = {panel.key: panel for panel in board("cost", "team").panels()}
    spent, budget = asked(panels["month"])
    series = {
        'team:claude_code_cost_usd:month_to_date{team="a"}': "7",
        'team:claude_code_budget_usd:month{team="b"}': "100",
    }
    a, b = '{team="a"}', '{team="b"}'
    checks = [(spent, "0m", {a: 7.0, b: 0.0}), (budget, "0m", {b: 100.0})]
    evaluated(tmp_path / "month.yaml", series, checks)
