"""What answers a scrape on loopback: a small HTTP server that says nothing on the terminal."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

Answer = Callable[[BaseHTTPRequestHandler], None]


class ScrapeServer(ThreadingHTTPServer):
    """Listens on `port` of loopback from the moment it is made, and lets `answer` write each response."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, answer: Answer) -> None:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                answer(self)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing: a test reads Prometheus, not this."""

        super().__init__(("127.0.0.1", port), Handler)
        Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a scraper that gives up closes the connection under an answer in flight."""

    def close(self) -> None:
        """Refuse connections from now on."""
        self.shutdown()
        self.server_close()


def write_metrics(request: BaseHTTPRequestHandler, text: str, status: int = 200) -> None:
    """Answer `request` with `text` in Prometheus' text format."""
    body = text.encode()
    request.send_response(status)
    request.send_header("Content-Type", "text/plain; version=0.0.4")
    request.send_header("Content-Length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
