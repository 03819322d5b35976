#!/usr/bin/env python3
"""Put the servers and checkers that the tests run into .tools/, or say in one sentence why not.

    python3 tools/install.py                    everything but what is optional in versions.toml
    python3 tools/install.py --only promtool    the family of one tool
    python3 tools/install.py --list             what there is; nothing is installed

Each family comes the first way that works: new enough on PATH, upstream's archive, Debian's package,
a build from source. CLAUDE_CODE_MIXIN_TOOLS_DIR names a folder that is only looked at: no network.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import record
import ways
from debian import debian_way
from gobuild import build_way, package_way
from record import Installed
from toolset import Family, WayError, load

HERE = Path(__file__).resolve().parent
ENVIRONMENT = "CLAUDE_CODE_MIXIN_TOOLS_DIR"
STAGING_PREFIX = ".staging-"

WAYS: tuple[tuple[str, ways.Way], ...] = (
    ("PATH", ways.path_way),
    ("upstream release", ways.release_way),
    ("Debian package", debian_way),
    ("build from source", build_way),
    ("Go package", package_way),
)


def say(sentence: str) -> None:
    """Write one progress line or problem to standard error."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def install(families: Sequence[Family], tools: Path, order: Sequence[tuple[str, ways.Way]] = WAYS) -> bool:
    """Install into `tools` every family that is not there as asked for; return whether all are there now."""
    if all(_present(family, tools) for family in families):
        return True
    tools.mkdir(parents=True, exist_ok=True)
    with _alone(tools):
        results = [_present(family, tools) or _install(family, tools, order) for family in families]
    return all(results)


def _present(family: Family, tools: Path) -> bool:
    entry = record.read(tools).get(family.name)
    return entry is not None and record.unchanged(tools, entry, family.demand)


def _install(family: Family, tools: Path, order: Sequence[tuple[str, ways.Way]]) -> bool:
    failures = []
    for name, way in order:
        if not _offered(family, way):
            continue
        staging = Path(tempfile.mkdtemp(prefix=STAGING_PREFIX, dir=tools))
        try:
            say(f"{family.name}: trying {name} ...")
            fetched = way(family, staging, tools)
            entry = _move(family, name, fetched, staging, tools)
        except WayError as failure:
            failures.append(f"{family.name}: {name}: {failure}")
        else:
            say(f"{family.name}: {entry.version} from {name}")
            return True
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    say(f"{family.name}: no way worked:")
    for sentence in failures:
        say(f"  {sentence}")
    return False


def _offered(family: Family, way: ways.Way) -> bool:
    """Return whether versions.toml names anything for `way` to take; every family may be on PATH."""
    named: dict[ways.Way, bool] = {
        ways.release_way: bool(family.releases),
        debian_way: bool(family.packages),
        build_way: family.build is not None,
        package_way: family.package is not None,
    }
    return named.get(way, True)


def _move(family: Family, way: str, fetched: ways.Fetched, staging: Path, tools: Path) -> Installed:
    """Move the staged files into place and then, last, record them: half a move is not believed."""
    for name in fetched.files:
        (tools / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).replace(tools / name)
    files = record.describe(tools, fetched.files)
    entry = Installed(fetched.version, way, fetched.source, family.demand, fetched.downloads, files)
    record.write(tools, record.read(tools) | {family.name: entry})
    return entry


@contextmanager
def _alone(tools: Path) -> Iterator[None]:
    """Hold the folder's lock, and clear away what a killed run left behind."""
    with (tools / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in tools.glob(f"{STAGING_PREFIX}*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def verify_folder(families: Sequence[Family], folder: Path) -> list[str]:
    """Return one sentence for every tool that is missing, not executable or too old in `folder`."""
    problems = []
    for family in families:
        for tool in family.tools:
            program = folder / tool
            try:
                _verify_program(family, program)
            except WayError as failure:
                problems.append(f"{tool}: {failure}")
    return problems


def _verify_program(family: Family, program: Path) -> None:
    if not program.is_file():
        raise WayError(f"{program} is missing; put {program.name} >= {family.minimum} there.")
    if not os.access(program, os.X_OK):
        raise WayError(f"{program} is not executable; run chmod +x on it.")
    if ways.check_program(family, program) is None:
        say(f"{program.name}: {program} does not state its version and is taken as it is.")


def overview(families: Sequence[Family], folder: Path) -> list[dict[str, str]]:
    """Return a row per tool of `folder`: tool, family, minimum, state, version, way, source."""
    entries = record.read(folder)
    rows: list[dict[str, str]] = []
    for family in families:
        entry = entries.get(family.name)
        state = "installed" if _present(family, folder) else "not as asked for" if entry else "not installed"
        known = {"version": entry.version, "way": entry.way, "source": entry.source} if entry else {}
        row = {"family": family.name, "minimum": family.minimum, "state": state} | known
        rows.extend({"tool": tool} | row for tool in family.tools)
    return rows


def _choose(families: Sequence[Family], only: Sequence[str], *, optional: bool) -> list[Family]:
    known = {name: family for family in families for name in (family.name, *family.tools)}
    unknown = [name for name in only if name not in known]
    if unknown:
        say(f"unknown tool {', '.join(unknown)}; there are {', '.join(sorted(known))}.")
        raise SystemExit(2)
    if not only:
        return [family for family in families if optional or not family.optional]
    return [family for family in families if any(known[name] is family for name in only)]


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=plain)
    parser.add_argument(
        "--only", metavar="NAME", action="append", default=[], help="one tool's family; repeatable"
    )
    parser.add_argument("--list", action="store_true", help="show what there is and install nothing")
    parser.add_argument("--json", action="store_true", help="print the overview as JSON on standard output")
    return parser.parse_args(arguments)


def _print(rows: list[dict[str, str]], as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2) + "\n")
        return
    for row in rows:
        version, way = row.get("version", "-"), row.get("way", "")
        sys.stdout.write(f"{row['tool']:17} {version:16} {row['state']:17} {way}".rstrip() + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return 0 when every tool asked for is there, 1 when not, 2 for wrong usage."""
    options = _parse(arguments)
    families = _choose(load(HERE / "versions.toml"), options.only, optional=options.list)
    given = os.environ.get(ENVIRONMENT)
    folder = Path(given) if given else HERE.parent / ".tools"
    complete = True
    if given and not options.list:
        problems = verify_folder(families, folder)
        for sentence in problems:
            say(sentence)
        complete = not problems
    elif not options.list:
        complete = install(families, folder)
    if options.list or options.json:
        _print(overview(families, folder), options.json)
    return 0 if complete else 1


def _stop(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stop)
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except (OSError, WayError) as error:
        say(f"the tools cannot be installed: {error}")
        sys.exit(1)
