"""The canary: one synthetic event through the whole pipeline, as a client would send it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from urllib.parse import urlsplit

import requests
from requests.auth import HTTPBasicAuth

from claude_code_mixin.problems import Place, Problem, ProblemsError

ENDPOINT = "http://127.0.0.1:4318"
CREDENTIALS_VARIABLE = "CLAUDE_CODE_MIXIN_CANARY_CREDENTIALS"
TIMEOUT_SECONDS = 10.0
_ATTEMPT = "canary/send"
_CREDENTIALS = "canary/credentials"
_SENTENCES = {
    401: "answered 401: it knows no such writer or token; a changed htpasswd file is read at its next start",
    404: "answered 404: is this the OTLP port (4318 by default), and does a proxy let /v1/logs through?",
    413: "answered 413: a proxy on the way takes no request of this size",
    429: "answered 429: the collector or a proxy is overloaded and asks to wait",
    503: "answered 503: the collector is short of memory, or a proxy does not reach it",
}


def credentials(file: Path | None, env: Mapping[str, str]) -> tuple[str, str]:
    """Return writer and token from the first line of `file`, else from `env`; both are written writer:token.

    Raises ProblemsError when there are none, when the file cannot be read, or when the colon is missing; the
    sentence never repeats what was found.
    """
    place = Place(str(file) if file else CREDENTIALS_VARIABLE)
    if file is None and CREDENTIALS_VARIABLE not in env:
        sentence = "is not set: put writer:token into it, or name a file that holds it with --credentials"
        raise ProblemsError([Problem(place, "", sentence, _CREDENTIALS)])
    try:
        text = file.read_text("utf-8") if file else env[CREDENTIALS_VARIABLE]
    except OSError as error:
        sentence = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise ProblemsError([Problem(place, "", sentence, _CREDENTIALS)]) from None
    except UnicodeDecodeError:
        raise ProblemsError([Problem(place, "", "is not UTF-8: write writer:token", _CREDENTIALS)]) from None
    writer, colon, token = text.strip().partition(":")
    if not (writer and colon and token) or len(text.strip().splitlines()) != 1:
        sentence = "does not hold one line writer:token"
        raise ProblemsError([Problem(place, "", sentence, _CREDENTIALS)])
    return writer, token


def send(
    endpoint: str,
    writer: tuple[str, str],
    *,
    authority: Path | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> None:
    """Send one event canary to the OTLP/HTTP `endpoint` as `writer` (name, token) and see it accepted.

    `authority` is a file of certificates to trust instead of the usual ones. All of it takes at most
    `timeout_seconds`; nothing is tried twice. Raises ProblemsError with one sentence that says at which
    stage it failed.
    """
    _refuse(endpoint, authority)
    answers: SimpleQueue[requests.Response | Exception] = SimpleQueue()
    arguments = (endpoint, writer, authority, timeout_seconds, answers)
    # A thread, because no timeout of requests bounds a name server, or an answer that comes byte by byte.
    Thread(target=_ask, args=arguments, daemon=True).start()
    try:
        answer = answers.get(timeout=timeout_seconds)
    except Empty:
        answer = requests.Timeout()
    if isinstance(answer, Exception):
        raise _failure(endpoint, _reason(answer, timeout_seconds)) from answer
    if answer.status_code != requests.codes.ok:
        other = f"answered {answer.status_code}: a collector answers 200"
        raise _failure(endpoint, _SENTENCES.get(answer.status_code, other))
    if _rejected(answer):
        raise _failure(endpoint, "took the request and rejected the event: its log says why")


def _ask(
    endpoint: str,
    writer: tuple[str, str],
    authority: Path | None,
    timeout_seconds: float,
    answers: SimpleQueue[requests.Response | Exception],
) -> None:
    with requests.Session() as session:
        session.trust_env = False  # neither a proxy nor ~/.netrc: the canary goes the way it is told
        try:
            answer = session.post(
                f"{endpoint.rstrip('/')}/v1/logs",
                json=_event(),
                auth=HTTPBasicAuth(writer[0].encode(), writer[1].encode()),
                timeout=timeout_seconds,
                verify=str(authority) if authority else True,
                allow_redirects=False,
            )
        except (requests.RequestException, OSError) as error:
            answers.put(error)
        else:
            answers.put(answer)


def _refuse(endpoint: str, authority: Path | None) -> None:
    parts = urlsplit(endpoint)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _failure("--endpoint", f"is no URL of a collector: write it like {ENDPOINT}")
    if parts.username is not None or parts.password is not None:
        raise _failure("--endpoint", f"holds credentials: they belong into {CREDENTIALS_VARIABLE} or a file")
    if authority is not None and not authority.is_file():
        raise _failure(str(authority), "is no file of certificates")


def _event() -> dict[str, object]:
    attribute = {"key": "event.name", "value": {"stringValue": "canary"}}
    record = {"timeUnixNano": str(time.time_ns()), "attributes": [attribute]}
    return {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}


def _rejected(answer: requests.Response) -> bool:
    """Whether a partial success says that the event was not taken; another body says nothing."""
    try:
        body = answer.json()
    except ValueError:
        return False
    partial = body.get("partialSuccess") if isinstance(body, dict) else None
    return isinstance(partial, dict) and partial.get("rejectedLogRecords") not in (None, 0, "0")


def _reason(error: Exception, timeout_seconds: float) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return (
            "is not trusted over TLS: its certificate is expired, for another name or from an unknown "
            "authority (--authority names one), or the port speaks no TLS"
        )
    if isinstance(error, requests.exceptions.Timeout):
        return (
            f"did not answer within {timeout_seconds:g} s: a firewall drops packets, or the collector hangs"
        )
    text = str(error)
    if "refused" in text:
        return "refused the connection: no collector listens there"
    if "resolve" in text or "Name or service" in text:
        return "is no known host: check the name and DNS"
    return (
        "closed the connection or cannot be reached: does it speak HTTP, is TLS expected, is there a route?"
    )


def _failure(place: str, sentence: str) -> ProblemsError:
    return ProblemsError([Problem(Place(place), "", sentence, _ATTEMPT)])


def run(endpoint: str, file: Path | None, authority: Path | None, timeout_seconds: float) -> str:
    """Send one canary with the credentials of `file` or the environment; return the writer's name."""
    writer = credentials(file, os.environ)
    send(endpoint, writer, authority=authority, timeout_seconds=timeout_seconds)
    return writer[0]
