"""What Prometheus recorded in a month: dollars by model, and how much of the month the meter ran."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import HTTPBasicAuth

from claude_code_mixin.config import Config
from claude_code_mixin.problems import Place, Problem, ProblemsError, relative
from claude_code_mixin.reconcile import numbers

CREDENTIALS_VARIABLE = "CLAUDE_CODE_MIXIN_PROMETHEUS_CREDENTIALS"
CHECK = "reconcile/recorded"
DAY_SECONDS = 86400
TIMEOUT_SECONDS = 60.0
SPEND = "model:claude_code_cost_usd:increase1m"
HEARTBEAT = "identity:claude_code_cost_usd:alive"
CLIENT_HEARTBEAT = "client:claude_code_cost_usd:known"
"""That of the other ingest profiles, where clients come and go and the meter runs on."""
_SENTENCES = {
    401: "answered 401: it wants other credentials than those of the environment or --credentials",
    403: "answered 403: these credentials may not query it",
    404: "answered 404: is this the address of Prometheus itself, without /api or /graph?",
    422: "answered 422: the query takes too many samples or too long; raise its limits",
    503: "answered 503: it is overloaded or starting",
}


@dataclass(frozen=True)
class Recorded:
    """US dollars by model as the price table names it, and the share of the month in which the meter ran.

    `share` is None where that is not known.
    """

    dollars: Mapping[str, float]
    share: float | None


@dataclass(frozen=True)
class Question:
    """A range query that reads each minute's increment once: one step a day, each at the end of its day."""

    query: str
    start: int
    end: int
    step: int = DAY_SECONDS

    def parameters(self) -> dict[str, str]:
        """The parameters of /api/v1/query_range."""
        return {name: str(value) for name, value in vars(self).items()}

    @property
    def days(self) -> int:
        """How many days it asks for."""
        return (self.end - self.start) // self.step + 1


def spend_question(month: tuple[date, date], day_offset_hours: int, prefix: str) -> Question:
    """Return the question for dollars by model in `month`; its days begin `day_offset_hours` east of UTC."""
    return _question(f"sum by (model) (sum_over_time({prefix}{SPEND}[1d]))", month, day_offset_hours)


def _question(query: str, month: tuple[date, date], day_offset_hours: int) -> Question:
    first, after = (_midnight(day) - day_offset_hours * 3600 for day in month)
    return Question(query, first + DAY_SECONDS, after)


def _midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def asked(url: str, month: tuple[date, date], config: Config, session: requests.Session) -> Recorded:
    """Ask the Prometheus at `url`; raise ProblemsError with a sentence when it gives no answer or no data."""
    offset, prefix = config.meter.day_offset_hours, config.prefixes.record
    heartbeat = HEARTBEAT if config.meter.profile == "collector" else CLIENT_HEARTBEAT
    spend = spend_question(month, offset, prefix)
    beats = _question(f"max(count_over_time({prefix}{heartbeat}[1d]))", month, offset)
    dollars = _summed(_matrix(_get(url, spend, session), url), spend, url)
    minutes = sum(value for row in _matrix(_get(url, beats, session), url) for _, value in _points(row))
    if not minutes and not dollars:
        sentence = (
            f"has recorded nothing in {month[0]:%Y-%m}: is it the right server, and its retention longer?"
        )
        raise _refused(url, sentence)
    return Recorded(dollars, min(1.0, minutes / (spend.days * DAY_SECONDS / 60)))


def saved(path: Path, question: Question) -> Recorded:
    """Return what the file `path`, a saved answer to `question`, holds; raise ProblemsError otherwise."""
    place = relative(str(path))
    try:
        body = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise _refused(place, f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError:
        raise _refused(place, "is no JSON: save the answer of Prometheus as it came") from None
    return Recorded(_summed(_matrix(body, place), question, place), None)


def session(file: Path | None, env: Mapping[str, str], authority: Path | None) -> requests.Session:
    """Return a session with the credentials in `file` or `env`: user:password, or "Bearer " and a token.

    Without any, it sends none. `authority` is a file of certificates to trust. Raises ProblemsError when a
    file cannot be used; the sentence never repeats what was found.
    """
    opened = requests.Session()
    opened.trust_env = False  # neither a proxy nor ~/.netrc: the query goes the way it is told
    if authority is not None and not authority.is_file():
        raise _refused(str(authority), "is no file of certificates")
    opened.verify = str(authority) if authority else True
    text = _credentials(file, env)
    if text.startswith("Bearer "):
        opened.headers["Authorization"] = text
    elif text:
        user, colon, password = text.partition(":")
        if not (user and colon and password):
            raise _refused(
                str(file or CREDENTIALS_VARIABLE), 'holds neither user:password nor "Bearer <token>"'
            )
        opened.auth = HTTPBasicAuth(user.encode(), password.encode())
    return opened


def _credentials(file: Path | None, env: Mapping[str, str]) -> str:
    if file is None:
        return env.get(CREDENTIALS_VARIABLE, "").strip()
    try:
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise _refused(str(file), f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    except UnicodeDecodeError:
        raise _refused(str(file), "is not UTF-8: write user:password") from None


def _get(url: str, question: Question, opened: requests.Session) -> object:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise _refused("--prometheus", "is no URL of a Prometheus: write it like http://127.0.0.1:9090")
    if parts.username is not None or parts.password is not None:
        raise _refused(
            "--prometheus", f"holds credentials: they belong into {CREDENTIALS_VARIABLE} or a file"
        )
    address = f"{url.rstrip('/')}/api/v1/query_range"
    try:
        answer = opened.post(
            address, data=question.parameters(), timeout=TIMEOUT_SECONDS, allow_redirects=False
        )
    except requests.RequestException as error:
        raise _refused(url, _reason(error)) from None
    if answer.status_code != requests.codes.ok:
        other = f"answered {answer.status_code}: a Prometheus answers 200"
        raise _refused(url, _SENTENCES.get(answer.status_code, other))
    try:
        body: object = answer.json()
    except ValueError:
        raise _refused(url, "answers, but no JSON: is this the address of Prometheus itself?") from None
    return body


def _reason(error: requests.RequestException) -> str:
    if isinstance(error, requests.exceptions.SSLError):
        return "is not trusted over TLS: --authority names the file of its certificates"
    if isinstance(error, requests.exceptions.Timeout):
        return f"did not answer within {TIMEOUT_SECONDS:g} s"
    return "cannot be reached: check address, name and port"


def _matrix(body: object, place: str) -> list[dict[str, Any]]:
    match body:
        case {"status": "success", "data": {"resultType": "matrix", "result": list(rows)}}:
            return rows
    raise _refused(place, "holds no answer to a range query of Prometheus (status, data, result)")


def _summed(rows: list[dict[str, Any]], question: Question, place: str) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in rows:
        name = numbers.model(str(row.get("metric", {}).get("model", "")))
        for at, value in _points(row):
            if not question.start <= at <= question.end:
                when = datetime.fromtimestamp(at, UTC)
                raise _refused(
                    place, f"holds a sample of {when:%Y-%m-%d}, which is no part of the month asked for"
                )
            found[name] = found.get(name, 0.0) + value
    return found


def _points(row: Mapping[str, Any]) -> list[tuple[float, float]]:
    return [(float(at), float(value)) for at, value in row.get("values", ())]


def _refused(place: str, sentence: str) -> ProblemsError:
    return ProblemsError([Problem(Place(place), "", sentence, CHECK)])
