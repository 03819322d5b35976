"""The client's own Prometheus exporter: one port a machine, held by the first process that wants it.

What a scrape was shown counts as exported.
"""

from __future__ import annotations

from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from threading import Lock

from claude_code_mixin.fleet import wire
from claude_code_mixin.fleet.clients import Process
from claude_code_mixin.fleet.exporters import Ledger, Outcome
from claude_code_mixin.fleet.process import free_port
from claude_code_mixin.fleet.scrape_server import ScrapeServer, write_metrics
from claude_code_mixin.fleet.telemetry import Batch

Shown = list[tuple[float, Batch | None]]
"""When a port shows which points, and when nobody listens any more."""


def shown(processes: Iterable[Process]) -> dict[str, Shown]:
    """Return what the port of each machine shows, by machine.

    A process that starts while another one holds the port gets none, silently and for good.
    """
    ports: dict[str, Shown] = {}
    pulled = [process for process in processes if process.outbox.exposed]
    for process in sorted(pulled, key=lambda it: it.launch.at):
        port = ports.setdefault(process.launch.machine.name, [])
        if not port or port[-1][0] <= process.launch.at:
            port += process.outbox.exposed
    return ports


class ScrapeTarget:
    """The port of one machine on loopback; what a scrape saw goes into `ledger`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._port = free_port()
        self._batch: Batch | None = None
        self._lock = Lock()
        self._server: ScrapeServer | None = None

    @property
    def target(self) -> str:
        """Host and port as a scrape configuration names them."""
        return f"127.0.0.1:{self._port}"

    def show(self, batch: Batch | None) -> None:
        """Show these points from now on; None: stop listening, as when the process ends."""
        with self._lock:
            self._batch = batch
        if batch is None:
            self.close()
        elif self._server is None:
            self._server = ScrapeServer(self._port, self._answer)

    def close(self) -> None:
        """Refuse connections."""
        server, self._server = self._server, None
        if server is not None:
            server.close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        with self._lock:
            batch = self._batch
        write_metrics(request, wire.exposition(batch) if batch else "")
        if batch:
            self._ledger.write(batch, [Outcome.ACCEPTED])
