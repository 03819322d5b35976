"""Fixtures that several tests share."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support import GOOD, Project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """Correct content of its own, without the bundled one."""
    folder = tmp_path / "project"
    shutil.copytree(GOOD, folder, ignore=shutil.ignore_patterns("__pycache__"))
    made = Project(folder)
    made.configure("")
    monkeypatch.chdir(folder)
    return made
