"""Where checks must speak up and where they must stay silent, one small expression at a time."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
import yaml

from claude_code_mixin import check, promql
from claude_code_mixin.catalogue import Series
from claude_code_mixin.check import promql_dialect
from claude_code_mixin.compile import runbooks
from claude_code_mixin.config import AlertOverride, Config, Content, Prefixes
from claude_code_mixin.loader import load, reloaded

ROOT = Path(__file__).parents[1]
TOOLS = Path(os.environ.get("CLAUDE_CODE_MIXIN_TOOLS_DIR", ROOT / ".tools"))
CALLS = """
abs(x) absent(x) absent_over_time(x[5m]) acos(x) acosh(x) asin(x) asinh(x) atan(x) atanh(x)
avg_over_time(x[5m]) ceil(x) changes(x[5m]) clamp(x,1,2) clamp_max(x,1) clamp_min(x,1) cos(x)
cosh(x) count_over_time(x[5m]) day_of_month() day_of_week() day_of_year() days_in_month() deg(x)
delta(x[5m]) deriv(x[5m]) double_exponential_smoothing(x[5m],0.5,0.5) end() exp(x)
first_over_time(x[5m]) floor(x) histogram_avg(x) histogram_count(x) histogram_fraction(0,1,x)
histogram_quantile(0.5,x) histogram_quantiles(x,"q",0.5) histogram_stddev(x) histogram_stdvar(x)
histogram_sum(x) hour() idelta(x[5m]) increase(x[5m]) info(x) irate(x[5m]) label_join(x,"a","b","c")
label_replace(x,"a","b","c","d") last_over_time(x[5m]) ln(x) log10(x) log2(x) mad_over_time(x[5m])
max_of(1,2) max_over_time(x[5m]) min_of(1,2) min_over_time(x[5m]) minute() month() pi()
predict_linear(x[5m],1) present_over_time(x[5m]) quantile_over_time(0.5,x[5m]) rad(x) range()
rate(x[5m]) resets(x[5m]) round(x) scalar(x) sgn(x) sin(x) sinh(x) sort(x) sort_by_label(x,"a")
sort_by_label_desc(x,"a") sort_desc(x) sqrt(x) start() start_timestamp(x) stddev_over_time(x[5m])
stdvar_over_time(x[5m]) step() sum_over_time(x[5m]) tan(x) tanh(x) time() timestamp(x)
ts_of_first_over_time(x[5m]) ts_of_last_over_time(x[5m]) ts_of_max_over_time(x[5m])
ts_of_min_over_time(x[5m]) vector(1) year() sum(x) min(x) max(x) avg(x) group(x) count(x) stddev(x)
stdvar(x) topk(1,x) bottomk(1,x) quantile(0.5,x) count_values("v",x) limitk(1,x) limit_ratio(0.5,x)
"""
"""Every function and aggregation of promql-parser 0.12, called once."""


def series(name: str, kind: str, *labels: str) -> Series:
    """A raw series with open labels."""
    return Series(
        name=name,
        kind=kind,  # type: ignore[arg-type]  # every caller gives one of the literals
        unit="",
        labels=dict.fromkeys(labels),
        session_scoped=False,
        description="for a test",
        source="test",
    )


SERIES = {
    found.name: found
    for found in (
        series("spend_total", "counter", "team", "model"),
        series("owners", "info", "team", "owner"),
        series("tokens_total", "counter", "team"),
        series("requests_total", "counter", "team"),
        series("up", "gauge", "job"),
        series("latency_seconds", "histogram", "job"),
        series("claude_code_pipeline_dropped_total", "counter", "reason"),
    )
}
HEAD = """
from claude_code_mixin import Alert, Dashboard, Group, Query, Record, Row, Threshold, Variable
from claude_code_mixin.panels import table, timeseries
def record(name, expr, **more):
    return Record(name=name, expr=expr, help="for a test", **{"unit": "1", **more})
"""
Judge = Callable[..., list[str]]
Privacy = Literal["strict", "team", "full"]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Judge records given as text, and dashboards likewise: the problems of one check, without place."""

    def judged(
        check_id: str, records: str = "", panels: str = "", alerts: str = "", config: Config | None = None
    ) -> list[str]:
        rows = f"(Row(title='r', panels=({panels},)),)"
        bodies = {
            "recording_rules": f"RULES = Group(name='g', records=({records},))" if records else "",
            "alerts": alerts,
            "dashboards": f"BOARD = Dashboard(title='t', question='q', rows={rows})" if panels else "",
        }
        for room, body in bodies.items():
            (tmp_path / room).mkdir()
            (tmp_path / room / "cost.py").write_text(f"{HEAD}\n{body}\n", encoding="utf-8")
        content = Content(roots=(str(tmp_path),), bundled=False)
        mixin = load((config or Config()).model_copy(update={"content": content}), tmp_path)
        found = [one for one in check.run(mixin, SERIES) if one.check == check_id and not one.allowed]
        return [f"{one.subject}: {one.sentence}" for one in found]

    return judged


ALERT = """
A = Alert(name="ClaudeCodeA", expr={expr!r}, severity="info", summary="s", description={text!r}, no_data="n")
"""


@pytest.mark.parametrize(
    "expr",
    [
        "sum by (team) (spend_total)",
        "spend_total * on (team) group_left (owner) owners",
        "sum by (team) (spend_total) / on (team) sum by (team) (spend_total)",
        "spend_total and on () up",
        "histogram_quantile(0.9, sum by (job, le) (rate(latency_seconds_bucket[5m])))",
        "rate(latency_seconds_count[5m])",
        'up{job!=""} or vector(0)',
    ],
)
@pytest.mark.parametrize(
    "check_id", ["label/known", "label/survives", "metric/known", "counter/rate-on-gauge"]
)
def test_sound_expressions_are_left_alone(judge: Judge, check_id: str, expr: str) -> None:
    """Every label is there, every metric is of the right kind."""
    assert judge(check_id, f"record('r', {expr!r})") == []


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (
            "lost * on (model) group_left () owners",
            'on (...) needs label "model", which ends at lost (has: team)',
        ),
        (
            "spend_total * on (team) group_left (model) lost",
            'group_left (...) needs label "model", which ends at lost (has: team)',
        ),
        (
            "sum by (model) (sum by (team) (spend_total))",
            'by (...) needs label "model", which ends at a grouping inside (has: team)',
        ),
        ("lost and spend_total", '"and" pairs (team) with (model, team), which never match; add on (team)'),
        ("lost > bool spend_total", '">" pairs (team) with (model, team), which never match; add on (team)'),
        ("sum(lost) unless on () far", None),
        ("sum by (model) (far)", 'by (...) needs label "model", which ends at lost (has: team)'),
    ],
)
def test_a_label_is_followed_through_records(judge: Judge, expr: str, expected: str | None) -> None:
    """The record at which it ends is named, however far away."""
    chain = "record('lost', 'sum by (team) (spend_total)'), record('far', 'max_over_time(lost[1h])')"
    found = judge("label/survives", f"{chain}, record('r', {expr!r})")
    assert [one.removeprefix("r: ") for one in found] == ([expected] if expected else [])


def test_a_table_shows_only_labels_of_its_queries(judge: Judge) -> None:
    """A header over a label that the query grouped away would stay empty."""
    panel = "table('k', 't', 'd' * 20, 'short', Query(expr='sum by (team) (up)'), columns={'job': 'Job'})"
    assert judge("label/survives", panels=panel) == [
        'cost/k: column "job" is no label of the query (has: none)'
    ]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("tokens/requests", None),
        (
            "tokens",
            'declares tokens, but its expression is tokens per requests; write unit="tokens/requests"',
        ),
        ("token/request", 'unit "token/request" is no house unit; write unit="tokens/requests"'),
        (
            "USD/requests",
            "declares USD per requests, but its expression is tokens per requests; "
            'write unit="tokens/requests"',
        ),
    ],
)
def test_the_unit_of_a_quotient_is_a_quotient_of_units(judge: Judge, unit: str, expected: str | None) -> None:
    """Whatever house units are divided, their quotient can be declared, and the message spells it."""
    records = "record('t', 'tokens_total', unit='tokens'), record('n', 'requests_total', unit='requests')"
    found = judge("unit/panel", f"{records}, record('q', 't / n', unit={unit!r})")
    assert found == ([f"q: {expected}"] if expected else [])


@pytest.mark.parametrize(("shown", "problems"), [("short", 0), ("currencyUSD", 1)])
def test_a_panel_shows_a_quotient_in_the_unit_of_its_numerator(
    judge: Judge, shown: str, problems: int
) -> None:
    """Tokens per request are tokens."""
    records = "record('t', 'tokens_total', unit='tokens'), record('n', 'requests_total', unit='requests')"
    panel = f"timeseries('k', 't', 'd' * 20, {shown!r}, Query(expr='q'))"
    assert (
        len(judge("unit/panel", f"{records}, record('q', 't / n', unit='tokens/requests')", panel))
        == problems
    )


@pytest.mark.parametrize(
    ("key", "read", "expected"),
    [
        ("tokens_per_request", "q", None),
        ("high_tokens_per_requests", "q", None),
        ("tokens", "q", "is in tokens, but compares with tokens per requests"),
        ("usd_per_request", "q", "is in USD per requests, but compares with tokens per requests"),
        ("tokens_per_request", "t", "is in tokens per requests, but compares with tokens"),
        ("tokens_per_hour", "t", None),
        ("tokens_per_second", "rate(t[5m])", None),
        ("tokens_per_team", "t", None),
        ("limit", "t", "does not end in a unit, such as usd_per_hour or tokens_per_request"),
    ],
)
def test_a_threshold_is_in_the_unit_that_it_limits(
    judge: Judge, key: str, read: str, expected: str | None
) -> None:
    """Its key ends in the unit of what it is compared with; an amount an hour is an amount."""
    records = "record('t', 'tokens_total', unit='tokens'), record('n', 'requests_total', unit='requests')"
    limit = f"Threshold(alert='ClaudeCodeA', key={key!r}, value=5, reason='r', source='s')"
    alert = ALERT.format(expr=f"{read} > 5", text="d")
    found = judge(
        "unit/panel",
        f"{records}, record('q', 't / n', unit='tokens/requests')",
        alerts=f"LIMIT = {limit}\n{alert}",
    )
    assert [f'threshold "{key}" {expected}' in one for one in found] == ([True] if expected else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ $labels.job }} {{ $value | humanize }} {{ .Labels.job }} {{ .Value }}", []),
        ('{{ index $labels "job" }} {{ $externalLabels.region }} {{ .ExternalURL }}', []),
        ('{{ range $i, $x := query "up" }}{{ $i }}{{ .Labels.job }}{{ $x.Value }}{{ end }}', []),
        ('{{ printf "%.2f $not .Not" $value }}', []),
        ("{{ $labels.team }}", ["$labels.team"]),
        ('{{ index .Labels "team" }}', ["$labels.team"]),
        ("{{ if .labels.job }}{{ end }}", [".labels"]),
        ("{{ $label }}", ["$label"]),
    ],
)
def test_templates_refer_to_what_there_is(judge: Judge, text: str, expected: list[str]) -> None:
    """Prometheus prints an empty string for the rest, and promtool accepts it."""
    found = judge("label/survives", alerts=ALERT.format(expr="up == 0", text=text))
    assert len(found) == len(expected)
    assert all(f" {name}, which" in one for name, one in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("privacy", "label", "forbidden"),
    [
        ("team", "team", False),
        ("team", "user", True),
        ("full", "user", False),
        ("full", "user_email", False),
        ("full", "prompt", True),
        ("strict", "team", True),
        ("strict", "user", True),
        ("strict", "model", False),
    ],
)
def test_each_privacy_profile_keeps_its_labels_out(
    judge: Judge, privacy: Privacy, label: str, forbidden: bool
) -> None:
    """No profile lets content pass."""
    record = f"record('r', 'sum(up)', labels={{{label!r}: 'x'}})"
    assert bool(judge("privacy/identity", record, config=Config(privacy=privacy))) == forbidden


@pytest.mark.parametrize("expr", ["sum without (user) (up)", "up / ignoring (user) up"])
def test_taking_identities_away_is_welcome(judge: Judge, expr: str) -> None:
    """without() and ignoring() name a label in order to lose it."""
    assert judge("privacy/identity", f"record('r', {expr!r})") == []


@pytest.mark.parametrize(
    ("declared", "problems"),
    [
        ("record('r', 'sum by (error) (otelcol_deltatocumulative_datapoints_total)')", 0),
        ("record('r', 'sum(up)', labels={'error': 'x'})", 1),
    ],
)
def test_the_kind_of_a_servers_error_is_no_content(judge: Judge, declared: str, problems: int) -> None:
    """The clients' attribute `error` is a message; the collector's label of that name is a kind."""
    assert len(judge("privacy/identity", declared)) == problems


def test_a_disabled_alert_leaves_its_records_unjudged(judge: Judge) -> None:
    """Switching an alert off in mixin.toml must not break the build."""
    off = Config(alerts={"ClaudeCodeA": AlertOverride(enabled=False)})
    alert = ALERT.format(expr="r > 0", text="d")
    assert judge("record/unused", "record('r', 'sum(up)')", alerts=alert, config=off) == []


def test_memory_is_no_cycle(judge: Judge) -> None:
    """The meter reads what it wrote before."""
    records = "record('a', 'up + on (job) last_over_time(b[1h] offset 1ms)'), record('b', 'a')"
    assert judge("record/cycle", records) == []


def test_health_series_of_the_pipeline_may_be_read_anywhere(judge: Judge) -> None:
    """They are exempt from the rule that only records read raw series."""
    expr = "sum by (reason) (increase(claude_code_pipeline_dropped_total[5m])) > 0"
    assert judge("counter/raw-increase", alerts=ALERT.format(expr=expr, text="d")) == []


def test_an_escape_with_a_reason_is_reported_as_allowed(tmp_path: Path) -> None:
    """The problem stays visible, with the reason."""
    (tmp_path / "recording_rules").mkdir()
    record = "record('a:b:sum', 'sum(up)', allow=(('record/unused', 'kept for us'),))"
    body = f"RULES = Group(name='g', records=({record},))"
    (tmp_path / "recording_rules" / "cost.py").write_text(HEAD + body, encoding="utf-8")
    mixin = load(Config(content=Content(roots=(str(tmp_path),), bundled=False)), tmp_path)
    assert [(one.check, one.allowed) for one in check.run(mixin, SERIES)] == [
        ("record/unused", "kept for us")
    ]


def test_by_default_the_series_of_collector_and_servers_are_known(tmp_path: Path) -> None:
    """Literal wire names: one of each origin."""
    (tmp_path / "recording_rules").mkdir()
    names = ["up", "claude_code_meter_identity_cost_USD_total", "otelcol_receiver_accepted_log_records_total"]
    body = f"RULES = Group(name='g', records=tuple(record(f'r{{n}}', n) for n in {names}))"
    (tmp_path / "recording_rules" / "cost.py").write_text(HEAD + body, encoding="utf-8")
    mixin = load(Config(content=Content(roots=(str(tmp_path),), bundled=False)), tmp_path)
    assert [one for one in check.run(mixin) if one.check == "metric/known"] == []


def test_compiled_runbooks_name_records_under_the_configured_prefix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Queries can be pasted; prose, settings and raw series stay as they are."""
    (tmp_path / "recording_rules").mkdir()
    (tmp_path / "alerts").mkdir()
    body = "RULES = Group(name='g', records=(record('team:claude_code_x:sum', 'sum(up)'),))"
    (tmp_path / "recording_rules" / "cost.py").write_text(HEAD + body, encoding="utf-8")
    alert = ALERT.format(expr="staging:team:claude_code_x:sum > 0", text="d")
    (tmp_path / "alerts" / "cost.py").write_text(HEAD + alert, encoding="utf-8")
    text = "team:claude_code_x:sum in `1 - team:claude_code_x:sum / claude_code_pipeline_dropped_total`"
    runbook = f"## ClaudeCodeA\n\n### Meaning\n\n{text}\n"
    (tmp_path / "alerts" / "cost.md").write_text(runbook, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    content = Content(roots=(str(tmp_path),), bundled=False)
    mixin = load(Config(content=content, prefixes=Prefixes(record="staging:")), tmp_path)
    expected = text.replace("- team", "- staging:team")
    assert expected in runbooks.runbooks(mixin)["docs/runbooks/cost.md"]
    assert [one for one in check.run(mixin, SERIES) if one.check == "runbook/queries"] == []
    wrong = runbook.replace("`1 - team:", "`1 - staging:teem:")
    (tmp_path / "alerts" / "cost.md").write_text(wrong, encoding="utf-8")
    found = check.run(load(mixin.config, tmp_path), SERIES)
    assert any("staging:teem:claude_code_x:sum, which does not exist" in one.sentence for one in found)


def test_declaring_content_anew_leaves_what_was_imported() -> None:
    """Whoever imports content after the checks ran gets it under the configuration in force."""
    mixin = load(Config(), ROOT)
    imported = sys.modules["claude_code_mixin.content.alerts.cost"]
    strict = reloaded(mixin, Config(privacy="strict"))
    assert strict.config.privacy == "strict"
    assert sys.modules["claude_code_mixin.content.alerts.cost"] is imported


def test_the_dialect_is_what_promtool_accepts(tmp_path: Path) -> None:
    """promtool of the target version is the authority on every function the parser knows."""
    refused = {
        name
        for names in (promql_dialect.LATER, promql_dialect.EXPERIMENTAL)
        for name in names["prometheus-3.5"]
    }
    rules = [{"record": f"r{number}", "expr": expr} for number, expr in enumerate(CALLS.split())]
    path = tmp_path / "all.yaml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}), encoding="utf-8")
    command = [str(TOOLS / "promtool"), "check", "rules", "--lint=none", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)  # noqa: S603 - promtool
    said = done.stderr
    for number, expr in enumerate(CALLS.split()):
        (name,) = promql.functions(promql.parse(expr))
        assert (f'"r{number}"' in said) == (name in refused), expr
