"""The price table: what it may say, the sentences for what it may not, and that it explains what was sent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import yaml

from claude_code_mixin import prices
from claude_code_mixin.build import build
from claude_code_mixin.event_meters import PRICED_TOKENS
from claude_code_mixin.fleet.captures import attributes, load
from claude_code_mixin.problems import ProblemsError

ROOT = Path(__file__).resolve().parent.parent
ONE = """[[price]]
model = "claude-x-1"
from = 2026-01-01
input = 4
output = 20
cache_read = 0.2
cache_write_5m = 5
cache_write_1h = 8
source = "a page that says so"
checked = 2026-02-01
"""


def written(tmp_path: Path, text: str) -> Path:
    """A price file with `text`."""
    path = tmp_path / "prices.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_captured_dollars_are_tokens_times_list_price() -> None:
    """Every request that the real client was seen to make, to rounding; an unknown model would fail here."""
    found = 0
    for capture in load(ROOT / "tests" / "data" / "captures"):
        for record in capture.records():
            sent = attributes(record)
            if sent["event.name"] == "api_request":
                day = datetime.fromtimestamp(int(record["timeUnixNano"]) / 1e9, UTC).date()
                price = prices.priced(prices.bundled(), str(sent["model"]), day)
                assert price is not None, sent["model"]
                amounts = (price.per_million(kind) * int(sent[key]) for kind, key in PRICED_TOKENS.items())
                assert sum(amounts) / 1e6 == pytest.approx(float(sent["cost_usd"]), rel=1e-9)
                found += 1
    assert found > 40


def test_bundled_prices_are_reviewed() -> None:
    """Each has a source and a day on which it was checked; reads are cheaper than input, hours dearer."""
    table = prices.bundled()
    assert len(table) > 15
    for price in table:
        assert price.checked <= date(2026, 11, 22)
        assert price.cache_read < price.input < price.cache_write_5m < price.cache_write_1h
        assert price.input < price.output


@pytest.mark.parametrize(
    ("model", "listed"),
    [
        ("claude-opus-4-5-20251101", "claude-opus-4-5"),
        ("claude-opus-5[1m]", "claude-opus-5"),
        ("claude-haiku-4-5-20251001[1m]", "claude-haiku-4-5"),
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("us.anthropic.claude-opus-5", "us.anthropic.claude-opus-5"),
    ],
)
def test_date_and_long_context_are_left_out_of_a_name_and_nothing_else(model: str, listed: str) -> None:
    """A point release never takes its sibling's price."""
    assert prices.listed_as(model) == listed


def test_a_model_without_a_price_is_a_gap() -> None:
    """Before its first day, after its last one, and where it is not listed at all."""
    table = prices.bundled()
    assert prices.priced(table, "claude-opus-5-6", date(2026, 11, 1)) is None
    assert prices.priced(table, "claude-haiku-5-5", date(2026, 10, 6)) is None
    before, after = (prices.priced(table, "claude-sonnet-5-5", date(2026, 10, day)) for day in (6, 7))
    assert before is not None
    assert after is not None
    assert (before.cache_read, after.cache_read) == (0.2, 0.1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (ONE.replace("input = 4", "input = 0"), ["input is 0: input should be greater than 0"]),
        (ONE.replace("output = 20\n", ""), ["output is missing: field required (keys: model, from, until,"]),
        (ONE.replace("4", '"4"'), ["input is '4': input should be a valid number"]),
        (ONE + "euros = 1\n", ["prices.toml:1 price: euros is 1: extra inputs are not permitted"]),
        (ONE.replace("a page that says so", ""), ["source is '': string should have at least 10"]),
        (ONE.replace("2026-01-01", '"today"'), ["from is 'today': input should be a valid date"]),
        (ONE.replace("x-1", "x-1-20260101"), ['left out in the search; write "claude-x-1"']),
        (ONE + "until = 2025-01-01\n", ["until = 2025-01-01 lies before from = 2026-01-01; swap them"]),
        (ONE + "long_context = 2\n", ["has only one of long_context and long_context_tokens; give both"]),
        (
            ONE + "long_context = 2\nlong_context_tokens = 150000\n",
            ["long_context_tokens = 150000 is no bound of the meter; take one of 50000, 100000,"],
        ),
        (
            ONE + "fast = 2\nlong_context = 2\nlong_context_tokens = 200000\n",
            ["has both fast and long_context"],
        ),
        (ONE + "fast = 0.5\n", ["fast is 0.5: input should be greater than or equal to 1"]),
        (
            ONE + ONE,
            ["prices.toml:11 claude-x-1: overlaps the price at prices.toml:1; let that one end before"],
        ),
        ("[price]\n", ["write each price as a [[price]] table of its own"]),
        ("limit = 1\n", ['unknown key "limit"; the file holds [[price]] tables only']),
        ("[[price", ["is not valid TOML"]),
        (
            ONE.replace("input = 4", "input = -1") + ONE.replace("x-1", "X 1"),
            ["prices.toml:1 price: input is -1", "prices.toml:11 price: model is 'claude-X 1'"],
        ),
    ],
)
def test_each_fault_is_one_sentence_and_all_come_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, expected: list[str]
) -> None:
    """Place, cause, way out."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProblemsError) as caught:
        prices.read(written(tmp_path, text))
    found = [str(problem) for problem in caught.value.problems]
    assert len(found) == len(expected)
    assert all(any(part in one for one in found) for part in expected), found


def test_a_price_may_follow_another(tmp_path: Path) -> None:
    """The first one ends on the day before."""
    text = ONE + "until = 2026-06-30\n" + ONE.replace("2026-01-01", "2026-07-01").replace("= 4", "= 3")
    table = prices.read(written(tmp_path, text))
    days = (date(2026, 6, 30), date(2026, 7, 1))
    assert [price.input for day in days if (price := prices.priced(table, "claude-x-1", day))] == [4, 3]
    assert table[0].ends() == table[1].starts() == datetime(2026, 7, 1, tzinfo=UTC).timestamp()


def test_own_prices_replace_those_of_the_models_they_name(tmp_path: Path) -> None:
    """Through mixin.toml into the compiled rules; the rest of the bundled table stays."""
    written(tmp_path, ONE + ONE.replace("claude-x-1", "claude-sonnet-5-5").replace("= 4", "= 1.5"))
    (tmp_path / "mixin.toml").write_text('prices = "prices.toml"\n', encoding="utf-8")
    build(tmp_path / "mixin.toml", {}, tmp_path / "build")
    text = (tmp_path / "build" / "prometheus" / "reconcile.rules.yaml").read_text(encoding="utf-8")
    rules = {
        rule["record"]: rule["expr"]
        for g in yaml.safe_load(text)["groups"]
        for rule in g["rules"]
        if "record" in rule
    }
    expr = rules["price:claude_code_token_usd:per_million"]
    assert expr.count('"listed_as", "claude-x-1"') == 1
    assert expr.count('"listed_as", "claude-sonnet-5-5"') == 1
    assert "vector(1.5)" in expr
    assert '"listed_as", "claude-haiku-5-5"' in expr


def test_a_missing_own_file_is_an_error(tmp_path: Path) -> None:
    """Whoever names a file wants it read."""
    (tmp_path / "mixin.toml").write_text('prices = "mine.toml"\n', encoding="utf-8")
    with pytest.raises(ProblemsError, match="cannot be read"):
        build(tmp_path / "mixin.toml", {}, tmp_path / "build")
