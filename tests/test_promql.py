"""What an expression reads, which labels and unit it returns: each rule of PromQL that content leans on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_code_mixin import promql, promql_labels, promql_units
from claude_code_mixin.promql import Match

LABELS: dict[str, promql_labels.Labels] = {
    "spend": {"team": None, "model": None, "type": ("input", "output")},
    "budget": {"team": None, "owner": None},
    "total": {},
    "latency_bucket": {"team": None, "le": None},
}
UNITS = {
    "spend": "USD",
    "tokens": "tokens",
    "busy": "seconds",
    "started": "timestamp",
    "burn": "USD/h",
    "ok": "bool",
    "share": "ratio",
}


def labels(expr: str) -> promql_labels.Labels | None:
    """Labels of the result of `expr` over the metrics of LABELS."""
    return promql_labels.labels(promql.parse(expr), LABELS.get)


def unit(expr: str) -> str | None:
    """Unit of the result of `expr` over the metrics of UNITS."""
    return promql_units.Inference(UNITS.get).unit(promql.parse(expr))


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("spend", "model team type"),
        ("spend[5m]", "model team type"),
        ('spend{team=""}', "model type"),
        ("sum(spend)", ""),
        ("sum by (team, user) (spend)", "team"),
        ("sum without (team) (spend)", "model type"),
        ("topk(3, spend)", "model team type"),
        ("topk by (team) (3, spend)", "model team type"),
        ('count_values by (team) ("amount", spend)', "amount team"),
        ("spend * 2", "model team type"),
        ("2 * spend > bool 1", "model team type"),
        ("spend / on (team) budget", "team"),
        ("spend / ignoring (model, type, owner) budget", "team"),
        ("spend / on (team) group_left (owner) budget", "model owner team type"),
        ("spend / on (team) group_left (nothing) budget", "model team type"),
        ("budget * on (team) group_right (owner) spend", "model owner team type"),
        ("spend and on (team) budget", "model team type"),
        ("spend unless on (team) budget", "model team type"),
        ("budget or total", "owner team"),
        ("vector(1) or budget", "owner team"),
        ("vector(1)", ""),
        ("scalar(spend) + time()", ""),
        ('absent(spend{team="a", model!="b"})', "team"),
        ('absent_over_time(spend{team="a"}[5m])', "team"),
        ('label_replace(budget, "group", "$1", "team", "(.*)")', "group owner team"),
        ('label_join(budget, "both", "-", "team", "owner")', "both owner team"),
        ("histogram_quantile(0.9, rate(latency_bucket[5m]))", "team"),
        ("quantile_over_time(0.9, budget[1h])", "owner team"),
        ("max_over_time(sum by (team) (spend)[1h:5m])", "team"),
        ("-(budget)", "owner team"),
        ('{__name__="budget"}', "owner team"),
        ('spend{team=~"$team"} * $__interval_ms', "model team type"),
    ],
)
def test_labels_of_a_result(expr: str, expected: str) -> None:
    """Space-separated, in order."""
    found = labels(expr)
    assert found is not None
    assert " ".join(sorted(found)) == expected


@pytest.mark.parametrize(
    "expr", ["unknown", "unknown + 1", "vector(0) > 0", "sum without (a) (unknown)", "topk(1, unknown)"]
)
def test_labels_that_cannot_be_known(expr: str) -> None:
    """Nothing is claimed then. `vector(0) > 0` never has a sample, so any label is true of it."""
    assert labels(expr) is None


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("spend", ("input", "output")),
        ('spend{type="input"}', ("input",)),
        ('spend{type!="input"}', ("output",)),
        ('spend{type=~"in.*"}', ("input",)),
        ('spend{type=~"$type"}', ("input", "output")),
        ('spend{type="input"} or spend{type="output"}', ("input", "output")),
        ("spend or latency_bucket", ("input", "output")),
        ('label_replace(spend, "type", "x", "", "")', None),
    ],
)
def test_values_narrow_along_the_way(expr: str, expected: promql_labels.Values) -> None:
    """A matcher that no narrowed value passes can be found later."""
    found = labels(expr)
    assert found is not None
    assert found["type"] == expected


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum by (a) (spend)", ["by a"]),
        ("sum without (a) (spend)", ["without a"]),
        ("spend / on (a) group_left (b) budget", ["on a", "on a", "group_left b"]),
        ("spend / ignoring (a) budget", []),
        ("budget * on (a) group_right (b) spend", ["on a", "on a", "group_right b"]),
        ('label_replace(spend, "x", "$1", "a", "(.*)")', ["label_replace a"]),
        ('label_replace(spend, "part", "today", "", "")', []),
        ('label_join(spend, "x", "-", "a", "b")', ["label_join a", "label_join b"]),
        ("sum by (a) (unknown)", []),
    ],
)
def test_labels_that_an_expression_relies_on(expr: str, expected: list[str]) -> None:
    """on() asks both sides, group_left the one side."""
    uses = promql_labels.uses(promql.parse(expr), LABELS.get)
    assert [f"{use.where} {use.label}" for use in uses] == expected


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum by (team) (sum_over_time(spend[1h]))", "USD"),
        ("max(spend) - min(spend)", "USD"),
        ("spend / tokens", "USD/tokens"),
        ("spend / tokens * tokens", "USD"),
        ("spend / spend", "ratio"),
        ("spend / 24", "USD"),
        ("share * spend", "USD"),
        ("rate(spend[5m])", "USD/s"),
        ("rate(spend[5m]) * 3600", "USD/h"),
        ("rate(busy[5m])", "ratio"),
        ("spend > bool 3", "bool"),
        ("spend > 3", "USD"),
        ("3 < spend", "USD"),
        ("count(spend)", "1"),
        ("sum(ok)", "1"),
        ("count_over_time(spend[1h])", "1"),
        ("time() - started", "seconds"),
        ("time() - time() % 86400", "timestamp"),
        ("started + 60", "timestamp"),
        ("spend unless on () tokens", "USD"),
        ("spend or vector(0)", "USD"),
        ("vector(0) or spend", "USD"),
        ("group(spend) * time()", "timestamp"),
        ("absent(spend)", "bool"),
        ("day_of_month(started)", "number"),
        ("spend ^ 2", None),
        ("ln(spend)", None),
        ("stdvar(spend)", None),
        ("1 / spend", None),
        ("unknown * 2", None),
        ("clamp_min(spend, 0)", "USD"),
        ("quantile_over_time(0.9, spend[1h])", "USD"),
    ],
)
def test_unit_of_a_result(expr: str, expected: str | None) -> None:
    """Numbers go with everything; None claims nothing."""
    assert unit(expr) == expected


@pytest.mark.parametrize(
    "expr", ["spend + tokens", "spend > tokens", "spend or tokens", "sum(spend - busy)", "share + spend"]
)
def test_units_that_do_not_mix(expr: str) -> None:
    """Each is said once."""
    inference = promql_units.Inference(UNITS.get)
    inference.unit(promql.parse(expr))
    assert len(inference.conflicts) == 1


@pytest.mark.parametrize(
    "expr", ["spend > burn", "count(spend) > tokens", "spend - 5", "spend + unknown", "spend / tokens"]
)
def test_units_that_mix(expr: str) -> None:
    """An increase over an hour is a rate per hour; a count may be of anything."""
    inference = promql_units.Inference(UNITS.get)
    inference.unit(promql.parse(expr))
    assert inference.conflicts == []


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        ("sum_over_time(spend[$__range])", "sum_over_time(spend[1h])"),
        ("spend * 3600 / $__range_s", "spend * 3600 / 3600"),
        ("rate(spend[${__rate_interval}])", "rate(spend[4m])"),
        ('spend{team=~"$team"}', 'spend{team=~"__variable__"}'),
        ('spend{team=~"a|${team:regex}"}', 'spend{team=~"a|__variable__"}'),
        ("spend[$window] offset $shift", "spend[1h] offset 1h"),
        ("topk($limit, spend)", "topk(1, spend)"),
        ('label_replace(spend, "a", "$1", "b", "(.*)$")', 'label_replace(spend, "a", "$1", "b", "(.*)$")'),
    ],
)
def test_grafana_variables_become_sentinels(expr: str, expected: str) -> None:
    """Durations, numbers and strings each get one of their kind, so that the expression parses."""
    assert promql.without_variables(expr) == expected


def test_variables_leave_out_those_of_grafana() -> None:
    """$1 in label_replace is no variable either."""
    expr = 'label_replace(spend{team=~"${team:regex}", model="$model"}, "a", "$1", "b", "(.*)")[$__range:]'
    assert promql.variables(expr) == {"team", "model"}


def test_selectors_are_listed_with_their_matchers() -> None:
    """A window belongs to its selector, and {__name__="x"} is a name."""
    found = list(
        promql.selectors(promql.parse('rate(a{b!="c"}[5m] offset 1m) > on () {__name__="d", e!~"f"}'))
    )
    assert [(one.name, one.matches, one.range is not None, one.offset is not None) for one in found] == [
        ("a", (Match("b", "!=", "c"),), True, True),
        ("d", (Match("e", "!~", "f"),), False, False),
    ]


@pytest.mark.parametrize("expr", ["sum(", "spend[", "rate(spend)", 'spend{a=~"("}', ""])
def test_what_is_no_promql_raises(expr: str) -> None:
    """The sentence is the parser's, on one line."""
    with pytest.raises(promql.PromQLError, match=r"^[^\n]+$"):
        promql.parse(expr)


def test_functions_include_aggregations() -> None:
    """The dialect check asks for both."""
    assert promql.functions(promql.parse("limitk(1, sum(rate(spend[5m])))")) == {"limitk", "sum", "rate"}


def test_a_selector_is_written_with_its_operators() -> None:
    """The sign in front of a value is the operator."""
    written = promql.selector("m", a="x", b="~y|z", c="!x", d="!~y.*")
    assert written == 'm{a="x",b=~"y|z",c!="x",d!~"y.*"}'


@given(
    st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(
        lambda text: text[0] not in "~!" and "$" not in text
    )
)
def test_a_selector_keeps_any_value(value: str) -> None:
    """Quotes and backslashes survive writing and parsing; $ begins a Grafana variable."""
    (found,) = promql.selectors(promql.parse(promql.selector("m", a=value)))
    assert found.matches == (Match("a", "=", value),)


@pytest.mark.parametrize(
    ("pattern", "fits"), [("(.*)", True), ("(.*", False), ("(?=a)", False), ('a"b\\d', True)]
)
def test_patterns_are_judged_like_the_server_does(pattern: str, fits: bool) -> None:
    """RE2 has no look-ahead; quotes are harmless."""
    assert (promql.regex_error(pattern) is None) == fits
