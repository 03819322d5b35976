"""A dashboard has at most 16 panels and panel titles of its own; no panel wraps alone onto a line."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin.check.context import Context, board_owner, panel_owner
from claude_code_mixin.compile.layout import COLUMNS, place
from claude_code_mixin.model import Dashboard, Panel
from claude_code_mixin.problems import Problem

ID = "layout/size"
PANELS = 16
"""More than this nobody takes in, and each panel is a query to the server at every refresh."""


def check(context: Context) -> Iterator[Problem]:
    """Yield each dashboard that is too full, each title used twice, each panel left alone by a line break."""
    for stem, board in context.mixin.dashboards():
        count = len(board.panels())
        if count > PANELS:
            sentence = f"has {count} panels and a dashboard takes {PANELS}"
            yield board_owner(stem, board).problem(
                ID, f"{sentence}; remove some or split its question in two"
            )
        yield from _titles(stem, board)
        for panel in _alone(board):
            sentence = (
                f"wraps alone onto a line and leaves {COLUMNS - panel.width} of {COLUMNS} columns empty"
            )
            way_out = f"give it width={COLUMNS}, or make the panels before it narrower"
            yield panel_owner(stem, panel).problem(ID, f"{sentence}; {way_out}")


def _titles(stem: str, board: Dashboard) -> Iterator[Problem]:
    seen: dict[str, Panel] = {}
    for panel in board.panels():
        first = seen.setdefault(panel.title.strip(), panel)
        if panel.title.strip() and first is not panel:
            sentence = f'title "{panel.title}" is also that of panel "{first.key}"'
            yield panel_owner(stem, panel).problem(ID, f"{sentence}; say in each what it alone shows")


def _alone(board: Dashboard) -> Iterator[Panel]:
    """Panels narrower than the dashboard that a full line above pushed onto a line of their own."""
    rows = [row for row in board.rows if all(1 <= panel.width <= COLUMNS for panel in row.panels)]
    for placed in place(rows):
        top = min((box.y for _, box in placed.panels), default=0)
        lines = [box.y for _, box in placed.panels]
        for panel, box in placed.panels:
            if box.y > top and lines.count(box.y) == 1 and panel.width < COLUMNS:
                yield panel
