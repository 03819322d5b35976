"""What the built configuration names is what the contrib distribution of the same release has."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from claude_code_mixin.fleet.process import tool
from support import process

ROOT = Path(__file__).parents[2]
CONTRIB = tomllib.loads((ROOT / "tests" / "data" / "contrib_components.toml").read_text("utf-8"))
CONFIG = (ROOT / "build" / "collector" / "config.yaml").read_text("utf-8")
KINDS = ("extensions", "receivers", "processors", "connectors", "exporters")
SETTINGS = {"CLAUDE_CODE_MIXIN_HTPASSWD": "/dev/null", "CLAUDE_CODE_MIXIN_COLLECTOR_START": "1"}


def components() -> list[tuple[str, str]]:
    """Kind and id of everything that the configuration sets up."""
    config = yaml.safe_load(CONFIG)
    return [(kind, name) for kind in KINDS for name in config[kind]]


def validated(config: Any, folder: Path) -> str:
    """What the collector has against a configuration; nothing when it takes it."""
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
    done = process(tool("otelcol"), "validate", f"--config={folder / 'config.yaml'}", env=SETTINGS)
    assert bool(done.returncode) == bool(done.stderr), done.stderr
    return done.stderr


def unnoticed(config: Any) -> list[str]:
    """Unknown keys of components that take them without a word."""
    parts = {name: keys or {} for kind in KINDS for name, keys in config[kind].items()}
    known = CONTRIB["keys"]
    return [
        f"{name}: {key}"
        for name, keys in parts.items()
        for key in keys
        if key not in known.get(name.partition("/")[0], keys)
    ]


@pytest.mark.parametrize(("kind", "name"), components())
def test_contrib_has_every_component(kind: str, name: str) -> None:
    """By the name that it has there now, not by an older one that is still understood."""
    assert name.partition("/")[0] in CONTRIB[kind]


def test_our_collector_is_built_from_the_modules_of_contrib() -> None:
    """The same paths, all of one release; nothing that no configuration names."""
    said = yaml.safe_load(process(tool("otelcol"), "components").stdout)
    ours = {kind: {it["name"]: it["module"] for it in said[kind]} for kind in KINDS}
    release = CONTRIB["version"]
    assert said["buildinfo"]["version"] == release
    assert ours == {
        kind: {name: f"{path} v{release}" for name, path in CONTRIB[kind].items()} for kind in KINDS
    }
    used = {kind: {name.partition("/")[0] for of, name in components() if of == kind} for kind in KINDS}
    assert used == {kind: set(CONTRIB[kind]) for kind in KINDS}


def test_every_key_is_known(tmp_path: Path) -> None:
    """To the collector that is built from these modules; where it does not look, to the list of keys."""
    config = yaml.safe_load(CONFIG)
    assert (validated(config, tmp_path), unnoticed(config)) == ("", [])


@pytest.mark.parametrize(("kind", "name"), components())
def test_a_key_that_is_not_known_is_refused(kind: str, name: str, tmp_path: Path) -> None:
    """In each component: otherwise the test above would say nothing about it."""
    config = yaml.safe_load(CONFIG)
    config[kind][name] = {**(config[kind][name] or {}), "no_such_key": 1}
    assert "no_such_key" in f"{validated(config, tmp_path)} {unnoticed(config)}"


def test_a_component_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A type of another distribution, or a misspelt one."""
    config = yaml.safe_load(CONFIG)
    config["processors"]["batches/points"] = config["processors"].pop("batch/points")
    assert "batches" in validated(config, tmp_path)
