"""What a day's sessions used, minute by minute: the truth that stored forms and answers are held to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from bench.day import ENTRYPOINT, TERMINAL, Request, Session, Way

Amounts = dict[int, float]
"""Minute of the day (1 to 1440) -> what was used in it; minutes without any are left out."""
Cut = dict[tuple[str, ...], Amounts]
"""Values of some labels -> amounts."""

WHO = ("team", "user", "repository", "version")
LABELS: Mapping[str, tuple[str, ...]] = {
    "cost_usd": (*WHO, *Way._fields),
    "requests": (*WHO, *Way._fields),
    "tokens": (*WHO, *Way._fields, "type"),
    "sessions": (*WHO, "start_type", "entrypoint", "terminal"),
}
"""Quantity, as records spell it -> the labels that the truth has of it."""


class Ledger:
    """Adds up sessions; afterwards `cut()` and `total()` say what they used."""

    def __init__(self, sessions: Iterable[Session]) -> None:
        self._rows: dict[str, dict[tuple[str, ...], Amounts]] = {
            quantity: defaultdict(lambda: defaultdict(float)) for quantity in LABELS
        }
        self.sessions = 0
        self.requests = 0
        for session in sessions:
            self._add(session)

    def _add(self, session: Session) -> None:
        user = session.user
        who = (user.team, user.name, user.repository, user.version)
        self._rows["sessions"][(*who, session.start_type, ENTRYPOINT, TERMINAL)][session.first] += 1
        self.sessions += 1
        self.requests += len(session.requests)
        for request in session.requests:
            labels = (*who, *request.way)
            self._rows["cost_usd"][labels][request.minute] += request.cost
            self._rows["requests"][labels][request.minute] += 1
            for kind, count in tokens(request).items():
                self._rows["tokens"][(*labels, kind)][request.minute] += count

    def cut(self, quantity: str, labels: Sequence[str]) -> Cut:
        """Return `quantity` by minute, summed by `labels`."""
        places = [LABELS[quantity].index(label) for label in labels]
        found: Cut = defaultdict(lambda: defaultdict(float))
        for values, amounts in self._rows[quantity].items():
            sums = found[tuple(values[place] for place in places)]
            for minute, amount in amounts.items():
                sums[minute] += amount
        return found

    def total(
        self,
        quantity: str,
        by: Sequence[str],
        keeps: Callable[[Mapping[str, str]], bool],
        bucket: Callable[[int], int],
    ) -> dict[tuple[tuple[str, ...], int], float]:
        """Return `quantity` of the rows whose labels `keeps` accepts, by the labels `by` and by `bucket`.

        `bucket` maps a minute to the evaluation that counts it.
        """
        found: dict[tuple[tuple[str, ...], int], float] = defaultdict(float)
        for values, amounts in self._rows[quantity].items():
            labels = dict(zip(LABELS[quantity], values, strict=True))
            if keeps(labels):
                group = tuple(labels[label] for label in by)
                for minute, amount in amounts.items():
                    found[group, bucket(minute)] += amount
        return dict(found)


def tokens(request: Request) -> Mapping[str, int]:
    """Return the tokens of a request by type, as the clients spell it."""
    usage = request.usage
    return {
        "input": usage.input,
        "output": usage.output,
        "cacheRead": usage.cache_read,
        "cacheCreation": usage.cache_creation,
    }
