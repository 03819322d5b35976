"""Every group of rules has an interval, and a query offset if any, that Prometheus can read."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin import durations
from claude_code_mixin.check.context import Context
from claude_code_mixin.problems import Problem

ID = "group/interval"


def check(context: Context) -> Iterator[Problem]:
    """Yield each duration of a group that would make Prometheus refuse the whole rule file."""
    for _, group in context.mixin.groups():
        for name, duration in (("interval", group.interval), ("query_offset", group.query_offset)):
            error = durations.fault(duration) if duration is not None else None
            if error:
                yield Problem(group.place, group.name, f"{name} {error}", ID)
