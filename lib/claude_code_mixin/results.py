"""Measured results as they were committed: truth.json, truth_broken.md and bench*.json of results/.

What a file holds beyond what is asked for here is let through, what lacks is one sentence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from claude_code_mixin.problems import Place, Problem, ProblemsError, relative

CHECK = "results/file"
TRUTH, BROKEN, BENCH = "truth.json", "truth_broken.md", "bench.json"
COMMANDS = {TRUTH: "make truth", BROKEN: "make truth-broken", BENCH: "make bench"}
"""File -> what writes it."""


class Part(BaseModel):
    """A part of a results file; fields that are not known are left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


Read = TypeVar("Read", bound=Part)


class Cell(Part):
    """A cell of the truth table, as fleet/lab_report.py writes it; amounts in the quantity's own unit."""

    profile: str = "collector"
    clients: str = "delta"
    fault: str
    workload: str
    quantity: str
    truth: float
    ours: float | None
    error: float | None
    limit: str
    red: bool
    lost: float
    gained: float
    reference: float | None = None
    reasons: tuple[str, ...] = ()
    detected_by: tuple[str, ...] = ()
    undetected: tuple[str, ...] = ()
    widespread: Mapping[str, float | None] = Field(default_factory=dict)

    @property
    def setup(self) -> str:
        """The ingest profile and what its clients send."""
        return f"{self.profile}, {self.clients} clients"

    @property
    def deviation(self) -> float:
        """What ours lost and gained against what it is held against, as a share."""
        held = self.truth if self.reference is None else self.reference
        return 0.0 if self.ours is None or not held else (self.lost + self.gained) / held


class Fault(Part):
    """What goes wrong, and the name of the limit that then holds."""

    description: str
    limit: str


class Truth(Part):
    """The truth table."""

    date: str
    command: str
    versions: Mapping[str, str]
    factor: int
    faults: Mapping[str, Fault]
    workloads: Mapping[str, str]
    cells: tuple[Cell, ...]

    def unsound(self) -> Iterator[str]:
        """Say what would leave cells out of every table."""
        unknown = dict.fromkeys(cell.fault for cell in self.cells if cell.fault not in self.faults)
        yield from (f"has cells of the fault {name}, which it does not describe" for name in unknown)
        if not self.cells:
            yield "has no cell"


class Figure(Part):
    """A measured figure; it keeps `limit` by being at most that, `least` by being at least that."""

    name: str
    value: float
    unit: str
    limit: float | None = None
    least: float | None = None

    @property
    def met(self) -> bool | None:
        """Whether it keeps its limits; None for a figure without any."""
        if self.limit is None and self.least is None:
            return None
        return (self.limit is None or self.value <= self.limit) and (
            self.least is None or self.value >= self.least
        )


class Bench(Part):
    """One bench*.json: figures with limits, and whatever else was measured, by its key."""

    model_config = ConfigDict(frozen=True, extra="allow", allow_inf_nan=False)

    command: str
    date: str
    figures: tuple[Figure, ...] = ()

    @property
    def rest(self) -> Mapping[str, Any]:
        """Everything that is neither command, date nor figure."""
        return self.model_extra or {}


@dataclass(frozen=True)
class Results:
    """All results: the truth table, the text on broken pipelines, and the benches by file name."""

    truth: Truth
    broken: str
    benches: Mapping[str, Bench]


def read(folder: Path) -> Results:
    """Return the results in `folder`.

    Raises ProblemsError with a sentence for every file that is missing or is not what its command writes.
    """
    problems: list[Problem] = []
    names = sorted({BENCH, *(path.name for path in folder.glob("bench*.json"))})
    benches = {name: _parsed(Bench, folder / name, problems) for name in names}
    truth = _parsed(Truth, folder / TRUTH, problems)
    problems += (_problem(folder / TRUTH, told) for told in (truth.unsound() if truth else ()))
    broken = _text(folder / BROKEN, problems)
    if broken is not None and "\n| " not in broken:
        problems.append(_problem(folder / BROKEN, "holds no table"))
    if problems or truth is None or broken is None:
        raise ProblemsError(problems)
    return Results(truth, broken, {name: bench for name, bench in benches.items() if bench})


def _parsed(model: type[Read], path: Path, problems: list[Problem]) -> Read | None:
    text = _text(path, problems)
    if text is None:
        return None
    try:
        return model.model_validate(json.loads(text))
    except json.JSONDecodeError as error:
        problems.append(_problem(path, f"is not valid JSON: {error.msg}", error.lineno))
    except ValidationError as error:
        problems += (_problem(path, told) for told in _told(error))
    return None


def _told(error: ValidationError) -> Iterator[str]:
    """The first fault of a kind is enough: a thousand cells may lack the same field."""
    seen = set()
    for fault in error.errors(include_url=False):
        kind = (fault["type"], *(part for part in fault["loc"] if isinstance(part, str)))
        if kind not in seen:
            seen.add(kind)
            where = ".".join(str(part) for part in fault["loc"]) or "the file"
            yield f"{where}: {fault['msg'].lower()}"


def _text(path: Path, problems: list[Problem]) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        cause = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error}"
        problems.append(_problem(path, cause))
    return None


def _problem(path: Path, cause: str, line: int = 0) -> Problem:
    command = COMMANDS.get(path.name, COMMANDS[BENCH])
    way_out = f"{command} writes it anew, or take the committed one back"
    return Problem(Place(relative(str(path)), line), "", f"{cause}; {way_out}", CHECK)
