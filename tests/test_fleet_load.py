"""The load: what a request holds, and that every answer is counted as what it is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from claude_code_mixin.fleet import load


class Server(ThreadingHTTPServer):
    """Answers `status` on connections that stay open; counts requests, and says how long an answer is."""

    daemon_threads = True
    status, seen, measured = 200, 0, True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        """Count the request and answer it."""
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen += 1
        self.send_response(self.server.status)
        if self.server.measured:
            self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A listening server."""
    with Server() as listening:
        Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield listening
        listening.shutdown()


def test_requests_hold_ten_records_or_forty_points() -> None:
    """As many of each, from many processes, sorted by metric as a client sends them."""
    made = load.batches()
    assert {(len(it.events), len(it.points)) for it in made} == {(10, 0), (0, 40)}
    assert sum(bool(it.events) for it in made) * 2 == len(made) > 100
    assert len({it.process for it in made}) > 20
    names = [point.metric for point in made[1].points]
    assert names == sorted(names)


def test_a_rate_is_kept_and_refusals_are_told_apart(server: Server) -> None:
    """Fifty a second for a second; then answers that say no."""
    requests = [load.as_http(it, "made-up") for it in load.batches()[:4]]
    address = f"127.0.0.1:{server.server_address[1]}"
    found = load.send(address, requests, seconds=1, per_second=50, connections=2)
    assert found.accepted.total() == pytest.approx(50, abs=1)
    assert set(found.accepted) == {0, 1, 2, 3}
    assert not found.refused
    assert len(found.waits) == found.accepted.total() == server.seen
    server.status = 503
    found = load.send(address, requests, seconds=0.1, per_second=50, connections=1)
    assert found.refused.keys() == {503}
    assert not found.accepted
    server.measured = False
    with pytest.raises(OSError, match="does not say how long it is"):
        load.send(address, requests, seconds=0.1, per_second=50, connections=1)


def test_processor_time_and_memory_come_from_the_system() -> None:
    """Of this process: both grow only."""
    own = load.Processor(os.getpid())
    before = own.seconds()
    assert sum(range(3_000_000)) > 0
    assert own.seconds() > before > 0
    assert own.peak_mib() > 1
    assert own.waited() >= 0
