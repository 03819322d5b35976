"""Panels keep their place: keys are unique in a dashboard, sizes fit into Grafana's grid of 24 columns."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin.check.context import Context, board_owner, panel_owner
from claude_code_mixin.model import Dashboard, Panel
from claude_code_mixin.problems import Problem

ID = "layout/overlap"
COLUMNS = 24


def check(context: Context) -> Iterator[Problem]:
    """Yield each panel that takes the place of another or leaves the grid."""
    for stem, board in context.mixin.dashboards():
        yield from _keys(stem, board)
        yield from _variables(stem, board)
        for panel in board.panels():
            if not 1 <= panel.width <= COLUMNS:
                sentence = f"width {panel.width} is not within the {COLUMNS} columns of a dashboard"
                yield panel_owner(stem, panel).problem(ID, f"{sentence}; give 1 to {COLUMNS}")
            if panel.height < 1:
                yield panel_owner(stem, panel).problem(
                    ID, f"height {panel.height} hides the panel; give at least 1"
                )


def _keys(stem: str, board: Dashboard) -> Iterator[Problem]:
    seen: dict[str, Panel] = {}
    for panel in board.panels():
        first = seen.setdefault(panel.key, panel)
        if first is not panel:
            sentence = f'key "{panel.key}" is also that of the panel at {first.place}'
            yield panel_owner(stem, panel).problem(
                ID, f"{sentence}; ids derive from keys, give it another one"
            )


def _variables(stem: str, board: Dashboard) -> Iterator[Problem]:
    names = [variable.name for variable in board.variables]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield board_owner(stem, board).problem(ID, f'declares variable "{name}" twice; keep one')
