"""manifest.json: what a build consists of, so that writers and readers can tell its files from others."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256

import claude_code_mixin
from claude_code_mixin.config import Config

NAME = "manifest.json"
GENERATOR = "claude-code-mixin"
SCHEMA = 1
"""Version of the manifest's layout; readers refuse one they do not know."""


def manifest(config: Config, files: Mapping[str, str]) -> dict[str, str]:
    """Return the manifest of `files` (text by path): versions, a digest of `config` and of every file.

    It holds no time and no place, so that the same input gives the same bytes.
    """
    document = {
        "generator": GENERATOR,
        "schema": SCHEMA,
        "version": claude_code_mixin.__version__,
        "config": digest(config.model_dump_json(by_alias=True)),
        "files": {path: digest(text) for path, text in sorted(files.items())},
    }
    return {NAME: json.dumps(document, indent=2) + "\n"}


def digest(text: str) -> str:
    """Return the SHA-256 of `text` in UTF-8, as sha256:<hex>."""
    return "sha256:" + sha256(text.encode()).hexdigest()
