"""The canary command against small servers: one event sent, one sentence for each way it can fail."""

from __future__ import annotations

import base64
import json
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from click.testing import CliRunner, Result

from claude_code_mixin.canary import CREDENTIALS_VARIABLE
from claude_code_mixin.cli import main

WRITER = "probe:Grüße:with-colon"


class Sink(BaseHTTPRequestHandler):
    """Answers every request with the server's status and body, after its delay; keeps what came."""

    server: Server

    def do_POST(self) -> None:
        """Keep the request, answer."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        form = self.headers["Content-Type"] == "application/x-www-form-urlencoded"
        parsed = body.decode() if form else json.loads(body)
        self.server.seen.append((self.path, dict(self.headers), parsed))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")  # for the status that makes a client follow it
        self.end_headers()
        for letter in self.server.answer:
            time.sleep(self.server.pause)
            self.wfile.write(letter.encode())
            self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


class Server(HTTPServer):
    """A loopback server with one answer for everybody."""

    def __init__(self, status: int, answer: str, pause: float) -> None:
        super().__init__(("127.0.0.1", 0), Sink)
        self.status, self.answer, self.pause = status, answer, pause
        self.seen: list[tuple[str, dict[str, str], Any]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that gives up is what some tests are about."""


@contextmanager
def serving(
    status: int = 200, answer: str = "{}", pause: float = 0, tls: ssl.SSLContext | None = None
) -> Iterator[tuple[str, Server]]:
    """The URL of a running server, and the server."""
    server = Server(status, answer, pause)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if tls else ''}://localhost:{server.server_port}", server
    finally:
        server.shutdown()
        server.server_close()


def run(*arguments: str | Path, credentials: str | None = WRITER) -> Result:
    """Run the command with `credentials` in the environment."""
    env = {CREDENTIALS_VARIABLE: credentials}
    return CliRunner().invoke(main, ["canary", *map(str, arguments)], env=env)


def test_one_event_arrives_as_the_writer() -> None:
    """Path, credentials with a colon and beyond ASCII, and the one attribute that makes it a canary."""
    with serving() as (url, server):
        done = run("--endpoint", url + "/")
    assert (done.exit_code, done.output) == (0, f"{url}/ accepted the canary of probe\n")
    ((path, headers, body),) = server.seen
    assert path == "/v1/logs"
    assert base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode() == WRITER
    (record,) = body["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    assert record["attributes"] == [{"key": "event.name", "value": {"stringValue": "canary"}}]
    assert abs(int(record["timeUnixNano"]) / 1e9 - time.time()) < 60


def test_credentials_come_from_the_file_named(tmp_path: Path) -> None:
    """It wins over the environment; the line break at its end does not count."""
    (tmp_path / "canary").write_text("other:secret\n")
    with serving() as (url, server):
        assert run("--endpoint", url, "--credentials", tmp_path / "canary").exit_code == 0
    assert server.seen[0][1]["Authorization"] == "Basic " + base64.b64encode(b"other:secret").decode()


@pytest.mark.parametrize(
    ("status", "answer", "sentence"),
    [
        (401, "", "answered 401: it knows no such writer or token; a changed htpasswd file is read at"),
        (503, "", "answered 503: the collector is short of memory, or a proxy does not reach it"),
        (302, "", "answered 302: a collector answers 200"),
        (200, '{"partialSuccess": {"rejectedLogRecords": "1"}}', "took the request and rejected the event"),
    ],
)
def test_an_answer_that_is_no_success_fails(status: int, answer: str, sentence: str) -> None:
    """One sentence with the endpoint, exit code 1, and no secret in it."""
    with serving(status, answer) as (url, _):
        done = run("--endpoint", url)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"{url}: {sentence}")
    assert "Grüße" not in done.output
    assert len(done.stderr.splitlines()) == 2


def test_nobody_listens() -> None:
    """The port was free a moment ago."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        done = run("--endpoint", f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert done.exit_code == 1
    assert "refused the connection: no collector listens there" in done.stderr


@pytest.mark.parametrize("answer", ["", "x" * 10], ids=["silent", "byte by byte"])
def test_a_slow_server_is_given_up_in_time(answer: str) -> None:
    """The limit holds for all of it, not for each byte."""
    with silent() if not answer else serving(200, answer, pause=0.2) as (url, _):
        started = time.monotonic()
        done = run("--endpoint", url, "--timeout", "0.5")
        took = time.monotonic() - started
    assert done.exit_code == 1
    assert "did not answer within 0.5 s" in done.stderr
    assert took < 3


@contextmanager
def silent() -> Iterator[tuple[str, None]]:
    """The URL of a port that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", None


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that nobody has signed, with its key in the same file."""
    folder = tmp_path_factory.mktemp("tls")
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=localhost -keyout key.pem"
    more = ["-addext", "subjectAltName=DNS:localhost", "-out", "certificate.pem"]
    subprocess.run([*command.split(), *more], cwd=folder, check=True, capture_output=True, timeout=60)  # noqa: S603 -- openssl, fixed arguments
    both = folder / "both.pem"
    both.write_text((folder / "key.pem").read_text() + (folder / "certificate.pem").read_text())
    return both


def test_tls_is_verified_and_an_authority_can_be_named(certificate: Path) -> None:
    """An unknown authority is refused; named, it is trusted."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with serving(tls=context) as (url, server):
        refused = run("--endpoint", url)
        assert (refused.exit_code, server.seen) == (1, [])
        assert "is not trusted over TLS" in refused.stderr
        assert run("--endpoint", url, "--authority", certificate).exit_code == 0
    with serving() as (url, _):
        assert "is not trusted over TLS" in run("--endpoint", url.replace("http:", "https:")).stderr


@pytest.mark.parametrize(
    ("credentials", "sentence"),
    [
        (None, f"{CREDENTIALS_VARIABLE}: is not set"),
        ("secret", f"{CREDENTIALS_VARIABLE}: does not hold one line writer:token"),
        (":secret", f"{CREDENTIALS_VARIABLE}: does not hold one line writer:token"),
        ("a:secret\nb:secret", f"{CREDENTIALS_VARIABLE}: does not hold one line writer:token"),
    ],
)
def test_credentials_that_cannot_be_used(credentials: str | None, sentence: str) -> None:
    """Said before anything is sent, without repeating them."""
    done = run(credentials=credentials)
    assert done.exit_code == 1
    assert done.stderr.startswith(sentence)
    assert "secret" not in done.output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--credentials", "nowhere"], "nowhere: cannot be read: no such file or directory"),
        (["--endpoint", "localhost:4318"], "--endpoint: is no URL of a collector"),
        (["--endpoint", "http://a:b@localhost"], "--endpoint: holds credentials"),
        (["--authority", "nowhere"], "nowhere: is no file of certificates"),
    ],
)
def test_wrong_settings_are_one_sentence(arguments: list[str], sentence: str) -> None:
    """Place, cause and way out."""
    done = run(*arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith(sentence)


def test_help_names_examples_and_exit_codes() -> None:
    """And a wrong time limit is wrong usage."""
    text = " ".join(run("--help").output.split())
    assert "Examples: claude-code-mixin canary --credentials" in text
    assert "Exit codes: 0 done, 1 problems found" in text
    assert run("--timeout", "0").exit_code == 2
