"""What can happen in a client, and the attributes that its event carries, in the client's order and types.

Where the client sends a number or a boolean as text, so does this. What only the captured version sends is
marked by `latest`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from claude_code_mixin.fleet.telemetry import Value
from claude_code_mixin.fleet.usage import Usage, cost_micros

Sent = dict[str, Value]
Named = tuple[str, Sent]
"""The name of an event and its own attributes."""


def counter_source(query_source: str) -> str:
    """Return what counters call the `query_source` of an event: main, subagent or auxiliary."""
    if query_source == "sdk" or query_source.startswith("repl_main_thread"):
        return "main"
    return "subagent" if query_source.startswith("agent:") else "auxiliary"


@dataclass(frozen=True)
class Request:
    """A request to the model that succeeds, with an `answer` of so many characters.

    `query_source` is the raw one; `effort` is empty for a model without. `attribution` are the agent.name,
    skill.name, plugin.name ... that it belongs to. Durations are milliseconds.
    """

    model: str
    usage: Usage
    id: str
    query_source: str
    effort: str = "medium"
    fast: bool = False
    duration: int = 25
    first_token: int = 17
    attribution: Mapping[str, Value] = field(default_factory=dict)
    agent_id: str = ""
    answer: int = 0

    @property
    def cost(self) -> float:
        """US dollars."""
        return cost_micros(self.model, self.usage, fast=self.fast) / 1e6

    def _belongs(self) -> Sent:
        return ({"effort": self.effort} if self.effort else {}) | dict(self.attribution)

    def series(self) -> Sent:
        """Return the attributes of its cost counter."""
        found: Sent = {"model": self.model, "query_source": counter_source(self.query_source)}
        return found | ({"speed": "fast"} if self.fast else {}) | self._belongs()

    def tokens(self) -> Iterator[tuple[str, int]]:
        """Yield the type and the number of its tokens, as counters name the types."""
        yield "input", self.usage.input
        yield "output", self.usage.output
        yield "cacheRead", self.usage.cache_read
        yield "cacheCreation", self.usage.cache_creation

    def event(self, *, latest: bool, client_id: str) -> Sent:
        """Return api_request; `client_id` is the client's own identifier, empty where it sends none."""
        used = self.usage
        sent: Sent = {"model": self.model, "input_tokens": used.input, "output_tokens": used.output}
        sent |= {"cache_read_tokens": used.cache_read, "cache_creation_tokens": used.cache_creation}
        if latest:
            sent["cache_creation_5m_tokens"] = used.cache_creation_5m
            sent["cache_creation_1h_tokens"] = used.cache_creation_1h
        sent |= {"cost_usd": self.cost, "cost_usd_micros": round(self.cost * 1e6)}
        sent |= {"duration_ms": self.duration} | ({"ttft_ms": self.first_token} if latest else {})
        sent |= {"request_id": self.id} | ({"client_request_id": client_id} if client_id else {})
        sent |= {"speed": "fast" if self.fast else "normal", "query_source": self.query_source}
        return sent | self._belongs() | self._agent()

    def response(self, message: str) -> Sent:
        """Return assistant_response, with the UUID of its `message`."""
        sent: Sent = {"response_length": self.answer, "response": "<REDACTED>", "request_id": self.id}
        sent |= {"message.uuid": message, "model": self.model, "query_source": self.query_source}
        return sent | self._agent()

    def _agent(self) -> Sent:
        return {"agent_id": self.agent_id} if self.agent_id else {}


@dataclass(frozen=True)
class ToolCall:
    """A call of a tool: how it was decided and how it ended; `error_type` makes it a failed one.

    `language` is that of the file an edit changes; `mcp_server_scope` is empty for built-in tools. Sizes are
    bytes, the duration is milliseconds.
    """

    tool: str
    id: str
    request_id: str
    decision: str = "accept"
    decided_by: str = "config"
    language: str = "unknown"
    error_type: str = ""
    duration: int = 35
    input_size: int = 44
    result_size: int = 2
    mcp_server_scope: str = ""

    def edit(self) -> Sent:
        """Return the attributes of the counter of edits."""
        sent: Sent = {"decision": self.decision, "source": self.decided_by, "tool_name": self.tool}
        return sent | {"language": self.language}

    def decided(self, *, latest: bool) -> Sent:
        """Return tool_decision."""
        sent: Sent = {"decision": self.decision, "source": self.decided_by, "tool_name": self.tool}
        sent |= {"tool_use_id": self.id, "tool_source": "mcp" if self.mcp_server_scope else "builtin"}
        return sent | ({"permission_mode": "default", "request_id": self.request_id} if latest else {})

    def ended(self, *, latest: bool, interactive: bool) -> Sent:
        """Return tool_result; how it was decided is told in interactive sessions only."""
        sent: Sent = {"tool_name": self.tool, "tool_use_id": self.id}
        sent |= {"success": "false" if self.error_type else "true", "duration_ms": str(self.duration)}
        if self.error_type:
            sent["error_type"] = self.error_type
        if interactive:
            sent |= {"decision_type": self.decision, "decision_source": self.decided_by}
        sent["tool_input_size_bytes"] = str(self.input_size)
        if not self.error_type:
            sent["tool_result_size_bytes"] = str(self.result_size)
        if self.mcp_server_scope:
            sent["mcp_server_scope"] = self.mcp_server_scope
        return sent | ({"request_id": self.request_id} if latest else {})


def managed_settings_resolved() -> Named:
    """The first record of every process."""
    sent: Sent = {"managed_settings.trigger": "startup", "managed_settings.sources": ()}
    sent |= {"managed_settings.source_behavior": "first-wins", "managed_settings.helper.state": "none"}
    return "managed_settings_resolved", sent | {"managed_settings.helper.applied": "none"}


def plugin_loaded(plugin: str, digest: str) -> Named:
    """A built-in plugin is loaded at start."""
    sent: Sent = {"plugin.name": plugin, "marketplace.name": "builtin"}
    sent |= {"plugin.scope": "default-bundle", "enabled_via": "default-enable", "plugin_id_hash": digest}
    sent |= {"has_hooks": True, "has_mcp": False, "host_owned_mcp": False}
    sent |= {"skill_path_count": 0, "command_path_count": 0, "agent_path_count": 0, "safe_mode": "false"}
    return "plugin_loaded", sent


def user_prompt(length: int, message: str) -> Named:
    """The user asks something of so many characters, with the UUID of the `message`."""
    hidden = "<REDACTED>"
    sent: Sent = {"prompt_length": str(length), "prompt": hidden, "prompt_text": hidden}
    return "user_prompt", sent | {"message.uuid": message}
