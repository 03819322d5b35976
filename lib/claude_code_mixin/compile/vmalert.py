"""Rule groups in vmalert's dialect, for rules that read what they write.

vmalert sends what it records in the background, so no rule sees what another one recorded in the same
evaluation, not even in its own group. A rule therefore gets the expressions of the records it reads, in place
of their names; only what an earlier evaluation recorded is read back, a minute later. Groups that read other
groups are evaluated further behind the clock: timestamps are aligned to the interval, so that all groups
evaluate the same instants, each after those it reads.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

DELAY_SECONDS = 30
"""How far behind the clock counters are read: vmalert's default, which is VictoriaMetrics' latency offset."""
STEP_SECONDS = 90
"""How much further a group is that reads another one: the interval, and time to write and to be visible."""

Groups = dict[str, list[dict[str, Any]]]


def dialect(groups: Mapping[str, list[dict[str, Any]]]) -> Groups:
    """Return the groups of each stem as vmalert has to read them."""
    levels = _levels([group for listed in groups.values() for group in listed])
    return {
        stem: [_group(group, levels[group["name"]]) for group in listed] for stem, listed in groups.items()
    }


def _group(group: Mapping[str, Any], level: int) -> dict[str, Any]:
    own = {rule["record"]: rule["expr"] for rule in group["rules"] if "record" in rule}
    head = {key: value for key, value in group.items() if key not in ("rules", "query_offset")}
    rules = [
        rule | {"expr": _inlined(rule["expr"], own, (rule.get("record", ""),))} for rule in group["rules"]
    ]
    return head | {"eval_delay": f"{DELAY_SECONDS + STEP_SECONDS * level}s", "rules": rules}


def _inlined(expr: str, own: Mapping[str, str], inside: tuple[str, ...]) -> str:
    """Put the expressions of records in place of their values at this evaluation; memories stay."""

    def replace(match: re.Match[str]) -> str:
        name = match["minute"] or match["name"]
        if name is None or name not in own or name in inside:
            return match[0]
        inlined = f"({_inlined(own[name], own, (*inside, name))})"
        return _filtered(inlined, match["of_minute"] or match["of_name"] or "")

    return _READ.sub(replace, expr)


def _filtered(expr: str, matchers: str) -> str:
    """Keep the series of an expression that label matchers select, by MetricsQL's functions for it."""
    for label, operator, value in _MATCHER.findall(matchers):
        function = "label_mismatch" if operator.startswith("!") else "label_match"
        pattern = value if operator.endswith("~") else re.escape(value).replace("\\", "\\\\")
        expr = f'{function}({expr}, "{label}", "{pattern}")'
    return expr


_NAME = r"[a-zA-Z_][\w:]*"
_MATCHERS = r"""\{(?:"(?:\\.|[^"\\])*"|[^"{}])*\}"""
# A string, the minute's sum of a record, or its bare name; a name before a bracket is a memory or a function.
_READ = re.compile(
    rf""""(?:\\.|[^"\\])*"
    |sum_over_time\((?P<minute>{_NAME})(?P<of_minute>{_MATCHERS})?\[1m\]\)
    |(?<![\w:])(?P<name>{_NAME})(?![\w:]|\s*\()(?P<of_name>{_MATCHERS})?(?!\s*[\[{{])""",
    re.VERBOSE,
)
_MATCHER = re.compile(r"""(\w+)(=~|!~|!=|=)"((?:\\.|[^"\\])*)\"""")


def _levels(groups: list[dict[str, Any]]) -> dict[str, int]:
    """Return how many groups stand one behind the other before each group, by name."""
    home = {rule["record"]: group["name"] for group in groups for rule in group["rules"] if "record" in rule}
    reads = {
        group["name"]: {
            home[name]
            for rule in group["rules"]
            for name in re.findall(_NAME, rule["expr"])
            if name in home and home[name] != group["name"]
        }
        for group in groups
    }

    def level(name: str, seen: tuple[str, ...] = ()) -> int:
        before = [level(other, (*seen, name)) for other in sorted(reads[name]) if other not in seen]
        return 1 + max(before) if before else 0

    return {name: level(name) for name in reads}
