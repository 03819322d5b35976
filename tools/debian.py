"""Debian's packages, unpacked without touching the system.

apt does the work with lists, cache and sources of its own, so the mirror, proxies, signatures of the
index and sums of the packages are handled by the program whose trade it is; only `dpkg-deb -x` follows.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from record import sha256_of
from toolset import DataFolder, Family, WayError
from ways import CONNECT_TIMEOUT_SECONDS, Fetched, require_programs, run, verify

APT_TIMEOUT_SECONDS = 600
SYSTEM_SOURCES = Path("/etc/apt")
SUITE = "unstable"

# A program opens its data folder through this descriptor, which the launcher points at the copy. The
# compiled-in path is as long as it is and the tools folder may be anywhere, moved included.
DESCRIPTOR_PATH = b"/proc/self/fd/9"
LAUNCHER = """\
#!/bin/sh
# {program} reads {folder}, a path compiled into it. This copy of the program
# reads descriptor 9 instead, so that the folder can be here.
here=$(dirname "$(readlink -f "$0")") || exit 1
exec 9<"$here/share/{tool}" || exit 1
exec "$here/libexec/{tool}" "$@"
"""

APT_CONFIGURATION = """\
Dir::State "{work}/state";
Dir::State::status "/dev/null";
Dir::Cache "{work}/cache";
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{work}/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "{work}/preferences";
APT::Sandbox::User "";
APT::Update::Error-Mode "any";
APT::Get::AllowUnauthenticated "false";
Acquire::AllowInsecureRepositories "false";
Acquire::Languages "none";
Acquire::http::Timeout "{timeout}";
Acquire::https::Timeout "{timeout}";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
"""


def debian_way(family: Family, staging: Path, _tools: Path) -> Fetched:
    """Unpack the family's packages of Debian's unstable suite from the system's own mirror."""
    work = _apt_home(staging)
    packages = _unpacked(family.packages, work, family.sha256)
    _take_programs(family, work / "unpacked", staging)
    extra = _give_data(family.data, work / "unpacked", staging) if family.data else []
    fields = run(["dpkg-deb", "--field", packages[0], "Version"], APT_TIMEOUT_SECONDS).strip()
    downloads = {package.name: sha256_of(package) for package in packages}
    shutil.rmtree(work)
    source = ", ".join(f"Debian {SUITE} {name}" for name in downloads)
    return Fetched(fields, source, downloads, [*require_programs(family, staging), *extra])


def mirrors(folder: Path = SYSTEM_SOURCES, release: Path = Path("/etc/os-release")) -> Iterator[str]:
    """Yield a deb822 source of the unstable suite for every mirror of this Debian's own suite.

    `folder` holds sources.list and sources.list.d as apt reads them, `release` is os-release.
    """
    lines = release.read_text(encoding="utf-8").splitlines()
    system = dict(line.split("=", 1) for line in lines if "=" in line)
    if system.get("ID", "").strip('"') != "debian":
        return
    own = {system.get("VERSION_CODENAME", "").strip('"'), "stable", "testing", "unstable", "sid"}
    for stanza in _stanzas(folder):
        if own & set(stanza.get("Suites", "").split()) and "main" in stanza.get("Components", "").split():
            signed = f"Signed-By: {stanza['Signed-By']}\n" if "Signed-By" in stanza else ""
            yield f"Types: deb\nURIs: {stanza['URIs']}\nSuites: {SUITE}\nComponents: main\n{signed}"


def _stanzas(folder: Path) -> Iterator[dict[str, str]]:
    for file in sorted(folder.glob("sources.list.d/*.sources")):
        for text in file.read_text(encoding="utf-8", errors="replace").split("\n\n"):
            yield _deb822(text)
    for file in [folder / "sources.list", *sorted(folder.glob("sources.list.d/*.list"))]:
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if file.is_file() else []:
            if line.startswith("deb "):
                yield _one_line(line)


def _deb822(text: str) -> dict[str, str]:
    stanza: dict[str, str] = {}
    name = ""
    for line in text.splitlines():
        if line.startswith((" ", "\t")) and name:
            stanza[name] += "\n" + line
        elif ":" in line and not line.startswith("#"):
            name, value = (part.strip() for part in line.split(":", 1))
            stanza[name] = value
    return {} if stanza.get("Enabled", "yes").lower() == "no" else stanza


def _one_line(line: str) -> dict[str, str]:
    options, rest = "", line.removeprefix("deb ").split("#")[0].strip()
    if rest.startswith("["):
        options, rest = rest[1:].split("]", 1)
    address, suite, *components = rest.split()
    stanza = {"URIs": address, "Suites": suite, "Components": " ".join(components)}
    for option in options.split():
        if option.startswith("signed-by="):
            stanza["Signed-By"] = option.removeprefix("signed-by=")
    return stanza


def _apt_home(staging: Path) -> Path:
    for command in ("apt-get", "dpkg-deb"):
        if shutil.which(command) is None:
            raise WayError(f"Debian's packages need {command}, which is not on PATH.")
    source = next(mirrors(), None)
    if source is None:
        raise WayError("apt's sources name no Debian mirror to take packages from.")
    work = staging / "work"
    for folder in ("state/lists/partial", "cache/archives/partial", "sources", "preferences", "unpacked"):
        (work / folder).mkdir(parents=True)
    (work / "sources" / "tools.sources").write_text(source, encoding="utf-8")
    configuration = APT_CONFIGURATION.format(work=work, timeout=CONNECT_TIMEOUT_SECONDS)
    (work / "apt.conf").write_text(configuration, encoding="utf-8")
    return work


def unpack(packages: Iterable[str], staging: Path) -> Path:
    """Download `packages` of the unstable suite; return the folder below `staging` that holds their files."""
    work = _apt_home(staging)
    _unpacked(packages, work, {})
    return work / "unpacked"


def _unpacked(names: Iterable[str], work: Path, sums: Mapping[str, str]) -> list[Path]:
    environment = {"APT_CONFIG": str(work / "apt.conf"), "LC_ALL": "C"}
    run(["apt-get", "--quiet", "update"], APT_TIMEOUT_SECONDS, **environment)
    inside = 'cd "$0" && exec apt-get --quiet download "$@"'
    run(["sh", "-c", inside, str(work), *names], APT_TIMEOUT_SECONDS, **environment)
    packages = sorted(work.glob("*.deb"))
    for package in packages:
        if package.name in sums:
            verify(package, sums[package.name], "versions.toml")
        run(["dpkg-deb", "-x", package, work / "unpacked"], APT_TIMEOUT_SECONDS)
    return packages


def _take_programs(family: Family, unpacked: Path, staging: Path) -> None:
    for tool, names in family.tools.items():
        for name in names:
            if (unpacked / "usr/bin" / name).is_file():
                (unpacked / "usr/bin" / name).replace(staging / tool)


def _give_data(data: DataFolder, unpacked: Path, staging: Path) -> list[str]:
    """Put the data folder beside the program and a launcher in the program's place; return the files."""
    shutil.copytree(unpacked / data.folder.lstrip("/"), staging / "share" / data.tool, symlinks=False)
    (staging / "libexec").mkdir()
    program = staging / "libexec" / data.tool
    (staging / data.tool).replace(program)
    redirect(program, data.folder)
    program.chmod(0o755)
    launcher = LAUNCHER.format(program=data.tool, tool=data.tool, folder=data.folder)
    (staging / data.tool).write_text(launcher, encoding="utf-8")
    share = [file for file in (staging / "share").rglob("*") if file.is_file()]
    return [str(file.relative_to(staging)) for file in (program, *share)]


def redirect(program: Path, folder: str) -> None:
    """Replace the compiled-in path `folder` by the descriptor's, slashes making up the same length.

    Raises WayError when the program does not hold the path, or the path is too short to replace.
    """
    content, old = program.read_bytes(), folder.encode()
    if old not in content or len(old) < len(DESCRIPTOR_PATH):
        raise WayError(f"{program.name} does not hold the path {folder} as it used to.")
    program.write_bytes(content.replace(old, DESCRIPTOR_PATH.ljust(len(old), b"/")))
