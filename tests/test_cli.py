"""The command: what it prints, what it exits with, and what init and new write."""

from __future__ import annotations

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

import claude_code_mixin.content
from claude_code_mixin import build
from claude_code_mixin.cli import main
from claude_code_mixin.loader import bundled_root
from claude_code_mixin.scaffold import _topic
from support import CONFIGURATION, Project, contents, process
from test_compile_prometheus import promtool

COMMANDS = ["build", "check", "init", "new"]
STUBS = {
    "recording_rules/weekend.py",
    "alerts/weekend.py",
    "alerts/weekend.md",
    "dashboards/weekend.py",
    "tests/rules/weekend.yaml",
}
BROKEN = 'f"{INCREASE_1H} > {LIMIT}"'


def run(*arguments: str) -> Result:
    """Run the command in the working directory, without a terminal."""
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A private repository as `init` makes it; the working directory."""
    assert run("init", str(tmp_path / "private")).exit_code == 0
    monkeypatch.chdir(tmp_path / "private")
    return tmp_path / "private"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_text_has_examples_and_exit_codes(command: str) -> None:
    """--help answers what a user looks up."""
    text = " ".join(run(command, "--help").output.split())
    assert f"Examples: claude-code-mixin {command}" in text
    assert "Exit codes: 0 done, 1 problems found (nothing was written), 2 wrong usage" in text
    assert command in run("--help").output


def test_help_does_not_load_what_only_a_build_needs() -> None:
    """It answers at once, because nothing heavy is imported."""
    code = "import sys, claude_code_mixin.cli; print(sorted(sys.modules))"
    done = process(sys.executable, "-c", code)
    assert done.returncode == 0
    heavy = ("grafana_foundation_sdk", "promql_parser", "yaml", "rich", "requests")
    assert [name for name in heavy if f"'{name}'" in done.stdout] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["buidl"],
        ["build", "--outptu", "x"],
        ["new"],
        ["init", "a", "b"],
        ["new", "x", "--no-record", "--no-alert", "--no-dashboard"],
    ],
    ids=["unknown command", "unknown option", "no stem", "too much", "nothing chosen"],
)
def test_wrong_usage_exits_with_2(repository: Path, arguments: list[str]) -> None:
    """And names the help."""
    done = run(*arguments)
    assert done.exit_code == 2
    assert "--help" in done.stderr


def test_build_says_what_it_wrote_by_kind(project: Project) -> None:
    """Counts for all, paths for what changed."""
    done = project.run("build")
    assert done.exit_code == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    count = len(project.built())
    assert lines[0] == f"build: {count} files, {count} created, 0 changed, 0 removed, 0 unchanged"
    assert "  prometheus   1" in lines
    assert "    + prometheus/cost.rules.yaml" in lines
    again = project.run("build").stdout
    assert "0 created, 0 changed, 0 removed" in again
    assert "rules.yaml" not in again


def test_build_shows_what_changed_and_what_went(project: Project) -> None:
    """A mark before each path: + created, ~ changed, - removed."""
    assert project.run("build").exit_code == 0
    project.configure("[dashboards.cost]\nenabled = false\n[alerts.ClaudeCodeSpendHigh]\nfor = '7m'")
    lines = project.run("build").stdout.splitlines()
    assert "    ~ prometheus/cost.rules.yaml" in lines
    assert "    - dashboards/cost.json" in lines
    assert "  dashboards   0" in lines


def test_build_writes_where_it_is_told(project: Project, tmp_path: Path) -> None:
    """--output is relative to the working directory, the configured folder to the configuration."""
    assert project.run("build", "--output", str(tmp_path / "out")).exit_code == 0
    assert not (project.folder / "build").exists()
    assert (tmp_path / "out" / "manifest.json").exists()


def test_build_as_json(project: Project) -> None:
    """A program reads the same facts."""
    done = json.loads(project.run("build", "--json").stdout)
    assert done["folder"] == "build"
    assert "prometheus/cost.rules.yaml" in done["created"]
    assert (done["changed"], done["removed"], done["unchanged"]) == ([], [], 0)
    assert [problem["check"] for problem in done["problems"]] == ["record/unused"]


def test_check_lists_problems_and_escapes_and_writes_nothing(project: Project) -> None:
    """Exit code 1 for problems; an escape alone is none, and is listed on demand."""
    counted = "6 records, 1 alert, 1 dashboard: 0 problems, 1 escape"
    done = project.run("check")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [f"{counted} (--escapes lists them)"]
    allowed = "team:claude_code_cost_usd:share1h allows record/unused: read by the finance report"
    assert project.run("check", "--escapes").stdout.splitlines() == [f"escape: {allowed}", counted]
    project.replace("alerts/cost.py", BROKEN, 'f"{INCREASE_1H} > > {LIMIT}"')
    done = project.run("check")
    assert done.exit_code == 1
    assert "[promql/syntax]" in done.stderr
    assert not (project.folder / "build").exists()


def test_problems_come_last(project: Project) -> None:
    """Where a terminal shows them, below everything else."""
    project.replace("alerts/cost.py", BROKEN, 'f"{INCREASE_1H} > > {LIMIT}"')
    lines = project.run("check", "--escapes").output.splitlines()
    assert lines[0].startswith("escape:")
    assert "1 escape" in lines[1]
    assert all(line.endswith("]") for line in lines[2:])


def test_check_says_when_the_build_folder_is_not_what_would_be_built(project: Project) -> None:
    """Files that are old, lacking or strange; and nothing of it while there is no build."""
    assert "build:" not in project.run("check").stdout
    assert project.run("build").exit_code == 0
    assert "build:" not in project.run("check").stdout
    project.replace("alerts/cost.py", "A team spends a lot.", "A team spends much.")
    (project.folder / "build" / "stray.txt").write_text("")
    done = project.run("check")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[:2] == [
        "build: 3 files are not what the source compiles to; run claude-code-mixin build",
        "build: stray.txt is no part of the build; remove it",
    ]


@pytest.fixture
def checkout(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A checkout of its own content: the bundled content comes from there."""
    source = project.folder / "checkout"
    for room in ("recording_rules", "alerts", "dashboards", "tests/rules"):
        shutil.copytree(bundled_root() / room, source / room)
    monkeypatch.setattr(claude_code_mixin.content, "__path__", [str(source)])
    for name in [name for name in sys.modules if name.startswith("claude_code_mixin.content.")]:
        monkeypatch.delitem(sys.modules, name)
    project.write("mixin.toml", "")
    return project


def test_check_judges_bundled_content_under_configurations_that_are_not_the_own(checkout: Project) -> None:
    """A label that one profile drops, and one that no constant may share; a build judges its own alone."""
    assert checkout.run("check").exit_code == 0
    checkout.replace("checkout/recording_rules/api.py", '"team", TEAM)', '"team", "team")')
    extra = 'X = Group(name="x", records=(cut_down(IDENTITY_REQUESTS, "x", "installation"),))'
    checkout.replace("checkout/recording_rules/api.py", "METER = Group", f"{extra}\nMETER = Group")
    done = checkout.run("check")
    found = [line.partition(": ")[2] for line in done.stderr.splitlines()]
    assert done.exit_code == 1
    assert any(line.startswith('under privacy = strict: uses label "team"') for line in found)
    assert not any(line.startswith("under privacy = full") for line in found)


def test_check_takes_little_time(checkout: Project) -> None:
    """With every variant: at most 1.5 seconds of the processor for the bundled content."""
    started = time.process_time()
    assert checkout.run("check").exit_code == 0
    assert time.process_time() - started < 1.5


@pytest.mark.parametrize("command", ["build", "check"])
def test_problems_as_json(project: Project, command: str) -> None:
    """The same object on every way out, on stdout, with the exit code of a failure."""
    project.replace("alerts/cost.py", BROKEN, 'f"{INCREASE_1H} > > {LIMIT}"')
    done = project.run(command, "--json")
    assert done.exit_code == 1
    assert "promql/syntax" in [problem["check"] for problem in json.loads(done.stdout)["problems"]]


def test_a_fault_of_ours_is_one_sentence_and_a_traceback_only_on_demand(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says how to get the traceback."""

    def fail(*_: object) -> None:
        raise ZeroDivisionError("nobody\nexpected this")

    monkeypatch.setattr(build, "checked", fail)
    done = project.run("build")
    assert done.exit_code == 1
    assert done.stderr.splitlines() == [
        "unexpected ZeroDivisionError: nobody expected this; run again with --debug and report what it prints"
    ]
    assert isinstance(project.run("build", "--debug").exception, ZeroDivisionError)


def test_an_interrupt_is_one_sentence(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 130, as shells have it."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "checked", interrupt)
    done = project.run("build")
    assert (done.exit_code, done.stderr.count("\n")) == (130, 1)


def test_progress_is_shown_on_a_terminal_only(project: Project) -> None:
    """A log file must not fill with spinners."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "claude_code_mixin", "build"]
    quiet = {"capture_output": False, "stdout": subprocess.DEVNULL}
    process(*command, cwd=project.folder, stderr=theirs, env={**os.environ, "TERM": "xterm"}, **quiet)
    os.close(theirs)
    assert b"building" in os.read(ours, 65536)
    os.close(ours)
    assert process(*command, cwd=project.folder).stderr == ""
    command.insert(1, "-Ximporttime")
    assert "rich" not in process(*command, cwd=project.folder).stderr


def test_init_makes_a_repository_that_builds_with_own_and_bundled_content(repository: Path) -> None:
    """At once, without an edit; the rules of both stand beside each other and promtool agrees."""
    done = run("build")
    assert done.exit_code == 0, done.stderr
    assert (repository / "build/prometheus/example.rules.yaml").exists()
    assert (repository / "build/prometheus/cost.rules.yaml").exists()
    assert (repository / "build/dashboards/example.json").exists()
    promtool("test", "rules", "tests/rules/example.yaml")
    workflow = yaml.safe_load((repository / ".github/workflows/mixin.yaml").read_text())
    steps = [step.get("run", "") for step in workflow["jobs"]["build"]["steps"]]
    assert "claude-code-mixin check" in steps
    assert "promtool test rules tests/rules/*.yaml" in steps[-1]


def test_own_content_may_read_what_the_bundled_one_keeps_for_others(repository: Path) -> None:
    """The escape in the package is needless then, and nobody can remove it there."""
    source = "from claude_code_mixin.content.recording_rules.api import TEAM_REQUESTS_1H"
    record = Path("recording_rules/example.py")
    text = record.read_text().replace(
        "from claude_code_mixin.content", f"{source}\nfrom claude_code_mixin.content", 1
    )
    text = text.replace(
        'f"sum_over_time({TOTAL_COST}[6h])"',
        'f"sum_over_time({TOTAL_COST}[6h]) and on () {TEAM_REQUESTS_1H}"',
    )
    record.write_text(text)
    assert "and on () {TEAM_REQUESTS_1H}" in text
    done = run("check")
    assert done.exit_code == 0, done.stderr


def test_init_overwrites_nothing(repository: Path) -> None:
    """One existing file is enough to write none."""
    before = contents(repository)
    done = run("init")
    assert done.exit_code == 1
    assert "mixin.toml: exists: move it away" in done.stderr
    assert contents(repository) == before


@pytest.mark.parametrize(
    ("settings", "options"),
    [
        ("", []),
        ("", ["--no-record"]),
        ("", ["--no-alert"]),
        ("", ["--no-dashboard"]),
        ("", ["--no-alert", "--no-dashboard"]),
        ("", ["--no-record", "--no-alert"]),
        ('privacy = "strict"', []),
        ('privacy = "full"\nowner = "an owner"\nrunbook_url = "https://example.org/r"', []),
        ('[labels]\nconstant = { environment = "prod" }', []),
        ('[prefixes]\nuid = "acme-"\nalert = "Acme"\nrecord = "acme:"', []),
    ],
    ids=[
        "all",
        "no record",
        "no alert",
        "no dashboard",
        "record only",
        "dashboard only",
        "strict",
        "full",
        "constant labels",
        "prefixes",
    ],
)
def test_new_writes_stubs_that_build_and_pass_their_test(
    repository: Path, settings: str, options: list[str]
) -> None:
    """Whatever is asked for and however the installation is configured."""
    Path("mixin.toml").write_text(f"{settings}\n[content]\nroots = ['.']\n")
    for path in sorted(contents(repository)):
        if Path(path).stem == "example":
            Path(path).unlink()
    done = run("new", "weekend", *options)
    assert done.exit_code == 0, done.stderr
    done = run("build")
    assert done.exit_code == 0, done.stderr
    if Path("tests/rules/weekend.yaml").exists():
        promtool("test", "rules", "tests/rules/weekend.yaml")


def test_new_writes_what_it_says(repository: Path) -> None:
    """Every file is listed, all or those asked for."""
    before = set(contents(repository))
    done = run("new", "weekend")
    assert set(contents(repository)) - before == STUBS
    listed = {line.removeprefix(f"wrote {repository}/") for line in done.stdout.splitlines()[:-1]}
    assert listed == STUBS


@pytest.mark.parametrize(
    ("stem", "sentence"),
    [
        ("token", "shadows a standard-library module"),
        ("Weekend", "is no module name"),
        ("week-end", "is no module name"),
        ("../weekend", "is no module name"),
        ("class", "is no module name"),
        ("cost", "is a topic of the bundled content"),
        ("example", "alerts/example.py: exists"),
        ("a" * 29, "is too long for a dashboard uid: use at most 28 characters"),
    ],
)
def test_new_refuses_stems_that_cannot_be_used(repository: Path, stem: str, sentence: str) -> None:
    """One sentence a reason, and nothing is written."""
    before = contents(repository)
    done = run("new", stem)
    assert done.exit_code == 1
    assert sentence in done.stderr
    assert contents(repository) == before


def test_new_needs_a_root_and_the_bundled_records(repository: Path) -> None:
    """Both faults at once, with the keys to set."""
    Path("mixin.toml").write_text("[content]\nbundled = false\n")
    done = run("new", "weekend")
    assert done.exit_code == 1
    assert (
        "mixin.toml content.roots: names no folder of own content: set content.roots, for example"
        in done.stderr
    )
    assert "mixin.toml content.bundled: is false" in done.stderr


def test_new_in_a_checkout_imports_by_the_package_s_name(tmp_path: Path) -> None:
    """There content is part of the package, and a type checker must find it."""
    from claude_code_mixin.config import Config

    files = _topic(
        "weekend", bundled_root(), Config(), private=False, record=True, alert=True, dashboard=True
    )
    alert = files[bundled_root() / "alerts" / "weekend.py"]
    assert "from claude_code_mixin.content.recording_rules.weekend import SPEND" in alert


def test_stubs_follow_our_own_style(repository: Path) -> None:
    """What we hand out is formatted and typed like what we write."""
    assert run("new", "weekend", "--no-record").exit_code == 0
    for arguments in (
        ["ruff", "check", "--isolated", "--line-length=110", "."],
        ["ruff", "format", "--isolated", "--line-length=110", "--check", "."],
    ):
        done = process(sys.executable, "-m", *arguments)
        assert done.returncode == 0, done.stdout


def test_a_command_outside_a_repository_names_the_way_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first thing a new user does wrong."""
    monkeypatch.chdir(tmp_path)
    done = run("build")
    assert done.exit_code == 1
    assert done.stderr.startswith("mixin.toml: does not exist: claude-code-mixin init writes one")
    assert list(tmp_path.iterdir()) == []


def test_the_configured_folder_is_beside_the_configuration(project: Project, tmp_path: Path) -> None:
    """Not beside whoever calls."""
    project.config.write_text('output = "out"\n' + CONFIGURATION)
    done = CliRunner().invoke(main, ["build", "--config", str(project.config)])
    assert done.exit_code == 0
    assert (project.folder / "out" / "manifest.json").exists()
