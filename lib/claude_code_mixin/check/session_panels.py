"""No rule reads series of single sessions: they are kept for hours, and where they are kept no rule runs."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin.check.context import Context
from claude_code_mixin.meters import SESSION_PREFIX
from claude_code_mixin.model import Panel
from claude_code_mixin.problems import Problem

ID = "session/panels"


def check(context: Context) -> Iterator[Problem]:
    """Yield each series of the drill-down that a record or an alert reads."""
    for found in context.expressions:
        if not isinstance(found.item, Panel):
            for name in sorted({selector.name or "" for selector in found.selectors}):
                if name.startswith(SESSION_PREFIX):
                    sentence = f"reads {name}, which is kept for single sessions and for hours only"
                    yield found.problem(
                        ID, f"{sentence}; read the meter of another cut, or show it in a panel"
                    )
