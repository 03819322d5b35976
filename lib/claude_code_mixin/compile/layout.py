"""Where panels stand: Grafana's grid has 24 columns; panels flow left to right and wrap."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from claude_code_mixin.model import Panel, Row

COLUMNS = 24
"""Width of Grafana's dashboard grid (its panel schemas: gridPos.x + gridPos.w)."""


@dataclass(frozen=True)
class Box:
    """A place on the grid: left edge, upper edge, width, height, in grid units."""

    x: int
    y: int
    w: int
    h: int


@dataclass(frozen=True)
class Placed:
    """A row with the box of its title line and its panels with theirs, in order."""

    row: Row
    box: Box
    panels: tuple[tuple[Panel, Box], ...]


def place(rows: Sequence[Row]) -> Iterator[Placed]:
    """Lay out `rows` one below the other; all panels of a line get the height of its highest.

    Panels must be 1 to 24 columns wide. A collapsed row takes one unit: what follows moves up, and Grafana
    moves it down again when the row is opened.
    """
    top = 0
    for row in rows:
        panels = tuple(_flow(row.panels, top + 1))
        yield Placed(row, Box(0, top, COLUMNS, 1), panels)
        top = top + 1 if row.collapsed else max((box.y + box.h for _, box in panels), default=top + 1)


def _flow(panels: Sequence[Panel], top: int) -> Iterator[tuple[Panel, Box]]:
    for line in _lines(panels):
        height, left = max(panel.height for panel in line), 0
        for panel in line:
            yield panel, Box(left, top, panel.width, height)
            left += panel.width
        top += height


def _lines(panels: Sequence[Panel]) -> Iterator[list[Panel]]:
    line: list[Panel] = []
    for panel in panels:
        if line and sum(other.width for other in line) + panel.width > COLUMNS:
            yield line
            line = []
        line.append(panel)
    if line:
        yield line
