"""YAML as people write it: keys in the order given, long texts as literal blocks, no aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

WIDE = 90
"""Texts longer than this become literal blocks."""
_NO_WRAP = 1 << 20

if TYPE_CHECKING:  # types-PyYAML knows one base class; at run time libyaml's is about ten times faster
    _Base = yaml.SafeDumper
else:
    _Base = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):
    def ignore_aliases(self, data: object) -> bool:
        """Write a value that occurs twice twice: rule files have no anchors."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value or len(value) > WIDE else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _text)


def dump(header: str, *documents: object) -> str:
    """Return `documents` (plain dicts, lists, texts, numbers) below `header`, each of its lines a comment."""
    comment = "".join(f"# {line}\n" for line in header.splitlines())
    return comment + yaml.dump_all(
        documents,
        Dumper=_Dumper,
        sort_keys=False,
        width=_NO_WRAP,
        allow_unicode=True,
        default_flow_style=False,
    )
