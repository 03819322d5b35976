"""Rule files on a faster clock: a test lives through hours in minutes.

Every duration is divided by the factor, and `time()` and `timestamp()` are multiplied by it, so that ages,
calendar days and their limits in seconds keep their meaning. Unix times that servers expose themselves (such
as process_start_time_seconds) stay on the wall clock: rules about them cannot be tested on the faster one.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_UNITS_MS = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
_DURATION = r"(?:\d+(?:ms|[smhdwy]))+"
_CALENDAR = "minute|hour|day_of_week|day_of_month|day_of_year|days_in_month|month|year"
_STRING = r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`"""
# A string, or a place where PromQL takes a duration or reads the clock.
_TOKEN = re.compile(
    rf"""(?P<string>{_STRING})
    |(?P<range>\[\s*(?P<window>{_DURATION})\s*(?P<colon>:)?\s*(?P<step>{_DURATION})?\s*\])
    |(?P<offset>\boffset\s+(?P<sign>-?)\s*(?P<shift>{_DURATION}))
    |(?P<now>\btime\s*\(\s*\))
    |\b(?P<calendar>{_CALENDAR})\s*\(\s*\)""",
    re.VERBOSE | re.IGNORECASE,
)
_STAMP = re.compile(rf"(?P<string>{_STRING})|(?P<call>\btimestamp\s*\()", re.IGNORECASE)
_BRACKET = re.compile(rf"{_STRING}|[()]")
# Shorter durations put samples in order, they measure no time: `offset 1ms` means "before this evaluation".
_ORDERING_MS = 10


def milliseconds(duration: str) -> int:
    """Return a Prometheus duration such as 1h30m in milliseconds; raise ValueError if it is none."""
    if not re.fullmatch(_DURATION, duration):
        raise ValueError(f"{duration!r} is not a Prometheus duration such as 90s or 1h30m")
    return sum(int(count) * _UNITS_MS[unit] for count, unit in re.findall(r"(\d+)(ms|[smhdwy])", duration))


def duration(text: str, factor: int) -> str:
    """Divide the Prometheus duration `text` by `factor`; what is below 10 ms stays as it is.

    Raise ValueError when the result is below 10 ms, where Prometheus' own clock is too coarse.
    """
    length = milliseconds(text)
    if length < _ORDERING_MS:
        return text
    scaled = round(length / factor)
    if scaled < _ORDERING_MS:
        raise ValueError(f"{text} divided by {factor} is {scaled} ms: choose a smaller factor")
    return f"{scaled}ms"


def expression(text: str, factor: int) -> str:
    """Put the PromQL `text` on a clock `factor` times faster; strings stay as they are."""

    def divide(match: re.Match[str]) -> str:
        if match["offset"]:
            return f"offset {match['sign']}{duration(match['shift'], factor)}"
        if match["range"]:
            step = duration(match["step"], factor) if match["step"] else ""
            return f"[{duration(match['window'], factor)}{match['colon'] or ''}{step}]"
        if match["now"]:
            return f"(time() * {factor})"
        if match["calendar"]:
            return f"{match['calendar']}(vector(time() * {factor}))"
        return match["string"]

    return _stamps(_TOKEN.sub(divide, text), factor)


def _stamps(text: str, factor: int) -> str:
    """Multiply every call of timestamp() by `factor`; a subquery may follow, so each gets its brackets."""
    pieces, done = [], 0
    for match in _STAMP.finditer(text):
        if match["call"] and match.start() >= done:
            end = _closing(text, match.end())
            pieces += [text[done : match.start()], f"({factor} * {text[match.start() : end]})"]
            done = end
    return "".join([*pieces, text[done:]])


def _closing(text: str, position: int) -> int:
    """Return where the bracket opened just before `position` is closed, strings left out of account."""
    depth = 1
    for match in _BRACKET.finditer(text, position):
        depth += {"(": 1, ")": -1}.get(match[0], 0)
        if depth == 0:
            return match.end()
    raise ValueError(f"a bracket is never closed in {text}")


def rules(text: str, factor: int) -> str:
    """Put the Prometheus rule file `text` on a clock `factor` times faster and return it as YAML."""
    document = yaml.safe_load(text)
    for group in document["groups"]:
        _divide_keys(group, ("interval", "query_offset", "eval_delay"), factor)
        for rule in group["rules"]:
            rule["expr"] = expression(str(rule["expr"]), factor)
            _divide_keys(rule, ("for", "keep_firing_for"), factor)
    return yaml.safe_dump(document, sort_keys=False, width=10_000)


def _divide_keys(item: dict[str, Any], keys: tuple[str, ...], factor: int) -> None:
    for key in keys:
        if key in item and milliseconds(str(item[key])):
            item[key] = duration(str(item[key]), factor)
