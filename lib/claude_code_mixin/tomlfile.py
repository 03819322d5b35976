"""Read a TOML file and know the line of each of its keys."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from claude_code_mixin.problems import Place, Problem, ProblemsError, relative

_HEADER = re.compile(r"^\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'|\s*\.\s*)+?)\s*=""")


@dataclass(frozen=True)
class Document:
    """The values of a TOML file, and the line of each key path."""

    path: Path
    values: dict[str, object]
    lines: dict[tuple[str, ...], int]

    def place(self, keys: Sequence[str | int]) -> Place:
        """Return the line of `keys`, or of the innermost table around them that has a line."""
        names = tuple(str(key) for key in keys)
        for length in range(len(names), 0, -1):
            if names[:length] in self.lines:
                return Place(relative(str(self.path)), self.lines[names[:length]])
        return Place(relative(str(self.path)))


def read(path: Path) -> Document:
    """Return the parsed file. Raises ProblemsError if it cannot be read, is not UTF-8 or not TOML."""
    place = Place(relative(str(path)))
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(place, f"is not UTF-8 (byte {error.start}): save it as UTF-8") from None
    except OSError as error:
        raise _refused(place, f"cannot be read: {error.strerror}") from None
    try:
        return Document(path, tomllib.loads(text), _lines(text))
    except tomllib.TOMLDecodeError as error:
        sentence, line = _explained(str(error), text)
        raise _refused(Place(place.path, line), sentence) from None


def _refused(place: Place, sentence: str) -> ProblemsError:
    return ProblemsError([Problem(place, "", sentence, "config/file")])


def _explained(message: str, text: str) -> tuple[str, int]:
    at = re.search(r" \(at line (\d+), column (\d+)\)", message)
    line = int(at[1]) if at else text.count("\n") + 1
    return f"is not valid TOML: {message.partition(' (at ')[0]}", line


def _lines(text: str) -> dict[tuple[str, ...], int]:
    table: tuple[str, ...] = ()
    lines: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _path(header[1])
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            lines.setdefault(table + _path(key[1]), number)
    return lines


def _path(key: str) -> tuple[str, ...]:
    """Split a dotted key by TOML's own rules; text that only looks like a key gives itself."""
    try:
        value: object = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        return (key,)
    names: list[str] = []
    while isinstance(value, dict):
        name, value = next(iter(value.items()))
        names.append(name)
    return tuple(names)
