"""The client's own Prometheus exporter: one port a machine, held by the first process that wants it.

What a scrape was shown counts as exported.
"""

from __future__ import annotations

from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from claude_code_mixin.fleet import wire
from claude_code_mixin.fleet.clients import Process
from claude_code_mixin.fleet.exporters import Ledger, Outcome
from claude_code_mixin.fleet.process import free_port
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
        self._server: ThreadingHTTPServer | None = None

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
            self._listen()

    def close(self) -> None:
        """Refuse connections."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def _listen(self) -> None:
        target = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                target._answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        self._server = _QuietServer(("127.0.0.1", self._port), Handler)
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        with self._lock:
            batch = self._batch
        text = wire.exposition(batch).encode() if batch else b""
        request.send_response(200)
        request.send_header("Content-Type", "text/plain; version=0.0.4")
        request.send_header("Content-Length", str(len(text)))
        request.end_headers()
        request.wfile.write(text)
        if batch:
            self._ledger.write(batch, [Outcome.ACCEPTED])


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a scraper that gives up closes the connection under an answer in flight."""
