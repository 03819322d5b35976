"""Where batches go, with which outcome, and the ledger of what was exported successfully.

A client posts a batch again when the server is away or its answer is lost, up to five times with growing
waits, as OpenTelemetry's exporters do; at exit it has two seconds for it. What is never acknowledged is lost
to it: the next batch does not repeat deltas.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from threading import Lock
from typing import Protocol

import requests
from urllib3.exceptions import NewConnectionError

from claude_code_mixin.fleet import wire
from claude_code_mixin.fleet.process import REQUEST_SECONDS
from claude_code_mixin.fleet.telemetry import Batch
from claude_code_mixin.fleet.truth import Truth

ATTEMPTS = 5
FIRST_WAIT_SECONDS, WAIT_FACTOR = 1.0, 1.5
EXPORT_SECONDS, EXIT_SECONDS = 10.0, 2.0
RETRIED = frozenset({429, 502, 503, 504})


class Outcome(Enum):
    """What a client knows after one post: taken, refused for good, surely not taken, or nothing."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    AWAY = "away"
    UNKNOWN = "unknown"


class Sink(Protocol):
    """Takes one post of a batch."""

    def send(self, batch: Batch) -> Outcome:
        """Post the batch once."""


@dataclass
class Ledger:
    """What became of every batch; safe to write from several threads.

    `exported` were acknowledged, once each. `repeated` were taken by the server once more than acknowledged,
    `doubtful` perhaps: their connection broke. `lost` were never taken as far as the client knows; a batch in
    `doubtful` and `lost` may have arrived.
    """

    exported: list[Batch] = field(default_factory=list)
    repeated: list[Batch] = field(default_factory=list)
    doubtful: list[Batch] = field(default_factory=list)
    lost: list[Batch] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def write(self, batch: Batch, outcomes: Iterable[Outcome]) -> None:
        """Note how the posts of a batch ended, one after the other; all but the last answer were lost."""
        found = list(outcomes)
        taken = found.count(Outcome.ACCEPTED)
        with self._lock:
            self.doubtful += [batch] * found.count(Outcome.UNKNOWN)
            self.repeated += [batch] * (taken - 1)
            (self.exported if taken else self.lost).append(batch)

    def truth(self) -> Truth:
        """Return what was exported successfully: every acknowledged batch, once."""
        return Truth(self.exported)

    def received(self) -> Truth:
        """Return what the server took: repeated deltas and events count as often as they were taken."""
        return Truth([*self.exported, *self.repeated])


def deliver(
    batch: Batch,
    sink: Sink,
    ledger: Ledger,
    *,
    speed: float = 1.0,
    sleep: Callable[[float], object] = time.sleep,
) -> None:
    """Post a batch as often as its client does, `speed` times faster, and note the outcomes in `ledger`."""
    budget, wait = (EXIT_SECONDS if batch.last else EXPORT_SECONDS), FIRST_WAIT_SECONDS
    outcomes, losses = [sink.send(batch)], batch.losses
    while len(outcomes) < ATTEMPTS:
        answered = outcomes[-1] is Outcome.REFUSED or (outcomes[-1] is Outcome.ACCEPTED and losses == 0)
        if answered or wait > budget:
            break
        losses -= outcomes[-1] is Outcome.ACCEPTED
        sleep(wait / speed)
        budget, wait = budget - wait, wait * WAIT_FACTOR
        outcomes.append(sink.send(batch))
    ledger.write(batch, outcomes)


@dataclass
class MemorySink:
    """Keeps every post; `answer` decides its outcome from the batch and how often it was posted before."""

    answer: Callable[[Batch, int], Outcome] = lambda _batch, _before: Outcome.ACCEPTED
    posts: list[Batch] = field(default_factory=list)

    def send(self, batch: Batch) -> Outcome:
        """Keep the batch."""
        before = sum(post is batch for post in self.posts)
        self.posts.append(batch)
        return self.answer(batch, before)


@dataclass(frozen=True)
class HttpSink:
    """OTLP over HTTP to `url`, without the path; `passwords` by writer, none for a server that asks for none.

    Every post has a connection of its own: one that cannot be made is known not to have been taken.
    """

    url: str
    passwords: Mapping[str, str] = field(default_factory=dict)
    protobuf: bool = False
    timeout: float = REQUEST_SECONDS

    def send(self, batch: Batch) -> Outcome:
        """Post the batch; raise WireError when it cannot be written as Protobuf."""
        data = wire.as_protobuf(batch) if self.protobuf else wire.as_json(batch)
        kind = "application/x-protobuf" if self.protobuf else "application/json"
        headers = {"Content-Type": kind, "Connection": "close"}
        login = (batch.writer, self.passwords[batch.writer]) if self.passwords else None
        url = self.url + wire.PATHS[batch.signal]
        try:
            answer = requests.post(url, data=data, headers=headers, auth=login, timeout=self.timeout)
        except requests.ConnectTimeout:
            return Outcome.AWAY
        except requests.ConnectionError as error:
            cause = getattr(error.args[0], "reason", None) if error.args else None
            return Outcome.AWAY if isinstance(cause, NewConnectionError) else Outcome.UNKNOWN
        except requests.RequestException:
            return Outcome.UNKNOWN
        if answer.ok and not self._rejects(answer):
            return Outcome.ACCEPTED
        return Outcome.AWAY if answer.status_code in RETRIED else Outcome.REFUSED

    def _rejects(self, answer: requests.Response) -> bool:
        return wire.rejects(answer.content) if self.protobuf else "rejected" in answer.text
