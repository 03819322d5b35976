"""budgets.toml: who may spend how much a month, with effective dates. One reviewed file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claude_code_mixin import tomlfile
from claude_code_mixin.config import Config
from claude_code_mixin.problems import Place, Problem, ProblemsError, relative

CHECK = "config/budget"
KEYS = ("team", "user", "usd_per_month", "from", "until", "note")


class Budget(BaseModel):
    """One `[[budget]]`: US dollars a month for a team, a user, or (neither given) the whole organisation.

    `from_` is the first day it holds, `until` the last one, both in the configured day; `note` is for people.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    team: str | None = None
    user: str | None = None
    usd_per_month: Annotated[float, Field(gt=0, allow_inf_nan=False, strict=True)]
    from_: Annotated[date, Field(alias="from", strict=True)]
    until: Annotated[date | None, Field(strict=True)] = None
    note: str = ""

    def owner(self) -> str:
        """Whose budget it is, in words."""
        if self.team is None and self.user is None:
            return "the organisation"
        return f'team "{self.team}"' if self.user is None else f'user "{self.user}"'

    def is_allowed(self, config: Config) -> bool:
        """Whether the privacy of `config` keeps the label that it is for."""
        kept = {"full": True, "team": self.user is None, "strict": self.user is None and self.team is None}
        return kept[config.privacy]

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
    if not path.exists() and config.budgets == Config().budgets:
        return ()
    document = tomlfile.read(path)
    places = _places(path)
    problems: list[Problem] = []
    budgets = tuple(_parsed(document.values, places, problems))
    if not problems:
        problems += (
            problem for pair in zip(budgets, places, strict=True) for problem in _forbidden(*pair, config)
        )
        problems += _overlaps(budgets, places)
    if problems:
        raise ProblemsError(problems)
    return budgets


def _places(path: Path) -> list[Place]:
    """The line of each [[budget]], in order."""
    lines = path.read_text(encoding="utf-8").splitlines()
    shown = relative(str(path))
    return [
        Place(shown, number) for number, line in enumerate(lines, 1) if line.strip().startswith("[[budget]]")
    ]


def _midnight(day: date, day_offset_hours: int) -> int:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return int(start.timestamp()) - day_offset_hours * 3600


def _parsed(values: dict[str, object], places: list[Place], problems: list[Problem]) -> Iterator[Budget]:
    for key in sorted(values.keys() - {"budget"}):
        sentence = f'unknown key "{key}"; the file holds [[budget]] tables only'
        problems.append(Problem(Place("budgets.toml"), key, sentence, CHECK))
    tables = values.get("budget", [])
    if not isinstance(tables, list) or len(tables) != len(places):
        sentence = "write each budget as a [[budget]] table of its own, not as [budget] or a list"
        problems.append(Problem(Place("budgets.toml"), "budget", sentence, CHECK))
        return
    for table, place in zip(tables, places, strict=True):
        try:
            yield Budget.model_validate(table)
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                key = ".".join(str(part) for part in fault["loc"])
                sentence = f"{key} is {fault['input']!r}: {fault['msg'].lower()} (keys: {', '.join(KEYS)})"
                problems.append(Problem(place, "budget", sentence, CHECK))


def _forbidden(budget: Budget, place: Place, config: Config) -> Iterator[Problem]:
    if budget.team is not None and budget.user is not None:
        yield Problem(place, "budget", "names a team and a user; keep one of them", CHECK)
    kept = {"user": ("full",), "team": ("full", "team")}
    for key, profiles in kept.items():
        if getattr(budget, key) is not None and config.privacy not in profiles:
            sentence = f'names a {key}, but privacy = "{config.privacy}" keeps no {key} label'
            yield Problem(place, "budget", f'{sentence}; use privacy = "{profiles[-1]}"', CHECK)
    if budget.until is not None and budget.until < budget.from_:
        sentence = f"until = {budget.until} lies before from = {budget.from_}; swap them"
        yield Problem(place, "budget", sentence, CHECK)


def _overlaps(budgets: tuple[Budget, ...], places: list[Place]) -> Iterator[Problem]:
    pairs = ((one, other) for one in range(len(budgets)) for other in range(one))
    for later, earlier in pairs:
        if _overlap(budgets[later], budgets[earlier]):
            owner, day = budgets[later].owner(), budgets[later].from_
            sentence = f"overlaps the budget at {places[earlier]} for {owner}; let that one end before {day}"
            yield Problem(places[later], "budget", sentence, CHECK)


def _overlap(one: Budget, other: Budget) -> bool:
    same = (one.team, one.user) == (other.team, other.user)
    return same and one.from_ <= (other.until or date.max) and other.from_ <= (one.until or date.max)
