"""Amounts, counts, days and model names as exports write them."""

from __future__ import annotations

import re
from datetime import date, timedelta

from claude_code_mixin.prices import listed_as

_AMOUNT = re.compile(r"[0-9][0-9.,' ]*|\.[0-9]+")
_OTHER_MONEY = re.compile(r"[€£¥₹]|\b(EUR|GBP|JPY|CHF|INR|CAD|AUD)\b", re.IGNORECASE)
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,])[0-9]{3})(?:\1[0-9]{3})*")
_DAY = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ].*)?")
_DATED = re.compile(r"[-@](20[0-9]{2}-?[0-9]{2}-?[0-9]{2})$")


def dollars(text: str) -> float:
    """Return an amount in US dollars: "$1,234.50", "1.234,50 USD", "(3.00)" and "-3.00" for less than zero.

    A single comma or dot with three digits behind it separates thousands if it is a comma. Raises ValueError
    with a phrase for what is no amount, or one in another currency.
    """
    if found := _OTHER_MONEY.search(text):
        raise ValueError(f"is in {found[0]}, recorded spend is in US dollars; convert the export first")
    bare = re.sub(r"USD|US|\$|\s|\u00a0", "", text, flags=re.IGNORECASE).replace("\u2212", "-")
    negative = bare.startswith("-") or (bare.startswith("(") and bare.endswith(")"))
    digits = bare.strip("-()")
    if not _AMOUNT.fullmatch(digits):
        raise ValueError("is no amount; write it like 1234.50")
    value = float(_plain(digits.replace("'", "")))
    return -value if negative else value


def _plain(digits: str) -> str:
    """The number with a dot for its decimals and nothing between its thousands."""
    comma, dot = digits.rfind(","), digits.rfind(".")
    if comma >= 0 and dot >= 0:
        thousands = "," if dot > comma else "."
        return digits.replace(thousands, "").replace(",", ".")
    mark = "," if comma >= 0 else "."
    if digits.count(mark) > 1 or (mark == "," and _GROUPED.fullmatch(digits)):
        if not _GROUPED.fullmatch(digits):
            raise ValueError("has separators in odd places; write it like 1234.50")
        return digits.replace(mark, "")
    return digits.replace(",", ".")


def tokens(text: str) -> float:
    """Return a number of tokens, separated thousands allowed; raise ValueError for less than none."""
    value = dollars(text) if text.strip() else 0.0
    if value < 0 or value != int(value):
        raise ValueError("is no number of tokens; those are whole and not below 0")
    return value


def day(text: str) -> date:
    """Return the day of "2026-10-31" or of a time that begins so; raise ValueError for other writings."""
    found = _DAY.fullmatch(text.strip())
    if not found:
        raise ValueError("is no day like 2026-10-31; other writings are ambiguous")
    return date(int(found[1]), int(found[2]), int(found[3]))


def month(text: str) -> tuple[date, date]:
    """Return the first day of the month "2026-10" and that of the next one; raise ValueError otherwise."""
    found = re.fullmatch(r"(20[0-9]{2})-(0[1-9]|1[0-2])", text)
    if not found:
        raise ValueError("is no month like 2026-10")
    first = date(int(found[1]), int(found[2]), 1)
    return first, (first + timedelta(days=31)).replace(day=1)


def model(text: str) -> str:
    """Return the model as the price table names it: "Claude Opus 4.6" and "claude-opus-4-6-20260205" are one.

    Empty for a row that names none.
    """
    name = re.sub(r"[\s._]+", "-", text.strip().lower()).strip("-")
    return listed_as(_DATED.sub("", name))
