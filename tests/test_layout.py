"""Panels never overlap, never leave the grid, and stand in lines of one height."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from claude_code_mixin.compile.layout import Box, place
from claude_code_mixin.model import Panel, Row
from claude_code_mixin.panels import text

SIZES = st.tuples(st.integers(1, 24), st.integers(1, 12))


def panel(number: int, width: int, height: int) -> Panel:
    """A panel of a size."""
    return text(f"key{number}", "Title", "Text", width=width, height=height)


def row(*sizes: tuple[int, int], collapsed: bool = False) -> Row:
    """A row of panels of the given widths and heights."""
    panels = tuple(panel(number, *size) for number, size in enumerate(sizes))
    return Row(title="Row", panels=panels, collapsed=collapsed)


def cells(box: Box) -> set[tuple[int, int]]:
    """Every grid cell that a box covers."""
    return {(x, y) for x in range(box.x, box.x + box.w) for y in range(box.y, box.y + box.h)}


@given(st.lists(st.lists(SIZES, max_size=9), max_size=5))
def test_boxes_share_no_cell_and_stay_within_24_columns(rows: list[list[tuple[int, int]]]) -> None:
    """Whatever the sizes, each panel and each row title has cells of its own inside the grid."""
    taken: set[tuple[int, int]] = set()
    for placed in place([row(*sizes) for sizes in rows]):
        for box in (placed.box, *(box for _, box in placed.panels)):
            assert not taken & cells(box)
            assert 0 <= box.x < box.x + box.w <= 24
            taken |= cells(box)


@given(st.lists(SIZES, min_size=1, max_size=12))
def test_reading_order_is_kept_and_a_line_has_one_height(sizes: list[tuple[int, int]]) -> None:
    """Panels follow each other left to right, then down; those side by side are equally high."""
    (placed,) = place([row(*sizes)])
    assert [panel.key for panel, _ in placed.panels] == [f"key{number}" for number in range(len(sizes))]
    for (_, one), (_, next_one) in pairwise(placed.panels):
        if next_one.y == one.y:
            assert (next_one.x, next_one.h) == (one.x + one.w, one.h)
        else:
            assert (next_one.x, next_one.y) == (0, one.y + one.h)


def test_a_line_breaks_at_24_columns() -> None:
    """12 + 12 fit, a further 1 does not; the lower panel gets its neighbour's height."""
    (placed,) = place([row((12, 4), (12, 8), (1, 3))])
    assert [box for _, box in placed.panels] == [Box(0, 1, 12, 8), Box(12, 1, 12, 8), Box(0, 9, 1, 3)]


def test_what_follows_a_collapsed_row_moves_up() -> None:
    """A closed row is one unit high, an open one reaches to the end of its panels."""
    closed, after = place([row((24, 8), collapsed=True), row((24, 4))])
    assert (closed.box.y, after.box.y) == (0, 1)
    opened, after = place([row((24, 8)), row((24, 4))])
    assert (opened.box.y, after.box.y) == (0, 9)
