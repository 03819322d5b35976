"""The day as it is stored: a series a session (the widespread raw form), and what the mixin stores of it.

The mixin's side is written from the same truth as the clients': that its rules record exactly this is proven
by the truth table, not here. Both have a sample a minute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import accumulate

from bench.day import ENTRYPOINT, MINUTES, TERMINAL, Session, User
from bench.ledger import LABELS, WHO, Amounts, Ledger, tokens
from claude_code_mixin.catalogue import load
from claude_code_mixin.check.context import Context
from claude_code_mixin.compile.wire_labels import wire_labels
from claude_code_mixin.config import Config

PROFILE = "collector-default"
EXPIRY_MINUTES = 5
"""metric_expiration of the collector's Prometheus exporter: how long a series outlives its session."""
COUNTERS = {
    "cost_usd": "claude_code.cost.usage",
    "tokens": "claude_code.token.usage",
    "sessions": "claude_code.session.count",
}
"""Quantity -> the client counter that has it; requests are counted from events alone."""
_RECORD = re.compile(rf":claude_code_({'|'.join(LABELS)}):(\w+)$")
_RAW = re.compile(r"\bclaude_code_\w+")
_TARGET = {
    "job": "claude-code-collector",
    "instance": "127.0.0.1:8889",
    "collector_start": "1795000000",
    "writer": "laptops",
}
_WINDOWS = {
    "increase1m": 1,
    "increase1h": 60,
    "increase1d": MINUTES,
    "today": MINUTES,
    "month_to_date": MINUTES,
}


@dataclass(frozen=True)
class Series:
    """A stored series: its name with labels as the text format has it, and its samples by minute."""

    name: str
    samples: Mapping[int, float]


def raw_name(quantity: str) -> str:
    """Return the wire name of the client's counter of `quantity`."""
    return load().metrics[COUNTERS[quantity]].names[PROFILE]


def raw_label(label: str) -> str:
    """Return what the client calls a recorded label on the wire."""
    if label in _TARGET:
        return label
    return wire_labels(Config(privacy="full"))[label].keys[0].replace(".", "_")


def text(name: str, labels: Mapping[str, str]) -> str:
    """Return a series as the text format writes it; empty labels are left out."""
    pairs = ",".join(f'{label}="{value}"' for label, value in labels.items() if value)
    return f"{name}{{{pairs}}}"


def of_session(session: Session) -> Iterator[Series]:
    """Yield the session's counters, cumulative from the first increment until the exporter forgets them.

    Clients that send deltas, the default, would reset them at each pause: this is the form at its best.
    """
    ambient = {**_of_user(session.user), "session_id": session.id}
    end = min(session.last + EXPIRY_MINUTES, MINUTES)
    started = {**ambient, "start_type": session.start_type}
    yield Series(text(raw_name("sessions"), started), dict.fromkeys(range(session.first, end + 1), 1.0))
    for (name, labels), amounts in _increments(session).items():
        yield Series(text(name, {**ambient, **dict(labels)}), _cumulative(amounts, end))


def _increments(session: Session) -> dict[tuple[str, tuple[tuple[str, str], ...]], Amounts]:
    found: dict[tuple[str, tuple[tuple[str, str], ...]], Amounts] = {}
    cost, token = raw_name("cost_usd"), raw_name("tokens")
    for request in session.requests:
        way = tuple((_RAW_LABELS[label], _sent(value)) for label, value in request.way._asdict().items())
        amounts = found.setdefault((cost, way), {})
        amounts[request.minute] = amounts.get(request.minute, 0.0) + request.cost
        for kind, count in tokens(request).items():
            amounts = found.setdefault((token, (*way, ("type", kind))), {})
            amounts[request.minute] = amounts.get(request.minute, 0.0) + count
    return found


def _sent(value: str) -> str:
    """The client leaves out what the collector fills in."""
    return "" if value in ("none", "normal") else value


def _of_user(user: User) -> dict[str, str]:
    """Every label that a signed-in user's points carry on this way, in the catalogue's spelling."""
    return {
        **{label: _TARGET.get(label, "") for label in ("job", "instance")},
        "exported_job": "claude-code",
        "otel_scope_name": load().scopes["metrics"],
        "otel_scope_version": user.version,
        "user_id": f"{user.number + 1:064x}",
        "app_version": user.version,
        "organization_id": "3f0c6a52-7d4f-4d0b-9a53-51f1f8b0c001",
        "user_account_uuid": f"5d0e8a52-7d4f-4d0b-9a53-{user.number:012x}",
        "user_account_id": f"user_{user.number:024d}",
        "user_email": user.name,
        "app_entrypoint": ENTRYPOINT,
        "terminal_type": TERMINAL,
        "vcs_repository_name": user.repository,
        "team_id": user.team,
        "enduser_id": user.name,
    }


def _cumulative(amounts: Amounts, end: int) -> dict[int, float]:
    minutes = range(min(amounts), end + 1)
    sums = accumulate(amounts.get(minute, 0.0) for minute in minutes)
    return {minute: round(value, 6) for minute, value in zip(minutes, sums, strict=True)}


_RAW_LABELS = {label: raw_label(label) for label in LABELS["cost_usd"] if label not in WHO}


def of_mixin(ledger: Ledger, context: Context, *, whole: bool) -> Iterator[Series]:
    """Yield increments and roll-ups of every quantity that the truth knows.

    `whole` adds what they are made from: the collector's counters, and the meter's memory of them.
    """
    for name, declared in context.records.items():
        found = _RECORD.search(name)
        labels = context.labels(name)
        if not found or labels is None or not (found[2] in _WINDOWS or (whole and found[2] == "seen")):
            continue
        if not {*labels} <= {*LABELS[found[1]], *_TARGET}:
            continue  # a panel that reads it is found wrong
        names = [raw.group() for raw in _RAW.finditer(declared[0][0].expr)] if found[2] == "seen" else []
        yield from _recorded(ledger, found[1], found[2], (name, *names[:1]), tuple(sorted(labels)))


def _recorded(
    ledger: Ledger, quantity: str, operation: str, names: Iterable[str], labels: tuple[str, ...]
) -> Iterator[Series]:
    own = tuple(label for label in labels if label not in _TARGET)
    target = {label: _TARGET[label] for label in labels if label in _TARGET}
    for values, amounts in ledger.cut(quantity, own).items():
        shown = {**target, **dict(zip(own, values, strict=True))}
        samples: Mapping[int, float]
        if operation == "seen":
            samples = _cumulative(amounts, MINUTES)
        else:
            samples = sliding(amounts, _WINDOWS[operation])
        for name in names:
            yield Series(text(name, shown), samples)


def sliding(amounts: Amounts, window: int) -> Mapping[int, float]:
    """Return, for each minute, what the `window` minutes up to it add up to; empty windows are left out."""
    if window == 1:
        return amounts
    found: dict[int, float] = {}
    total, inside = 0.0, 0
    for minute in range(1, MINUTES + 1):
        if minute in amounts:
            total, inside = total + amounts[minute], inside + 1
        if minute - window in amounts:
            total, inside = total - amounts[minute - window], inside - 1
        if inside:
            found[minute] = round(total, 9)
    return found
