"""The page of measured speed and size, from committed results: figures with limits, then the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import Any

from claude_code_mixin.compile.markdown import number, table
from claude_code_mixin.results import Bench, Figure, Results

VERDICTS = {True: "yes", False: "**no**", None: "no limit"}
Row = Mapping[str, Any]


def bench_page(results: Results) -> str:
    """Return docs/bench.md without its first line."""
    figures = [figure for bench in results.benches.values() for figure in bench.figures]
    missed = [figure.name for figure in figures if figure.met is False]
    limited = sum(figure.met is not None for figure in figures)
    verdict = f"**{len(missed)} miss theirs: {', '.join(missed)}.**" if missed else "all keep them."
    head = f"# Measured speed and size\n\n{limited} figures have limits: {verdict}\n"
    return "\n".join([head, *(_bench(name, bench) for name, bench in results.benches.items())])


def _bench(name: str, bench: Bench) -> str:
    conditions = [f"{key} {value}" for key, value in bench.rest.items() if _is_plain(value)]
    parts = [f"## `{bench.command}`, {bench.date}\n", f"{', '.join(conditions)}; `results/{name}`.\n"]
    if bench.figures:
        parts.append(table(("figure", "measured", "limit", "met"), map(_figure, bench.figures)))
    for key, value in bench.rest.items():
        parts += _section(name, key, value)
    return "\n".join(parts)


def _figure(figure: Figure) -> list[str]:
    most = [] if figure.limit is None else [f"at most {number(figure.limit)}"]
    least = [] if figure.least is None else [f"at least {number(figure.least)}"]
    limit = f"{', '.join(most + least)} {figure.unit}".strip() if most or least else "-"
    return [figure.name, f"{number(figure.value)} {figure.unit}".strip(), limit, VERDICTS[figure.met]]


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float)


def _section(name: str, key: str, value: object) -> Iterator[str]:
    """A heading and a table for what has the shape of one; the file's name for what has not."""
    if _is_plain(value) or not value:
        return
    yield f"### {key.replace('_', ' ').capitalize()}\n"
    rows = _rows(value)
    if rows and all("questions" in row for row in rows):
        yield _days(rows)
    elif rows:
        columns = [
            column for column in dict.fromkeys(key for row in rows for key in row) if _tabular(rows, column)
        ]
        yield table(columns, ([_shown(row.get(column)) for column in columns] for row in rows))
    else:
        yield f"In `results/{name}`.\n"


def _rows(value: object) -> list[Row]:
    if isinstance(value, Mapping) and value and all(isinstance(row, Mapping) for row in value.values()):
        return [{"name": name, **row} for name, row in value.items()]
    if isinstance(value, Mapping):
        return [{"name": name, "value": row} for name, row in value.items()]
    if isinstance(value, Sequence) and all(isinstance(row, Mapping) for row in value):
        return list(value)
    return []


def _tabular(rows: Sequence[Row], column: str) -> bool:
    """What is deeper than a table stays in the file."""
    return all(_is_plain(row[column]) for row in rows if row.get(column) is not None)


def _shown(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return number(value) if isinstance(value, int | float) else str(value)


def _days(days: Sequence[Row]) -> str:
    """Dashboards' questions by day and kind, from recorded series and in the raw form, side by side."""
    head = ("sessions a day", "kind", "questions", "ours, median ms", "raw, median ms", "raw : ours, median")
    rows = (row for day in days for row in _kinds(day))
    return table((*head, "raw refused", "wrong answers"), rows)


def _kinds(day: Row) -> Iterator[list[str]]:
    for kind in dict.fromkeys(question.get("kind", "") for question in day["questions"]):
        asked = [question for question in day["questions"] if question.get("kind", "") == kind]
        both = [question for question in asked if "raw" in question]
        ratios = [question["raw"]["ms"] / question["ours"]["ms"] for question in both]
        yield [
            _shown(day.get("sessions")),
            kind,
            str(len(asked)),
            number(median(question["ours"]["ms"] for question in asked)),
            number(median(question["raw"]["ms"] for question in both)) if both else "-",
            number(median(ratios)) if ratios else "-",
            str(sum("refused" in question["raw"] for question in both)),
            str(sum("wrong" in question for question in asked)),
        ]
