"""An alert is called ClaudeCode<Thing><Problem>, so that routes and silences can tell it by its prefix."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claude_code_mixin.check.context import Context
from claude_code_mixin.compile.prometheus import PREFIX
from claude_code_mixin.model import Alert
from claude_code_mixin.problems import Problem

ID = "alert/name"


def check(context: Context) -> Iterator[Problem]:
    """Yield each alert that the configured prefix would not reach, or that is no word in capitals."""
    for found in context.expressions:
        if isinstance(found.item, Alert) and not re.fullmatch(rf"{PREFIX}[A-Z][A-Za-z0-9]*", found.item.name):
            sentence = f"is not called {PREFIX} and what is wrong, in words with capitals"
            way_out = f"name it like {PREFIX}SpendSpike; prefixes.alert replaces {PREFIX}"
            yield found.problem(ID, f"{sentence}; {way_out}")
