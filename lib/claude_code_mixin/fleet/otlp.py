"""A telemetry client's side of OTLP over HTTP: requests, honest or not, and how they are sent."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterable, Mapping
from typing import Any

import requests

from claude_code_mixin.fleet.process import REQUEST_SECONDS, ServerError

Attributes = Mapping[str, object] | Iterable[tuple[str, object]]


def post(
    url: str,
    body: Mapping[str, Any] | bytes,
    *,
    writer: tuple[str, str] | None,
    headers: Mapping[str, str] | None = None,
) -> tuple[int, str]:
    """Send `body` to `url` as `writer` (name, password) and return status and text of the answer.

    A mapping is sent as OTLP/JSON; bytes are sent as they are, described by `headers`. Raise ServerError
    when there is no answer.
    """
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    described = {"Content-Type": "application/json", **(headers or {})}
    try:
        answer = requests.post(url, data=data, headers=described, auth=writer, timeout=REQUEST_SECONDS)
    except requests.RequestException as error:
        raise ServerError(f"{url} does not answer: {error}") from error
    return answer.status_code, answer.text


def send(url: str, body: Mapping[str, Any], *, writer: tuple[str, str]) -> None:
    """Send `body` as `post` does; raise ServerError when it is not accepted in full."""
    status, text = post(url, body, writer=writer)
    if status != requests.codes.ok or "rejected" in text:
        raise ServerError(f"{url} answered {status}: {text.strip()[:400]}")


def value(of: object) -> dict[str, Any]:
    """Return `of` as an OTLP/JSON AnyValue: bool, int, float (NaN and infinity, too), list, else text."""
    if isinstance(of, bool):
        return {"boolValue": of}
    if isinstance(of, int):
        return {"intValue": str(of)}
    if isinstance(of, float):
        return {"doubleValue": number(of)}
    if isinstance(of, list):
        return {"arrayValue": {"values": [value(item) for item in of]}}
    return {"stringValue": str(of)}


def number(of: float) -> float | str:
    """Return `of` as Protobuf's JSON writes a double: texts for what JSON has no number for."""
    if math.isnan(of):
        return "NaN"
    return of if math.isfinite(of) else ("Infinity" if of > 0 else "-Infinity")


def attributes(of: Attributes) -> list[dict[str, Any]]:
    """Return attributes as OTLP/JSON; pairs may repeat a key, which a mapping cannot."""
    pairs = of.items() if isinstance(of, Mapping) else of
    return [{"key": key, "value": value(item)} for key, item in pairs]


def records(*events: Attributes, at: int | None = None, resource: Attributes = ()) -> dict[str, Any]:
    """Return a logs request with a record per event; `at` is their time in Unix nanoseconds, default now."""
    stamp = str(time.time_ns() if at is None else at)
    common = {"timeUnixNano": stamp, "body": value("an event")}
    logs = [{**common, "attributes": attributes(event)} for event in events]
    scope = {"scope": {"name": "test"}, "logRecords": logs}
    return {"resourceLogs": [{"resource": {"attributes": attributes(resource)}, "scopeLogs": [scope]}]}


def counter(
    name: str,
    *amounts: float,
    labels: Attributes = (),
    temporality: int = 1,
    monotonic: bool = True,
    at: int | None = None,
    start: int | None = None,
) -> dict[str, Any]:
    """Return a metric: a sum with a point per amount. `temporality` 1 is delta, 2 cumulative; times in ns."""
    now = time.time_ns()
    points = [
        {
            "attributes": attributes(labels),
            "startTimeUnixNano": str(now if start is None else start),
            "timeUnixNano": str(now if at is None else at),
            **({"asInt": str(amount)} if isinstance(amount, int) else {"asDouble": number(amount)}),
        }
        for amount in amounts
    ]
    body = {"aggregationTemporality": temporality, "isMonotonic": monotonic, "dataPoints": points}
    return {"name": name, "unit": "USD", "sum": body}


def metrics(*found: Mapping[str, Any], resource: Attributes = ()) -> dict[str, Any]:
    """Return a metrics request with the metrics `found`."""
    scope = {"scope": {"name": "test"}, "metrics": list(found)}
    return {"resourceMetrics": [{"resource": {"attributes": attributes(resource)}, "scopeMetrics": [scope]}]}
