"""The third meter over real input, and a month compared with what a real Prometheus stores of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from claude_code_mixin.cli import main
from claude_code_mixin.fleet.captures import Capture
from claude_code_mixin.fleet.process import tool
from claude_code_mixin.fleet.prometheus import Prometheus
from claude_code_mixin.fleet.real_input import WALL, RealInput
from support import process

HOUR = 3600
OCTOBER = int(datetime(2026, 10, 1, tzinfo=UTC).timestamp())
NOVEMBER = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp())
OPUS, HAIKU = "claude-opus-5-5", "claude-haiku-4-5-20251001"


def test_tokens_times_list_price_are_the_dollars_of_every_capture(
    real_input: RealInput, captures: tuple[Capture, ...], record_property: Callable[[str, object], None]
) -> None:
    """By team and model, through the built collector and rules, to rounding."""
    expr = f"sum by (team, model) (sum_over_time(priced:claude_code_cost_usd:increase1m[{WALL}]))"
    got = {(row.labels["team"], row.labels["model"]): row.value for row in real_input.prometheus.query(expr)}
    want = {
        (capture.name, cell[1]): usd
        for capture in captures
        for cell, usd in capture.by_events().items()
        if cell[0] == "cost"
    }
    assert len(want) >= 20
    assert got == pytest.approx(want, rel=1e-9)
    record_property(
        "live", f"third meter: {len(want)} cells, ${sum(got.values()):.4f} of ${sum(want.values()):.4f}"
    )


def test_every_captured_model_has_a_price_and_nothing_is_unexplained(real_input: RealInput) -> None:
    """The events' dollars and the third meter's agree; a gap would be named."""
    query = real_input.prometheus.query
    assert query(f"max_over_time(model:claude_code_unpriced_tokens:increase1h[{WALL}])") == []
    whole = f"sum by (model) (sum_over_time(model:claude_code_cost_usd:increase1m[{WALL}]))"
    priced = f"sum by (model) (sum_over_time(priced:claude_code_cost_usd:increase1m[{WALL}]))"
    apart = query(f"abs({whole} - {priced})")
    assert {row.labels["model"] for row in apart} == {
        "claude-opus-5-5",
        "claude-sonnet-5-5",
        "claude-haiku-5-5",
    }
    assert max(row.value for row in apart) < 1e-9


class Archive(Prometheus):
    """A Prometheus that keeps more than the default fifteen days."""

    def arguments(self) -> list[str]:
        """The usual command line, and the retention that the README asks for."""
        return [*super().arguments(), "--storage.tsdb.retention.time=40d"]


def samples() -> Iterator[str]:
    """October by the hour: an opus dollar each, haiku on the 31st alone; and what is beyond the month."""
    yield "# TYPE model:claude_code_cost_usd:increase1m gauge"
    for at in range(OCTOBER + HOUR, NOVEMBER + 1, HOUR):
        yield f'model:claude_code_cost_usd:increase1m{{model="{OPUS}"}} 1 {at}'
    yield f'model:claude_code_cost_usd:increase1m{{model="{HAIKU}"}} 2.5 {NOVEMBER - HOUR}'
    for at in (OCTOBER - 2 * HOUR, OCTOBER, NOVEMBER + 60):
        yield f'model:claude_code_cost_usd:increase1m{{model="outside"}} 100 {at}'
    yield "# TYPE identity:claude_code_cost_usd:alive gauge"
    for at in range(OCTOBER + 60, OCTOBER + 24 * HOUR + 1, 60):
        yield f'identity:claude_code_cost_usd:alive{{job="j",instance="i"}} {at} {at}'
    yield "# EOF"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Archive]:
    """A Prometheus with October in its storage."""
    folder = tmp_path_factory.mktemp("archive")
    (folder / "october.txt").write_text("\n".join(samples()) + "\n", encoding="utf-8")
    made = process(
        *(tool("promtool"), "tsdb", "create-blocks-from", "--max-block-duration=30d", "openmetrics"),
        *(folder / "october.txt", folder / "prometheus" / "data"),
    )
    assert made.returncode == 0, made.stderr
    with Archive(folder / "prometheus") as running:
        yield running


def compared(archive: Archive, folder: Path, opus: str, *more: str) -> Result:
    """Compare October with an export in which opus costs `opus` dollars."""
    csv = (
        f"usage_date_utc,model,cost_usd\n2026-10-01,Claude Opus 5.5,{opus}\n2026-10-31,Claude Haiku 4.5,2.5\n"
    )
    (folder / "export.csv").write_text(csv, encoding="utf-8")
    command = ["reconcile", "--csv", str(folder / "export.csv"), "--month", "2026-10"]
    return CliRunner().invoke(main, [*command, "--prometheus", archive.url, "--json", *more])


def test_a_month_is_each_of_its_minutes_once(archive: Archive, tmp_path: Path) -> None:
    """The first and the last one count, what is recorded at the midnight that begins the month does not."""
    done = compared(archive, tmp_path, "744")
    body = json.loads(done.stdout)
    recorded = {line["model"]: line["recorded_usd"] for line in body["models"]}
    assert recorded == {OPUS: 31 * 24, "claude-haiku-4-5": 2.5}
    assert done.exit_code == 0
    assert body["notes"] == ["The meter ran 3.2% of the month: the rest is in no record."]


def test_a_dearer_export_is_a_difference(archive: Archive, tmp_path: Path) -> None:
    """Ten dollars of opus that nobody recorded."""
    done = compared(archive, tmp_path, "754", "--tolerance", "0.5")
    assert done.exit_code == 2
    (opus,) = (line for line in json.loads(done.stdout)["models"] if line["verdict"] == "apart")
    assert (opus["model"], opus["difference_usd"]) == (OPUS, 10)


def test_a_month_that_was_not_recorded_is_an_error(archive: Archive, tmp_path: Path) -> None:
    """An empty record is no spend of zero dollars."""
    done = compared(archive, tmp_path, "1", "--month", "2026-03")
    assert done.exit_code == 1
    assert "has no row of 2026-03" in json.loads(done.stdout)["problems"][0]["sentence"]
    (tmp_path / "march.csv").write_text("usage_date_utc,model,cost_usd\n2026-03-01,x,1\n")
    done = compared(archive, tmp_path, "1", "--month", "2026-03", "--csv", str(tmp_path / "march.csv"))
    assert done.exit_code == 1
    assert "has recorded nothing in 2026-03" in json.loads(done.stdout)["problems"][0]["sentence"]
