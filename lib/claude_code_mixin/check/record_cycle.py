"""No record reads itself within one evaluation, directly or through others; with an offset it is memory."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin.check.context import Context
from claude_code_mixin.problems import Problem

ID = "record/cycle"


def check(context: Context) -> Iterator[Problem]:
    """Yield each cycle once, on its alphabetically first record."""
    reads = {name: _reads(context, name) for name in context.records}
    for name, same in context.records.items():
        path = _way_back(reads, name)
        if path and min(path) == name:
            way_out = "break it, or read the earlier value with an offset"
            yield same[0][1].problem(ID, f"reads itself: {' -> '.join([*path, name])}; {way_out}")


def _reads(context: Context, name: str) -> list[str]:
    """Records that a record reads at the time of evaluation."""
    selectors = [selector for _, found in context.records[name] for selector in found.selectors]
    return sorted({s.name for s in selectors if s.name in context.records and not s.offset and s.name})


def _way_back(reads: dict[str, list[str]], start: str) -> list[str]:
    """A shortest path from `start` to itself without its end, or nothing."""
    paths, seen = [[start]], set[str]()
    while paths:
        path = paths.pop(0)
        for following in reads[path[-1]]:
            if following == start:
                return path
            if following not in seen:
                seen.add(following)
                paths.append([*path, following])
    return []
