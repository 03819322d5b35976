"""What the templates of an alert refer to (Go templates with the variables that Prometheus defines)."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ACTION = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)
_STRING = re.compile(r'"(?:\\.|[^"\\])*"|`[^`]*`')
_INDEXED = re.compile(r'index\s+(?:\$labels|\.Labels)\s+"(\w+)"')
_LABEL = re.compile(r"(?:\$labels|(?<![\w)$])\.Labels)\.(\w+)")
_FIELD = re.compile(r"(?<![\w)$.\]])\.([A-Za-z_]\w*)")
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")
_ASSIGNED = re.compile(r"\$(\w+)\s*(?:,\s*\$(\w+)\s*)?:?=")

FIELDS = frozenset({"Labels", "Value", "ExternalLabels", "ExternalURL"})
VARIABLES = frozenset({"labels", "value", "externalLabels", "externalURL"})


def _actions(text: str) -> Iterator[str]:
    return (found[1] for found in _ACTION.finditer(text))


def labels(text: str) -> frozenset[str]:
    """Labels of the alert's series that `text` refers to."""
    found = {label for action in _actions(text) for label in _INDEXED.findall(action)}
    bare = (_STRING.sub('""', action) for action in _actions(text))
    return frozenset(found | {label for action in bare for label in _LABEL.findall(action)})


def unknown(text: str) -> frozenset[str]:
    """Fields and variables in `text` that Prometheus does not define; it prints nothing for them."""
    found: set[str] = set()
    assigned = {name for action in _actions(text) for pair in _ASSIGNED.findall(action) for name in pair}
    for action in _actions(text):
        bare = _STRING.sub('""', action)
        found |= {f".{name}" for name in _FIELD.findall(bare) if name not in FIELDS}
        found |= {f"${name}" for name in _VARIABLE.findall(bare) if name not in VARIABLES | assigned}
    return frozenset(found)
