"""The families of versions.toml, and the comparison of versions."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


class WayError(Exception):
    """A way to get a family did not work; the message is one sentence for the user."""


@dataclass(frozen=True)
class Release:
    """An upstream archive and the checksum file published beside it."""

    version: str
    archive: str
    checksums: str


@dataclass(frozen=True)
class DataFolder:
    """A folder that a distribution's build of `tool` reads at a path compiled into it."""

    tool: str
    folder: str


@dataclass(frozen=True)
class Build:
    """How the collector builder makes the family's program from a manifest beside versions.toml."""

    builder: str
    version: str
    go: str
    manifest: Path


@dataclass(frozen=True)
class Package:
    """A Go program as `go install` makes it: its import path, version, build tags, and the Go it needs.

    `states` are variables of the program by their full names, set when it is linked: its version.
    """

    path: str
    version: str
    go: str
    tags: str
    states: Mapping[str, str]


@dataclass(frozen=True)
class Family:
    """Tools that are released, and therefore installed, together."""

    name: str
    minimum: str
    tools: Mapping[str, tuple[str, ...]]
    releases: tuple[Release, ...]
    packages: tuple[str, ...]
    data: DataFolder | None
    build: Build | None
    sha256: Mapping[str, str]
    demand: str
    """Digest of everything asked for: an installation made for another demand is made anew."""
    package: Package | None = None
    optional: bool = False
    """Installed only when it is asked for by name."""


def version_key(text: str) -> tuple[tuple[int, ...], bool]:
    """Return a sort key for the first version in `text`: "v3.5.0-rc.1" < "3.5" == "3.5.0+ds1".

    Raises ValueError when `text` holds no version.
    """
    found = re.search(r"(\d+(?:\.\d+)+)([-~]?(?:rc|alpha|beta)[-.]?\d*)?", text)
    if found is None:
        raise ValueError(f"{text!r} holds no version")
    numbers = [int(part) for part in found.group(1).split(".")]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers), found.group(2) is None


def new_enough(version: str, minimum: str) -> bool:
    """Return whether `version` is `minimum` or later; a pre-release is earlier than its release."""
    return version_key(version) >= version_key(minimum)


def load(versions_file: Path) -> tuple[Family, ...]:
    """Return the families of `versions_file` in their order there."""
    tables = tomllib.loads(versions_file.read_text(encoding="utf-8"))
    return tuple(_family(name, table, versions_file.parent) for name, table in tables.items())


def modules_of(manifest: str) -> tuple[str, ...]:
    """Return the Go module of every component in a builder manifest's text.

    Raises WayError when a component is not of the release that `dist` names. Configuration providers are
    left out: they follow upstream's other, stable numbering.
    """
    release = re.search(r"^  version: (\S+)$", manifest, re.MULTILINE)
    components = manifest.split("\nproviders:")[0]
    modules = re.findall(r"gomod: (\S+) v(\S+)", components)
    wanted = release[1] if release else None
    mixed = [module for module, version in modules if version != wanted]
    if mixed:
        raise WayError(f"the builder manifest mixes releases: {', '.join(mixed)}.")
    return tuple(module for module, _ in modules)


def _family(name: str, table: dict[str, dict[str, object]], folder: Path) -> Family:
    raw: dict[str, object] = dict(table)
    build = _build(table.get("build"), folder)
    debian = table.get("debian", {})
    data = debian.get("data")
    demanded = repr(sorted(raw.items())) + (build.manifest.read_text(encoding="utf-8") if build else "")
    return Family(
        name=name,
        minimum=str(raw["minimum"]),
        tools={tool: tuple(_strings(names)) for tool, names in table["tools"].items()},
        releases=tuple(Release(**release) for release in _tables(raw.get("release", []))),
        packages=tuple(_strings(debian.get("packages", []))),
        data=DataFolder(**data) if isinstance(data, dict) else None,
        build=build,
        sha256={file: str(value) for file, value in table.get("sha256", {}).items()},
        demand=hashlib.sha256(demanded.encode()).hexdigest(),
        package=_package(table.get("package")),
        optional=bool(raw.get("optional", False)),
    )


def _build(table: dict[str, object] | None, folder: Path) -> Build | None:
    if table is None:
        return None
    texts = {key: str(value) for key, value in table.items()}
    return Build(texts["builder"], texts["version"], texts["go"], folder / texts["manifest"])


def _package(table: dict[str, object] | None) -> Package | None:
    if table is None:
        return None
    states = table["states"]
    named = states.items() if isinstance(states, dict) else ()
    texts = {key: str(table[key]) for key in ("path", "version", "go", "tags")}
    return Package(**texts, states={str(name): str(value) for name, value in named})


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def _tables(value: object) -> list[dict[str, str]]:
    return [dict(item) for item in value] if isinstance(value, list) else []
