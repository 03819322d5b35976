"""Tables and numbers for the pages of the build."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SMALLEST = 5e-5
"""A share below this is shown as 0.0 %: sums of floating-point numbers differ by less."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; bars inside cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in line) + " |\n"
        for line in lines
    )


def percent(share: float | None, *, signed: bool = True) -> str:
    """Return a share as a percentage, a dash for none."""
    if share is None:
        return "-"
    if abs(share) < SMALLEST:
        return "0.0 %"
    return f"{100 * share:+.3g} %" if signed else f"{100 * share:.3g} %"


def number(value: float) -> str:
    """Return a number with three digits or, from a thousand on, whole."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def listed(names: Iterable[str], everything: Iterable[str], word: str) -> str:
    """Return names in their order; `all <word>` when none is missing."""
    chosen, known = set(names), list(dict.fromkeys(everything))
    if len(known) > 1 and chosen >= set(known):
        return f"all {len(known)} {word}"
    return ", ".join(name for name in known if name in chosen)
