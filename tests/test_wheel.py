"""What we hand out: a wheel that has everything and works far from the checkout."""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
import yaml

from support import process
from test_compile_prometheus import promtool

ROOT = Path(__file__).parent.parent
LINKED = ("alerts", "build", "dashboards", "recording_rules", "results", "tests/rules")
"""Folders at the root that the package holds as content."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this checkout without the network."""
    return built_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


def built_wheel(source: Path, folder: Path) -> Path:
    """Build the project at `source` into `folder`."""
    options = ("--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", folder)
    done = process(sys.executable, "-m", "pip", "wheel", *options, source)
    assert done.returncode == 0, done.stderr
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of a clean environment with the wheel; the dependencies are this environment's.

    They come by a path file, which does not read further path files: this checkout stays invisible.
    """
    environment = tmp_path_factory.mktemp("clean") / "venv"
    assert process(sys.executable, "-m", "venv", "--without-pip", environment).returncode == 0
    python = environment / "bin" / "python"
    (libraries,) = environment.glob("lib/python*/site-packages")
    dependencies = process(sys.executable, "-c", "import click; print(click.__file__)").stdout
    (libraries / "dependencies.pth").write_text(str(Path(dependencies).parent.parent))
    options = ("--quiet", "--no-deps", "--no-index", "--disable-pip-version-check")
    done = process(sys.executable, "-m", "pip", "--python", python, "install", *options, wheel)
    assert done.returncode == 0, done.stderr
    where = process(python, "-c", "import claude_code_mixin as m; print(m.__file__)", cwd=environment)
    assert Path(where.stdout.strip()).is_relative_to(libraries)
    return environment / "bin"


def tracked(folder: Path) -> set[str]:
    """Every file below `folder` that belongs to it, by its path there."""
    paths = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
    return {str(path.relative_to(folder)) for path in paths}


def test_the_wheel_holds_content_build_tests_and_templates(wheel: Path) -> None:
    """File by file what stands in the checkout, nothing forgotten and nothing by accident."""
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in LINKED:
        prefix = f"claude_code_mixin/content/{folder}/"
        assert {name.removeprefix(prefix) for name in names if name.startswith(prefix)} == tracked(
            ROOT / folder
        )
    package = {f"claude_code_mixin/{path}" for path in tracked(ROOT / "lib" / "claude_code_mixin")}
    linked = tuple(f"claude_code_mixin/content/{folder}/" for folder in LINKED)
    code = {name for name in names if not name.startswith(linked) and ".dist-info/" not in name}
    assert code == {name for name in package if not name.startswith(linked)}
    assert not [name for name in names if name.endswith(".pyc")]


def test_the_source_distribution_gives_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    """hatchling visits a linked folder once, so it is easily lost on the way through an archive."""
    done = process(sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", tmp_path, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.is_dir())
    again = built_wheel(source, tmp_path / "again")
    assert sorted(zipfile.ZipFile(again).namelist()) == sorted(zipfile.ZipFile(wheel).namelist())


def test_an_installed_package_builds_own_and_bundled_content_under_overrides(
    installed: Path, tmp_path: Path
) -> None:
    """A private repository: own record, alert and dashboard, one threshold changed, one alert off."""
    command = installed / "claude-code-mixin"
    assert process(command, "init", "private", cwd=tmp_path).returncode == 0
    private = tmp_path / "private"
    assert process(command, "new", "weekend", cwd=private).returncode == 0
    configuration = private / "mixin.toml"
    configuration.write_text(
        configuration.read_text()
        + "[alerts.ClaudeCodeSpendRateHigh]\nthresholds = { usd_per_hour = 321 }\n"
        + "[alerts.ClaudeCodeSpendSpike]\nenabled = false\n"
    )
    done = process(command, "build", "--json", cwd=private)
    assert done.returncode == 0, done.stdout + done.stderr
    created = json.loads(done.stdout)["created"]
    for own in ("prometheus/weekend.rules.yaml", "dashboards/weekend.json", "docs/runbooks/weekend.md"):
        assert own in created
    alerts = alerts_of(private / "build/prometheus/cost.rules.yaml")
    assert alerts["ClaudeCodeSpendRateHigh"].endswith("> 321")
    assert "ClaudeCodeSpendSpike" not in alerts
    assert len(alerts) > 2
    assert list(alerts_of(private / "build/prometheus/weekend.rules.yaml")) == ["ClaudeCodeWeekendSpendHigh"]
    promtool("check", "rules", *map(str, sorted((private / "build/prometheus").glob("*.yaml"))))
    promtool("test", "rules", *map(str, sorted((private / "tests/rules").glob("*.yaml"))))


def test_a_private_repository_installs_from_the_wheel_beside_it(
    wheel: Path, installed: Path, tmp_path: Path
) -> None:
    """The line of requirements.txt that is active is the wheel's own name."""
    assert process(installed / "claude-code-mixin", "init", ".", cwd=tmp_path).returncode == 0
    shutil.copy(wheel, tmp_path)
    options = ("--dry-run", "--quiet", "--no-deps", "--no-index", "--ignore-installed", "--report", "-")
    done = process(
        sys.executable, "-m", "pip", "install", *options, "--requirement", "requirements.txt", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert [one["metadata"]["name"] for one in json.loads(done.stdout)["install"]] == ["claude-code-mixin"]


def alerts_of(path: Path) -> dict[str, str]:
    """The alerts of a rule file with their expressions."""
    groups = yaml.safe_load(path.read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"] if "alert" in rule}


def test_an_installed_package_builds_what_the_checkout_has_committed(installed: Path, tmp_path: Path) -> None:
    """With every default it gives the bytes of build/, so both ways in lead to the same place."""
    (tmp_path / "mixin.toml").write_text("")
    done = process(installed / "claude-code-mixin", "build", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    mine, ours = tmp_path / "build", ROOT / "build"
    assert tracked(mine) == tracked(ours)
    assert [path for path in tracked(ours) if (mine / path).read_bytes() != (ours / path).read_bytes()] == []
