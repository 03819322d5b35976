"""Scripted processes send what the real client sent: head-less runs that flush once, at their end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from claude_code_mixin.fleet import counters, incidents, wire
from claude_code_mixin.fleet.clients import Launch, Process
from claude_code_mixin.fleet.machine import Machine, Settings
from claude_code_mixin.fleet.usage import HAIKU, SONNET
from fleet_comparison import answered, assert_same, call, captured, request, started

Script = Callable[[Process], object]


def with_model(model: str) -> Script:
    """One question to another model."""

    def script(process: Process) -> None:
        process.prompt(0.2)
        process.request(0.3, request(model=model, answer=19))
        process.count(0.31, counters.ACTIVE, {"type": "cli"}, 0.1)

    return script


def shell_counts(metric: str) -> Script:
    """A shell command that commits, or opens a pull request."""

    def script(process: Process) -> None:
        process.prompt(0.2)
        process.decide(0.28, call())
        process.request(0.29, request())
        process.count(0.3, metric, {})
        process.tool(0.31, call())
        process.request(0.35, request(2, answer=3))
        process.count(0.36, counters.ACTIVE, {"type": "cli"}, 0.1)

    return script


def tool_denied(process: Process) -> None:
    """The settings reject a command."""
    process.prompt(0.2)
    process.decide(0.28, call(decision="reject"))
    process.request(0.29, request())
    process.request(0.3, request(2, answer=7))
    process.count(0.36, counters.ACTIVE, {"type": "cli"}, 0.1)


def mcp_tool(process: Process) -> None:
    """One MCP server fails, the other answers."""
    process.event(0.15, *incidents.mcp_server_connection("failed", 6, "ENOENT"))
    process.event(0.16, *incidents.mcp_server_connection("connected", 52))
    process.prompt(0.2)
    process.decide(0.28, call("mcp_tool", mcp_server_scope="dynamic"))
    process.request(0.29, request())
    process.tool(0.3, call("mcp_tool", mcp_server_scope="dynamic"))
    consumed = {"mcp_server.name": "custom", "mcp_tool.name": "custom"}
    process.request(0.31, request(2, attribution=consumed, answer=9))
    process.count(0.32, counters.ACTIVE, {"type": "cli"}, 0.1)
    process.event(0.33, *incidents.mcp_server_connection("disconnected", 182))


def skill(process: Process) -> None:
    """The model calls a skill of the project."""
    process.prompt(0.2)
    process.decide(0.28, call("Skill"))
    process.event(0.29, *incidents.skill_activated())
    process.tool(0.29, call("Skill"))
    process.request(0.29, request())
    process.request(0.31, request(2, attribution={"skill.name": "myskill"}, answer=11))
    process.count(0.32, counters.ACTIVE, {"type": "cli"}, 0.1)


def subagent(process: Process) -> None:
    """A built-in subagent works beside the main conversation."""
    inner = request(
        3,
        query_source="agent:builtin:general-purpose",
        attribution={"agent.name": "general-purpose"},
        agent_id="aee793fa1678b5cb9",
        answer=19,
    )
    process.prompt(0.2)
    process.decide(0.28, call("Agent"))
    process.tool(0.29, call("Agent"))
    process.request(0.3, request())
    process.request(0.31, request(2, answer=11))
    process.request(0.32, inner)
    process.event(0.33, *incidents.subagent_completed(inner, "general-purpose", 0, 96))
    process.prompt(0.34)
    process.request(0.35, request(4, answer=11))
    process.count(0.36, counters.ACTIVE, {"type": "cli"}, 0.1)


def refused(process: Process) -> None:
    """The model refuses twice and is paid twice."""
    process.prompt(0.2)
    for number in (1, 2):
        process.event(0.3, *incidents.api_refusal(request(number)))
        process.request(0.3, request(number, answer=10))
    process.count(0.36, counters.ACTIVE, {"type": "cli"}, 0.1)


def failed(process: Process) -> None:
    """A request fails at once."""
    process.prompt(0.2)
    process.event(0.3, *incidents.api_error(request(), 400))
    process.count(0.36, counters.ACTIVE, {"type": "cli"}, 0.1)


def hooks(process: Process) -> None:
    """A hook runs before a tool that fails, and one at the end."""
    process.prompt(0.2)
    process.event(0.21, *incidents.hook_execution_start("PreToolUse:Bash"))
    process.request(0.21, request())
    process.event(0.22, *incidents.hook_execution_complete("PreToolUse:Bash", 12))
    process.decide(0.28, call())
    process.tool(0.29, call(error_type="ShellError"))
    process.request(0.3, request(2, answer=2))
    process.event(0.31, *incidents.hook_execution_start("Stop"))
    process.event(0.32, *incidents.hook_execution_complete("Stop", 2))
    process.count(0.36, counters.ACTIVE, {"type": "cli"}, 0.1)


HEADLESS: dict[str, Script] = {
    "print_plain": answered,
    "api_error_529_recovered": answered,
    "resume_1_fresh": answered,
    "model_haiku": with_model(HAIKU),
    "model_sonnet": with_model(SONNET),
    "commit": shell_counts(counters.COMMITS),
    "pull_request": shell_counts(counters.PULL_REQUESTS),
    "tool_denied": tool_denied,
    "mcp_tool": mcp_tool,
    "skill": skill,
    "subagent": subagent,
    "api_refusal": refused,
    "api_error_400": failed,
    "hooks_and_failed_tool": hooks,
}
REGISTERED = {"hooks_and_failed_tool": ("PreToolUse", "Stop")}


@pytest.mark.parametrize("name", HEADLESS)
@pytest.mark.parametrize("signal", ["metrics", "logs"])
def test_a_head_less_run_sends_what_was_captured(name: str, signal: str) -> None:
    """Every name, unit, attribute, order, wire type and constant value, in as many requests."""
    first = captured(name, "metrics")[0]["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]
    delta = first["sum"]["aggregationTemporality"] == wire.DELTA
    settings = Settings(base_url=True, metrics="delta" if delta else "cumulative")
    process = started(Launch(name, Machine(name), settings, hooks=REGISTERED.get(name, ())))
    HEADLESS[name](process)
    process.exit(0.4)
    assert_same(process, name, signal)
