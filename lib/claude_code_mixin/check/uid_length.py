"""A dashboard's uid is its own and legal in Grafana: at most 40 letters, digits, dashes, underscores."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claude_code_mixin.check.context import Context, board_owner
from claude_code_mixin.problems import Problem

ID = "uid/length"
LIMIT = 40
"""Characters that Grafana's database has room for."""


def check(context: Context) -> Iterator[Problem]:
    """Yield each uid (prefix and stem of the file) that Grafana refuses."""
    stems: set[str] = set()
    for stem, board in context.mixin.dashboards():
        uid, owner = context.mixin.config.prefixes.uid + stem, board_owner(stem, board)
        if len(uid) > LIMIT:
            sentence = f'uid "{uid}" has {len(uid)} characters and Grafana allows {LIMIT}'
            yield owner.problem(ID, f"{sentence}; shorten the name of the file or prefixes.uid")
        if not re.fullmatch(r"[A-Za-z0-9_-]+", uid):
            yield owner.problem(ID, f'uid "{uid}" holds more than letters, digits, dashes and underscores')
        if stem in stems:
            yield owner.problem(ID, f'is a second dashboard with uid "{uid}"; move it into a file of its own')
        stems.add(stem)
