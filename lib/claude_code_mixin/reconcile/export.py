"""An exported invoice or usage report (CSV): found columns, one sum per model.

Known headers are those of the Claude Console's exports of costs and of usage, as public repositories quote
them, and common words. None was checked against an export of one's own account.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from claude_code_mixin.nearest import nearest
from claude_code_mixin.prices import Price, priced
from claude_code_mixin.problems import Place, Problem, ProblemsError, relative
from claude_code_mixin.reconcile import numbers

CHECK = "reconcile/csv"
TOKEN_FIELDS = {
    "input": "input",
    "output": "output",
    "cache_read": "cacheRead",
    "cache_write_5m": "cacheWrite5m",
    "cache_write_1h": "cacheWrite1h",
}
"""Field -> type of tokens as the price table has it."""
HEADERS: Mapping[str, tuple[str, ...]] = {
    "model": ("model", "model_version", "model_name", "model_id"),
    "date": ("usage_date_utc", "usage_date", "date", "day", "date_utc", "starting_at", "timestamp"),
    "cost": (
        "cost_usd",
        "cost",
        "amount_usd",
        "amount",
        "total_cost",
        "total_usd",
        "total",
        "spend_usd",
        "spend",
    ),
    "input": ("usage_input_tokens_no_cache", "uncached_input_tokens", "input_tokens"),
    "output": ("usage_output_tokens", "output_tokens"),
    "cache_read": ("usage_input_tokens_cache_read", "cache_read_input_tokens", "cache_read_tokens"),
    "cache_write_5m": (
        "usage_input_tokens_cache_write_5m",
        "cache_creation_5m_tokens",
        "cache_write_5m_tokens",
    ),
    "cache_write_1h": (
        "usage_input_tokens_cache_write_1h",
        "cache_creation_1h_tokens",
        "cache_write_1h_tokens",
    ),
}
"""Field -> headers that it is recognised by, the first one present counts; spaces and case do not matter."""
LONGEST_LIST = 20
T = TypeVar("T")
_DELIMITERS = ",;\t|"


@dataclass
class Export:
    """What the export says of one month: US dollars by model, and what a reader must know about the sum.

    `dollars` are by model as the price table names it, "" for rows that name none. `unpriced` are tokens of
    models without a list price, where the export has tokens instead of dollars (`from_tokens`).
    """

    from_tokens: bool = False
    dated: bool = True
    rows: int = 0
    left_out: int = 0
    negative: int = 0
    dollars: dict[str, float] = field(default_factory=dict)
    unpriced: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Reader:
    place: str
    columns: Mapping[str, int]
    month: tuple[date, date]
    table: tuple[Price, ...]


def read(
    path: Path, month: tuple[date, date], columns: Mapping[str, str], table: tuple[Price, ...]
) -> Export:
    """Return what the file `path` says of `month` (its first day and that of the next).

    `columns` maps fields to headers where they are not recognised; `table` prices tokens where there is no
    amount. Raises ProblemsError with every fault: encoding, no rows, columns, values, another month.
    """
    lines = _lines(path)
    place = relative(str(path))
    reader = _Reader(place, _columns(place, lines[0][1], columns), month, table)
    result = Export(from_tokens="cost" not in reader.columns, dated="date" in reader.columns)
    problems: list[Problem] = []
    months: set[str] = set()
    for number, cells in lines[1:]:
        try:
            months.add(_add(result, reader, cells))
        except ValueError as error:
            problems.append(Problem(Place(place, number), "", str(error), CHECK))
    if not problems and not result.rows:
        seen = ", ".join(sorted(months))
        sentence = f"has no row of {month[0]:%Y-%m}, but of {seen}; name another --month or another file"
        problems.append(Problem(Place(place), "", sentence, CHECK))
    if problems:
        raise ProblemsError(_shortened(problems, place))
    return result


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Line number and cells of every line that is not empty, the header first."""
    place = Place(relative(str(path)))
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise _refused(place, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError as error:
        raise _refused(place, f"is not UTF-8 (byte {error.start}): export or save it as UTF-8") from None
    if "\0" in text:
        raise _refused(place, "is no text: export it as CSV, not as a spreadsheet")
    header = text.lstrip().partition("\n")[0]
    parsed = csv.reader(text.splitlines(), delimiter=max(_DELIMITERS, key=header.count))
    lines = [(parsed.line_num, cells) for cells in parsed if any(cell.strip() for cell in cells)]
    if len(lines) < 2:
        raise _refused(place, "holds no rows: a header and a line for each model and day are needed")
    return lines


def _columns(place: str, header: list[str], given: Mapping[str, str]) -> dict[str, int]:
    """Field -> index. Raises ProblemsError for given headers that are not there and needed ones not found."""
    names = [_bare(name) for name in header]
    shown = ", ".join(name.strip() for name in header)
    problems = []
    found = {}
    for wanted, headers in HEADERS.items():
        choices = (given[wanted],) if wanted in given else headers
        index = next((names.index(_bare(name)) for name in choices if _bare(name) in names), None)
        if index is not None:
            found[wanted] = index
        elif wanted in given:
            hint = nearest(_bare(given[wanted]), names)
            way_out = f'did you mean "{hint}"?' if hint else f"there are {shown}"
            problems.append(f'column "{given[wanted]}" for {wanted} is not there; {way_out}')
    if "model" not in found and "model" not in given:
        problems.append(f"no column names the model; add --column model=HEADER (there are {shown})")
    if "cost" not in found and "cost" not in given and not found.keys() & TOKEN_FIELDS.keys():
        problems.append(f"no column has dollars or tokens; add --column cost=HEADER (there are {shown})")
    if problems:
        raise ProblemsError(Problem(Place(place, 1), "", one, CHECK) for one in problems)
    return found


def _bare(header: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", header.strip().lower()).strip("_")


def _add(result: Export, reader: _Reader, cells: list[str]) -> str:
    """Add a row to `result` and return its month; raise ValueError with a sentence for what it cannot be."""
    if len(cells) <= max(reader.columns.values()):
        raise ValueError(f"has {len(cells)} cells, too few for the header; is a line cut off?")
    when = _read("date", numbers.day, reader, cells) if result.dated else reader.month[0]
    model = numbers.model(cells[reader.columns["model"]])
    if not reader.month[0] <= when < reader.month[1]:
        result.left_out += 1
        return f"{when:%Y-%m}"
    result.rows += 1
    if result.from_tokens:
        _add_tokens(result, reader, cells, model, when)
    else:
        amount = _read("cost", numbers.dollars, reader, cells)
        result.negative += amount < 0
        result.dollars[model] = result.dollars.get(model, 0.0) + amount
    return f"{when:%Y-%m}"


def _add_tokens(result: Export, reader: _Reader, cells: list[str], model: str, when: date) -> None:
    used = {
        kind: _read(name, numbers.tokens, reader, cells)
        for name, kind in TOKEN_FIELDS.items()
        if name in reader.columns
    }
    price = priced(reader.table, model, when)
    if price is None:
        result.unpriced[model] = result.unpriced.get(model, 0.0) + sum(used.values())
    else:
        cost = sum(price.per_million(kind) * count for kind, count in used.items()) / 1e6
        result.dollars[model] = result.dollars.get(model, 0.0) + cost


def _read(name: str, parse: Callable[[str], T], reader: _Reader, cells: list[str]) -> T:
    text = cells[reader.columns[name]]
    try:
        return parse(text)
    except ValueError as error:
        raise ValueError(f"{name} {text.strip()!r} {error}") from None


def _shortened(problems: list[Problem], place: str) -> Iterator[Problem]:
    yield from problems[:LONGEST_LIST]
    if len(problems) > LONGEST_LIST:
        sentence = f"{len(problems) - LONGEST_LIST} further rows have faults; repair these first"
        yield Problem(Place(place), "", sentence, CHECK)


def _refused(place: Place, sentence: str) -> ProblemsError:
    return ProblemsError([Problem(place, "", sentence, CHECK)])
