"""The house style: what content gets without asking."""

from __future__ import annotations

from typing import Any

import pytest

from claude_code_mixin import panels
from claude_code_mixin.model import Panel, Query

ASKED = Query(expr="up", legend="{{job}}")


def made(name: str, *queries: Query | str, **extras: Any) -> Panel:
    """A panel by the name of its function."""
    panel: Panel = getattr(panels, name)("key", "Title", "Description.", "short", *queries, **extras)
    return panel


@pytest.mark.parametrize("name", ["timeseries", "bars", "stat", "bargauge", "heatmap", "statetimeline"])
def test_content_overrides_sizes_but_not_style(name: str) -> None:
    """Width, height and the like come from the caller; options are settled here."""
    panel = made(name, ASKED, width=5, height=3, no_value="idle", decimals=1)
    assert (panel.width, panel.height, panel.no_value, panel.decimals) == (5, 3, "idle", 1)
    assert panel.options
    assert panel.place.path.endswith("test_panels.py")


@pytest.mark.parametrize("name", ["timeseries", "bars", "statetimeline"])
def test_tooltips_over_time_show_every_series_largest_first(name: str) -> None:
    """Whoever hovers sees all series at that moment."""
    tooltip: Any = made(name, ASKED).options["tooltip"]
    assert (tooltip["mode"], tooltip["sort"]) == ("multi", "desc")


def test_a_wide_graph_has_a_legend_table_without_means() -> None:
    """Sparse series make Grafana's mean wrong: it leaves out the intervals in which nothing happened."""
    wide: Any = made("bars", ASKED, width=24).options["legend"]
    narrow: Any = made("bars", ASKED, width=8).options["legend"]
    assert (wide["displayMode"], wide["placement"], wide["calcs"]) == ("table", "right", ["max"])
    assert (narrow["displayMode"], narrow["showLegend"], narrow["calcs"]) == ("list", True, [])
    assert "mean" not in str(made("timeseries", ASKED, width=24).options)


def test_a_bar_stands_before_its_sample() -> None:
    """A sample sums the interval that ends at it, so the bar must not be centred on it."""
    assert made("bars", ASKED).custom["barAlignment"] == -1


def test_bars_stack_to_parts_of_the_whole_when_asked() -> None:
    """`share` turns amounts into percentages of each interval."""
    modes = [made("bars", ASKED, share=share).custom["stacking"] for share in (False, True)]
    assert modes == [{"group": "A", "mode": "normal"}, {"group": "A", "mode": "percent"}]


def test_limits_are_drawn_only_where_there_are_steps() -> None:
    """Steps on a graph become dashed lines."""
    assert made("timeseries", ASKED).custom["thresholdsStyle"] == {"mode": "off"}
    limited = made("timeseries", ASKED, steps=((None, "green"), (1, "red")))
    assert limited.custom["thresholdsStyle"] == {"mode": "dashed"}


def test_a_stat_of_plain_promql_asks_for_an_instant_and_has_no_sparkline() -> None:
    """A sparkline's number is the last one there was, which hides that data stopped."""
    instant, ranged = made("stat", "up"), made("stat", ASKED)
    assert (instant.queries[0].instant, instant.options["graphMode"]) == (True, "none")
    assert (ranged.queries[0].instant, ranged.options["graphMode"]) == (False, "area")


def test_a_stat_with_mappings_is_a_light() -> None:
    """Texts instead of numbers colour the whole panel."""
    assert made("stat", "up", mappings=panels.YES_IS_GOOD).options["colorMode"] == "background"
    assert made("stat", "up").options["colorMode"] == "value"


def test_tables_and_rankings_ask_for_instants_whatever_the_query_says() -> None:
    """Rows of a table over time would repeat per step."""
    assert made("table", ASKED, columns={"job": "Job"}).queries == (panels.instant("up", "{{job}}"),)
    assert made("bargauge", ASKED).queries == (panels.instant("up", "{{job}}"),)


def test_a_table_colours_cells_only_by_steps() -> None:
    """Colour means a limit."""
    assert "cellOptions" not in made("table", ASKED, columns={}).custom
    assert "cellOptions" in made("table", ASKED, columns={}, steps=((None, "green"),)).custom


def test_a_note_carries_its_markdown() -> None:
    """A text panel needs no query, unit or description."""
    note = panels.text("note", "Read this", "Figures are **estimates**.")
    assert (note.kind, note.width, note.queries) == ("text", 24, ())
    assert note.options == {"content": "Figures are **estimates**.", "mode": "markdown"}
