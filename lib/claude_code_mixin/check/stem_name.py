"""A content file is called by lower-case words joined by _: its name becomes part of uids and file names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claude_code_mixin.check.context import Context
from claude_code_mixin.problems import Place, Problem, relative

ID = "stem/name"


def check(context: Context) -> Iterator[Problem]:
    """Yield each file whose name could not be imported or typed."""
    for module in context.mixin.modules:
        if not re.fullmatch(r"[a-z][a-z0-9_]*", module.stem):
            words = re.sub(r"[^a-z0-9]+", "_", module.stem.lower()).strip("_") or "topic"
            sentence = f'is called "{module.stem}", which is not lower-case words joined by _'
            place = Place(relative(str(module.path)))
            yield Problem(place, "", f"{sentence}; rename it, for example {words}.py", ID)
