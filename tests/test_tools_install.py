"""tools/install.py: what it believes, refuses and says. Local files only, no network."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

TOOLS = Path(__file__).resolve().parents[1] / "tools"
sys.path.insert(0, str(TOOLS))

import debian  # noqa: E402 - the folder is a program's, not a package: it is put on the path above
import gobuild  # noqa: E402 - as above
import install  # noqa: E402 - as above
import record  # noqa: E402 - as above
import toolset  # noqa: E402 - as above
import ways  # noqa: E402 - as above
from toolset import Family, Release, WayError  # noqa: E402 - as above


def program(version: str) -> str:
    """Return a shell script that states `version` as the real tools do."""
    return f'#!/bin/sh\necho "lamp, version {version} (branch: HEAD)"\n'


def family(**changes: object) -> Family:
    """Return a family of one tool, `lamp` >= 2.0."""
    plain = Family("light", "2.0", {"lamp": ("lamp", "lamp-prod")}, (), (), None, None, {}, "demand 1")
    return dataclasses.replace(plain, **changes)  # type: ignore[arg-type] # the tests name real fields


def delivered(text: str, calls: list[str] | None = None) -> ways.Way:
    """Return a way that stages one `lamp` with content `text` and notes its call."""

    def way(_family: Family, staging: Path, _tools: Path) -> ways.Fetched:
        if calls is not None:
            calls.append("called")
        (staging / "lamp").write_text(text, encoding="utf-8")
        (staging / "lamp").chmod(0o755)
        return ways.Fetched("2.1", "a test", {"lamp.tar": "00"}, ["lamp"])

    return way


def failing(sentence: str) -> ways.Way:
    """Return a way that fails with `sentence` and leaves half a file behind."""

    def way(_family: Family, staging: Path, _tools: Path) -> ways.Fetched:
        (staging / "lamp").write_text("half", encoding="utf-8")
        raise WayError(sentence)

    return way


@pytest.mark.parametrize(
    ("version", "minimum", "enough"),
    [
        ("3.5.0", "3.5", True),
        ("prometheus, version 3.5.3+ds1 (branch: debian/sid)", "3.5.0", True),
        ("3.10.0", "3.9.9", True),
        ("3.4.99", "3.5", False),
        ("2.53.1", "3.5", False),
        ("3.5.0-rc.1", "3.5.0", False),
        ("3.5.0-rc.1", "3.4.0", True),
        ("3.5.0~rc1", "3.5.0", False),
        ("go version go1.26.8 linux/amd64", "1.26", True),
        ("go1.9", "1.26", False),
        ("v0.161.0", "0.161.0", True),
    ],
)
def test_versions_compare_as_numbers_and_a_candidate_is_older_than_its_release(
    version: str, minimum: str, enough: bool
) -> None:
    """Text comparison would say 3.10 < 3.9."""
    assert toolset.new_enough(version, minimum) is enough


def test_a_text_without_version_is_an_error() -> None:
    """Silence is not version 0."""
    with pytest.raises(ValueError, match="holds no version"):
        toolset.version_key("unknown")


@pytest.mark.parametrize(
    ("output", "version"),
    [
        ("prometheus, version 3.5.3+ds1 (branch: debian/sid)", "3.5.3+ds1"),
        ("vmagent-20260901-101112-tags-v1.145.0-0-gabcdef", "1.145.0-0-gabcdef"),
        ("otelcol version 0.161.0", "0.161.0"),
    ],
)
def test_the_stated_version_is_found_in_what_the_tools_print(
    tmp_path: Path, output: str, version: str
) -> None:
    """The three spellings of --version."""
    lamp = executable(tmp_path / "lamp", f"#!/bin/sh\necho '{output}'\n")
    assert ways.stated_version(lamp) == version


def test_a_program_the_system_cannot_load_is_refused(tmp_path: Path) -> None:
    """A binary for a newer libc answers --version with the loader's error."""
    text = "lamp: /lib/libc.so.6: version `GLIBC_2.99' not found (required by lamp)"
    lamp = executable(tmp_path / "lamp", f'#!/bin/sh\necho "{text.replace("`", chr(92) + "`")}"\nexit 1\n')
    with pytest.raises(WayError, match="does not run on this system"):
        ways.stated_version(lamp)


def executable(file: Path, text: str) -> Path:
    """Write `text` to `file` as a program."""
    file.write_text(text, encoding="utf-8")
    file.chmod(0o755)
    return file


@pytest.fixture
def upstream(tmp_path: Path) -> Callable[[str], Family]:
    """Return a maker of a family whose upstream is a local folder; its argument is the published sum."""
    folder = tmp_path / "upstream"
    folder.mkdir()
    with tarfile.open(folder / "lamp-2.1.tar.gz", "w:gz") as archive:
        for name, text in (
            ("lamp-2.1/lamp-prod", program("2.1.0")),
            ("../lamp", "an escape"),
            ("x/NOTICE", ""),
        ):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            if name != "../lamp":
                archive.addfile(entry, io.BytesIO(text.encode()))
    actual = hashlib.sha256((folder / "lamp-2.1.tar.gz").read_bytes()).hexdigest()

    def make(published: str) -> Family:
        listing = f"{'0' * 64}  other.tar.gz\n{published.replace('ACTUAL', actual)}\n"
        (folder / "sums.txt").write_text(listing, encoding="utf-8")
        release = Release("2.1", f"{folder.as_uri()}/lamp-{{version}}.tar.gz", f"{folder.as_uri()}/sums.txt")
        return family(releases=(release,))

    return make


def test_a_release_with_the_published_sum_is_installed(
    tmp_path: Path, upstream: Callable[[str], Family]
) -> None:
    """The good case of the three refusals below; the record holds version, origin and sums."""
    light = upstream("ACTUAL  lamp-2.1.tar.gz")
    assert install.install([light], tmp_path / "t", [("upstream release", ways.release_way)])
    entry = json.loads((tmp_path / "t/installed.json").read_text(encoding="utf-8"))["light"]
    assert (entry["version"], entry["way"]) == ("2.1", "upstream release")
    assert list(entry["downloads"]) == ["lamp-2.1.tar.gz"]
    lamp = (tmp_path / "t/lamp").read_bytes()
    assert entry["files"]["lamp"]["sha256"] == hashlib.sha256(lamp).hexdigest()
    assert os.access(tmp_path / "t/lamp", os.X_OK)


@pytest.mark.parametrize(
    ("published", "sentence"),
    [
        (f"{'1' * 64}  lamp-2.1.tar.gz", "the published checksum file says 1111"),
        ("ACTUAL  lamp-2.2.tar.gz", "does not name lamp-2.1.tar.gz"),
        ("nonsense  lamp-2.1.tar.gz", "does not name lamp-2.1.tar.gz"),
    ],
)
def test_a_release_without_its_published_sum_is_refused(
    tmp_path: Path,
    upstream: Callable[[str], Family],
    capsys: pytest.CaptureFixture[str],
    published: str,
    sentence: str,
) -> None:
    """Nothing of the archive is left, not even half-way."""
    assert not install.install([upstream(published)], tmp_path / "t", [("upstream", ways.release_way)])
    assert sentence in capsys.readouterr().err
    assert sorted(file.name for file in (tmp_path / "t").iterdir()) == [".lock"]


def test_a_release_against_the_pinned_sum_is_refused(
    tmp_path: Path, upstream: Callable[[str], Family], capsys: pytest.CaptureFixture[str]
) -> None:
    """A publisher who changes archive and checksum file together is stopped by versions.toml."""
    light = dataclasses.replace(upstream("ACTUAL *lamp-2.1.tar.gz"), sha256={"lamp-2.1.tar.gz": "2" * 64})
    assert not install.install([light], tmp_path / "t", [("upstream", ways.release_way)])
    assert "versions.toml says 2222" in capsys.readouterr().err


def test_an_older_program_in_a_verified_archive_is_refused(
    tmp_path: Path, upstream: Callable[[str], Family], capsys: pytest.CaptureFixture[str]
) -> None:
    """The archive's name is not believed, the program is asked."""
    light = dataclasses.replace(upstream("ACTUAL  lamp-2.1.tar.gz"), minimum="2.2")
    assert not install.install([light], tmp_path / "t", [("upstream", ways.release_way)])
    assert "is 2.1.0, older than 2.2" in capsys.readouterr().err


def test_a_second_run_does_nothing_until_something_changed(tmp_path: Path) -> None:
    """Changed file, lost file, other demand and unreadable record are each a reason to install again."""
    calls: list[str] = []
    light, order = family(), [("test", delivered(program("2.1.0"), calls))]

    def runs(demanded: Family = light) -> int:
        calls.clear()
        assert install.install([demanded], tmp_path, order)
        return len(calls)

    assert (runs(), runs(), runs()) == (1, 0, 0)
    (tmp_path / "lamp").write_text("#!/bin/sh\n", encoding="utf-8")
    assert (runs(), runs()) == (1, 0)
    (tmp_path / "lamp").unlink()
    assert (runs(), runs()) == (1, 0)
    (tmp_path / "lamp").chmod(0o644)
    assert (runs(), runs()) == (1, 0)
    assert runs(family(demand="demand 2")) == 1
    (tmp_path / record.NAME).write_text('{"light": {"version"', encoding="utf-8")
    assert (runs(), runs()) == (1, 0)


def test_the_first_way_that_works_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Later ways are not tried, and progress goes to standard error alone."""
    calls: list[str] = []
    order = [
        ("one", failing("one has no lamp.")),
        ("two", delivered(program("2.1.0"))),
        ("three", delivered("", calls)),
    ]
    assert install.install([family()], tmp_path, order)
    assert calls == []
    assert record.read(tmp_path)["light"].way == "two"
    assert capsys.readouterr().out == ""


def test_when_every_way_fails_each_has_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The user sees why each way was closed; nothing half-made stays."""
    order = [("one", failing("one has no lamp.")), ("two", failing("two is out of oil."))]
    assert not install.install([family()], tmp_path, order)
    said = capsys.readouterr().err.splitlines()
    assert said[-3:] == [
        "light: no way worked:",
        "  light: one: one has no lamp.",
        "  light: two: two is out of oil.",
    ]
    assert sorted(file.name for file in tmp_path.iterdir()) == [".lock"]


def test_what_a_killed_run_left_is_not_believed(tmp_path: Path) -> None:
    """Killed with files in staging and one already moved: the next run starts over and cleans up."""
    script = (
        "import sys, time\n"
        f"sys.path[:0] = [{str(TOOLS)!r}, {str(Path(__file__).parent)!r}]\n"
        "import install, ways, test_tools_install as t\n"
        "from pathlib import Path\n"
        "def way(family, staging, tools):\n"
        "    (staging / 'lamp').write_text('half'); (tools / 'lamp').write_text('half')\n"
        "    print('ready', flush=True); time.sleep(60)\n"
        f"install.install([t.family()], Path({str(tmp_path)!r}), [('slow', way)])\n"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(  # noqa: S603 - the script above
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        child.kill()
    assert list(tmp_path.glob(".staging-*"))
    calls: list[str] = []
    assert install.install([family()], tmp_path, [("test", delivered(program("2.1.0"), calls))])
    assert calls == ["called"]
    assert (tmp_path / "lamp").read_text(encoding="utf-8") == program("2.1.0")
    assert not list(tmp_path.glob(".staging-*"))


def test_a_program_on_path_is_linked_when_new_enough(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Any of its names will do; the tools folder itself is no place to link from."""
    tools, other = tmp_path / "t", tmp_path / "bin"
    tools.mkdir()
    other.mkdir()
    executable(tools / "lamp", program("9.9.9"))
    lamp = executable(other / "lamp-prod", program("2.3.0"))
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{other}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert install.install([family()], tools, [("PATH", ways.path_way)])
    assert (tools / "lamp").readlink() == lamp
    assert record.read(tools)["light"].version == "2.3.0"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (None, "lamp is not on PATH."),
        (program("1.9.9"), "lamp is 1.9.9, older than 2.0."),
        ("#!/bin/sh\n", "does not state its version."),
    ],
)
def test_a_program_on_path_is_left_alone_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, sentence: str
) -> None:
    """Absent, too old, or silent about its age."""
    if text is not None:
        executable(tmp_path / "lamp", text)
    monkeypatch.setenv("PATH", str(tmp_path))
    staging = tmp_path / "staging"
    staging.mkdir()
    with pytest.raises(WayError, match=re.escape(sentence)):
        ways.path_way(family(), staging, tmp_path / "t")


def test_an_air_gapped_folder_gets_one_sentence_per_fault(tmp_path: Path) -> None:
    """Missing, not executable, too old; a good one is not mentioned."""
    executable(tmp_path / "old", program("1.0.0"))
    executable(tmp_path / "good", program("2.0.0"))
    (tmp_path / "flat").write_text(program("2.0.0"), encoding="utf-8")
    several = family(tools={name: (name,) for name in ("gone", "flat", "old", "good")})
    assert install.verify_folder([several], tmp_path) == [
        f"gone: {tmp_path}/gone is missing; put gone >= 2.0 there.",
        f"flat: {tmp_path}/flat is not executable; run chmod +x on it.",
        f"old: {tmp_path}/old is 1.0.0, older than 2.0.",
    ]


def run_install(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the program as a user does."""
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, str(TOOLS / "install.py"), *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_the_air_gapped_folder_is_only_looked_at(tmp_path: Path) -> None:
    """An empty folder: one sentence per tool, status 1, no output, nothing written, and at once."""
    began = time.monotonic()
    done = run_install(CLAUDE_CODE_MIXIN_TOOLS_DIR=str(tmp_path))
    named = [line.split(":")[0] for line in done.stderr.splitlines()]
    families = toolset.load(TOOLS / "versions.toml")
    wanted = [tool for entry in families if not entry.optional for tool in entry.tools]
    assert (done.returncode, done.stdout, named) == (1, "", wanted)
    assert list(tmp_path.iterdir()) == []
    assert time.monotonic() - began < 5  # no connect timeout was waited for


def test_an_unknown_tool_is_a_usage_error() -> None:
    """The sentence names what there is."""
    done = run_install("--only", "promtol")
    assert done.returncode == 2
    assert "unknown tool promtol; there are " in done.stderr
    assert "promtool" in done.stderr


def test_the_overview_is_json_on_request(tmp_path: Path) -> None:
    """One row per tool with its state."""
    done = run_install("--list", "--json", CLAUDE_CODE_MIXIN_TOOLS_DIR=str(tmp_path))
    rows = json.loads(done.stdout)
    assert done.returncode == 0
    assert {row["state"] for row in rows} == {"not installed"}
    assert {"promtool", "otelcol", "amtool", "vmalert"} <= {row["tool"] for row in rows}


def test_the_builder_manifest_is_of_the_release_that_is_built() -> None:
    """One release in versions.toml, in dist and in every module but the marked exception."""
    (collector,) = (entry for entry in toolset.load(TOOLS / "versions.toml") if entry.build)
    assert collector.build is not None
    manifest = collector.build.manifest.read_text(encoding="utf-8")
    assert f"\n  version: {collector.build.version}\n" in manifest
    assert len(toolset.modules_of(manifest)) == manifest.count("gomod:") - manifest.count("confmap/provider")
    with pytest.raises(WayError, match=r"mixes releases: .*batchprocessor"):
        toolset.modules_of(manifest.replace("batchprocessor v0", "batchprocessor v1"))


def test_mirrors_come_from_the_systems_own_sources(tmp_path: Path) -> None:
    """Both formats of apt sources; another vendor's repository is no mirror, another system has none."""
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/a.sources").write_text(
        "Types: deb\n# note\nURIs: https://tools.example/apt\nSuites: nodistro\nComponents: main\n\n"
        "Types: deb\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n"
        "Components: main\nSigned-By: /k.gpg\n",
        encoding="utf-8",
    )
    (tmp_path / "sources.list").write_text(
        "# deb http://no.example bookworm main\n"
        "deb [arch=amd64 signed-by=/o.gpg] http://one.example/debian bookworm main\n",
        encoding="utf-8",
    )
    system = tmp_path / "os-release"
    system.write_text('ID=debian\nVERSION_CODENAME="bookworm"\n', encoding="utf-8")
    form = "Types: deb\nURIs: {}\nSuites: unstable\nComponents: main\nSigned-By: {}\n"
    assert list(debian.mirrors(tmp_path, system)) == [
        form.format("http://mirror.example/debian", "/k.gpg"),
        form.format("http://one.example/debian", "/o.gpg"),
    ]
    system.write_text("ID=fedora\n", encoding="utf-8")
    assert list(debian.mirrors(tmp_path, system)) == []


def test_a_compiled_in_path_is_replaced_by_one_of_the_same_length(tmp_path: Path) -> None:
    """Offsets in a binary must not move, and a binary without the path is refused."""
    lamp = tmp_path / "lamp"
    lamp.write_bytes(b"\x00A/usr/share/lamp/dataB/usr/share/lamp/data/ui\xff")
    debian.redirect(lamp, "/usr/share/lamp/data")
    assert lamp.read_bytes() == b"\x00A/proc/self/fd/9/////B/proc/self/fd/9//////ui\xff"
    with pytest.raises(WayError, match="does not hold the path"):
        debian.redirect(lamp, "/usr/share/lamp/data")


def test_what_is_optional_is_installed_only_by_name(tmp_path: Path) -> None:
    """`make tools` stays as fast as it is; the list shows everything."""
    families = toolset.load(TOOLS / "versions.toml")
    named = install._choose(families, ["prometheus-otlp"], optional=False)
    usual = install._choose(families, [], optional=False)
    assert [it.name for it in named] == ["prometheus-otlp"]
    assert {it.name for it in families} - {it.name for it in usual} == {"prometheus-otlp"}
    listed = run_install("--list", "--json", CLAUDE_CODE_MIXIN_TOOLS_DIR=str(tmp_path))
    assert "prometheus-otlp" in {row["tool"] for row in json.loads(listed.stdout)}


def test_a_go_package_is_built_with_its_version_and_tags(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program gets its tool's name; what `go` was told is what was asked for."""
    (tmp_path / "bin").mkdir()
    executable(
        tmp_path / "bin/go",
        '#!/bin/sh\nif [ "$1" = version ]; then echo "go version go1.26.8 linux/amd64"; exit; fi\n'
        f'echo "$@" > {tmp_path}/told\n'
        "printf '#!/bin/sh\\necho version 2.1.0\\n' > $GOBIN/made\n",
    )
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    package = toolset.Package("example.org/x/cmd/made", "0.2.1", "1.26", "small", {"x.Version": "2.1.0"})
    staging = tmp_path / "staging"
    staging.mkdir()
    fetched = gobuild.package_way(family(package=package), staging, tmp_path)
    told = (tmp_path / "told").read_text(encoding="utf-8")
    assert told == "install -tags small -ldflags -s -w -X x.Version=2.1.0 example.org/x/cmd/made@v0.2.1\n"
    assert (fetched.version, fetched.files) == ("2.1.0", ["lamp"])
    with pytest.raises(WayError, match="no Go package"):
        gobuild.package_way(family(), staging, tmp_path)
