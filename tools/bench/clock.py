"""How long a server takes to answer a query, as a dashboard waits for it: the HTTP request, body included."""

from __future__ import annotations

import http.client
import json
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.questions import Question
from claude_code_mixin.fleet.prometheus import Prometheus

RUNS = 5
SLOW_SECONDS = 5.0
"""A query that takes longer on its first run is not asked again: what it varies by no longer matters."""
CLIENT_SECONDS = 200.0
"""Longer than the server's own limit of two minutes, which has to be what ends a query."""


@dataclass(frozen=True)
class Timing:
    """Median milliseconds of `runs`, and the mean of what the server's processors worked for it.

    The second says what a query costs on a machine that is busy with other things. `refused` is what the
    server answered instead of a result.
    """

    milliseconds: float
    cpu_milliseconds: float
    runs: int
    refused: str = ""


class Clock:
    """Asks one Prometheus over one connection, for the day that begins at `day` (Unix seconds).

    A context manager that closes the connection.
    """

    def __init__(self, server: Prometheus, day: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=CLIENT_SECONDS)
        self._pid = server.pid
        self._day = day

    def __enter__(self) -> Clock:
        return self

    def __exit__(self, *raised: object) -> None:
        self._connection.close()

    def ask(self, question: Question, expr: str) -> tuple[float, dict[str, Any]]:
        """Return how many seconds the answer took, and the answer."""
        end = self._day + 86400
        if question.kind == "range":
            path = "/api/v1/query_range"
            fields: Mapping[str, object] = {"start": self._day, "end": end, "step": question.step}
        else:
            path, fields = "/api/v1/query", {"time": end}
        body = urlencode({"query": expr, **fields})
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        started = time.perf_counter()
        self._connection.request("POST", path, body, headers)
        text = self._connection.getresponse().read()
        seconds = time.perf_counter() - started
        answer: dict[str, Any] = json.loads(text)
        return seconds, answer

    def time(self, question: Question, expr: str, runs: int = RUNS) -> tuple[Timing, dict[str, Any]]:
        """Return the median of `runs` after one that warms up, and the answer."""
        before = _cpu_seconds(self._pid)
        first, answer = self.ask(question, expr)
        if answer["status"] != "success" or first > SLOW_SECONDS:
            cpu = _cpu_seconds(self._pid) - before
            return Timing(first * 1000, cpu * 1000, 1, answer.get("error", "")), answer
        before = _cpu_seconds(self._pid)
        times = [self.ask(question, expr)[0] for _ in range(runs)]
        cpu = (_cpu_seconds(self._pid) - before) / runs
        return Timing(statistics.median(times) * 1000, cpu * 1000, runs), answer


def _cpu_seconds(pid: int) -> float:
    """What the threads of a process have run for, as Linux counts it in nanoseconds; elsewhere always 0."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text("ascii").split()[0]) for file in files) / 1e9
