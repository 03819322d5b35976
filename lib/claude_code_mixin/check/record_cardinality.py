"""Recorded series stay few: no label grows with sessions or requests, a user costs at most 30 series."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from claude_code_mixin.catalogue import Cardinality
from claude_code_mixin.check.context import Context
from claude_code_mixin.problems import Problem
from claude_code_mixin.promql_labels import Labels

ID = "record/cardinality"
SERIES_PER_USER = 30
"""Recorded series that one active user may cost (the design's limit)."""
ASSUMED: dict[str, int] = {"model": 2}
"""Values of an open label that one active user has at a time; every other open label counts once."""
_GROWS = {
    Cardinality.PER_SESSION: "a value for every session",
    Cardinality.UNBOUNDED: "a value for nearly every request",
}


def check(context: Context) -> Iterator[Problem]:
    """Yield each recorded label without bound, and the sum over all records when a user costs too much."""
    per_user: dict[str, int] = {}
    for name, same in context.records.items():
        labels = context.labels(name)
        if labels is None:
            continue
        for label in sorted(labels):
            attribute = context.attributes.get(label)
            grows = _GROWS.get(attribute.cardinality) if attribute else None
            if grows:
                yield same[0][1].problem(ID, f'keeps label "{label}", which has {grows}; group it away')
        if "user" in labels:
            per_user[name] = _series(labels)
    yield from _total(context, per_user)


def _series(labels: Labels) -> int:
    sizes = ((label, len(values) if values else ASSUMED.get(label, 1)) for label, values in labels.items())
    return prod(size for label, size in sizes if label != "user")


def _total(context: Context, per_user: dict[str, int]) -> Iterator[Problem]:
    total = sum(per_user.values())
    if total <= SERIES_PER_USER:
        return
    ranked = sorted(per_user, key=lambda name: (-per_user[name], name))
    shares = ", ".join(f"{name} {per_user[name]}" for name in ranked)
    sentence = f"an active user costs {total} recorded series, more than {SERIES_PER_USER} ({shares})"
    yield context.records[ranked[0]][0][1].problem(ID, f"{sentence}; drop a label or a record")
