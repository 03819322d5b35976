"""Rules for vmalert: no rule reads what its own evaluation writes, and who reads others comes after them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from claude_code_mixin.compile import vmalert
from claude_code_mixin.compile.prometheus import rules
from claude_code_mixin.config import Config
from claude_code_mixin.loader import load
from claude_code_mixin.settings import using

GROUPS: dict[str, list[dict[str, Any]]] = {
    "lamp": [
        {
            "name": "meter",
            "interval": "1m",
            "query_offset": "5s",
            "rules": [
                {"record": "a:seen", "expr": "last_over_time(raw[2m])"},
                {
                    "record": "a:grown",
                    "expr": 'a:seen - last_over_time(a:seen[1h] offset 1ms) or x{l="a:seen"}',
                },
                {"record": "b:grown", "expr": "sum by (b) (sum_over_time(a:grown[1m]))"},
                {"record": "c:grown", "expr": 'sum_over_time(a:seen{l="a.b",m!~"c|d"}[1m]) + a:seen{l=~"x"}'},
            ],
        },
        {"name": "roll-ups", "rules": [{"record": "a:day", "expr": "sum_over_time(a:grown[1d])"}]},
    ],
    "dark": [{"name": "alerts", "rules": [{"alert": "Dark", "expr": "a:day > 1 unless a:grown_more"}]}],
}


def expressions() -> list[str]:
    """Return every expression of the groups in vmalert's dialect."""
    listed = vmalert.dialect(GROUPS)
    return [rule["expr"] for groups in listed.values() for group in groups for rule in group["rules"]]


def test_values_of_this_evaluation_become_expressions_and_memories_stay() -> None:
    """Bare names and the minute's sum are replaced; windows, other groups, strings, longer names are not."""
    grown = '(last_over_time(raw[2m])) - last_over_time(a:seen[1h] offset 1ms) or x{l="a:seen"}'
    assert expressions() == [
        "last_over_time(raw[2m])",
        grown,
        f"sum by (b) (({grown}))",
        r'label_mismatch(label_match((last_over_time(raw[2m])), "l", "a\\.b"), "m", "c|d")'
        ' + label_match((last_over_time(raw[2m])), "l", "x")',
        "sum_over_time(a:grown[1d])",
        "a:day > 1 unless a:grown_more",
    ]


def test_groups_are_as_far_behind_the_clock_as_what_they_read_wants() -> None:
    """Each group that is read puts its readers 90 s further; vmalert knows no query_offset."""
    listed = vmalert.dialect(GROUPS)
    delays = {group["name"]: group["eval_delay"] for groups in listed.values() for group in groups}
    assert delays == {"meter": "30s", "roll-ups": "120s", "alerts": "210s"}
    assert not any("query_offset" in group for groups in listed.values() for group in groups)


@pytest.mark.parametrize("profile", ["collector", "collector-default", "scrape"])
def test_no_built_rule_reads_what_its_own_evaluation_writes(profile: str) -> None:
    """vmalert writes in the background: such a value would be the one of the minute before."""
    config = Config.model_validate({"meter": {"profile": profile, "target": "victoriametrics"}})
    with using(config):
        files = rules(load(config, Path(__file__).parents[1]))
    assert files
    assert all(name.startswith("vmalert/") for name in files)
    reads = 0
    for text in files.values():
        for group in yaml.safe_load(text)["groups"]:
            own = [re.escape(rule["record"]) for rule in group["rules"] if "record" in rule]
            name = rf"(?<![\w:])(?:{'|'.join(own) or '-'})(?![\w:])"
            for rule in group["rules"]:
                found = re.findall(rf"{name}(.{{0,25}})", rule["expr"])
                reads += len(found)
                assert all(re.match(r"\[\w+\] offset \w+", after) for after in found), rule["expr"]
    assert reads > 20
