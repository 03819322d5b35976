"""Series into blocks of a Prometheus: text, a block's at a time, made into blocks by promtool."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.forms import Series
from claude_code_mixin.fleet.process import ServerError, tool

SIX_HOURS = 360
"""Length of a block of the last day, in minutes: Prometheus itself has some hours in memory and in blocks of
two hours, the rest in blocks of six or more."""
MONTHS_BLOCK = 54 * 60
"""Length of what Prometheus makes of older blocks, in minutes."""


@dataclass(frozen=True)
class Stored:
    """What a data folder holds: samples, and bytes on disk."""

    samples: int
    bytes: int


class Backfill:
    """Writes blocks of `length` minutes into `folder`; minutes are counted from `origin` (Unix seconds).

    `origin` is a multiple of the length, as the blocks are. promtool works on one block while the next is
    written; a context manager that ends with the last one.
    """

    def __init__(self, folder: Path, origin: int, length: int = SIX_HOURS) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._origin = origin
        self._length = length
        self._running: tuple[subprocess.Popen[str], Path] | None = None

    def __enter__(self) -> Backfill:
        return self

    def __exit__(self, *raised: object) -> None:
        self._finish()

    def windows(self, last: int) -> Iterator[range]:
        """Yield the minutes of every block until the minute `last`, included."""
        for first in range(0, last + 1, self._length):
            yield range(first, min(first + self._length, last + 1))

    def add(self, window: range, series: Iterable[Series]) -> None:
        """Store the samples of `series` that lie in the window."""
        source = self.folder / f"window-{window.start}.txt"
        if not _written(source, series, {minute: self._origin + 60 * minute for minute in window}):
            source.unlink()
            return
        self._finish()
        longest = f"--max-block-duration={self._length}m"
        backfill = ("tsdb", "create-blocks-from", longest, "openmetrics")
        command = [str(word) for word in (tool("promtool"), *backfill, source, self.folder)]
        process = subprocess.Popen(  # noqa: S603 - a program of the tools folder
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        self._running = process, source

    def _finish(self) -> None:
        if self._running is None:
            return
        (process, source), self._running = self._running, None
        _, errors = process.communicate()
        source.unlink()
        if process.returncode:
            raise ServerError(f"promtool made no blocks of {source.name}: {errors.strip()[-400:]}")


def _written(source: Path, series: Iterable[Series], stamps: Mapping[int, int]) -> int:
    count = 0
    with source.open("w", encoding="utf-8") as file:
        for one in series:
            shorter, other = sorted((one.samples, stamps), key=len)
            inside = sorted(minute for minute in shorter if minute in other)
            lines = [f"{one.name} {one.samples[minute]!r} {stamps[minute]}\n" for minute in inside]
            count += len(lines)
            file.write("".join(lines))
        file.write("# EOF\n")
    return count


def stored(folder: Path) -> Stored:
    """Return what the blocks in `folder` hold by their own account."""
    metas = [json.loads(meta.read_text("utf-8")) for meta in folder.glob("*/meta.json")]
    samples = sum(meta["stats"]["numSamples"] for meta in metas)
    size = sum(file.stat().st_size for file in folder.glob("*/**/*") if file.is_file())
    return Stored(samples, size)
