"""The command reconcile of claude-code-mixin: options, help, table. What it does is in reconcile/."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from claude_code_mixin import cli_text

if TYPE_CHECKING:
    from claude_code_mixin.config import Config
    from claude_code_mixin.prices import Price
    from claude_code_mixin.reconcile.compare import Line, Tolerance
    from claude_code_mixin.reconcile.export import Export
    from claude_code_mixin.reconcile.recorded import Recorded

EXIT_CODES = "Exit codes: 0 within the tolerance, 2 differences, 1 an error, 130 interrupted."
APART = 2
COMPLETE = 0.99
"""Share of the month in which the meter ran, below which a note says so."""
_PATH = click.Path(path_type=Path)
_POSITIVE = click.FloatRange(0)


class _WrongUsage(click.UsageError):
    """Wrong usage that ends with 1: here 2 says that there are differences."""

    exit_code = 1


class _Command(click.Command):
    """A command whose wrong usage ends with 1."""

    def make_context(self, *arguments: Any, **extra: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **extra)
        except click.UsageError as error:
            raise _WrongUsage(error.format_message(), error.ctx) from None


def add(main: click.Group, reported: Callable[[Callable[..., None]], Callable[..., None]]) -> None:
    """Add the command to `main`; `reported` turns its exceptions into sentences and exit codes."""
    text = "Compare a month with an exported invoice or usage report."
    main.command("reconcile", cls=_Command, short_help=text, epilog=EXIT_CODES)(reported(_reconcile))


def _mapping(context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    from claude_code_mixin.reconcile.export import HEADERS

    found = {}
    for text in given:
        wanted, equals, header = text.partition("=")
        if not equals or wanted not in HEADERS or not header:
            raise click.BadParameter(f"{text!r} is not FIELD=HEADER with one of {', '.join(HEADERS)}")
        found[wanted] = header
    return found


def _month(context: click.Context, option: click.Parameter, text: str | None) -> tuple[date, date]:
    from claude_code_mixin.reconcile import numbers

    today = datetime.now(UTC).date()
    last = today.replace(day=1) - timedelta(days=1)
    try:
        found = numbers.month(text or f"{last:%Y-%m}")
    except ValueError as error:
        raise click.BadParameter(f"{text!r} {error}") from None
    if found[1] > today:
        raise click.BadParameter(f"{found[0]:%Y-%m} is not over yet; a comparison needs the whole month")
    return found


@click.option("--csv", "file", type=_PATH, help="The exported invoice or usage report.")
@click.option("--month", callback=_month, help="YYYY-MM; by default the last month that is over.")
@click.option("--prometheus", metavar="URL", help="Ask the Prometheus there.")
@click.option("--recorded", type=_PATH, help="Read its saved answer to the query of --show-query.")
@click.option("--show-query", is_flag=True, help="Print the query with its times, and do nothing else.")
@click.option("--credentials", type=_PATH, help="File with user:password, or Bearer and a token.")
@click.option("--authority", type=_PATH, help="File of certificates to trust instead of the usual ones.")
@click.option(
    "--column", "columns", multiple=True, metavar="FIELD=HEADER", callback=_mapping, help="Where a field is."
)
@click.option(
    "--tolerance", default=1.0, type=_POSITIVE, show_default=True, help="Per cent of the larger amount."
)
@click.option(
    "--minimum", default=1.0, type=_POSITIVE, show_default=True, help="Dollars that are no difference."
)
@click.option("--config", default="mixin.toml", type=_PATH, show_default=True, help="The configuration file.")
@click.option("--json", "as_json_text", is_flag=True, help="Write the result as JSON to stdout.")
def _reconcile(
    file: Path | None,
    month: tuple[date, date],
    prometheus: str | None,
    recorded: Path | None,
    show_query: bool,
    credentials: Path | None,
    authority: Path | None,
    columns: dict[str, str],
    tolerance: float,
    minimum: float,
    config: Path,
    as_json_text: bool,
) -> None:
    """Compare recorded spend, the clients' list-price estimate, with an export (CSV), model by model.

    The day begins where meter.day_offset_hours says; exports of the Claude Console have days of UTC. An
    export without dollars is priced by the price table. Fields of --column: model, date, cost, input, output,
    cache_read, cache_write_5m, cache_write_1h. Credentials come from a file or from
    CLAUDE_CODE_MIXIN_PROMETHEUS_CREDENTIALS, never from an argument.

    \b
    Examples:
      claude-code-mixin reconcile --csv cost.csv --prometheus http://127.0.0.1:9090
      claude-code-mixin reconcile --csv cost.csv --recorded answer.json --column cost=list_price_usd
    """
    from claude_code_mixin.reconcile import recorded as records
    from claude_code_mixin.reconcile.compare import Tolerance, agrees, lines
    from claude_code_mixin.reconcile.export import read

    settings, table = _settings(config)
    question = records.spend_question(month, settings.meter.day_offset_hours, settings.prefixes.record)
    if show_query:
        click.echo(json.dumps(question.parameters(), indent=2))
        return
    if file is None or (prometheus is None) == (recorded is None):
        raise _WrongUsage("give --csv, and one of --prometheus and --recorded")
    export = read(file, month, columns, table)
    if recorded is not None:
        ours = records.saved(recorded, question)
    else:
        opened = records.session(credentials, os.environ, authority)
        ours = records.asked(str(prometheus), month, settings, opened)
    allowed = Tolerance(tolerance / 100, minimum)
    found = lines(export, ours, allowed)
    notes = list(_notes(export, ours))
    (_show_json if as_json_text else _show)(month, allowed, found, notes)
    if not agrees(found):
        sys.exit(APART)


def _settings(config: Path) -> tuple[Config, tuple[Price, ...]]:
    """The configuration and the price table; the defaults where there is no mixin.toml."""
    from claude_code_mixin import config as settings
    from claude_code_mixin import prices

    there = config.exists() or str(config) != "mixin.toml"
    read = settings.read(config, {}) if there else settings.Config()
    table = prices.with_own(config.resolve().parent / read.prices) if read.prices else prices.bundled()
    return read, table


def _notes(export: Export, ours: Recorded) -> Iterator[str]:
    if ours.share is not None and ours.share < COMPLETE:
        yield f"The meter ran {ours.share:.1%} of the month: the rest is in no record."
    if export.from_tokens:
        yield "The export has no dollars: tokens are priced by the table, as if no prompt was long or fast."
    for model, count in sorted(export.unpriced.items()):
        yield f"{model or 'Rows without a model'}: {count:,.0f} tokens without a list price, in no sum."
    if export.left_out:
        yield f"Left out, of other months: {cli_text.counted(export.left_out, 'row')}."
    if not export.dated:
        yield "The export has no column of days: all of its rows are taken for this month's."
    if export.negative:
        yield f"Taken off, because negative (credits): {cli_text.counted(export.negative, 'amount')}."


def _show_json(
    month: tuple[date, date], allowed: Tolerance, found: tuple[Line, ...], notes: list[str]
) -> None:
    rows = [
        {
            "model": line.model,
            "exported_usd": round(line.exported, 6),
            "recorded_usd": round(line.recorded, 6),
            "difference_usd": round(line.difference, 6),
            "difference_ratio": round(line.share, 6),
            "verdict": line.verdict,
        }
        for line in found
    ]
    limits = {"ratio": allowed.share, "usd": allowed.usd}
    body = {"month": f"{month[0]:%Y-%m}", "tolerance": limits, "models": rows[:-1], "total": rows[-1]}
    click.echo(json.dumps({**body, "notes": notes}, indent=2))


def _show(month: tuple[date, date], allowed: Tolerance, found: tuple[Line, ...], notes: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    title = f"{month[0]:%Y-%m}: export and the clients' list-price estimate, US dollars"
    table = Table(title=title, title_justify="left")
    table.add_column("Model", no_wrap=True)
    for heading in ("Export", "Recorded", "Difference", "%"):
        table.add_column(heading, justify="right")
    table.add_column("Verdict")
    for line in found:
        if line is found[-1]:
            table.add_section()
        amounts = (f"{amount:,.2f}" for amount in (line.exported, line.recorded, line.difference))
        table.add_row(line.model, *amounts, f"{line.share:.1%}", line.verdict)
    console = Console()
    console.print(table)
    console.print(
        f"Tolerance: {allowed.share:.2%} of the larger amount, or ${allowed.usd:,.2f}.", highlight=False
    )
    for note in notes:
        console.print(note, highlight=False, markup=False)
