"""A problem is a value: what is wrong, where, and the way out. Rendering is separate from finding."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path


@dataclass(frozen=True, order=True)
class Place:
    """A line in a file. `line` 0 means the file as a whole."""

    path: str
    line: int = 0

    def __str__(self) -> str:
        return f"{self.path}:{self.line}" if self.line else self.path


@dataclass(frozen=True, order=True)
class Problem:
    """One thing that is wrong: `place subject: sentence [check]`.

    `sentence` states cause and way out, without final full stop. `allowed` holds the reason when an
    escape (`allow=[(check, reason)]`) covers the problem: it is then reported, but does not fail a build.
    """

    place: Place
    subject: str
    sentence: str
    check: str
    allowed: str | None = field(default=None)

    def __str__(self) -> str:
        head = f"{self.place} {self.subject}".strip()
        tail = f" (allowed: {self.allowed})" if self.allowed else ""
        return f"{head}: {self.sentence} [{self.check}]{tail}"


class ProblemsError(Exception):
    """Carries every problem found, so that a user repairs all of them in one round."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=str))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def as_json(problems: Iterable[Problem]) -> str:
    """Render problems as a JSON array of objects with place, subject, sentence, check, allowed."""
    rows = [{**asdict(problem), "place": str(problem.place)} for problem in problems]
    return json.dumps(rows, indent=2) + "\n"


def relative(path: str) -> str:
    """Shorten `path` to the working directory where it lies below it; resolve links first."""
    return _relative(path, str(Path.cwd()))


@lru_cache(maxsize=1024)
def _relative(path: str, folder: str) -> str:
    """Remembered: every object of the content asks for its file."""
    resolved = Path(path).resolve()
    try:
        return str(resolved.relative_to(folder))
    except ValueError:
        return str(resolved)


def declared_at() -> Place:
    """Place of the innermost caller outside this library: the content module that declares an object."""
    library = str(Path(__file__).parent)
    content = str(Path(__file__).parent / "content")
    frame = sys._getframe(1)
    while frame.f_back is not None:
        name = frame.f_code.co_filename
        generated = name.startswith("<")
        if not generated and (not name.startswith(library) or name.startswith(content)):
            break
        frame = frame.f_back
    return Place(relative(frame.f_code.co_filename), frame.f_lineno)


def raised_at(error: BaseException, path: Path) -> Place:
    """Where in the module at `path` an import failed: the last of its lines that the error came through."""
    if isinstance(error, SyntaxError) and error.filename:
        return Place(relative(error.filename), error.lineno or 0)
    if isinstance(error, UnicodeDecodeError):
        return Place(relative(str(path)))
    line, trace = 0, error.__traceback__
    while trace is not None:
        if Path(trace.tb_frame.f_code.co_filename).resolve() == path.resolve():
            line = trace.tb_lineno
        trace = trace.tb_next
    return Place(relative(str(path)), line)
