"""The measured figures as JSON, and as Markdown made from that JSON alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from bench.limits import KINDS, Figure, compared, faster, growth, middle, times

Result = Mapping[str, Any]
_LINE = 200
INTRODUCTION = """\
One generated day, stored twice, each form in a Prometheus of its own, and asked in the same run: by the
panels of the built dashboards, and by the same questions in the form that most people use, `increase()` over
the clients' counters with a series a session. Users, teams and models are the same in every day; only the
sessions grow. Both forms have a sample a minute. A range is a day at the panel's step on a full-HD screen, a
single value is taken at its end. Times are medians of five HTTP requests after one that warms up; what took
longer than 5 s was asked once. CPU is what the server worked for one answer: it depends less on what else the
machine does.

The recorded series are written from the same truth as the clients' counters, not by the rules: that the rules
record exactly this is proven in `results/truth.md`. What every sum in every panel shows here is held to the
truth. The raw counters are cumulative from a session's start to its end, the form at its best; only the three
that panels ask for are stored."""


def as_json(result: Result) -> str:
    """Return the result as JSON; what fits stands in one line."""
    return _pretty(result, "") + "\n"


def _pretty(value: object, indent: str) -> str:
    flat = json.dumps(value)
    if len(indent) + len(flat) <= _LINE or not isinstance(value, dict | list):
        return flat
    inner = indent + "  "
    if isinstance(value, list):
        return "[\n" + ",\n".join(inner + _pretty(item, inner) for item in value) + f"\n{indent}]"
    lines = (f"{inner}{json.dumps(key)}: {_pretty(item, inner)}" for key, item in value.items())
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}"


def markdown(result: Result) -> str:
    """Return the whole report."""
    measured = ", ".join(f"{part} {date}" for part, date in result["measured"].items())
    lines = [
        "# Figures",
        "",
        "Made by `make bench` from `results/bench.json`; not written by hand.",
        "",
        f"{result['cpu']}, {result['cores']} cores, Python {result['python']}, Prometheus "
        f"{result['prometheus']}. Measured: {measured}.",
        "",
        f"Load average over 15 minutes: {result['load']}. Above the number of cores, times tell more of "
        "what else ran; CPU still compares.",
        "",
        *_limits(result["figures"]),
        "",
        *(_sessions(result["sessions"], result["queries"]) if "sessions" in result else ()),
        *(_rules(result["rules"]) if "rules" in result else ()),
    ]
    return "\n".join(lines) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(header) + " |"
    yield "|---|" + "---:|" * (len(header) - 1)
    for row in rows:
        yield "| " + " | ".join(row) + " |"


def _limits(figures: Iterable[Result]) -> Iterator[str]:
    found = [Figure(**figure) for figure in figures]
    rows = (
        (
            figure.name,
            f"{figure.value:.3g} {figure.unit}".strip(),
            figure.bound,
            "kept" if figure.kept else "**missed**",
        )
        for figure in found
    )
    return _table(("Figure", "Measured", "Limit", ""), rows)


def _sessions(days: Sequence[Result], queries: Sequence[Sequence[str]]) -> Iterator[str]:
    yield from ("## Dashboards over a day of sessions", "", INTRODUCTION, "")
    yield from (*_table(_MEDIANS, _medians(days)), "")
    yield from ("### What is stored", "", *_table(_STORED, _stored(days)), "")
    for day in days:
        yield from (f"### Every panel, {day['sessions']:,} sessions, {day['requests']:,} requests", "")
        yield from (*_table(_PANEL, _panels(day)), "")
    yield from ("### Questions without a raw form", "", *_table(("Panel", "Why"), _unasked(days[0])), "")
    yield from ("### The questions", "", *_queries(queries))


_MEDIANS = (
    "Kind",
    "Sessions",
    "Ours",
    "Raw",
    "Median of the ratios",
    "By CPU",
    "Ours against the first",
    "By CPU",
)
_PANEL = (
    "Panel",
    "Ours ms",
    "Raw ms",
    "Times faster",
    "Ours CPU ms",
    "Raw CPU ms",
    "By CPU",
    "Raw is off by",
)
_STORED = ("Form", "Sessions", "Series", "Samples", "Bytes")


def _medians(days: Sequence[Result]) -> Iterator[Sequence[str]]:
    for kind, name in KINDS.items():
        for day in days:
            yield (
                f"{name} ({len(compared(day, kind))})",
                f"{day['sessions']:,}",
                f"{middle(day, kind, 'ours'):.1f} ms",
                f"{middle(day, kind, 'raw'):,.0f} ms",
                f"{faster(day, kind):.0f}",
                f"{faster(day, kind, 'cpu_ms'):.0f}",
                f"{growth(days[0], day, kind):.2f}",
                f"{growth(days[0], day, kind, 'cpu_ms'):.2f}",
            )


def _panels(day: Result) -> Iterator[Sequence[str]]:
    for row in day["questions"]:
        if "raw" not in row:
            continue
        ours, raw = row["ours"], row["raw"]
        shown = f"{raw['ms']:,.0f}" + (f" ({raw['refused']})" if "refused" in raw else "")
        yield (
            row["panel"],
            f"{ours['ms']:.1f}",
            shown,
            f"{times(row):.0f}",
            f"{ours['cpu_ms']:.1f}",
            f"{raw['cpu_ms']:,.0f}",
            f"{times(row, 'cpu_ms'):.0f}",
            "" if row["raw_error"] is None else f"{100 * row['raw_error']:+.1f} %",
        )


def _stored(days: Sequence[Result]) -> Iterator[Sequence[str]]:
    for day in days:
        count = f"{day['sessions']:,}"
        for server in day["stored"].values():
            for part, counted in server["parts"].items():
                yield part, count, f"{counted['series']:,}", f"{counted['samples']:,}", ""
            yield "together", count, "", f"{server['samples']:,}", f"{server['bytes']:,}"


def _unasked(day: Result) -> Iterator[Sequence[str]]:
    return ((row["panel"], row["no_raw"]) for row in day["questions"] if "no_raw" in row)


def _queries(queries: Sequence[Sequence[str]]) -> Iterator[str]:
    for panel, ours, raw in queries:
        if raw:
            yield from (f"{panel}:", "```", ours, raw, "```", "")


def _rules(parts: Sequence[Result]) -> Iterator[str]:
    yield from ("## Evaluation of the rules", "")
    for part in parts:
        yield from (part["name"], "")
        yield (
            f"An evaluation of all takes {part['seconds']:.2f} s, the worst {part['worst_seconds']:.2f} s. "
            f"CPU {part['cpu_seconds']:.2f} s, and the scrapes meanwhile {part['scrape_cpu_seconds']:.2f} s. "
            f"{part['head_series']:,} series in memory, {part['memory_bytes'] / 1e9:.2f} GB resident, heap "
            f"in use {part['heap_bytes'] / 1e9:.2f} GB; {part['recorded_increments']:,} increments recorded."
        )
        yield ""
        rows = ((name, f"{seconds:.3f}") for name, seconds in part["groups"].items())
        yield from (*_table(("Group", "Seconds"), rows), "")
        rules = ((name, f"{seconds:.3f}") for name, seconds in part["dearest_rules"].items())
        yield from (*_table(("Dearest rules", "Seconds"), rules), "")
        sets = ((name, f"{count:,}") for name, count in part["exposed"].items())
        yield from (*_table(("Exposed counter", "Label sets"), sets), "")
