"""What happens in a client besides requests and tool calls: failures, subagents, skills, servers, hooks ...

Each function returns an event's name and own attributes, in the client's order and types: numbers of requests
are numbers, most others are text. Durations are milliseconds.
"""

from __future__ import annotations

from claude_code_mixin.fleet.happenings import Named, Request, Sent


def _failure(request: Request) -> Sent:
    sent: Sent = {"speed": "fast" if request.fast else "normal", "query_source": request.query_source}
    return sent | ({"effort": request.effort} if request.effort else {})


def api_error(request: Request, status: int, attempts: int = 1) -> Named:
    """A request failed for good; without a `status` the failure is no HTTP answer."""
    sent: Sent = {"model": request.model, "error": f"simulated {status or 'timeout'}"}
    sent |= {"status_code": status} if status else {}
    sent |= {"duration_ms": request.duration, "attempt": attempts}
    return "api_error", sent | ({"request_id": request.id} if status else {}) | _failure(request)


def api_retries_exhausted(request: Request, status: int, attempts: int, duration: int) -> Named:
    """Retrying was given up, beside the api_error."""
    sent: Sent = {"model": request.model, "error": f"simulated {status}", "status_code": status}
    sent |= {"total_attempts": attempts, "total_retry_duration_ms": duration}
    return "api_retries_exhausted", sent | _failure(request)


def api_refusal(request: Request) -> Named:
    """The model refused; the request costs all the same and has its own api_request."""
    sent: Sent = {"model": request.model, "request_id": request.id}
    sent |= {"speed": "fast" if request.fast else "normal", "attempt": 1, "server_fallback_hop": False}
    sent |= {"query_source": request.query_source} | ({"effort": request.effort} if request.effort else {})
    return "api_refusal", sent | {"has_category": False, "has_explanation": False}


def subagent_completed(request: Request, agent: str, tools: int, duration: int) -> Named:
    """A built-in subagent ended; `request` was its last, whose tokens are all that it tells."""
    used = request.usage
    sent: Sent = {"agent_type": agent, "agent.source": "built-in", "is_built_in": True, "is_async": True}
    sent["total_tokens"] = used.input + used.output + used.cache_read + used.cache_creation
    sent |= {"total_tool_uses": tools, "duration_ms": duration, "model": request.model}
    sent |= {"final_model": request.model, "model_swapped": False, "agent_id": request.agent_id}
    return "subagent_completed", sent


def skill_activated() -> Named:
    """The model called a skill of the project, whose name is hidden here and not on the request."""
    sent: Sent = {"skill.name": "custom_skill", "invocation_trigger": "claude-proactive"}
    return "skill_activated", sent | {"skill.source": "projectSettings"}


def mcp_server_connection(status: str, duration: int, error_code: str = "") -> Named:
    """An MCP server was connected, failed or disconnected."""
    sent: Sent = {"status": status, "transport_type": "stdio", "server_scope": "dynamic"}
    sent |= {"duration_ms": str(duration), "is_plugin": False}
    return "mcp_server_connection", sent | ({"error_code": error_code} if error_code else {})


def compaction(trigger: str, before: int, after: int, duration: int, error: str = "") -> Named:
    """The context was summarised from `before` to `after` tokens."""
    sent: Sent = {"trigger": trigger, "success": "false" if error else "true", "duration_ms": str(duration)}
    sent |= {"pre_tokens": str(before)} | ({"error": error} if error else {"post_tokens": str(after)})
    return "compaction", sent


def hook_registered(hook: str) -> Named:
    """A hook was found in the settings."""
    sent: Sent = {"hook_event": hook, "hook_type": "command", "hook_source": "flagSettings"}
    return "hook_registered", sent | {"safe_mode": "false"}


_HOOK_ENDING: Sent = {"managed_only": "false", "hook_source": "merged", "safe_mode": "false"}


def _hook(hook: str) -> Sent:
    return {"hook_event": hook.partition(":")[0], "hook_name": hook, "num_hooks": "1"}


def hook_execution_start(hook: str) -> Named:
    """A hook began to run; `hook` is its event, a colon and the tool where one is concerned."""
    return "hook_execution_start", _hook(hook) | _HOOK_ENDING


def hook_execution_complete(hook: str, duration: int, blocking: int = 0) -> Named:
    """A hook ended; `blocking` is 1 when it refused."""
    sent = _hook(hook) | {"num_success": str(1 - blocking), "num_blocking": str(blocking)}
    sent |= {"num_non_blocking_error": "0", "num_cancelled": "0", "total_duration_ms": str(duration)}
    sent |= dict.fromkeys(("stdout_chars", "additional_context_chars", "system_message_chars"), "0")
    sent |= {"initial_user_message_chars": "0", "num_outputs_persisted": "0"}
    return "hook_execution_complete", sent | _HOOK_ENDING


def permission_mode_changed(before: str, after: str) -> Named:
    """The user changed the permission mode."""
    return "permission_mode_changed", {"from_mode": before, "to_mode": after, "trigger": "shift_tab"}


def at_mention(kind: str) -> Named:
    """A prompt mentioned something with @."""
    return "at_mention", {"mention_type": kind, "success": "true"}


def internal_error(name: str, code: str) -> Named:
    """The client caught an error of its own."""
    return "internal_error", {"error_name": name, "error_code": code}


def auth(action: str, *, success: bool = True) -> Named:
    """Somebody signed in or out."""
    sent: Sent = {"action": action, "success": str(success).lower(), "auth_method": "oauth"}
    return "auth", sent if success else sent | {"error_category": "expired", "status_code": "401"}


def plugin_installed(plugin: str) -> Named:
    """A plugin of nobody's marketplace was installed."""
    sent: Sent = {"marketplace.is_official": "false", "install.trigger": "cli"}
    return "plugin_installed", sent | {"plugin.name": plugin, "plugin.version": "1.0.0"}
