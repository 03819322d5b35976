"""budgets.toml: who may spend how much a month, with effective dates. One reviewed file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claude_code_mixin.config import Config
from claude_code_mixin.problems import Place, Problem, ProblemsError, relative

CHECK = "config/budget"


class Budget(BaseModel):
    """One `[[budget]]`: US dollars a month for a team, a user, or (neither given) the whole organisation.

    `from_` is the first day it holds, `until` the last one, both in the configured day; `note` is for readers.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: str | None = None
    user: str | None = None
    usd_per_month: Annotated[float, Field(gt=0, allow_inf_nan=False)]
    from_: Annotated[date, Field(alias="from")]
    until: date | None = None
    note: str = ""

    def owner(self) -> str:
        """Whose budget it is, in words."""
        if self.team is None and self.user is None:
            return "the organisation"
        return f'team "{self.team}"' if self.user is None else f'user "{self.user}"'

    def starts(self, day_offset_hours: int) -> int:
        """Unix time of the first second it holds."""
        return _midnight(self.from_, day_offset_hours)

    def ends(self, day_offset_hours: int) -> int | None:
        """Unix time from which it no longer holds; None: it holds for good."""
        return None if self.until is None else _midnight(self.until + timedelta(days=1), day_offset_hours)


def read(path: Path, config: Config) -> tuple[Budget, ...]:
    """Return the budgets in `path`; none if the file does not exist and is the default one.

    Raises ProblemsError with every fault of the file: TOML, keys, values, overlaps, privacy.
    """
    place = Place(relative(str(path)))
    if not path.exists() and config.budgets == Config().budgets:
        return ()
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        sentence = f"cannot be read: {error}; repair the file or point `budgets` in mixin.toml to another"
        raise ProblemsError([Problem(place, "", sentence, CHECK)]) from None
    problems: list[Problem] = []
    budgets = tuple(_parsed(entries, place, problems))
    problems += _conflicts(budgets, place, config)
    if problems:
        raise ProblemsError(problems)
    return budgets


def _midnight(day: date, day_offset_hours: int) -> int:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(start.timestamp()) - day_offset_hours * 3600


def _parsed(entries: dict[str, object], place: Place, problems: list[Problem]) -> Iterator[Budget]:
    for key in entries.keys() - {"budget"}:
        sentence = f'unknown key "{key}"; the file holds [[budget]] tables only'
        problems.append(Problem(place, "", sentence, CHECK))
    tables = entries.get("budget", [])
    if not isinstance(tables, list):
        problems.append(Problem(place, "", "budget is not a list; write [[budget]], not [budget]", CHECK))
        return
    for number, table in enumerate(tables, 1):
        try:
            yield Budget.model_validate(table)
        except ValidationError as error:
            for fault in error.errors():
                key = ".".join(str(part) for part in fault["loc"])
                sentence = f"{key} = {fault['input']!r}: {fault['msg'].lower()}" if key else fault["msg"]
                known = "team, user, usd_per_month, from, until, note"
                problems.append(Problem(place, f"budget {number}", f"{sentence} (keys: {known})", CHECK))


def _conflicts(budgets: tuple[Budget, ...], place: Place, config: Config) -> Iterator[Problem]:
    for number, budget in enumerate(budgets, 1):
        subject = f"budget {number}"
        if budget.team is not None and budget.user is not None:
            yield Problem(place, subject, "names a team and a user; keep one of them", CHECK)
        if budget.user is not None and config.privacy != "full":
            sentence = f'names a user, but privacy = "{config.privacy}" keeps no user label; use privacy = "full"'
            yield Problem(place, subject, sentence, CHECK)
        if budget.team is not None and config.privacy == "strict":
            sentence = 'names a team, but privacy = "strict" keeps no team label; use privacy = "team"'
            yield Problem(place, subject, sentence, CHECK)
        if budget.until is not None and budget.until < budget.from_:
            sentence = f"until = {budget.until} lies before from = {budget.from_}; swap them"
            yield Problem(place, subject, sentence, CHECK)
        for other_number, other in enumerate(budgets[: number - 1], 1):
            if _overlap(budget, other):
                sentence = f"overlaps budget {other_number} for {budget.owner()}; end that one before {budget.from_}"
                yield Problem(place, subject, sentence, CHECK)


def _overlap(one: Budget, other: Budget) -> bool:
    same = (one.team, one.user) == (other.team, other.user)
    return same and one.from_ <= (other.until or date.max) and other.from_ <= (one.until or date.max)
