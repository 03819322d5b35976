"""The command reconcile: exports as they may look, saved and asked records, and a sentence for each fault."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from click.testing import CliRunner, Result

from claude_code_mixin import prices
from claude_code_mixin.cli import main
from claude_code_mixin.config import Config, Meter
from claude_code_mixin.content.recording_rules import cost, reconcile
from claude_code_mixin.loader import load
from claude_code_mixin.problems import ProblemsError
from claude_code_mixin.reconcile import numbers, recorded
from claude_code_mixin.reconcile.compare import Tolerance, agrees, lines
from claude_code_mixin.reconcile.export import Export, read
from test_canary import serving

MONTH = (date(2026, 10, 1), date(2026, 11, 1))
COSTS = (
    "usage_date_utc,model,workspace,api_key,usage_type,context_window,token_type,"
    "cost_usd,list_price_usd,cost_type,inference_geo,speed"
)
USAGE = (
    "usage_date_utc,model_version,api_key,workspace,usage_type,context_window,usage_input_tokens_no_cache,"
    "usage_input_tokens_cache_write_5m,usage_input_tokens_cache_write_1h,usage_input_tokens_cache_read,"
    "usage_output_tokens,web_search_count,inference_geo,speed"
)


def exported(tmp_path: Path, text: str | bytes, columns: Mapping[str, str] | None = None) -> Export:
    """What a file with `text` says of October."""
    path = tmp_path / "export.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, MONTH, columns or {}, prices.bundled())


def cost_row(day: str, model: str, usd: str, at_list: str = "0") -> str:
    """A row of the Console's export of costs."""
    return f"\n{day},{model},Default,k,message,≤ 200k,input_no_cache,{usd},{at_list},token,global,"


def answer(dollars: Mapping[str, float], at: int = 1_790_899_200) -> dict[str, Any]:
    """Prometheus' answer to a range query: a value for each model, by default at the end of the 1st."""
    rows = [{"metric": {"model": model}, "values": [[at, str(usd)]]} for model, usd in dollars.items()]
    return {"status": "success", "data": {"resultType": "matrix", "result": rows}}


def run(*arguments: str | Path, env: Mapping[str, str | None] | None = None) -> Result:
    """Run the command without a terminal."""
    names = {"COLUMNS": "200", recorded.CREDENTIALS_VARIABLE: None}
    return CliRunner().invoke(main, ["reconcile", *map(str, arguments)], env={**names, **(env or {})})


def compared(tmp_path: Path, csv: str, ours: Mapping[str, float], *more: str) -> Result:
    """Compare an export with a saved answer."""
    (tmp_path / "export.csv").write_text(csv, encoding="utf-8")
    (tmp_path / "answer.json").write_text(json.dumps(answer(ours)), encoding="utf-8")
    paths = ("--csv", tmp_path / "export.csv", "--recorded", tmp_path / "answer.json")
    return run(*paths, "--month", "2026-10", *more)


def test_costs_of_the_console_add_up_by_model(tmp_path: Path) -> None:
    """Names for people and for programs are one model; rows of other months are counted, not summed."""
    rows = cost_row("2026-10-01", "Claude Opus 5.5", "1.25") + cost_row("2026-10-31", "claude-opus-5-5", "2")
    rows += cost_row("2026-10-02", "Claude Haiku 4.5", '"$1,000.50"') + cost_row("2026-11-01", "x", "9")
    found = exported(tmp_path, COSTS + rows + cost_row("2026-10-03", "", "-0.5"))
    assert found.dollars == {"claude-opus-5-5": 3.25, "claude-haiku-4-5": 1000.5, "": -0.5}
    assert (found.rows, found.left_out, found.negative, found.from_tokens) == (4, 1, 1, False)


def test_another_column_can_be_named(tmp_path: Path) -> None:
    """List price beside list price."""
    text = COSTS + cost_row("2026-10-01", "Claude Opus 5.5", "1", "2")
    assert exported(tmp_path, text, {"cost": "list_price_usd"}).dollars == {"claude-opus-5-5": 2}


def test_usage_of_the_console_is_priced_by_its_day(tmp_path: Path) -> None:
    """A million of each type: the cache read of Sonnet 5.5 costs half from 7 October on."""
    row = "\n{},claude-sonnet-5-5,k,Default,standard,≤ 200k,1000000,1000000,1000000,1000000,1000000,0,,"
    before, after = (exported(tmp_path, USAGE + row.format(day)) for day in ("2026-10-06", "2026-10-07"))
    assert before.from_tokens
    assert before.dollars["claude-sonnet-5-5"] == pytest.approx(2 + 2.5 + 4 + 0.2 + 10)
    assert after.dollars["claude-sonnet-5-5"] == pytest.approx(2 + 2.5 + 4 + 0.1 + 10)


def test_tokens_of_an_unknown_model_are_a_gap(tmp_path: Path) -> None:
    """They are named and make a difference; they are never zero dollars that agree."""
    csv = USAGE + "\n2026-10-01,claude-new-9,k,Default,standard,≤ 200k,7,0,0,0,5,0,,\n"
    done = compared(tmp_path, csv, {})
    assert done.exit_code == 2
    assert "claude-new-9: 12 tokens without a list price, in no sum." in done.stdout
    assert "no price" in done.stdout


@pytest.mark.parametrize(
    ("text", "usd"),
    [
        ("1234.5", 1234.5),
        ("$1,234.50", 1234.5),
        ("1.234,50", 1234.5),
        ("1,234", 1234),
        ("1,234,567", 1234567),
        ("1.234.567,8", 1234567.8),
        ("0,5", 0.5),
        ("12.345", 12.345),
        ("USD 3", 3),
        ("3.00 US$", 3),
        ("-2.5", -2.5),
        ("−2.5", -2.5),  # noqa: RUF001 -- the minus sign that spreadsheets write
        ("(2.50)", -2.5),
        ("1'000.5", 1000.5),
        (".5", 0.5),
    ],
)
def test_amounts_are_read_as_people_write_them(text: str, usd: float) -> None:
    """Currency, thousands, decimals and signs."""
    assert numbers.dollars(text) == usd


@pytest.mark.parametrize("text", ["", "abc", "1,23,4", "€5", "5 EUR", "1e5", "--"])
def test_what_is_no_amount_in_dollars_is_refused(text: str) -> None:
    """Better no comparison than a wrong one."""
    with pytest.raises(ValueError, match=r"is no amount|odd places|is in (€|EUR)"):
        numbers.dollars(text)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ("Claude Opus 4.6", "claude-opus-4-6"),
        ("Claude 3.5 Sonnet 2024-10-22", "claude-3-5-sonnet"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        (" claude-opus-5[1m] ", "claude-opus-5"),
        ("", ""),
    ],
)
def test_models_have_one_name(text: str, model: str) -> None:
    """That of the price table."""
    assert numbers.model(text) == model


def test_spreadsheets_of_other_countries_are_read(tmp_path: Path) -> None:
    """A byte order mark, semicolons, decimal commas, headers in other words."""
    text = "\ufeffDay;Model Name;Amount (USD)\r\n2026-10-05;Claude Opus 5;1.000,25\r\n\r\n"
    assert exported(tmp_path, text).dollars == {"claude-opus-5": 1000.25}


def test_an_export_without_days_is_taken_whole(tmp_path: Path) -> None:
    """The note says so."""
    done = compared(tmp_path, "model,cost\nclaude-opus-5,5\n", {"claude-opus-5": 5})
    assert done.exit_code == 0
    assert "has no column of days: all of its rows are taken" in done.stdout


@pytest.mark.parametrize(
    ("text", "columns", "expected"),
    [
        ("", {}, ["export.csv: holds no rows"]),
        ("model,cost\n", {}, ["export.csv: holds no rows: a header and a line for each model and day"]),
        (b"model,cost\nclaude-\xe9,1\n", {}, ["is not UTF-8 (byte 18): export or save it as UTF-8"]),
        ("model,cost\n".encode("utf-16"), {}, ["is not UTF-8"]),
        (
            "name,cost\nx,1\n",
            {},
            ["no column names the model; add --column model=HEADER (there are name, cost)"],
        ),
        ("model,kosten\nx,1\n", {}, ["no column has dollars or tokens; add --column cost=HEADER"]),
        (
            "model,cost\nx,1\n",
            {"cost": "costs"},
            ['column "costs" for cost is not there; did you mean "cost"?'],
        ),
        (
            "model,cost\nx,abc\ny,€3\n",
            {},
            ["export.csv:2: cost 'abc' is no amount", "export.csv:3: cost '€3' is in €"],
        ),
        ("model,cost\nx\n", {}, ["export.csv:2: has 1 cells, too few for the header; is a line cut off?"]),
        ("date,model,cost\n10/01/2026,x,1\n", {}, ["date '10/01/2026' is no day like 2026-10-31"]),
        ("date,model,cost\n2026-13-01,x,1\n", {}, ["date '2026-13-01' month must be in 1..12"]),
        (
            "date,model,cost\n2026-09-01,x,1\n2026-08-01,x,1\n",
            {},
            ["has no row of 2026-10, but of 2026-08, 2026-09; name another --month"],
        ),
        ("model,input_tokens\nclaude-opus-5,-3\n", {}, ["input '-3' is no number of tokens"]),
        ("model,input_tokens\nclaude-opus-5,3.5\n", {}, ["input '3.5' is no number of tokens"]),
        (b"PK\x03\x04\0\0", {}, ["is no text: export it as CSV, not as a spreadsheet"]),
    ],
)
def test_each_fault_of_an_export_is_one_sentence(
    tmp_path: Path, text: str | bytes, columns: Mapping[str, str], expected: list[str]
) -> None:
    """Place, cause, way out, and all faulty rows at once."""
    with pytest.raises(ProblemsError) as caught:
        exported(tmp_path, text, columns)
    found = [str(problem) for problem in caught.value.problems]
    assert len(found) == len(expected)
    assert all(any(part in one for one in found) for part in expected), found


def test_many_faulty_rows_are_shortened(tmp_path: Path) -> None:
    """Twenty are enough to see what is wrong."""
    with pytest.raises(ProblemsError) as caught:
        exported(tmp_path, "model,cost\n" + "x,abc\n" * 50)
    assert len(caught.value.problems) == 21
    assert "30 further rows have faults" in str(caught.value)


def test_a_missing_export_is_named(tmp_path: Path) -> None:
    """A mistyped path."""
    with pytest.raises(ProblemsError, match=r"export\.csv: cannot be read: no such file"):
        read(tmp_path / "export.csv", MONTH, {}, prices.bundled())


def test_differences_within_the_tolerance_are_none() -> None:
    """By share or by dollars; the largest difference comes first, the total last; gaps never agree."""
    export = Export(dollars={"a": 100.0, "b": 1.0, "c": 50.0}, unpriced={"d": 5.0})
    ours = recorded.Recorded({"a": 99.1, "b": 0.5, "c": 40.0}, 1.0)
    found = lines(export, ours, Tolerance(0.01, 0.6))
    assert [(line.model, line.verdict) for line in found] == [
        ("c", "apart"),
        ("a", "agrees"),
        ("b", "agrees"),
        ("d", "no price"),
        ("total", "apart"),
    ]
    assert not agrees(found)
    assert agrees(
        lines(Export(dollars={"a": 100.0}), recorded.Recorded({"a": 99.0}, 1.0), Tolerance(0.01, 0))
    )
    assert (found[0].difference, found[0].share) == (10, 0.2)


def test_the_result_is_a_table_and_an_exit_code(tmp_path: Path) -> None:
    """0 within the tolerance, 2 otherwise; our number is never called an invoice."""
    csv = COSTS + cost_row("2026-10-01", "Claude Opus 5.5", "100")
    done = compared(tmp_path, csv, {"claude-opus-5-5": 99.5})
    assert (done.exit_code, done.stderr) == (0, "")
    assert "the clients' list-price estimate" in done.stdout
    assert "invoice" not in done.stdout
    assert "100.00" in done.stdout
    assert (
        compared(tmp_path, csv, {"claude-opus-5-5": 99.5}, "--tolerance", "0.1", "--minimum", "0").exit_code
        == 2
    )
    assert compared(tmp_path, csv, {"claude-opus-5-5": 90}).exit_code == 2


def test_the_result_as_json(tmp_path: Path) -> None:
    """For programs: every number, the limits, the notes."""
    csv = COSTS + cost_row("2026-10-01", "Claude Opus 5.5", "100") + cost_row("2026-09-01", "x", "1")
    done = compared(tmp_path, csv, {"claude-opus-5-5-20260922": 80}, "--json")
    body = json.loads(done.stdout)
    assert done.exit_code == 2
    assert body["models"] == [
        {
            "model": "claude-opus-5-5",
            "exported_usd": 100,
            "recorded_usd": 80,
            "difference_usd": 20,
            "difference_ratio": 0.2,
            "verdict": "apart",
        }
    ]
    assert (body["month"], body["tolerance"]) == ("2026-10", {"ratio": 0.01, "usd": 1})
    assert (body["total"]["difference_usd"], body["notes"]) == (20, ["Left out, of other months: 1 row."])


def test_wrong_usage_ends_with_1() -> None:
    """2 says that there are differences."""
    running = f"{datetime.now(UTC):%Y-%m}"
    for arguments, sentence in (
        (["--csv", "x.csv"], "give --csv, and one of --prometheus and --recorded"),
        (["--csv", "x", "--prometheus", "http://x", "--recorded", "y"], "one of --prometheus and --recorded"),
        (["--month", "2026-13"], "'2026-13' is no month like 2026-10"),
        (["--month", running], f"{running} is not over yet"),
        (["--column", "price=x"], "'price=x' is not FIELD=HEADER with one of model, date, cost"),
        (["--tolerance", "-1"], "--tolerance"),
        (["--nonsense"], "No such option"),
    ):
        done = run(*arguments)
        assert done.exit_code == 1
        assert sentence in done.stderr


def test_by_default_it_is_the_last_month_that_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the query reads each of its days at the day's end."""
    monkeypatch.chdir(tmp_path)
    question = json.loads(run("--show-query").stdout)
    after = datetime.now(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    first = (after - timedelta(days=1)).replace(day=1)
    assert int(question["end"]) == after.timestamp()
    assert int(question["start"]) == first.timestamp() + 86400
    assert question["query"] == "sum by (model) (sum_over_time(model:claude_code_cost_usd:increase1m[1d]))"


def test_configuration_moves_the_day_and_prefixes_the_record(tmp_path: Path) -> None:
    """Two hours east of UTC the month begins two hours earlier."""
    (tmp_path / "mixin.toml").write_text('[prefixes]\nrecord = "s:"\n[meter]\nday_offset_hours = 2\n')
    question = json.loads(
        run("--show-query", "--month", "2026-10", "--config", tmp_path / "mixin.toml").stdout
    )
    assert int(question["start"]) == datetime(2026, 10, 1, 22, tzinfo=UTC).timestamp()
    assert "s:model:claude_code_cost_usd:increase1m" in question["query"]
    assert "does not exist" in run("--show-query", "--config", tmp_path / "other.toml").stderr


def test_other_ingest_profiles_have_another_heartbeat(tmp_path: Path) -> None:
    """Where clients are scraped there is no meter of events; the record of its own is there."""
    (tmp_path / "mixin.toml").write_text('[meter]\nprofile = "scrape"\n')
    with serving(answer=json.dumps(answer({"claude-opus-5-5": 100}))) as (url, server):
        assert asked(tmp_path, url, "--config", tmp_path / "mixin.toml").exit_code == 0
    assert recorded.CLIENT_HEARTBEAT in parse_qs(server.seen[1][2])["query"][0]
    mixin = load(Config(meter=Meter(profile="scrape")), tmp_path)
    names = {record.name for _, record in mixin.records()}
    assert {recorded.CLIENT_HEARTBEAT, recorded.SPEND} <= names
    assert not names & {
        "priced:claude_code_cost_usd:increase1m",
        "model:claude_code_unpriced_tokens:increase1h",
    }


def test_queried_records_exist() -> None:
    """Their names are spelled out in the library, which does not import content."""
    assert reconcile.MODEL_COST.name == recorded.SPEND
    assert cost.IDENTITY_RECORDS[1].name == recorded.HEARTBEAT


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is no JSON: save the answer of Prometheus as it came"),
        ("{}", "holds no answer to a range query of Prometheus"),
        (
            json.dumps(answer({"x": 1}, at=1_700_000_000)),
            "holds a sample of 2023-11-14, which is no part of the month",
        ),
    ],
)
def test_each_fault_of_a_saved_answer_is_one_sentence(tmp_path: Path, text: str, sentence: str) -> None:
    """Another file, another query, another month."""
    (tmp_path / "answer.json").write_text(text)
    question = recorded.spend_question(MONTH, 0, "")
    with pytest.raises(ProblemsError, match="answer") as caught:
        recorded.saved(tmp_path / "answer.json", question)
    assert sentence in str(caught.value)
    with pytest.raises(ProblemsError, match="cannot be read"):
        recorded.saved(tmp_path / "missing.json", question)


def asked(tmp_path: Path, url: str, *more: str | Path, env: Mapping[str, str | None] | None = None) -> Result:
    """Compare an export with what the server at `url` answers."""
    (tmp_path / "export.csv").write_text(COSTS + cost_row("2026-10-01", "Claude Opus 5.5", "100"))
    return run("--csv", tmp_path / "export.csv", "--month", "2026-10", "--prometheus", url, *more, env=env)


def test_credentials_come_from_the_environment_or_a_file(tmp_path: Path) -> None:
    """user:password or a bearer token; without any, none is sent, not even from ~/.netrc."""
    (tmp_path / "file").write_text("Bearer made-up\n")
    basic = "Basic " + base64.b64encode(b"u:p:q").decode()
    with serving(answer=json.dumps(answer({"claude-opus-5-5": 100}))) as (url, server):
        assert asked(tmp_path, url).exit_code == 0
        assert asked(tmp_path, url, env={recorded.CREDENTIALS_VARIABLE: "u:p:q"}).exit_code == 0
        assert asked(tmp_path, url, "--credentials", tmp_path / "file").exit_code == 0
    assert [path for path, _, _ in server.seen] == ["/api/v1/query_range"] * 6
    sent = [headers.get("Authorization") for _, headers, _ in server.seen]
    assert sent == [None, None, basic, basic, "Bearer made-up", "Bearer made-up"]
    heartbeats = parse_qs(server.seen[1][2])
    assert heartbeats["query"] == ["max(count_over_time(identity:claude_code_cost_usd:alive[1d]))"]


def test_a_meter_that_ran_for_a_part_of_the_month_is_noted(tmp_path: Path) -> None:
    """100 minutes of 31 days."""
    with serving(answer=json.dumps(answer({"claude-opus-5-5": 100}))) as (url, _):
        assert "The meter ran 0.2% of the month" in asked(tmp_path, url).stdout


@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, "", "answered 401: it wants other credentials"),
        (403, "", "answered 403"),
        (404, "", "answered 404: is this the address of Prometheus itself"),
        (302, "", "answered 302: a Prometheus answers 200"),
        (422, "", "answered 422"),
        (200, "<html>", "answers, but no JSON"),
        (200, "{}", "holds no answer to a range query"),
        (200, json.dumps(answer({})), "has recorded nothing in 2026-10"),
    ],
)
def test_each_failed_query_is_one_sentence(tmp_path: Path, status: int, body: str, sentence: str) -> None:
    """And ends with 1."""
    with serving(status, body) as (url, _):
        done = asked(tmp_path, url)
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 2


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    """A free port, no URL, and credentials where others could read them."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        done = asked(tmp_path, f"http://127.0.0.1:{free.getsockname()[1]}")
    assert (done.exit_code, "cannot be reached" in done.stderr) == (1, True)
    assert "is no URL of a Prometheus" in asked(tmp_path, "prometheus").stderr
    done = asked(tmp_path, "http://u:secret@127.0.0.1:9090")
    assert "holds credentials" in done.stderr
    assert "secret" not in done.stderr


def test_bad_credentials_are_never_repeated(tmp_path: Path) -> None:
    """Neither those of the environment nor those of a file."""
    done = asked(tmp_path, "http://127.0.0.1:9", env={recorded.CREDENTIALS_VARIABLE: "hunter2"})
    assert 'holds neither user:password nor "Bearer <token>"' in done.stderr
    assert "hunter2" not in done.stderr
    assert (
        "cannot be read" in asked(tmp_path, "http://127.0.0.1:9", "--credentials", tmp_path / "none").stderr
    )
