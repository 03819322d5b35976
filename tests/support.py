"""What several tests share: a small repository of its own content, and the command run in it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from claude_code_mixin.cli import main

GOOD = Path(__file__).parent / "good"
CONFIGURATION = '[content]\nroots = ["."]\nbundled = false\n'


@dataclass(frozen=True)
class Project:
    """A folder with mixin.toml and content; the working directory of the test."""

    folder: Path

    @property
    def config(self) -> Path:
        """Its configuration file."""
        return self.folder / "mixin.toml"

    def configure(self, text: str) -> None:
        """Put `text` before the tables of the configuration."""
        self.config.write_text(text + "\n" + CONFIGURATION, encoding="utf-8")

    def write(self, path: str, text: str) -> None:
        """Write one of its files."""
        (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / path).write_text(text, encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Change `old`, which must be there, in one of its files."""
        text = (self.folder / path).read_text(encoding="utf-8")
        assert old in text
        self.write(path, text.replace(old, new))

    def run(self, *arguments: str) -> Result:
        """Run claude-code-mixin with `arguments`, without a terminal."""
        return CliRunner().invoke(main, list(arguments), env={"COLUMNS": "200"})

    def built(self) -> dict[str, bytes]:
        """The files of build/ with their contents."""
        return contents(self.folder / "build")


def process(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program of ours or of the tools folder as a process of its own; return what it printed."""
    settings = {"capture_output": True, "text": True, "timeout": 60, "check": False, **options}
    return subprocess.run([str(argument) for argument in arguments], **settings)  # noqa: S603 (our programs)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below `folder`, by its path there."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
