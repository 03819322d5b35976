"""The last ways to programs in Go: ordinary modules, and the collector's builder with our manifest."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from debian import unpack
from toolset import Family, WayError, modules_of, new_enough
from ways import PROBE_TIMEOUT_SECONDS, Fetched, require_programs, run, stated_version

BUILD_TIMEOUT_SECONDS = 3600


def build_way(family: Family, staging: Path, _tools: Path) -> Fetched:
    """Build the program with the collector builder and ordinary Go modules from our manifest."""
    if family.build is None:
        raise WayError("it is not built from source.")
    go = find_go(family.build.go, staging)
    stated = run([go, "version"], PROBE_TIMEOUT_SECONDS)
    manifest = family.build.manifest.read_text(encoding="utf-8")
    modules_of(manifest)
    work = staging / "work"
    work.mkdir(exist_ok=True)
    (work / "manifest.yaml").write_text(
        manifest.replace("\ndist:\n", f"\ndist:\n  output_path: {work / 'out'}\n", 1), encoding="utf-8"
    )
    _go_build(family.build.builder, family.build.version, go, work)
    (tool,) = family.tools
    (work / "out" / tool).replace(staging / tool)
    shutil.rmtree(work)
    made_by = f"{family.build.builder}@v{family.build.version}"
    source = f"{made_by} with {family.build.manifest.name}, {stated.strip()}"
    return Fetched(family.build.version, source, files=require_programs(family, staging))


def package_way(family: Family, staging: Path, _tools: Path) -> Fetched:
    """Build the family's one program from its Go package."""
    if family.package is None:
        raise WayError("it is no Go package.")
    package = family.package
    go = find_go(package.go, staging)
    stated = run([go, "version"], PROBE_TIMEOUT_SECONDS)
    work = staging / "work"
    work.mkdir(exist_ok=True)
    source = f"{package.path}@v{package.version}"
    linked = " ".join(["-s -w", *(f"-X {name}={value}" for name, value in package.states.items())])
    build = ["install", "-tags", package.tags, "-ldflags", linked, source]
    run([*_nice(), go, *build], BUILD_TIMEOUT_SECONDS, **_settings(go, work))
    (tool,) = family.tools
    (work / package.path.rpartition("/")[2]).replace(staging / tool)
    shutil.rmtree(work)
    files = require_programs(family, staging)
    version = stated_version(staging / tool) or package.version
    return Fetched(version, f"{source} with tags {package.tags}, {stated.strip()}", files=files)


def find_go(minimum: str, staging: Path) -> Path:
    """Return a Go of at least `minimum`: from PATH, else Debian's, unpacked below `staging` for this build.

    Raises WayError, saying why each of the two is not to be had.
    """
    found = shutil.which("go")
    problem = "it is not on PATH"
    if found:
        stated = run([found, "version"], PROBE_TIMEOUT_SECONDS)
        if new_enough(stated, minimum):
            return Path(found)
        problem = f"this is {stated.strip()}"
    try:
        release = ".".join(minimum.split(".")[:2])
        packages = [f"golang-{release}-go", f"golang-{release}-src"]
        return unpack(packages, staging) / f"usr/lib/go-{release}/bin/go"
    except WayError as error:
        raise WayError(f"building it needs Go >= {minimum}: {problem}, and from Debian: {error}") from error


def _go_build(builder: str, version: str, go: Path, work: Path) -> None:
    settings = _settings(go, work)
    run([*_nice(), go, "install", f"{builder}@v{version}"], BUILD_TIMEOUT_SECONDS, **settings)
    manifest = work / "manifest.yaml"
    run([*_nice(), work / "builder", "--config", manifest], BUILD_TIMEOUT_SECONDS, **settings)


def _nice() -> list[str]:
    return ["nice"] if shutil.which("nice") else []


def _settings(go: Path, work: Path) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join((str(go.parent), *os.get_exec_path())),
        "CGO_ENABLED": "0",
        "GOFLAGS": "-trimpath -p=2 -buildvcs=false",
        "GOBIN": str(work),
    }
