"""A telemetry client's side of OTLP over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests

from claude_code_mixin.fleet.process import REQUEST_SECONDS, ServerError


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
