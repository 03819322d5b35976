"""installed.json: what was installed, from where, and how a later run recognises it unchanged."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

NAME = "installed.json"


@dataclass(frozen=True)
class Installed:
    """One family as it was put into the tools folder."""

    version: str
    way: str
    source: str
    """Where it came from: folders on PATH, URLs, package files or modules with their version."""
    demand: str
    downloads: dict[str, str] = field(default_factory=dict)
    """sha256 of every downloaded file by its name."""
    files: dict[str, dict[str, object]] = field(default_factory=dict)
    """Per file of the tools folder: sha256, size in bytes, modification time in ns."""


def sha256_of(file: Path) -> str:
    """Return the sha256 of `file` in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def describe(folder: Path, names: list[str]) -> dict[str, dict[str, object]]:
    """Return the `files` entry for `names`, paths relative to `folder`; a link counts as its target."""
    return {name: {"sha256": sha256_of(folder / name), **_stamp(folder / name)} for name in sorted(names)}


def read(folder: Path) -> dict[str, Installed]:
    """Return what is recorded in `folder`; an absent or unreadable record is an empty one.

    An unreadable record costs one installation; believing half of it could cost a wrong tool.
    """
    try:
        raw = json.loads((folder / NAME).read_text(encoding="utf-8"))
        return {family: Installed(**entry) for family, entry in raw.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}


def write(folder: Path, record: dict[str, Installed]) -> None:
    """Replace the record of `folder` in one step."""
    temporary = folder / f".{NAME}.{os.getpid()}"
    content = {family: asdict(entry) for family, entry in sorted(record.items())}
    temporary.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    temporary.replace(folder / NAME)


def unchanged(folder: Path, entry: Installed, demand: str) -> bool:
    """Return whether `entry` answers `demand` and its files are still those that were installed.

    Size and modification time stand for the content, so that the answer takes no time.
    """
    return (
        entry.demand == demand
        and bool(entry.files)
        and all(_same(folder / name, stamp) for name, stamp in entry.files.items())
    )


def _same(file: Path, stamp: dict[str, object]) -> bool:
    try:
        return _stamp(file).items() <= stamp.items()
    except OSError:
        return False


def _stamp(file: Path) -> dict[str, object]:
    status = file.stat()
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "mode": status.st_mode & 0o777}
