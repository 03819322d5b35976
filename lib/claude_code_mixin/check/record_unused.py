"""Every record is read by another record, an alert, a panel or a dashboard variable."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin.check.context import Context
from claude_code_mixin.problems import Problem

ID = "record/unused"


def check(context: Context) -> Iterator[Problem]:
    """Yield each record that nothing in the content reads.

    Where the configuration switches an alert or dashboard off, its records may stay for when it comes back:
    nothing is judged then.
    """
    config = context.mixin.config
    alerts_on = all(override.enabled for override in config.alerts.values())
    if not alerts_on or not all(override.enabled for override in config.dashboards.values()):
        return
    read = {variable.of for _, board in context.mixin.dashboards() for variable in board.variables}
    for found in context.expressions:
        read |= {selector.name or "" for selector in found.selectors} - {found.owner.subject}
    for name, same in context.records.items():
        if name in read:
            continue
        record, found = same[0]
        way_out = "allow it, saying for whom it is kept" if record.public else "remove it"
        yield found.problem(ID, f"is read by no record, alert or panel; {way_out}")
