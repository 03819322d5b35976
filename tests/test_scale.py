"""Rule files on a faster clock mean the same, faster."""

from __future__ import annotations

import pytest
import yaml

from claude_code_mixin.fleet import scale


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("last_over_time(x[1h] offset 1ms)", "last_over_time(x[60000ms] offset 1ms)"),
        ("max_over_time(x[7d:1h] offset -1h30m)", "max_over_time(x[10080000ms:60000ms] offset -90000ms)"),
        ("x{a=\"[1h]\", b='offset 5m'}[5m]", "x{a=\"[1h]\", b='offset 5m'}[5000ms]"),
        ("x[1h:]", "x[60000ms:]"),
        ("time() - max(x) > 3600", "(time() * 60) - max(x) > 3600"),
        ("time() - timestamp(x) > 3600", "(time() * 60) - (60 * timestamp(x)) > 3600"),
        ('(timestamp(x{a=")"})[1d:1m])', '((60 * timestamp(x{a=")"}))[1440000ms:1000ms])'),
        ("day_of_month() == 1", "day_of_month(vector(time() * 60)) == 1"),
        ("day_of_month(x)", "day_of_month(x)"),
        ("sum by (offset) (x) * 60 > 10", "sum by (offset) (x) * 60 > 10"),
        ("uptime() or my_timestamp_time", "uptime() or my_timestamp_time"),
    ],
)
def test_durations_are_divided_and_the_clock_is_multiplied(before: str, after: str) -> None:
    """Ranges, subquery steps, offsets and the clock change; strings, numbers and orderings do not."""
    assert scale.expression(before, 60) == after


def test_a_rule_file_keeps_everything_but_its_durations() -> None:
    """Interval, query_offset, for and keep_firing_for are divided; names, labels and annotations stay."""
    text = """
groups:
  - name: g
    interval: 1m
    query_offset: 15s
    rules:
      - {record: "a:b:c", expr: "sum(x)", labels: {window: 5m}}
      - {alert: A, expr: "x > 1", for: 0s, keep_firing_for: 15m, annotations: {summary: "in 5m"}}
"""
    (group,) = yaml.safe_load(scale.rules(text, 60))["groups"]
    record, alert = group["rules"]
    assert (group["name"], group["interval"], group["query_offset"]) == ("g", "1000ms", "250ms")
    assert record == {"record": "a:b:c", "expr": "sum(x)", "labels": {"window": "5m"}}
    assert (alert["for"], alert["keep_firing_for"]) == ("0s", "15000ms")
    assert alert["annotations"] == {"summary": "in 5m"}


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "-5m"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    """A typing error in a duration is an error, not zero."""
    with pytest.raises(ValueError, match="is not a Prometheus duration"):
        scale.milliseconds(text)


def test_a_factor_that_leaves_no_time_is_refused() -> None:
    """Ten milliseconds are the least that Prometheus keeps apart."""
    with pytest.raises(ValueError, match="choose a smaller factor"):
        scale.duration("15s", 10_000)
