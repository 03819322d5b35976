"""The ways to get a family of tools. Each fills a staging folder or raises WayError with one sentence."""

from __future__ import annotations

import http.client
import os
import platform
import re
import shutil
import subprocess
import tarfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from record import sha256_of
from toolset import Family, Release, WayError, modules_of, new_enough, version_key

CONNECT_TIMEOUT_SECONDS = 5
PROBE_TIMEOUT_SECONDS = 20

# The dynamic loader's two ways to say that a program cannot run on this system.
LOADER_ERRORS = ("error while loading shared libraries", "version `GLIBC_")

_unreachable: set[str] = set()


@dataclass
class Fetched:
    """What a way delivered: the version, its origin, and the files it put into the staging folder."""

    version: str
    source: str
    downloads: dict[str, str] = field(default_factory=dict)
    files: list[str] = field(default_factory=list)


Way = Callable[[Family, Path, Path], Fetched]


def run(command: Iterable[str | Path], seconds: float, **environment: str) -> str:
    """Return the output of `command`, standard error included; raise WayError with its first error line."""
    arguments = [str(part) for part in command]
    try:
        done = subprocess.run(  # noqa: S603 - the commands are this program's own
            arguments,
            env=os.environ | environment,
            timeout=seconds,
            check=False,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WayError(f"{arguments[0]} did not finish: {error}.") from error
    if done.returncode != 0:
        lines = (done.stdout.strip() or "no output").splitlines()
        errors = [line for line in lines if line.startswith(("E: ", "Error: "))]
        said = (errors or lines[-1:])[0]
        raise WayError(f"{' '.join(arguments[:2])} ended with status {done.returncode}: {said}")
    return done.stdout


def stated_version(program: Path) -> str | None:
    """Return the version `program` states, None when it states none; raise WayError if it cannot start."""
    try:
        done = subprocess.run(  # noqa: S603 - a program the user asked us to install
            [program, "--version"],
            timeout=PROBE_TIMEOUT_SECONDS,
            check=False,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WayError(f"{program} does not start: {error}.") from error
    if done.returncode < 0 or any(text in done.stdout for text in LOADER_ERRORS):
        first = (done.stdout.strip() or f"signal {-done.returncode}").splitlines()[0]
        raise WayError(f"{program} does not run on this system: {first}.")
    found = re.search(r"\bv?(\d+\.\d+\.\d+\S*)", done.stdout)
    return found.group(1).rstrip(",") if found else None


def check_program(family: Family, program: Path) -> str | None:
    """Return the version `program` states; raise WayError when it is too old or lacks a component."""
    version = stated_version(program)
    if version is not None and not new_enough(version, family.minimum):
        raise WayError(f"{program} is {version}, older than {family.minimum}.")
    if family.build:
        wanted = modules_of(family.build.manifest.read_text(encoding="utf-8"))
        offered = run([program, "components"], PROBE_TIMEOUT_SECONDS)
        absent = [module for module in wanted if f"module: {module} " not in offered]
        if absent:
            raise WayError(f"{program} lacks the collector component {', '.join(absent)}.")
    return version


def path_way(family: Family, staging: Path, tools: Path) -> Fetched:
    """Link the family's programs from PATH when all are there and new enough."""
    versions, folders = [], set()
    search = os.pathsep.join(
        folder for folder in os.get_exec_path() if folder and Path(folder).resolve() != tools.resolve()
    )
    for tool, names in family.tools.items():
        found = next(filter(None, (shutil.which(name, path=search) for name in names)), None)
        if found is None:
            raise WayError(f"{names[0]} is not on PATH.")
        version = check_program(family, Path(found))
        if version is None:
            raise WayError(f"{found} on PATH does not state its version.")
        versions.append(version)
        folders.add(str(Path(found).parent))
        (staging / tool).symlink_to(Path(found).absolute())
    return Fetched(min(versions, key=version_key), ", ".join(sorted(folders)), files=list(family.tools))


def release_way(family: Family, staging: Path, _tools: Path) -> Fetched:
    """Download upstream's archives, verify each against the published checksum file, take the programs."""
    fetched = Fetched(family.releases[0].version, "")
    for release in family.releases:
        archive = _fetch_release(family, release, staging)
        fetched.downloads[archive.name] = sha256_of(archive)
        _take_from_tar(family, archive, staging)
        archive.unlink()
    fetched.source = ", ".join(_fill(release.archive, release.version) for release in family.releases)
    fetched.files = require_programs(family, staging)
    return fetched


def verify(file: Path, wanted: str, told_by: str) -> str:
    """Return the sha256 of `file`; raise WayError when it is not `wanted`, which `told_by` says."""
    actual = sha256_of(file)
    if actual != wanted.lower():
        raise WayError(f"{file.name} has sha256 {actual}, but {told_by} says {wanted}: refused.")
    return actual


def checksum_for(name: str, listing: str) -> str:
    """Return the sha256 that a checksum file's text gives for file `name`; raise WayError if none."""
    for line in listing.splitlines():
        parts = line.split()
        if len(parts) == 2 and parts[1].lstrip("*") == name and re.fullmatch(r"[0-9a-fA-F]{64}", parts[0]):
            return parts[0].lower()
    raise WayError(f"the published checksum file does not name {name}.")


def _fetch_release(family: Family, release: Release, staging: Path) -> Path:
    url = _fill(release.archive, release.version)
    archive = staging / PurePosixPath(urllib.parse.urlsplit(url).path).name
    listing = staging / "checksums.txt"
    _download(_fill(release.checksums, release.version), listing)
    wanted = checksum_for(archive.name, listing.read_text(encoding="utf-8", errors="replace"))
    listing.unlink()
    _download(url, archive)
    verify(archive, wanted, "the published checksum file")
    if archive.name in family.sha256:
        verify(archive, family.sha256[archive.name], "versions.toml")
    return archive


def _fill(template: str, version: str) -> str:
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return template.format(version=version, system=platform.system().lower(), machine=machine)


def _download(url: str, target: Path) -> None:
    host = urllib.parse.urlsplit(url).netloc
    if host in _unreachable:
        raise WayError(f"{host} could not be reached a moment ago.")
    try:
        # The addresses are those of versions.toml.
        answer = urllib.request.urlopen(url, timeout=CONNECT_TIMEOUT_SECONDS)  # noqa: S310 - see above
        with answer, target.open("wb") as file:
            shutil.copyfileobj(answer, file)
    except urllib.error.HTTPError as error:
        raise WayError(f"{url} answers {error.code} {error.reason}.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        if isinstance(error, urllib.error.URLError) and host:
            _unreachable.add(host)
        raise WayError(f"{url} cannot be had: {getattr(error, 'reason', error)}.") from error


def _take_from_tar(family: Family, archive: Path, staging: Path) -> None:
    """Copy out the programs alone, by name: no path inside the archive is ever used for writing."""
    wanted = {name: tool for tool, names in family.tools.items() for name in names}
    try:
        with tarfile.open(archive) as opened:
            for member in opened:
                tool = wanted.get(PurePosixPath(member.name).name)
                content = opened.extractfile(member) if tool and member.isfile() else None
                if tool and content:
                    with content, (staging / tool).open("wb") as file:
                        shutil.copyfileobj(content, file)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise WayError(f"{archive.name} cannot be unpacked: {error}.") from error


def require_programs(family: Family, staging: Path) -> list[str]:
    """Make the staged programs executable and return their names; raise WayError if one is no good."""
    for tool in family.tools:
        if not (staging / tool).is_file():
            raise WayError(f"what was fetched holds no {tool}.")
        (staging / tool).chmod(0o755)
        check_program(family, staging / tool)
    return list(family.tools)
