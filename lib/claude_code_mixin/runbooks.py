"""Runbooks beside the modules of alerts: their sections, and the queries among their code."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from claude_code_mixin.problems import Place, Problem, ProblemsError, relative

CODE = re.compile(
    r"(?P<fence>^```(?:promql)?\n(?P<block>.*?)^```$)|`(?P<span>[^`\n]+)`", re.DOTALL | re.MULTILINE
)
METRIC = re.compile(
    r"(?<![\w:.$/-])(?:[a-z_][a-z0-9_]*(?::[a-z0-9_]+){2,3}|(?:claude_code|otelcol)_\w+)(?![\w:./-])"
)
"""A metric name that this mixin answers for: recorded ones, and raw ones of the clients and the collector."""
_CALL = re.compile(
    r"\b(?:sum|min|max|avg|count|group|topk|bottomk|quantile|rate|irate|increase|delta|absent|time|changes"
    r"|resets|scalar|vector|histogram_quantile|[a-z]+_over_time)\s*(?:(?:by|without)\s*\([^)]*\)\s*)?\("
)
_SELECTOR = re.compile(r"^[a-z_][\w:]*\{\s*\w+\s*(?:=|!=|=~|!~)")


@dataclass(frozen=True)
class Runbook:
    """One `## <alert>` section of a runbook file: its place and its `###` headings with their texts.

    `preamble` is what the file says above its first section.
    """

    alert: str
    place: Place
    sections: dict[str, str]
    preamble: str = ""


def read(path: Path) -> Iterator[Runbook]:
    """Yield each section of the runbook file at `path`. Raises ProblemsError when it cannot be read."""
    place = Place(relative(str(path)))
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        sentence = f"cannot be read: {error}; save it as UTF-8 text"
        raise ProblemsError([Problem(place, "", sentence, "content/runbook")]) from error
    preamble = re.split(r"^## ", text, maxsplit=1, flags=re.MULTILINE)[0].strip()
    for match in re.finditer(r"^## (\S+)\s*$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL):
        line = text.count("\n", 0, match.start()) + 1
        parts = re.split(r"^### (.+?)\s*$", match[2], flags=re.MULTILINE)
        sections = {parts[i]: parts[i + 1].strip() for i in range(1, len(parts) - 1, 2)}
        yield Runbook(match[1], Place(place.path, line), sections, preamble)


def queries(text: str) -> Iterator[str]:
    """Yield each query in `text`, a piece of Markdown, without its backticks."""
    for found in CODE.finditer(text):
        code = (found["block"] or found["span"] or "").strip()
        if METRIC.search(code) or _CALL.search(code) or _SELECTOR.search(code):
            yield code


def renamed(text: str, new_name: Callable[[str], str]) -> str:
    """Return `text` with `new_name` of every metric in its code spans and blocks."""
    return CODE.sub(lambda code: METRIC.sub(lambda name: new_name(name[0]), code[0]), text)
