"""Every query of every built dashboard after real input: it returns data, or the content says why not."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from claude_code_mixin.compile.grafana_panels import stable_id
from claude_code_mixin.config import Config
from claude_code_mixin.fleet import scale
from claude_code_mixin.fleet.real_input import FACTOR, RealInput
from claude_code_mixin.loader import load

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "dashboards"
RANGE = "24h"
GRAFANA = {
    "__range": RANGE,
    "__range_s": "86400",
    "__range_ms": "86400000",
    "__interval": "1m",
    "__interval_ms": "60000",
    "__rate_interval": "4m",
}


@dataclass(frozen=True)
class Shown:
    """One built panel: dashboard stem, title, and its queries with whether each is instant."""

    stem: str
    title: str
    panel_id: int
    queries: tuple[tuple[str, bool], ...]

    def __str__(self) -> str:
        return f"{self.stem}: {self.title}"


def panels() -> Iterator[Shown]:
    """Yield every panel with queries of every built dashboard."""
    for file in sorted(BUILD.glob("*.json")):
        board = json.loads(file.read_text("utf-8"))
        variables = {variable["name"]: ".*" for variable in board["templating"]["list"]}
        for panel in flat(board["panels"]):
            queries = tuple(
                (substituted(target["expr"], GRAFANA | variables), bool(target.get("instant")))
                for target in panel.get("targets", ())
            )
            if queries:
                yield Shown(file.stem, panel["title"], panel["id"], queries)


def flat(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield panels, those inside collapsed rows included."""
    for panel in found:
        yield panel
        yield from flat(panel.get("panels", []))


def substituted(expr: str, values: dict[str, str]) -> str:
    """Return `expr` as Grafana sends it with All selected everywhere; fail when a variable is unknown."""
    return re.sub(r"\$(?:\{(\w+)(?::\w+)?\}|(\w+))", lambda found: values[found[1] or found[2]], expr)


PANELS = tuple(panels())


@pytest.fixture(scope="session")
def reasons() -> dict[tuple[str, int], str | None]:
    """Why a panel shows nothing of the captures, by stem and panel id; None where it must show something."""
    mixin = load(Config(), ROOT)
    return {
        (stem, stable_id(panel.key)): panel.quiet
        for stem, board in mixin.dashboards()
        for panel in board.panels()
    }


def test_there_are_dashboards() -> None:
    """Without panels the test below would prove nothing."""
    assert PANELS, f"{BUILD} holds no dashboard: run `make build` first"


@pytest.mark.parametrize("shown", PANELS, ids=str)
def test_every_query_shows_real_input(
    shown: Shown, real_input: RealInput, reasons: dict[tuple[str, int], str | None]
) -> None:
    """A query returns data, or its panel is quiet with a reason; a panel that shows data is not quiet."""
    empty = [expr for expr, instant in shown.queries if not rows(real_input, expr, instant=instant)]
    reason = reasons[shown.stem, shown.panel_id]
    if reason is None:
        assert not empty, "returns nothing, and the panel gives no reason (quiet=...)"
    else:
        assert empty, f"every query returns data, but the panel is quiet: {reason}"


def rows(real_input: RealInput, expr: str, *, instant: bool) -> int:
    """Return how many series `expr` has on the fast clock, now or over the dashboard's range."""
    fast = scale.expression(expr, FACTOR)
    if instant:
        return len(real_input.prometheus.query(fast))
    end = time.time()
    seconds = scale.milliseconds(RANGE) / 1000 / FACTOR
    return len(real_input.prometheus.query_range(fast, end - seconds, end, 60 / FACTOR))
