"""One generated day of sessions: who ran what, when, and what it used. The same numbers give the same day.

What the day looks like (shares, lengths, teams) is made up, but none of it depends on the number of sessions:
users, teams, models and repositories stay the same, so that only sessions grow.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from claude_code_mixin.fleet.usage import HAIKU, OPUS, OTHER_MODEL, SONNET, Usage, cost_micros

MINUTES = 1440
ENTRYPOINT, TERMINAL = "cli", "vscode"
"""How everybody works."""
USERS, TEAMS = 500, 20
HEADLESS = 0.75
"""Share of `claude -p` and its like: one to eight requests, over within minutes."""
INTERACTIVE_MINUTES = 20
"""Median length of the other sessions."""
REQUESTS_A_MINUTE = 0.5
BUSY_HOURS = range(7, 19)
BUSY_SHARE = 0.8
"""Share of sessions that begin in the busy hours."""
VERSIONS = ("2.1.322", "2.1.326", "2.1.330")
STARTS = ("fresh", "fresh", "fresh", "resume", "continue")
_MAIN = (OPUS, OPUS, SONNET, OTHER_MODEL)


class Way(NamedTuple):
    """What a request was for, in the recorded vocabulary: the labels that tell cost and tokens apart."""

    model: str
    query_source: str
    effort: str = "none"
    speed: str = "normal"
    agent: str = "none"
    skill: str = "none"
    plugin: str = "none"
    mcp_server: str = "none"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that succeeded, in the minute of the day (1 to 1440) that it counts to; `cost` in dollars."""

    minute: int
    way: Way
    usage: Usage
    cost: float


@dataclass(frozen=True, slots=True)
class User:
    """Somebody, always in the same team and mostly in the same repository."""

    number: int
    team: str
    name: str
    repository: str
    version: str


@dataclass(frozen=True, slots=True)
class Session:
    """One process: its series begin in the minute `first` and it ends in the minute `last` of the day."""

    id: str
    user: User
    start_type: str
    first: int
    last: int
    requests: tuple[Request, ...]


def users() -> tuple[User, ...]:
    """Return everybody."""
    return tuple(
        User(
            number,
            f"team-{number % TEAMS:02d}",
            f"person-{number:04d}@example.com",
            f"repository-{number % (3 * TEAMS):02d}",
            VERSIONS[number % len(VERSIONS)],
        )
        for number in range(USERS)
    )


def sessions(count: int) -> Iterator[Session]:
    """Yield `count` sessions of the day, in no order."""
    everybody = users()
    for number in range(count):
        chance = random.Random(f"session {number}")  # noqa: S311 - made-up sessions, not secrets
        yield _session(chance, everybody[number % USERS])


def _session(chance: random.Random, user: User) -> Session:
    first = _begin(chance)
    headless = chance.random() < HEADLESS
    length = chance.randrange(4) if headless else int(chance.lognormvariate(3.0, 0.8)) + 1
    last = min(first + length, MINUTES)
    many = chance.randint(1, 8) if headless else max(1, round((last - first) * REQUESTS_A_MINUTE))
    minutes = sorted([first] + [chance.randint(first, last) for _ in range(many - 1)])
    main = Way(chance.choice(_MAIN), "main", "high" if user.number % 3 else "medium")
    ways = _ways(chance, main)
    requests = tuple(_request(chance, minute, chance.choice(ways)) for minute in minutes)
    identity = str(uuid.UUID(int=chance.getrandbits(128), version=4))
    return Session(identity, user, chance.choice(STARTS), first, last, requests)


def _begin(chance: random.Random) -> int:
    if chance.random() < BUSY_SHARE:
        return chance.randint(60 * BUSY_HOURS.start, 60 * BUSY_HOURS.stop)
    return chance.randint(1, MINUTES)


def _ways(chance: random.Random, main: Way) -> list[Way]:
    """What the session's requests are for, main ones most often."""
    ways = [main] * 6 + [Way(HAIKU, "auxiliary")]
    if chance.random() < 0.2:
        ways.append(Way(SONNET, "subagent", main.effort, agent=f"agent-{chance.randrange(5)}"))
    if chance.random() < 0.15:
        ways.append(main._replace(mcp_server=f"server-{chance.randrange(4)}"))
    if chance.random() < 0.1:
        ways.append(main._replace(skill=f"skill-{chance.randrange(6)}", plugin="third-party"))
    return ways


def _request(chance: random.Random, minute: int, way: Way) -> Request:
    usage = Usage(
        input=chance.randint(5, 400),
        output=chance.randint(20, 2000),
        cache_read=chance.randint(5_000, 120_000),
        cache_creation_5m=chance.randint(200, 6_000),
    )
    return Request(minute, way, usage, round(cost_micros(way.model, usage)) / 1e6)
