"""The bench against real servers: right answers pass, and a wrong sample does not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

from bench import forms, sessions_bench  # noqa: E402 - the folder is put on the path above
from bench.questions import questions  # noqa: E402 - as above
from claude_code_mixin.build import checked  # noqa: E402 - as above
from claude_code_mixin.check import default_series  # noqa: E402 - as above
from claude_code_mixin.check.context import build as context_of  # noqa: E402 - as above
from claude_code_mixin.settings import using  # noqa: E402 - as above

STORED = forms.of_mixin


def _day(folder: Path) -> dict[str, Any]:
    mixin = checked(ROOT / "mixin.toml", os.environ).mixin
    with using(mixin.config):
        asked = [one for one in questions(ROOT / "build") if one.raw]
        context = context_of(mixin, default_series())
        return sessions_bench.measure(40, folder, asked, context, lambda _: None, whole=False)


def _doctored(*arguments: Any, **options: Any) -> Iterator[forms.Series]:
    """The first team's spend is one dollar more in one minute."""
    first = True
    for series in STORED(*arguments, **options):
        if first and series.name.startswith("identity:claude_code_cost_usd:increase1m"):
            minute, value = next(iter(series.samples.items()))
            series, first = replace(series, samples={**series.samples, minute: value + 1}), False
        yield series


def test_the_panels_show_what_the_sessions_used(tmp_path: Path) -> None:
    """Every sum of every panel is the truth, and both forms are timed and stored."""
    day = _day(tmp_path)
    assert not [row["wrong"] for row in day["questions"] if "wrong" in row]
    assert all(row["ours"]["ms"] > 0 and row["raw"]["ms"] > 0 for row in day["questions"])
    assert all(stored["samples"] > 0 and stored["bytes"] > 0 for stored in day["stored"].values())


def test_one_wrong_sample_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The panels that read the series are wrong, the others are not."""
    monkeypatch.setattr(forms, "of_mixin", _doctored)
    wrong = {row["panel"] for row in _day(tmp_path)["questions"] if "wrong" in row}
    assert {"cost: Spend per hour by team", "overview: Spend, last 24h"} <= wrong
    assert "overview: Tokens per hour by type" not in wrong
