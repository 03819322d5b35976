"""A record's name belongs to one file, and the same name with the same labels is recorded once."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin.check.context import Context, Expression
from claude_code_mixin.loader import Mixin
from claude_code_mixin.model import Group, Record
from claude_code_mixin.problems import Problem

ID = "record/duplicate"


def check(context: Context) -> Iterator[Problem]:
    """Yield each record that another one overwrites; Prometheus loads both and the last writer wins."""
    homes = _homes(context.mixin)
    for same in context.records.values():
        seen: dict[frozenset[tuple[str, str]], Record] = {}
        files = {homes[id(same[0][0])]}
        for record, found in same:
            earlier = seen.setdefault(frozenset(record.labels.items()), record)
            home = homes[id(record)]
            if earlier is not record:
                yield _problem(found, "is recorded a second time with the same labels", earlier)
            elif home not in files:
                yield _problem(found, "is declared in two files", same[0][0])
            files.add(home)


def _homes(mixin: Mixin) -> dict[int, str]:
    """The file whose group holds each record: a helper elsewhere may have built it. Keys are identities."""
    return {
        id(record): str(module.path)
        for module in mixin.modules
        for group in module.declared
        if isinstance(group, Group)
        for record in group.records
    }


def _problem(found: Expression, what: str, other: Record) -> Problem:
    return found.problem(ID, f"{what}, see {other.place}; keep one of them or give it another name")
