"""A stand-in for the collector's metrics endpoint whose every counter, delay and failure a test decides."""

from __future__ import annotations

import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from threading import Lock
from types import TracebackType
from typing import Self

from claude_code_mixin.fleet.process import free_port
from claude_code_mixin.fleet.scrape_server import ScrapeServer, write_metrics

Labels = tuple[tuple[str, str], ...]


class Exporter:
    """One scrape target with counters; a context manager that listens while it is entered.

    `start_label` names the constant label that carries the value `start` and changes at `restart()`.
    `delay` is how many seconds a scrape takes after its values were read; `failing` answers scrapes with 500.
    """

    def __init__(self, *, start_label: str = "collector_start", start: str = "1") -> None:
        self.port = free_port()
        self.delay = 0.0
        self.failing = False
        self._start_label = start_label
        self._start = start
        self._counters: dict[tuple[str, Labels], float] = {}
        self._hidden: set[tuple[str, str]] = set()
        self._lock = Lock()
        self._server: ScrapeServer | None = None

    @property
    def target(self) -> str:
        """Host and port as a scrape configuration names them."""
        return f"127.0.0.1:{self.port}"

    def add(self, metric: str, labels: Mapping[str, str], amount: float) -> None:
        """Add `amount` >= 0 to the counter `metric` with `labels`; the first call gives birth to it."""
        key = (metric, tuple(sorted(labels.items())))
        with self._lock:
            self._counters[key] = self._counters.get(key, 0.0) + amount

    def restart(self, start: str) -> None:
        """Forget every counter and go on under the new start label, as a collector does that is restarted."""
        with self._lock:
            self._counters.clear()
            self._start = start

    def hide(self, label: str, value: str, *, hidden: bool = True) -> None:
        """Stop exposing every counter whose `label` is `value`, or expose it again with the value it has."""
        with self._lock:
            (self._hidden.add if hidden else self._hidden.discard)((label, value))

    def text(self) -> str:
        """Return the counters in the Prometheus text format."""
        with self._lock:
            counters, hidden, start = sorted(self._counters.items()), set(self._hidden), self._start
        lines = []
        for (metric, labels), value in counters:
            if hidden.intersection(labels):
                continue
            pairs = ",".join(f'{name}="{text}"' for name, text in ((self._start_label, start), *labels))
            lines.append(f"{metric}{{{pairs}}} {value!r}")
        return "\n".join(lines) + "\n"

    def up(self) -> Self:
        """Listen; no-op when it listens already."""
        if self._server is None:
            self._server = ScrapeServer(self.port, self._serve)
        return self

    def down(self) -> None:
        """Refuse connections until `up()`; counters keep what they have and may be added to."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _serve(self, request: BaseHTTPRequestHandler) -> None:
        body = self.text()
        if self.delay:
            time.sleep(self.delay)
        write_metrics(request, body, 500 if self.failing else 200)

    def __enter__(self) -> Self:
        return self.up()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.down()
