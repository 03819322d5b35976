"""Every panel has a title, a description, a unit that Grafana knows and a query; its links lead somewhere."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin import promql_units
from claude_code_mixin.check.context import Context, Owner
from claude_code_mixin.model import Panel
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Problem

ID = "panel/complete"
DESCRIPTION_LENGTH = 20
"""Characters below which a description cannot say what a change means."""
_TO_DASHBOARD = "dashboard:"
_WITHOUT_QUERY = frozenset({"text", "alertlist"})


def check(context: Context) -> Iterator[Problem]:
    """Yield each part that a panel lacks."""
    config = context.mixin.config
    boards = {stem for stem, _ in context.mixin.dashboards()} | set(config.dashboards)
    for owner, panel in context.panels:
        if not panel.title.strip():
            yield owner.problem(ID, "has no title; name what it shows")
        if panel.kind not in _WITHOUT_QUERY:
            yield from _shown(owner, panel)
        for _, address in panel.links:
            stem = address.removeprefix(_TO_DASHBOARD)
            if address.startswith(_TO_DASHBOARD) and stem not in boards:
                yield owner.problem(
                    ID, f'links to dashboard "{stem}", which does not exist{_meant(stem, boards)}'
                )


def _shown(owner: Owner, panel: Panel) -> Iterator[Problem]:
    known = promql_units.panel_units()
    length = len(panel.description.strip())
    if length < DESCRIPTION_LENGTH:
        wanted = f"say in at least {DESCRIPTION_LENGTH} what a change means and what to do"
        yield owner.problem(ID, f"has a description of {length} characters; {wanted}")
    if panel.unit not in known:
        sentence = f'unit "{panel.unit}" is none that a panel may show{_meant(panel.unit, known)}'
        yield owner.problem(ID, f"{sentence} (known: {', '.join(sorted(known))})")
    if not panel.queries:
        yield owner.problem(ID, "has no query, so it stays empty; add one or make it a text panel")


def _meant(name: str, known: frozenset[str] | set[str]) -> str:
    meant = nearest(name, known)
    return f'; perhaps "{meant}"' if meant else ""
