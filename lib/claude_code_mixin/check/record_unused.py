"""Every record is read by another record, an alert, a panel or a dashboard variable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from claude_code_mixin.check.context import Context, build
from claude_code_mixin.problems import Problem

ID = "record/unused"
_ALLOW = (
    'if somebody else reads it, say so: allow=(("record/unused", "for whom"),), '
    'or kept_for="for whom" where a helper makes the record'
)


def check(context: Context) -> Iterator[Problem]:
    """Yield each record that nothing in the content reads.

    An alert or dashboard that the configuration switches off still counts as a reader: it may come back, and
    switching something off must not make the build fail.
    """
    asleep = build(replace(context.mixin, modules=context.mixin.left_out), context.series)
    read = _read(context) | _read(asleep)
    for name, same in context.records.items():
        if name in read:
            continue
        record, found = same[0]
        way_out = _ALLOW if record.public else "remove it"
        yield found.problem(ID, f"is read by no record, alert or panel; {way_out}")


def _read(context: Context) -> set[str]:
    read = {variable.of for _, board in context.mixin.dashboards() for variable in board.variables}
    for found in context.expressions:
        read |= {selector.name or "" for selector in found.selectors} - {found.owner.subject}
    return read
