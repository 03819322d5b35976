"""A build is written as a whole or not at all, and bad input is a sentence, never a traceback."""

from __future__ import annotations

import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from claude_code_mixin import writer
from claude_code_mixin.build import checked
from claude_code_mixin.config import Config
from claude_code_mixin.loader import load
from claude_code_mixin.problems import ProblemsError
from support import Project, contents, process

MANIFEST = '{"generator": "claude-code-mixin", "files": {}}\n'
INTERRUPTIONS = 24


def files(**texts: str) -> dict[str, str]:
    """Files by path, with a manifest that names them; the keywords' __ is a slash."""
    named = {key.replace("__", "/"): text for key, text in texts.items()}
    return named | {"manifest.json": json.dumps({"generator": "claude-code-mixin", "files": dict(named)})}


def bytes_of(named: dict[str, str]) -> dict[str, bytes]:
    """What should be on disk."""
    return {path: text.encode() for path, text in named.items()}


def refusal(named: dict[str, str], folder: Path) -> str:
    """The one sentence with which writing is refused."""
    with pytest.raises(ProblemsError) as caught:
        writer.write(named, folder)
    (problem,) = caught.value.problems
    return problem.sentence


def nothing_beside(folder: Path) -> bool:
    """Whether no temporary folder was left."""
    return [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []


def test_what_is_no_longer_made_goes_and_what_is_not_ours_stays(tmp_path: Path) -> None:
    """Also the folders that became empty; a note that somebody put there is not ours to delete."""
    folder = tmp_path / "build"
    writer.write(files(a__b__c="1", d="2"), folder)
    (folder / "NOTE").write_text("mine")
    done = writer.write(files(d="2", e="3"), folder)
    assert (done.created, done.changed, done.removed) == (("e",), ("manifest.json",), ("a/b/c",))
    assert done.unchanged == ("d",)
    assert contents(folder) == bytes_of(files(d="2", e="3")) | {"NOTE": b"mine"}
    assert not (folder / "a").exists()
    assert nothing_beside(folder)


def test_unchanged_files_are_left_alone(tmp_path: Path) -> None:
    """Whoever watches the folder sees only what changed: same inode, same time."""
    folder = tmp_path / "build"
    writer.write(files(a="1", b="2"), folder)
    before = (folder / "a").stat()
    writer.write(files(a="1", b="3"), folder)
    after = (folder / "a").stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_the_folder_itself_stays_the_same_one(tmp_path: Path) -> None:
    """A container that has the folder mounted must see the new files, so it is never replaced."""
    folder = tmp_path / "build"
    writer.write(files(a__b="1"), folder)
    before = [path.stat().st_ino for path in (folder, folder / "a")]
    writer.write(files(a__b="2", a__c="3"), folder)
    assert [path.stat().st_ino for path in (folder, folder / "a")] == before


def test_a_link_to_the_folder_is_followed(tmp_path: Path) -> None:
    """Installations link to where they keep builds."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "build").symlink_to("elsewhere")
    writer.write(files(a="1"), tmp_path / "build")
    assert (tmp_path / "build").is_symlink()
    assert contents(tmp_path / "elsewhere") == bytes_of(files(a="1"))


def test_new_files_are_renamed_from_beside_the_real_folder_with_the_manifest_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rename is only atomic on one file system, and a manifest must not promise what is not there yet."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "build").symlink_to(tmp_path / "disk" / "build")
    replace, seen = os.replace, list[Path]()

    def noted(source: Path, target: Path) -> None:
        assert source.is_relative_to(tmp_path / "disk")
        seen.append(target)
        replace(source, target)

    monkeypatch.setattr(os, "replace", noted)
    writer.write(files(a="1", z="2"), tmp_path / "build")
    assert [path.name for path in seen] == ["a", "z", "manifest.json"]


@pytest.mark.parametrize(
    ("present", "sentence"),
    [
        ({"notes.txt": "x"}, "holds files but no manifest.json, so no build wrote it"),
        ({"manifest.json": '{"generator": "other", "files": {}}'}, "belongs to other"),
        ({"manifest.json": '{"name": "a web app"}'}, "holds a manifest.json that no build wrote"),
        ({"manifest.json": "half a fi"}, "holds a manifest.json that no build wrote"),
        ({"manifest.json": "[]"}, "holds a manifest.json that no build wrote"),
    ],
    ids=["no manifest", "another's", "another kind", "broken", "a list"],
)
def test_a_folder_that_no_build_wrote_is_refused(
    tmp_path: Path, present: dict[str, str], sentence: str
) -> None:
    """--output ~ must not overwrite somebody's home."""
    folder = tmp_path / "build"
    folder.mkdir()
    for name, text in present.items():
        (folder / name).write_text(text)
    assert refusal(files(a="1"), folder).startswith(sentence)
    assert contents(folder) == bytes_of(present)


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    """The file stays."""
    (tmp_path / "build").write_text("x")
    assert refusal(files(a="1"), tmp_path / "build").startswith("is not a folder")
    assert (tmp_path / "build").read_text() == "x"


def test_a_manifest_cannot_make_us_delete_files_elsewhere(tmp_path: Path) -> None:
    """A manifest may come from anywhere; paths that lead out of the folder are ignored."""
    folder = tmp_path / "build"
    folder.mkdir()
    (tmp_path / "precious").write_text("x")
    named = {"../precious": "", str(tmp_path / "precious"): ""}
    (folder / "manifest.json").write_text(json.dumps({"generator": "claude-code-mixin", "files": named}))
    writer.write(files(a="1"), folder)
    assert (tmp_path / "precious").read_text() == "x"


@pytest.mark.parametrize(
    ("call", "step"), [*(("replace", step) for step in (1, 2, 3, 4)), ("unlink", 1), ("unlink", 2)]
)
def test_a_step_that_fails_undoes_those_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, step: int
) -> None:
    """Whichever rename or removal fails, the folder is as it was and the sentence says so."""
    folder = tmp_path / "build"
    old = files(a="1", b="2", gone__x="3", gone__y="4")
    writer.write(old, folder)
    monkeypatch.setattr(*failing(call, step))
    assert "no space left on device" in refusal(files(a="1", b="5", new__c="6", new__d="7"), folder)
    monkeypatch.undo()
    assert contents(folder) == bytes_of(old)
    assert not (folder / "new").exists()
    assert nothing_beside(folder)


def failing(call: str, step: int) -> tuple[object, str, Callable[..., Any]]:
    """A replacement for os.replace or Path.unlink whose call number `step` finds the disk full."""
    owner: object = os if call == "replace" else Path
    original, calls = getattr(owner, call), iter(range(1, 1000))

    def fail_once(*arguments: Any, **options: Any) -> Any:
        if next(calls) == step:
            raise OSError(errno.ENOSPC, "No space left on device")
        return original(*arguments, **options)

    return owner, call, fail_once


def test_a_first_build_that_fails_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even an empty one."""
    monkeypatch.setattr(*failing("replace", 2))
    assert "no space left on device" in refusal(files(a="1", b__c="2"), tmp_path / "build")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Below a file, or where we may not write: the sentence has the cause and the way out."""
    (tmp_path / "file").write_text("x")
    assert "choose another folder with --output" in refusal(files(a="1"), tmp_path / "file" / "build")

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(tmp_path / ".build.new"))

    monkeypatch.setattr(Path, "mkdir", read_only)
    assert "read-only file system" in refusal(files(a="1"), tmp_path / "build")


def test_a_full_disk_leaves_the_earlier_build(project: Project) -> None:
    """A limit on file size stands for the full disk: the kernel refuses the write half-way."""
    assert project.run("build").exit_code == 0
    before = project.built()
    project.configure('[prefixes]\nuid = "other-"')
    done = command(project, "build", preexec_fn=small_files)
    assert (done.returncode, one_sentence(done)) == (1, True)
    assert "file too large" in done.stderr
    assert project.built() == before
    assert nothing_beside(project.folder / "build")


def small_files() -> None:
    """Let no file grow beyond 1,000 bytes; without the signal that would kill the process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


def command(project: Project, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run claude-code-mixin as a process of its own in the project."""
    return process(sys.executable, "-m", "claude_code_mixin", *arguments, cwd=project.folder, **options)


def one_sentence(done: subprocess.CompletedProcess[str]) -> bool:
    """Whether the command said one problem and no traceback."""
    lines = done.stderr.splitlines()
    return len(lines) == 2 and lines[1] == "1 problem; nothing was written"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_a_build_interrupted_anywhere_leaves_an_old_or_a_new_build(
    project: Project, number: signal.Signals
) -> None:
    """At random moments over a build's whole duration; the next build works and leaves nothing behind."""
    variants = [f'[prefixes]\nuid = "{name}-"' for name in ("a", "b")]
    whole = []
    for variant in variants:
        project.configure(variant)
        assert project.run("build").exit_code == 0
        whole.append(project.built())
    started = time.monotonic()
    assert command(project, "build").returncode == 0
    duration = time.monotonic() - started
    source = random.Random(7)  # noqa: S311 (moments, not secrets)
    interrupted = 0
    for turn in range(INTERRUPTIONS // 2):
        project.configure(variants[turn % 2])
        interrupted += kill_during_build(project, number, source.uniform(0.2, 1.0) * duration)
        assert project.built() in whole
    assert interrupted > 0
    assert project.run("build").exit_code == 0
    assert project.built() in whole
    assert nothing_beside(project.folder / "build")


def kill_during_build(project: Project, number: signal.Signals, after: float) -> bool:
    """Send `number` to a build `after` seconds; return whether it came before the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "claude_code_mixin", "build"],
        cwd=project.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    process.send_signal(number)
    return process.wait(timeout=60) != 0


def test_a_signal_during_the_renames_waits_for_their_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one moment that matters, hit on purpose: between two renames."""
    folder, replace = tmp_path / "build", os.replace
    writer.write(files(a="1", b="2"), folder)

    def interrupted(*arguments: Any) -> None:
        signal.raise_signal(signal.SIGINT)
        replace(*arguments)

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        writer.write(files(a="3", b="4"), folder)
    assert contents(folder) == bytes_of(files(a="3", b="4"))
    assert nothing_beside(folder)


def test_what_a_killed_build_left_is_cleared_away(tmp_path: Path) -> None:
    """SIGKILL cannot be held back; its left-overs must not stop the next build."""
    (tmp_path / ".build.new" / "new").mkdir(parents=True)
    (tmp_path / ".build.new" / "new" / "a").write_text("half")
    writer.write(files(a="1"), tmp_path / "build")
    assert nothing_beside(tmp_path / "build")


def test_two_builds_beside_each_other_wait_for_one_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They share the temporary folder, so the second waits, and says so when it takes too long."""
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.1)
    with writer._alone(tmp_path / "build"):
        assert refusal(files(a="1"), tmp_path / "build").startswith("is being written by another build")
    writer.write(files(a="1"), tmp_path / "build")


def test_a_build_of_nothing_new_needs_no_writable_folder(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second build changes nothing, so it may run where nothing can be written."""
    assert project.run("build").exit_code == 0
    monkeypatch.setattr(Path, "write_bytes", None)
    monkeypatch.setattr(os, "replace", None)
    done = project.run("build")
    assert done.exit_code == 0
    assert "0 created, 0 changed, 0 removed" in done.output


def test_the_manifest_names_every_file_with_its_digest(project: Project) -> None:
    """Writers and readers trust it, so it must be true; it holds neither time nor place."""
    assert project.run("build").exit_code == 0
    built = project.built()
    manifest = json.loads(built.pop("manifest.json"))
    assert manifest["files"] == {path: f"sha256:{sha256(data).hexdigest()}" for path, data in built.items()}
    assert list(manifest) == ["generator", "schema", "version", "config", "files"]
    assert str(project.folder) not in json.dumps(manifest)


def test_the_same_content_elsewhere_gives_the_same_bytes(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No path, no time, no order of the file system in the build."""
    assert project.run("build").exit_code == 0
    first = project.built()
    moved = project.folder.rename(tmp_path / "moved" if tmp_path.exists() else tmp_path)
    monkeypatch.chdir(moved)
    assert Project(moved).run("build", "--output", "again").exit_code == 0
    assert contents(moved / "again") == first


def switchable() -> list[str]:
    """The table of every bundled alert and dashboard."""
    mixin = load(Config(), Path())
    alerts = [f"alerts.{alert.name}" for _, alert in mixin.alerts()]
    return alerts + [f"dashboards.{stem}" for stem, _ in mixin.dashboards()]


@pytest.mark.parametrize("table", switchable())
def test_switching_off_one_alert_or_dashboard_leaves_a_valid_mixin(tmp_path: Path, table: str) -> None:
    """A user who does not want it must not have to repair the rest."""
    (tmp_path / "mixin.toml").write_text(f"[{table}]\nenabled = false\n")
    result = checked(tmp_path / "mixin.toml", {})
    assert result.problems == ()
    assert [item for module in result.mixin.left_out for item in module.declared] != []


RUNS = 'raise RuntimeError("no luck")'
BAD: dict[str, tuple[Callable[[Project], object], str]] = {
    "TOML that is no TOML": (
        lambda p: p.config.write_text("owner = \n"),
        "mixin.toml:1: is not valid TOML",
    ),
    "an unknown key": (
        lambda p: p.configure('ownr = "x"'),
        'mixin.toml:1 ownr: unknown key; did you mean "owner"?',
    ),
    "a module that raises": (
        lambda p: p.write("alerts/more.py", f"\n{RUNS}\n"),
        "alerts/more.py:2: cannot be imported: RuntimeError: no luck",
    ),
    "a module that exits": (
        lambda p: p.write("alerts/more.py", "raise SystemExit(3)\n"),
        "alerts/more.py:1: cannot be imported: SystemExit: 3",
    ),
    "a module that is no Python": (
        lambda p: p.write("alerts/more.py", "\nx = = 1\n"),
        "alerts/more.py:2: cannot be imported: SyntaxError",
    ),
    "a module that is not UTF-8": (
        lambda p: (p.folder / "alerts" / "more.py").write_bytes(b'NAME = "\xff"\n'),
        "alerts/more.py",
    ),
    "a runbook that is not UTF-8": (
        lambda p: (p.folder / "alerts" / "cost.md").write_bytes(b"\xff\n"),
        "alerts/cost.md: cannot be read: 'utf-8' codec",
    ),
    "budgets that are not UTF-8": (
        lambda p: (p.folder / "budgets.toml").write_bytes(b"\xff\n"),
        "budgets.toml: is not UTF-8",
    ),
    "a test that is no YAML": (
        lambda p: p.write("tests/rules/more.yaml", "a: [\n"),
        "tests/rules/more.yaml: is no YAML",
    ),
    "a folder without modules": (
        lambda p: p.config.write_text('[content]\nroots = [".", "tests"]\nbundled = false\n'),
        "tests: holds no content",
    ),
    "a cycle of records": (
        lambda p: p.write("recording_rules/cycle.py", CYCLE),
        "recording_rules/cycle.py:2 total:claude_code_a:x: reads itself",
    ),
}
CYCLE = """from claude_code_mixin import Group, Record
A = Record(name="total:claude_code_a:x", expr="total:claude_code_b:x", unit="USD", help="One half")
B = Record(name="total:claude_code_b:x", expr="total:claude_code_a:x", unit="USD", help="The other")
GROUP = Group(name="cycle", records=(A, B))
"""


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_with_place_and_the_earlier_build_stays(
    project: Project, case: str
) -> None:
    """One problem, exit code 1, no traceback, build/ untouched."""
    assert project.run("build").exit_code == 0
    before = project.built()
    spoil, sentence = BAD[case]
    spoil(project)
    done = project.run("build")
    assert done.exit_code == 1
    lines = done.stderr.splitlines()
    assert lines[-1] == "1 problem; nothing was written"
    assert len(lines) == 2
    assert lines[0].startswith(sentence)
    assert "Traceback" not in done.output
    assert project.built() == before
