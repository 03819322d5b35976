"""The PromQL in runbooks: code spans and blocks that are queries, told from paths, settings and values."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

CODE = re.compile(
    r"(?P<fence>^```(?:promql)?\n(?P<block>.*?)^```$)|`(?P<span>[^`\n]+)`", re.DOTALL | re.MULTILINE
)
METRIC = re.compile(
    r"(?<![\w:.$/-])(?:[a-z_][a-z0-9_]*:[a-z0-9_]+:[a-z0-9_]+|(?:claude_code|otelcol)_\w+)(?![\w:./-])"
)
"""A metric name that this mixin answers for: recorded ones, and raw ones of the clients and the collector."""
_CALL = re.compile(
    r"\b(?:sum|min|max|avg|count|group|topk|bottomk|quantile|rate|irate|increase|delta|absent|time|changes"
    r"|resets|scalar|vector|histogram_quantile|[a-z]+_over_time)\s*(?:(?:by|without)\s*\([^)]*\)\s*)?\("
)
_SELECTOR = re.compile(r"^[a-z_][\w:]*\{\s*\w+\s*(?:=|!=|=~|!~)")


def queries(text: str) -> Iterator[str]:
    """Yield each query in `text`, a piece of Markdown, without its backticks."""
    for found in CODE.finditer(text):
        code = (found["block"] or found["span"] or "").strip()
        if METRIC.search(code) or _CALL.search(code) or _SELECTOR.search(code):
            yield code


def renamed(text: str, new_name: Callable[[str], str]) -> str:
    """Return `text` with `new_name` of every metric in its code spans and blocks."""
    return CODE.sub(lambda code: METRIC.sub(lambda name: new_name(name[0]), code[0]), text)
