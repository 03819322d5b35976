"""Runbooks to the build, so that whoever takes only the build has what the alerts link to."""

from __future__ import annotations

from pathlib import PurePath

from claude_code_mixin.compile.prometheus import RUNBOOKS
from claude_code_mixin.loader import Mixin
from claude_code_mixin.runbooks import Runbook, renamed


def runbooks(mixin: Mixin) -> dict[str, str]:
    """Return the runbook file of each stem, the sections of several roots one after another.

    Their queries name records as they are built: under the configured prefix.
    """
    prefix, recorded = mixin.config.prefixes.record, {record.name for _, record in mixin.records()}
    sections: dict[str, list[str]] = {}
    for runbook in mixin.runbooks:
        text = renamed(_section(runbook), lambda name: prefix + name if prefix + name in recorded else name)
        texts = sections.setdefault(PurePath(runbook.place.path).stem, [])
        if runbook.preamble and f"{runbook.preamble}\n" not in texts:
            texts.append(f"{runbook.preamble}\n")
        texts.append(text)
    return {f"{RUNBOOKS}{stem}.md": _header(stem) + "\n".join(texts) for stem, texts in sections.items()}


def _header(stem: str) -> str:
    source = f"alerts/{stem}.md"
    return f"<!-- Compiled by claude-code-mixin from {source}; change the source and build again. -->\n\n"


def _section(runbook: Runbook) -> str:
    parts = [f"### {heading}\n\n{text}\n" for heading, text in runbook.sections.items()]
    return "\n".join([f"## {runbook.alert}\n", *parts])
