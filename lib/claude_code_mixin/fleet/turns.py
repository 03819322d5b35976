"""What a client does between a prompt and the end of the answer: kinds of turns, as steps with their times.

A workload plays the kinds in turn, so that all that can happen does happen and every run is repeatable.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from claude_code_mixin.fleet import counters, incidents
from claude_code_mixin.fleet.clients import Process
from claude_code_mixin.fleet.happenings import Named, Request, ToolCall
from claude_code_mixin.fleet.usage import HAIKU, OPUS, OTHER_MODEL, SONNET, Usage

Step = tuple[float, Callable[[Process, float], object]]
"""A time, in seconds of the workload, and what the process does then; it is told the time."""
LANGUAGES = ("Python", "TypeScript", "Go", "Markdown")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
WHOLE_DOLLAR = Usage(input=500_000, output=0, cache_read=0, cache_creation_5m=0)
"""Costs exactly one dollar with OTHER_MODEL, which then travels as an integer."""


@dataclass
class Turn:
    """One turn under construction: its steps until `at`, which moves on."""

    at: float
    source: random.Random
    interactive: bool
    model: str = OPUS
    effort: str = "medium"
    steps: list[Step] = field(default_factory=list)

    def wait(self, least: float, most: float) -> None:
        """Let a random time pass."""
        self.at += self.source.uniform(least, most)

    def do(self, step: Callable[[Process, float], object]) -> None:
        """Do something now."""
        self.steps.append((self.at, step))

    def log(self, happened: Named) -> None:
        """Log an event now."""
        self.do(lambda process, at: process.event(at, *happened))

    def count(self, metric: str) -> None:
        """Count one of something now."""
        self.do(lambda process, at: process.count(at, metric, {}))

    def change_lines(self, added: int, removed: int) -> None:
        """Change lines now."""
        self.do(lambda process, at: process.lines(at, added, removed, self.model))

    def new(self, **changes: Any) -> Request:
        """Return a request of the main conversation with random usage; nothing happens yet.

        `changes` are fields of Request.
        """
        source = "repl_main_thread" if self.interactive else "sdk"
        made = Request(self.model, self._usage(), self._id("req_", 16), source, self.effort)
        first = self.source.randint(200, 2_000)
        duration = first + self.source.randint(100, 20_000)
        return replace(made, first_token=first, duration=duration, **changes)

    def ask(self, **changes: Any) -> Request:
        """Make a request that succeeds."""
        self.wait(1, 4)
        request = self.new(**changes)
        self.do(lambda process, at: process.request(at, request))
        return request

    def call(self, tool: str, request: Request, **changes: Any) -> None:
        """Let `request` call a tool that is allowed and ends; `changes` are fields of ToolCall."""
        made = ToolCall(tool, self._id("toolu_", 20), request.id, duration=self.source.randint(5, 9_000))
        call = replace(made, input_size=self.source.randint(9, 4_000), **changes)
        self.do(lambda process, at: process.decide(at, call))
        if call.decision == "accept":
            self.wait(0.1, 3)
            self.do(lambda process, at: process.tool(at, call))

    def _usage(self) -> Usage:
        draw = self.source.randint
        return Usage(draw(4, 4_000), draw(1, 3_000), draw(0, 150_000), draw(0, 9_000), draw(0, 1) * 1_500)

    def _id(self, prefix: str, digits: int) -> str:
        return f"{prefix}{self.source.getrandbits(4 * digits):0{digits}x}"


def plain(turn: Turn) -> None:
    """A question and an answer."""
    turn.ask(answer=turn.source.randint(1, 5_000))


def edits(turn: Turn) -> None:
    """Files are read and changed; a command fails."""
    language = turn.source.choice(LANGUAGES)
    turn.call("Read", turn.ask())
    for tool, removed in (("Edit", turn.source.randint(1, 60)), ("Write", 0)):
        turn.call(tool, turn.ask(), language=language)
        turn.change_lines(turn.source.randint(1, 200), removed)
    turn.call("Bash", turn.ask(), error_type="ShellError")
    plain(turn)


def commit(turn: Turn) -> None:
    """A commit and a pull request."""
    for metric in (counters.COMMITS, counters.PULL_REQUESTS):
        turn.call("Bash", turn.ask())
        turn.count(metric)
    plain(turn)


def subagent(turn: Turn) -> None:
    """A built-in subagent works, then one of the user's own on a model without effort levels."""
    turn.call("Agent", turn.ask())
    agent, identity = "general-purpose", f"a{turn.source.getrandbits(64):016x}"
    began = turn.at
    last = turn.new()
    for _ in range(2):
        last = turn.ask(
            query_source=f"agent:builtin:{agent}",
            attribution={"agent.name": agent},
            agent_id=identity,
            answer=100,
        )
    turn.log(incidents.subagent_completed(last, agent, 0, int((turn.at - began) * 1000)))
    turn.ask(model=HAIKU, effort="", query_source="agent:custom", attribution={"agent.name": "custom"})
    plain(turn)


def skill(turn: Turn) -> None:
    """The model calls a skill, and a request belongs to it and to a plugin."""
    request = turn.ask()
    turn.log(incidents.skill_activated())
    turn.call("Skill", request)
    turn.ask(attribution={"skill.name": "release-notes"}, answer=300)
    turn.ask(attribution={"skill.name": "third-party", "plugin.name": "third-party"})


def mcp(turn: Turn) -> None:
    """One MCP server fails, another answers a tool call."""
    turn.log(incidents.mcp_server_connection("failed", 6, "ENOENT"))
    turn.log(incidents.mcp_server_connection("connected", 52))
    turn.call("mcp_tool", turn.ask(), mcp_server_scope="dynamic")
    turn.ask(attribution={"mcp_server.name": "custom", "mcp_tool.name": "custom"}, answer=90)
    turn.log(incidents.mcp_server_connection("disconnected", 4_182))


def compact(turn: Turn) -> None:
    """The context is summarised, which is a request of its own; before, it failed."""
    before = turn.source.randint(90_000, 180_000)
    turn.log(incidents.compaction("auto", before, 0, 900, error="aborted"))
    turn.ask(query_source="compact")
    turn.log(incidents.compaction("manual", before, turn.source.randint(4_000, 20_000), 21_000))
    plain(turn)


def failure(turn: Turn) -> None:
    """One request fails for good, one after retries, one without an answer; the next one works."""
    turn.wait(1, 2)
    turn.log(incidents.api_error(turn.new(), 400))
    turn.wait(3, 9)
    failed = turn.new()
    turn.log(incidents.api_error(failed, 529, attempts=11))
    turn.log(incidents.api_retries_exhausted(failed, 529, 11, 178_000))
    turn.log(incidents.api_error(turn.new(), 0))
    turn.log(incidents.internal_error("TypeError", "ERR_INVALID_ARG_TYPE"))
    plain(turn)


def refusal(turn: Turn) -> None:
    """The model refuses, which costs all the same."""
    turn.wait(1, 3)
    request = turn.new(answer=40)
    turn.log(incidents.api_refusal(request))
    turn.do(lambda process, at: process.request(at, request))


def fast(turn: Turn) -> None:
    """Fast mode, every effort level, and a request of exactly one dollar."""
    turn.ask(model=OPUS, fast=True)
    for effort in EFFORTS:
        turn.ask(model=SONNET, effort=effort)
    turn.ask(model=OTHER_MODEL, usage=WHOLE_DOLLAR, answer=12)


def hooks(turn: Turn) -> None:
    """Hooks run before a tool; an edit is rejected by one, a command by the settings."""
    for tool, blocking in (("Bash", 0), ("Edit", 1)):
        request, decision = turn.ask(), "reject" if blocking else "accept"
        turn.log(incidents.hook_execution_start(f"PreToolUse:{tool}"))
        turn.log(incidents.hook_execution_complete(f"PreToolUse:{tool}", 12, blocking))
        turn.call(tool, request, decision=decision, decided_by="hook" if blocking else "config")
    turn.call("Bash", turn.ask(), decision="reject")
    plain(turn)


def terminal(turn: Turn) -> None:
    """What only a person at a terminal does: mentions, modes, signing in, plugins, rejecting an edit."""
    turn.log(incidents.at_mention("file"))
    turn.log(incidents.permission_mode_changed("default", "acceptEdits"))
    turn.log(incidents.auth("login"))
    turn.log(incidents.auth("login", success=False))
    turn.log(incidents.plugin_installed("third-party"))
    turn.call("Write", turn.ask(), decision="reject", decided_by="user_reject", language="Python")
    plain(turn)


HOOKS = ("PreToolUse",)
"""What the settings register for the turns with hooks."""
HEADLESS = (plain, edits, commit, subagent, skill, mcp, failure, refusal, hooks)
"""The kinds that `claude -p` plays."""
INTERACTIVE = (plain, edits, subagent, fast, commit, compact, skill, terminal, mcp, failure, hooks, refusal)
"""The kinds that a session at a terminal plays."""
MODELS = (OPUS, SONNET, OPUS, OPUS, HAIKU)


def steps(number: int, at: float, source: random.Random, *, interactive: bool) -> Iterator[Step]:
    """Yield the steps of the turn `number` of a run or workload, which begins with a prompt `at`."""
    kinds = INTERACTIVE if interactive else HEADLESS
    turn = Turn(at, source, interactive, MODELS[number % len(MODELS)], source.choice(EFFORTS))
    length, typing = source.randint(3, 900), source.uniform(0.5, 20)
    if interactive:
        turn.do(lambda process, at: process.count(at, counters.ACTIVE, {"type": "user"}, typing))
    turn.do(lambda process, at: process.prompt(at, length))
    kinds[number % len(kinds)](turn)
    turn.do(lambda process, end: process.count(end, counters.ACTIVE, {"type": "cli"}, end - at))
    yield from turn.steps
