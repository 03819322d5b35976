"""Sinks and scrape targets against real sockets on loopback."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import requests

from claude_code_mixin.fleet.exporters import HttpSink, Ledger, Outcome
from claude_code_mixin.fleet.process import free_port
from claude_code_mixin.fleet.scrapes import ScrapeTarget
from claude_code_mixin.fleet.telemetry import Batch
from fleet_comparison import answered, launch


class Server(ThreadingHTTPServer):
    """Answers what `answer` says, and keeps what it was sent; status 0 hangs up without an answer."""

    daemon_threads = True
    answer = (200, b"{}")

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", free_port()), Handler)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Server

    def do_POST(self) -> None:
        """Keep the request and answer it."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), body))
        status, text = self.server.answer
        if not status:
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        self.send_response(status)
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A listening server."""
    with Server() as listening:
        Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield listening
        listening.shutdown()


def batches(**changes: Any) -> list[Batch]:
    """Return the events and the points of a short process."""
    process = launch(**changes)
    answered(process)
    process.exit(1)
    return process.outbox.batches


@pytest.mark.parametrize("protobuf", [False, True])
def test_a_batch_is_posted_to_its_path_under_its_writer(server: Server, protobuf: bool) -> None:
    """Path by signal, content type by encoding, credentials by writer."""
    server.answer = (200, b"" if protobuf else b'{"partialSuccess":{}}')
    sink = HttpSink(server.url, {"laptops": "secret"}, protobuf=protobuf)
    assert [sink.send(batch) for batch in batches()] == [Outcome.ACCEPTED] * 2
    assert [path for path, _, _ in server.seen] == ["/v1/logs", "/v1/metrics"]
    for _, headers, body in server.seen:
        assert headers["Authorization"] == "Basic " + base64.b64encode(b"laptops:secret").decode()
        assert headers["Content-Type"] == ("application/x-protobuf" if protobuf else "application/json")
        assert protobuf or json.loads(body)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ((204, b""), Outcome.ACCEPTED),
        ((200, b'{"partialSuccess":{"rejectedLogRecords":"3"}}'), Outcome.REFUSED),
        ((400, b""), Outcome.REFUSED),
        ((401, b""), Outcome.REFUSED),
        ((413, b""), Outcome.REFUSED),
        ((500, b""), Outcome.REFUSED),
        ((429, b""), Outcome.AWAY),
        ((503, b""), Outcome.AWAY),
        ((0, b""), Outcome.UNKNOWN),
    ],
)
def test_every_answer_has_its_outcome(server: Server, answer: tuple[int, bytes], outcome: Outcome) -> None:
    """Only what OpenTelemetry's exporters retry is retried; a broken connection says nothing."""
    server.answer = answer
    assert HttpSink(server.url).send(batches()[0]) is outcome


def test_a_server_that_is_not_there_has_taken_nothing() -> None:
    """A connection that cannot be made is not doubtful."""
    assert HttpSink(f"http://127.0.0.1:{free_port()}").send(batches()[0]) is Outcome.AWAY


def test_what_a_scrape_saw_is_exported() -> None:
    """The port shows the newest points, and nobody listens after the end."""
    ledger = Ledger()
    target, url = ScrapeTarget(ledger), ""
    process = launch(metrics="prometheus")
    answered(process)
    process.exit(1)
    first, *_, (_, last) = process.outbox.exposed[:-1]
    url = f"http://{target.target}/metrics"
    target.show(first[1])
    assert "claude_code_session_count_total{" in requests.get(url, timeout=5).text
    assert ledger.truth().total("client_cost") == 0
    target.show(last)
    for _ in range(2):
        assert "claude_code_cost_usage_total{" in requests.get(url, timeout=5).text
    target.show(None)
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    assert ledger.truth().total("client_cost") == 0.0174
    assert ledger.truth().total("sessions") == 1
