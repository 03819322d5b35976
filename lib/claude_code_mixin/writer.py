"""The one place that writes: a set of files goes into a folder as a whole, or not at all.

Everything is first written beside the folder, where a full disk or a lacking permission shows. Only then are
the files renamed into place, with interrupts held back and every step undone if one fails. Files in place are
replaced one by one rather than by renaming the folder, because a folder that a container has mounted would
show it empty from then on. What cannot be held back, SIGKILL or a power cut in the few milliseconds of the
renames, can leave files of both builds beside each other; the next build puts that right.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from claude_code_mixin.compile.manifest import GENERATOR, NAME
from claude_code_mixin.problems import Place, Problem, ProblemsError, relative

CHECK = "build/output"
PATIENCE_SECONDS = 10.0
"""How long to wait for another build that writes beside the same folder."""
_INTERRUPTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Written:
    """What a write did, as paths below the folder."""

    created: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]
    unchanged: tuple[str, ...]


def write(files: Mapping[str, str], folder: Path) -> Written:
    """Make `folder` hold `files` (text by path, with the manifest), and none that only earlier builds wrote.

    Files with the right content are left alone. Raises ProblemsError, with `folder` as it was, when the
    folder holds something that no build wrote, or cannot be written.
    """
    folder = folder.resolve()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _alone(folder):
            written = _compared(files, folder, _earlier(folder))
            if written.created or written.changed or written.removed:
                with _stage(folder) as stage:
                    _prepare(files, written, folder, stage)
                    _swap(written, folder, stage)
    except OSError as error:
        raise _refused(folder, _cause(error)) from error
    return written


def _refused(folder: Path, sentence: str) -> ProblemsError:
    return ProblemsError([Problem(Place(relative(str(folder))), "", sentence, CHECK)])


def _cause(error: OSError) -> str:
    name = f" ({relative(str(error.filename))})" if error.filename else ""
    cause = (error.strerror or str(error)).lower()
    return f"cannot be written: {cause}{name}; nothing in it has changed; choose another folder with --output"


def _earlier(folder: Path) -> frozenset[str]:
    """The files that an earlier build wrote here. A folder that holds anything and no manifest is refused."""
    if not folder.exists():
        return frozenset()
    if not folder.is_dir():
        raise _refused(folder, "is not a folder: move it away, or choose another folder with --output")
    manifest = folder / NAME
    if not manifest.exists():
        if any(folder.iterdir()):
            sentence = f"holds files but no {NAME}, so no build wrote it: choose another folder with --output"
            raise _refused(folder, sentence)
        return frozenset()
    try:
        document = json.loads(manifest.read_text(encoding="utf-8"))
        if document["generator"] != GENERATOR:
            raise _refused(folder, f"belongs to {document['generator']}: choose another folder with --output")
        return frozenset(path for path in [NAME, *document["files"]] if _inside(path))
    except (ValueError, KeyError, TypeError):
        sentence = f"holds a {NAME} that no build wrote: restore it, or delete the folder and build again"
        raise _refused(folder, sentence) from None


def _inside(path: str) -> bool:
    """Whether a path read from a manifest stays below its folder."""
    return not Path(path).is_absolute() and ".." not in Path(path).parts


def _compared(files: Mapping[str, str], folder: Path, earlier: frozenset[str]) -> Written:
    present = {path for path in files if (folder / path).is_file()}
    same = {path for path in present if (folder / path).read_bytes() == files[path].encode()}
    return Written(
        created=tuple(sorted(files.keys() - present)),
        changed=tuple(sorted(present - same)),
        removed=tuple(sorted(path for path in earlier - files.keys() if (folder / path).is_file())),
        unchanged=tuple(sorted(same)),
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock that keeps two builds beside each other apart; it ends with the process."""
    descriptor = os.open(folder.parent, os.O_RDONLY)
    deadline = time.monotonic() + PATIENCE_SECONDS
    try:
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                raise _refused(folder, "is being written by another build: wait for it, then build again")
            time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _stage(folder: Path) -> Iterator[Path]:
    """A fresh folder beside `folder`, on the same file system; what a killed build left there goes first."""
    stage = folder.parent / f".{folder.name}.new"
    if stage.exists():
        shutil.rmtree(stage)
    try:
        stage.mkdir()
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _prepare(files: Mapping[str, str], written: Written, folder: Path, stage: Path) -> None:
    """Write what is new below `stage`/new, and copy what it replaces to `stage`/old."""
    for path in (*written.created, *written.changed):
        (stage / "new" / path).parent.mkdir(parents=True, exist_ok=True)
        (stage / "new" / path).write_bytes(files[path].encode())
    for path in (*written.changed, *written.removed):
        (stage / "old" / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(folder / path, stage / "old" / path)


def _swap(written: Written, folder: Path, stage: Path) -> None:
    """Remove and rename everything, the manifest last; if a step fails, undo it and those before it."""
    is_fresh = not folder.exists()
    new = sorted((*written.created, *written.changed), key=lambda path: (path == NAME, path))
    done: list[str] = []
    with _held_back():
        try:
            for path in (*written.removed, *new):
                done.append(path)
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                if path in written.removed:
                    (folder / path).unlink()
                else:
                    os.replace(stage / "new" / path, folder / path)
        except OSError:
            _undo(done, folder, stage)
            if is_fresh:
                _prune([folder])
            raise
        _prune(folder / parent for path in written.removed for parent in Path(path).parents[:-1])


def _undo(done: list[str], folder: Path, stage: Path) -> None:
    for path in reversed(done):
        old = stage / "old" / path
        with suppress(OSError):
            if old.exists():
                os.replace(old, folder / path)
            else:
                (folder / path).unlink(missing_ok=True)
    _prune(folder / parent for path in done for parent in Path(path).parents[:-1])


def _prune(folders: Iterable[Path]) -> None:
    """Remove those of `folders` that are empty, the innermost first."""
    for folder in sorted(set(folders), key=lambda folder: -len(folder.parts)):
        with suppress(OSError):
            folder.rmdir()


@contextmanager
def _held_back() -> Iterator[None]:
    """Let interrupts wait for the end of the block, a few milliseconds of renames.

    Only the main thread can do that, and only there does Python raise them; a signal mask would not do,
    because another thread could still receive the signal.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    before = {number: signal.signal(number, lambda got, _: waiting.append(got)) for number in _INTERRUPTS}
    try:
        yield
    finally:
        for interrupt, handler in before.items():
            signal.signal(interrupt, handler)
        for number in waiting:
            signal.raise_signal(number)
