"""List prices of models, dated and with sources: the bundled table, and an own one for what it lacks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claude_code_mixin import tomlfile
from claude_code_mixin.event_meters import CONTEXT_BANDS, PRICED_TOKENS
from claude_code_mixin.problems import Place, Problem, ProblemsError, relative

CHECK = "config/price"
BUNDLED = Path(__file__).with_name("prices.toml")
SUFFIXES = r"(-20[0-9]{6})?(\[1m\])?"
"""What may follow the listed name of a model: the day of a snapshot, the mark of the long context."""
_LISTED = re.compile(rf"(.+?){SUFFIXES}")
_MODEL = r"^[a-z0-9][a-z0-9.:/_@-]*$"

Dollars = Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
Factor = Annotated[float, Field(ge=1, allow_inf_nan=False, strict=True)]
Day = Annotated[date, Field(strict=True)]


class Price(BaseModel):
    """One `[[price]]`: US dollars per million tokens of a model, from one day to another (UTC, inclusive).

    `fast` and `long_context` are factors on all five amounts; a prompt of more than `long_context_tokens` is
    long. Without `fast`, what fast mode costs is not known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Annotated[str, Field(pattern=_MODEL)]
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None
    input: Dollars
    output: Dollars
    cache_read: Dollars
    cache_write_5m: Dollars
    cache_write_1h: Dollars
    fast: Factor | None = None
    long_context: Factor | None = None
    long_context_tokens: Annotated[int | None, Field(strict=True)] = None
    source: Annotated[str, Field(min_length=10)]
    checked: Day

    def per_million(self, kind: str) -> float:
        """US dollars for a million tokens of `kind`, one of `PRICED_TOKENS`."""
        amounts: Mapping[str, float] = dict(
            zip(PRICED_TOKENS, (getattr(self, name) for name in AMOUNTS), strict=True)
        )
        return amounts[kind]

    def holds(self, day: date) -> bool:
        """Whether it is the price of that day."""
        return self.from_ <= day <= (self.until or date.max)

    def starts(self) -> int:
        """Unix time of the first second it holds."""
        return _midnight(self.from_)

    def ends(self) -> int | None:
        """Unix time from which it no longer holds; None: it holds for good."""
        return None if self.until is None else _midnight(self.until + timedelta(days=1))


AMOUNTS = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
"""The keys with amounts, in the order of `PRICED_TOKENS`."""
KEYS = tuple(field.alias or name for name, field in Price.model_fields.items())


def listed_as(model: str) -> str:
    """Return the name under which `model` is looked up: without the date and the mark [1m] at its end."""
    found = _LISTED.fullmatch(model)
    return found[1] if found else model


def priced(table: tuple[Price, ...], model: str, day: date) -> Price | None:
    """Return the price of `model` on `day`; None where the table has none: a gap, never zero dollars."""
    name = listed_as(model)
    return next((price for price in table if price.model == name and price.holds(day)), None)


@cache
def bundled() -> tuple[Price, ...]:
    """Return the table that comes with the package."""
    return read(BUNDLED)


def with_own(path: Path) -> tuple[Price, ...]:
    """Return the bundled table, in which the models that the file `path` prices have its prices alone.

    Raises ProblemsError like `read()`.
    """
    own = read(path)
    named = {price.model for price in own}
    return own + tuple(price for price in bundled() if price.model not in named)


def read(path: Path) -> tuple[Price, ...]:
    """Return the prices in the file `path`.

    Raises ProblemsError with every fault: TOML, keys, values, names, factors, dates that overlap.
    """
    document = tomlfile.read(path)
    places = _places(path)
    problems: list[Problem] = []
    table = tuple(_parsed(document.values, places, problems, Place(relative(str(path)))))
    if not problems:
        for price, place in zip(table, places, strict=True):
            problems += (Problem(place, price.model, fault, CHECK) for fault in _faults(price))
        problems += _overlaps(table, places)
    if problems:
        raise ProblemsError(problems)
    return table


def _places(path: Path) -> list[Place]:
    lines = path.read_text(encoding="utf-8").splitlines()
    shown = relative(str(path))
    return [Place(shown, line) for line, text in enumerate(lines, 1) if text.strip().startswith("[[price]]")]


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _parsed(
    values: Mapping[str, object], places: list[Place], problems: list[Problem], file: Place
) -> Iterator[Price]:
    for key in sorted(values.keys() - {"price"}):
        sentence = f'unknown key "{key}"; the file holds [[price]] tables only'
        problems.append(Problem(file, key, sentence, CHECK))
    tables = values.get("price", [])
    if not isinstance(tables, list) or len(tables) != len(places):
        sentence = "write each price as a [[price]] table of its own, not as [price] or a list"
        problems.append(Problem(file, "price", sentence, CHECK))
        return
    for table, place in zip(tables, places, strict=True):
        try:
            yield Price.model_validate(table)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                key = ".".join(str(part) for part in fault["loc"])
                said = "is missing" if fault["type"] == "missing" else f"is {fault['input']!r}"
                sentence = f"{key} {said}: {fault['msg'].lower()} (keys: {', '.join(KEYS)})"
                problems.append(Problem(place, "price", sentence, CHECK))


def _faults(price: Price) -> Iterator[str]:
    if listed_as(price.model) != price.model:
        yield f'ends in a date or [1m], which are left out in the search; write "{listed_as(price.model)}"'
    if price.until is not None and price.until < price.from_:
        yield f"until = {price.until} lies before from = {price.from_}; swap them"
    if (price.long_context is None) != (price.long_context_tokens is None):
        yield "has only one of long_context and long_context_tokens; give both or none"
    bounds = ", ".join(str(bound) for bound in CONTEXT_BANDS)
    if price.long_context_tokens not in (None, *CONTEXT_BANDS):
        number = price.long_context_tokens
        yield f"long_context_tokens = {number} is no bound of the meter; take one of {bounds}"
    if price.fast is not None and price.long_context is not None:
        yield "has both fast and long_context, and what a fast long request costs is not known; leave one out"


def _overlaps(table: tuple[Price, ...], places: list[Place]) -> Iterator[Problem]:
    for later, price in enumerate(table):
        for earlier, other in enumerate(table[:later]):
            if _overlap(price, other):
                sentence = f"overlaps the price at {places[earlier]}; let that one end before {price.from_}"
                yield Problem(places[later], price.model, sentence, CHECK)


def _overlap(one: Price, other: Price) -> bool:
    return (
        one.model == other.model
        and one.from_ <= (other.until or date.max)
        and other.from_ <= (one.until or date.max)
    )
