"""One process of Claude Code, simulated: what it counts and logs, and under which session.

Times are seconds since the workload began; calls must come in their order.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from claude_code_mixin.fleet import counters, happenings, incidents
from claude_code_mixin.fleet.happenings import Request, ToolCall
from claude_code_mixin.fleet.machine import Machine, Settings, standard
from claude_code_mixin.fleet.outbox import Outbox
from claude_code_mixin.fleet.telemetry import Clock, Event, Value, timestamp

EDIT_TOOLS = ("Edit", "Write", "NotebookEdit")
STARTUP_SECONDS = 0.1
PLUGINS = {
    "cc-plugin-agents-md": "da63145d0acbb62d",
    "cc-plugin-privacy": "a2f27f067781660d",
    "cc-plugin-plugin-authoring": "559932fe5f722b82",
}
INTERACTIVE_PLUGINS = {**PLUGINS, "cc-plugin-diff": "a76abe54c194ce84"}


def identifier(source: random.Random) -> str:
    """Return a random UUID, as sessions, prompts and messages have one."""
    return str(uuid.UUID(int=source.getrandbits(128), version=4))


@dataclass(frozen=True)
class Launch:
    """How a process is started: `at` seconds of the workload, on a machine, under a `name` of its own.

    `start_type` is fresh, resume or continue; `session` is the id to go on with. A fork is a resume without
    it, an `interactive` process has a terminal, others are `claude -p`. `hooks` are found in the settings. Of
    every `lose_every`-th batch the first response is lost, 0 for none.
    """

    name: str
    machine: Machine
    settings: Settings = field(default_factory=Settings)
    at: float = 0.0
    start_type: str = "fresh"
    session: str = ""
    interactive: bool = False
    hooks: tuple[str, ...] = ()
    lose_every: int = 0


class Process:
    """A process from its launch to `exit()` or `kill()`; `outbox` holds what it exported and what it lost.

    `source` makes its identifiers. --continue starts under a throw-away session id.
    """

    def __init__(self, launch: Launch, clock: Clock, source: random.Random) -> None:
        self.launch, self.source = launch, source
        began = launch.at + STARTUP_SECONDS
        self.outbox = Outbox(
            launch.name, launch.machine, launch.settings, clock, at=began, lose_every=launch.lose_every
        )
        self._latest = launch.settings.latest
        self._sequence, self._prompt, self._in_repository = 0, "", False
        continued = launch.start_type == "continue"
        self.session = identifier(source) if continued or not launch.session else launch.session
        self._start(launch.at)
        if continued and launch.session:
            self.session = launch.session

    def _start(self, at: float) -> None:
        if self._latest:  # the event came with 2.1.274
            self.event(at, *happenings.managed_settings_resolved())
        for hook in self.launch.hooks:
            self.event(at + STARTUP_SECONDS / 2, *incidents.hook_registered(hook))
        for plugin, digest in (INTERACTIVE_PLUGINS if self.launch.interactive else PLUGINS).items():
            self.event(at + STARTUP_SECONDS / 2, *happenings.plugin_loaded(plugin, digest))
        self._in_repository = True
        self.count(at + STARTUP_SECONDS, counters.SESSIONS, {"start_type": self.launch.start_type})

    def _standard(self) -> dict[str, Value]:
        return standard(
            self.launch.machine,
            self.launch.settings,
            self.session,
            interactive=self.launch.interactive,
            repository=self._in_repository,
        )

    def count(self, at: float, metric: str, attributes: Mapping[str, Value], amount: float = 1) -> None:
        """Add `amount` to a counter."""
        self.outbox.add(at, metric, {**self._standard(), **attributes}, amount)

    def event(self, at: float, name: str, attributes: Mapping[str, Value]) -> None:
        """Log an event with its own attributes."""
        stamp = self.outbox.milliseconds(at)
        head = {**self._standard(), "event.name": name, "event.timestamp": timestamp(stamp)}
        head["event.sequence"] = self._sequence
        if self._prompt:
            head["prompt.id"] = self._prompt
        self._sequence += 1
        self.outbox.log(at, Event(name, stamp, {**head, **attributes}))

    @property
    def query_source(self) -> str:
        """What events call the main conversation."""
        return "repl_main_thread" if self.launch.interactive else "sdk"

    def prompt(self, at: float, length: int = 10) -> None:
        """The user, or the command line, asks something of `length` characters."""
        self._prompt = identifier(self.source)
        self.event(at, *happenings.user_prompt(length, identifier(self.source)))

    def request(self, at: float, request: Request) -> None:
        """A request succeeds: cost and tokens are counted, zeros included; request and answer are logged."""
        self.count(at, counters.COST, request.series(), request.cost)
        for kind, amount in request.tokens():
            self.count(at, counters.TOKENS, {**request.series(), "type": kind}, amount)
        client_id = "" if self.launch.settings.base_url else identifier(self.source)
        self.event(at, "api_request", request.event(latest=self._latest, client_id=client_id))
        if request.answer:
            self.event(at, "assistant_response", request.response(identifier(self.source)))

    def decide(self, at: float, call: ToolCall) -> None:
        """A tool call is allowed or rejected; edits are counted, too."""
        if call.tool in EDIT_TOOLS:
            self.count(at, counters.DECISIONS, call.edit())
        self.event(at, "tool_decision", call.decided(latest=self._latest))

    def tool(self, at: float, call: ToolCall) -> None:
        """A tool call ends; a rejected one has no end."""
        ended = call.ended(latest=self._latest, interactive=self.launch.interactive)
        self.event(at, "tool_result", ended)

    def lines(self, at: float, added: int, removed: int, model: str) -> None:
        """Lines change; the removed ones are counted even where there are none."""
        self.count(at, counters.LINES, {"type": "added", "model": model}, added)
        self.count(at, counters.LINES, {"type": "removed", "model": model}, removed)

    def clear(self, at: float) -> None:
        """/clear: a new session id inside the process, without a session.count."""
        self.outbox.advance(at)
        self.session = identifier(self.source)

    def exit(self, at: float) -> None:
        """End in order and flush."""
        self.outbox.exit(at)

    def kill(self, at: float) -> None:
        """End by SIGKILL: what was not exported is lost."""
        self.outbox.kill(at)
