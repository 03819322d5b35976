"""Samples of the last hour into a running Prometheus, where rules look for what they saw a minute ago.

Remote write 1.0 by hand: the messages are two levels of Protobuf, and snappy allows pieces that are not
compressed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

import requests

from claude_code_mixin.fleet.process import REQUEST_SECONDS, answer
from claude_code_mixin.fleet.prometheus import Prometheus

SERIES_A_REQUEST = 2_000
_LITERAL = 60_000
"""Bytes of one piece of snappy that is not compressed; its length must fit into two bytes."""
Points = Sequence[tuple[float, int]]
"""Values and Unix times in milliseconds, in the order of time."""


def write(server: Prometheus, series: Iterable[tuple[Mapping[str, str], Points]]) -> None:
    """Send `series`, labels with the name and points; raise ServerError when they are refused."""
    headers = {
        "Content-Encoding": "snappy",
        "Content-Type": "application/x-protobuf",
        "X-Prometheus-Remote-Write-Version": "0.1.0",
    }
    waiting = iter(series)
    while some := list(islice(waiting, SERIES_A_REQUEST)):
        body = uncompressed(b"".join(_series(*one) for one in some))
        url = f"{server.url}/api/v1/write"
        answer(requests.post(url, body, headers=headers, timeout=REQUEST_SECONDS), "remote write")


def _series(labels: Mapping[str, str], points: Points) -> bytes:
    """WriteRequest.timeseries: labels sorted by name, and samples."""
    pairs = (_field(1, name.encode()) + _field(2, text.encode()) for name, text in sorted(labels.items()))
    samples = (b"\x09" + struct.pack("<d", value) + b"\x10" + varint(at) for value, at in points)
    return _field(
        1, b"".join(_field(1, pair) for pair in pairs) + b"".join(_field(2, one) for one in samples)
    )


def _field(number: int, content: bytes) -> bytes:
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(number: int) -> bytes:
    """Return `number` >= 0 in seven bits a byte, lowest first."""
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def uncompressed(content: bytes) -> bytes:
    """Return `content` as snappy of literals alone."""
    return varint(len(content)) + b"".join(_literals(content))


def _literals(content: bytes) -> Iterator[bytes]:
    for start in range(0, len(content), _LITERAL):
        piece = content[start : start + _LITERAL]
        yield b"\xf4" + struct.pack("<H", len(piece) - 1) + piece
