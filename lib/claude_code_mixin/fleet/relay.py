"""A relay between clients and the collector, such as an agent on the machine, whose way out may be broken."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from claude_code_mixin.fleet.exporters import Outcome, Sink
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.telemetry import Batch

ATTEMPTS = 100


@dataclass
class Relay:
    """Acknowledges and keeps what it is given while `holding`, until `release()`; safe in several threads."""

    holding: bool = False
    kept: list[Batch] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def keep(self, batch: Batch) -> Outcome | None:
        """Take the batch and say so, or None when the way out is free."""
        with self._lock:
            if not self.holding:
                return None
            self.kept.append(batch)
            return Outcome.ACCEPTED

    def hold(self) -> None:
        """Keep everything from now on."""
        with self._lock:
            self.holding = True

    def release(self, sink: Sink) -> int:
        """Let through again, then post what was kept, old times and all; return how many batches.

        Raise ServerError when one is not taken: it was acknowledged and must not be lost.
        """
        with self._lock:
            self.holding, kept, self.kept = False, self.kept, []
        for batch in kept:
            if not any(sink.send(batch) is Outcome.ACCEPTED for _ in range(ATTEMPTS)):
                raise ServerError(f"the relay cannot deliver what {batch.process} sent at {batch.at:g} s")
        return len(kept)
