"""A record is called <cut>:<metric>:<operation>, in lower case: by which labels, of what, how computed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from claude_code_mixin.check.context import Context
from claude_code_mixin.problems import Problem

ID = "record/name"
_SHAPE = re.compile(r"[a-z][a-z0-9_]*(:[a-z][a-z0-9_]*){2}")


def check(context: Context) -> Iterator[Problem]:
    """Yield each record whose name tells a reader less than its three parts would."""
    prefix = context.mixin.config.prefixes.record
    for name, same in context.records.items():
        if not _SHAPE.fullmatch(name.removeprefix(prefix)):
            sentence = (
                "is not called <cut>:<metric>:<operation>, as the convention for recording rules has it"
            )
            example = "name it like team:claude_code_cost_usd:increase1h"
            yield same[0][1].problem(ID, f"{sentence}; {example}")
