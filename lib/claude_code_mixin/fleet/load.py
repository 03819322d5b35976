"""Load for a collector and what it costs: requests made beforehand, posted at a rate or as fast as they go.

What is to be measured is the collector: bodies are Protobuf that was written before, connections stay open,
and every accepted request is counted, so that the sums can be held against what was sent.
"""

from __future__ import annotations

import base64
import os
import socket
import time
from array import array
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from claude_code_mixin.fleet import runner, wire
from claude_code_mixin.fleet.process import REQUEST_SECONDS
from claude_code_mixin.fleet.telemetry import Batch, Clock
from claude_code_mixin.fleet.workloads import WORKLOADS

RECORDS, POINTS = 10, 40
"""What a request holds: an interactive client's events of 5 s, and its counters of a minute of work."""
EPOCH = 1_767_225_600.0
"""The moment, in Unix seconds, of the first request: the collector stamps times itself."""
OK = 200
SOURCES = ("idle_gaps", "one_shots", "parallel", "mixed_versions", "two_systems", "six_writers")

T = TypeVar("T")


@dataclass
class Load:
    """What came of some seconds of load: how often each request was accepted, other answers by status.

    `waits` are seconds from the moment a request was due to its answer.
    """

    accepted: Counter[int] = field(default_factory=Counter)
    refused: Counter[int] = field(default_factory=Counter)
    waits: array[float] = field(default_factory=lambda: array("d"))

    def add(self, other: Load) -> None:
        """Take in what another thread saw."""
        self.accepted += other.accepted
        self.refused += other.refused
        self.waits += other.waits


def batches() -> list[Batch]:
    """Return batches of RECORDS events and of POINTS delta points in turn, from simulated clients."""
    clock = Clock(EPOCH)
    played = [
        batch for name in SOURCES for batch in runner.batches(runner.play(WORKLOADS[name], clock=clock))
    ]
    events = [replace(it, events=_filled(it.events, RECORDS)) for it in played if it.events]
    points = [_sorted(replace(it, points=_filled(it.points, POINTS))) for it in played if it.points]
    count = min(len(events), len(points))
    return [it for pair in zip(events[:count], points[:count], strict=True) for it in pair]


def _filled(content: tuple[T, ...], size: int) -> tuple[T, ...]:
    """Repeat or cut what a client sent; each has its own mixture."""
    return (content * (size // len(content) + 1))[:size]


def _sorted(batch: Batch) -> Batch:
    return replace(batch, points=tuple(sorted(batch.points, key=lambda point: point.metric)))


def as_http(batch: Batch, password: str) -> bytes:
    """Return the whole HTTP request of a batch under its writer."""
    body = wire.as_protobuf(batch)
    login = base64.b64encode(f"{batch.writer}:{password}".encode()).decode()
    head = (
        f"POST {wire.PATHS[batch.signal]} HTTP/1.1\r\nHost: collector\r\nAuthorization: Basic {login}\r\n"
        f"Content-Type: application/x-protobuf\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Connection:
    """A connection that stays open; `address` is host:port. A context manager."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self._socket = socket.create_connection((host, int(port)), REQUEST_SECONDS)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, request: bytes) -> int:
        """Send a request, read its answer to the end, return its status; raise OSError when it breaks."""
        self._socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._received()
        head, _, body = answer.partition(b"\r\n\r\n")
        lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        if not lengths:
            raise OSError("the collector's answer does not say how long it is")
        length = int(lengths[0])
        while len(body) < length:
            body += self._received()
        return int(head.split(b" ", 2)[1])

    def _received(self) -> bytes:
        data = self._socket.recv(65536)
        if not data:
            raise OSError("the collector closed the connection before its answer was complete")
        return data

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


def send(
    address: str, requests: Sequence[bytes], *, seconds: float, per_second: float | None, connections: int
) -> Load:
    """Post `requests` in turn for some seconds: at a rate, or without one as fast as they are answered.

    Raise OSError when a connection breaks.
    """
    began = time.perf_counter() + 0.1
    gap = connections / per_second if per_second else 0.0

    def work(number: int) -> Load:
        load, due, turn = Load(), began + gap * number / connections, number
        with Connection(address) as connection:
            while due < began + seconds:
                time.sleep(max(0.0, due - time.perf_counter()))
                status = connection.post(requests[turn % len(requests)])
                now = time.perf_counter()
                if status == OK:
                    load.accepted[turn % len(requests)] += 1
                else:
                    load.refused[status] += 1
                load.waits.append(now - due)
                due, turn = (due + gap if gap else now), turn + connections
        return load

    total = Load()
    with ThreadPoolExecutor(connections) as pool:
        for load in pool.map(work, range(connections)):
            total.add(load)
    return total


class Processor:
    """The processor time and memory of one process, from /proc."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")

    def seconds(self) -> float:
        """Return the processor seconds used up to now."""
        fields = (self._folder / "stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def waited(self) -> float:
        """Return the seconds that its threads waited for the processor up to now."""
        tasks = (self._folder / "task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[1]) for task in tasks) / 1e9

    def peak_mib(self) -> float:
        """Return the most memory that was ever resident."""
        lines = (self._folder / "status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024
