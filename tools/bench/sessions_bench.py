"""Dashboards over one day of sessions: the mixin's form and the widespread raw one, asked side by side."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench import answers, blocks, forms
from bench.clock import Clock, Timing
from bench.day import MINUTES, TEAMS, USERS, Session, sessions
from bench.ledger import Ledger
from bench.limits import times
from bench.questions import Question
from claude_code_mixin.check.context import Context
from claude_code_mixin.fleet.prometheus import Prometheus

Say = Callable[[str], None]
PARTS = {
    "raw": {"clients' counters, a series a session": "claude_code_.+"},
    "ours": {
        "collector's counters": "claude_code_.+",
        "meter's memory of them": ".+:seen",
        "recorded increments and roll-ups": ".+:(increase.+|today|month_to_date)",
    },
}
"""Server -> what it stores -> a regular expression of the names."""


LENGTH = f"{blocks.SIX_HOURS}m"


class Archive(Prometheus):
    """A Prometheus over blocks of the past, which it neither deletes nor compacts."""

    def arguments(self) -> list[str]:
        """Return the command line."""
        kept = ["--storage.tsdb.retention.time=10y"]
        uncompacted = ["--storage.tsdb.min-block-duration=2h", f"--storage.tsdb.max-block-duration={LENGTH}"]
        return [*super().arguments(), *kept, *uncompacted]


def first_of_month() -> int:
    """Return when the last month began (Unix seconds, UTC): the month to date is then the day."""
    now = datetime.now(UTC)
    year, month = (now.year, now.month - 1) if now.month > 1 else (now.year - 1, 12)
    return int(datetime(year, month, 1, tzinfo=UTC).timestamp())


def measure(
    count: int, folder: Path, asked: Sequence[Question], context: Context, say: Say, *, whole: bool = True
) -> dict[str, Any]:
    """Return the figures of a day of `count` sessions, stored in `folder`, and name every wrong answer.

    `context` has the records that are stored; unless `whole`, what they are made from is left out.
    """
    day = first_of_month()
    everything = list(sessions(count))
    ledger = Ledger(everything)
    started = time.monotonic()
    _store(everything, list(forms.of_mixin(ledger, context, whole=whole)), folder, day)
    say(f"{count} sessions, {ledger.requests} requests: stored in {time.monotonic() - started:.0f} s")
    with ExitStack() as stack:
        servers = {name: stack.enter_context(Archive(folder / name)) for name in PARTS}
        clocks = {name: stack.enter_context(Clock(server, day)) for name, server in servers.items()}
        rows = list(_rows(asked, clocks, ledger, day, say))
        parts = {name: _parts(name, servers[name], day) for name in PARTS}
    return {
        "sessions": count,
        "requests": ledger.requests,
        "users": USERS,
        "teams": TEAMS,
        "stored": {
            name: {"parts": parts[name], **asdict(blocks.stored(folder / name / "data"))} for name in PARTS
        },
        "questions": rows,
    }


def _store(everything: Sequence[Session], ours: Sequence[forms.Series], folder: Path, day: int) -> None:
    with (
        blocks.Backfill(folder / "ours" / "data", day) as mixin,
        blocks.Backfill(folder / "raw" / "data", day) as raw,
    ):
        for window in raw.windows(MINUTES):
            raw.add(window, _of_window(everything, window))
            mixin.add(window, ours)


def _of_window(everything: Sequence[Session], window: range) -> Iterator[forms.Series]:
    for session in everything:
        if session.first < window.stop and session.last + forms.EXPIRY_MINUTES >= window.start:
            yield from forms.of_session(session)


def _rows(
    asked: Sequence[Question], clocks: dict[str, Clock], ledger: Ledger, day: int, say: Say
) -> Iterator[dict[str, Any]]:
    """One row a question; a question that several panels ask is timed once."""
    known: dict[tuple[str, str, int], dict[str, Any]] = {}
    for question in asked:
        key = (question.kind, question.ours, question.step)
        if key not in known:
            known[key] = _row(question, clocks, ledger, day)
        row = {"panel": question.panel, **known[key]}
        say(_line(row))
        yield row


def _row(question: Question, clocks: dict[str, Clock], ledger: Ledger, day: int) -> dict[str, Any]:
    ours, _ = clocks["ours"].time(question, question.ours)
    row: dict[str, Any] = {"kind": question.kind, "step": question.step, "ours": _shown(ours)}
    if question.raw:
        row["raw"] = _shown(clocks["raw"].time(question, question.raw)[0])
        row["raw_error"] = answers.raw_error(question, clocks["raw"], ledger)
    else:
        row["no_raw"] = question.reason
    wrong = answers.wrong(question, clocks["ours"], ledger, day)
    if wrong or ours.refused:
        row["wrong"] = wrong or ours.refused
    return row


def _shown(timing: Timing) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "ms": float(f"{timing.milliseconds:.4g}"),
        "cpu_ms": float(f"{timing.cpu_milliseconds:.4g}"),
        "runs": timing.runs,
    }
    return shown | ({"refused": timing.refused} if timing.refused else {})


def _line(row: dict[str, Any]) -> str:
    ours = row["ours"]
    if "raw" not in row:
        said = f"no raw form: {row['no_raw']}"
    elif "refused" in row["raw"]:
        said = f"raw refused after {row['raw']['ms']:.0f} ms: {row['raw']['refused']}"
    else:
        said = (
            f"raw {row['raw']['ms']:9.1f} ms: {times(row):5.0f} times, CPU {times(row, 'cpu_ms'):5.0f} times"
        )
    wrong = f"  WRONG: {row['wrong']}" if "wrong" in row else ""
    return f"  {row['panel']:<52.52} ours {ours['ms']:7.2f} ms (CPU {ours['cpu_ms']:6.2f}), {said}{wrong}"


def _parts(server: str, prometheus: Prometheus, day: int) -> dict[str, dict[str, int]]:
    """Series and samples of each part, counted by the server."""
    end = day + 86400
    found = {}
    for part, regex in PARTS[server].items():
        counted = f'count by (__name__) (last_over_time({{__name__=~"{regex}"}}[1d]))'
        rows = prometheus.query(f'label_replace({counted}, "metric", "$1", "__name__", "(.+)")', end)
        found[part] = {
            "series": round(sum(row.value for row in rows)),
            "samples": round(
                sum(
                    prometheus.value(f"sum(count_over_time({row.labels['metric']}[1d]))", end) for row in rows
                )
            ),
        }
    return found
