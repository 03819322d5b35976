"""Every meter that the collector keeps, derived from the clients' events."""

from __future__ import annotations

from claude_code_mixin.config import Config
from claude_code_mixin.meters import ATTRIBUTION, EXTENSION, IDENTITY, REPOSITORY, VERSION, Cut, Meter

TOKEN_TYPES = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cacheRead": "cache_read_tokens",
    "cacheCreation": "cache_creation_tokens",
}
"""Token type as the clients' counter spells it -> attribute of the api_request event."""
PRICED_TOKENS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cacheRead": "cache_read_tokens",
    "cacheWrite5m": "cache_creation_5m_tokens",
    "cacheWrite1h": "cache_creation_1h_tokens",
}
"""What has a price of its own -> attribute of the api_request event; cache writes by how long they stay."""
CONTEXT_TOKENS = ("input_tokens", "cache_read_tokens", "cache_creation_tokens")
"""What a request sends: its size is the context in use."""
CONTEXT_BANDS = (50_000, 100_000, 200_000, 500_000)
"""Upper bounds of the context bands in tokens; above 200,000 a request costs more on some models."""

API_SECONDS = (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300)
"""Bounds for whole requests: seconds for a short answer, minutes for long ones."""
FIRST_TOKEN_SECONDS = (0.25, 0.5, 1, 2, 3, 5, 10, 20, 60)
TOOL_SECONDS = (0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 600)
"""Bounds for tools: file reads take milliseconds, shell commands up to their ten-minute limit."""
COMPACTION_SECONDS = (5, 10, 20, 30, 60, 120, 300)

API = Cut("api", ("model", "provider"))
PRICE = Cut("price", ("team", "model", "speed", "context"))
CONTEXT = Cut("context", ("team", "model", "context"))
ERROR = Cut("error", ("team", "model", "status_code"))
TOOL = Cut("tool", ("team", "tool", "success", "error_type"))
TOOL_KIND = Cut("tool_kind", ("tool",))
DECISION = Cut("decision", ("team", "tool", "decision", "source", "permission_mode"))
PROMPT = Cut("prompt", ("team", "command_source"))
COMPACTION = Cut("compaction", ("team", "trigger", "success"))
SUBAGENT = Cut("subagent", ("team", "agent", "model"))
CONNECTION = Cut("connection", ("team", "status", "transport", "scope"))
MODE = Cut("mode", ("team", "from_mode", "to_mode", "trigger"))
SKILL = Cut("skill", ("team", "skill", "trigger"))
HOOK = Cut("hook", ("team", "hook_event"))
REGISTERED = Cut("registered", ("team", "hook_event", "hook_source"))
MENTION = Cut("mention", ("team", "mention_type", "success"))
AUTH = Cut("auth", ("action", "auth_method", "success"))
FAULT = Cut("fault", ("error_name", "version"))
PLUGIN = Cut("plugin", ("plugin", "scope", "trigger"))
INSTALL = Cut("install", ("plugin", "official", "trigger"))
SETTINGS = Cut("settings", ("trigger",))
SESSION = Cut("session", ("session_id", "team", "user", "model"))
SESSION_TOOL = Cut("session", ("session_id", "team", "user"))


def context_bands() -> tuple[str, ...]:
    """Names of the context bands, smallest first: 0-50k, ..., over 500k."""
    bounds = [f"{bound // 1000}k" for bound in CONTEXT_BANDS]
    lower = ["0", *bounds[:-1]]
    return (*(f"{low}-{high}" for low, high in zip(lower, bounds, strict=True)), f"over {bounds[-1]}")


def _seconds(cut: Cut, quantity: str, event: str, number: str, buckets: tuple[float, ...]) -> Meter:
    return Meter(cut, quantity, "seconds", event, number=number, factor=0.001, buckets=buckets)


def _tokens(cut: Cut) -> Meter:
    return Meter(cut, "tokens", "tokens", parts=TOKEN_TYPES, part_label="type")


METERS: tuple[Meter, ...] = (
    Meter(IDENTITY, "cost", "USD", number="cost_usd"),
    _tokens(IDENTITY),
    Meter(IDENTITY, "requests", "requests"),
    Meter(ATTRIBUTION, "cost", "USD", number="cost_usd"),
    _tokens(ATTRIBUTION),
    Meter(ATTRIBUTION, "requests", "requests"),
    Meter(EXTENSION, "cost", "USD", number="cost_usd"),
    Meter(EXTENSION, "requests", "requests"),
    Meter(REPOSITORY, "cost", "USD", number="cost_usd"),
    Meter(VERSION, "cost", "USD", number="cost_usd"),
    Meter(VERSION, "requests", "requests"),
    Meter(PRICE, "tokens", "tokens", parts=PRICED_TOKENS, part_label="type"),
    Meter(CONTEXT, "requests", "requests"),
    _seconds(API, "duration", "api_request", "duration_ms", API_SECONDS),
    _seconds(API, "first_token", "api_request", "ttft_ms", FIRST_TOKEN_SECONDS),
    Meter(ERROR, "requests", "requests", "api_error"),
    Meter(ERROR, "exhausted", "requests", "api_retries_exhausted"),
    Meter(ERROR, "refused", "requests", "api_refusal"),
    Meter(TOOL, "calls", "events", "tool_result"),
    _seconds(TOOL_KIND, "duration", "tool_result", "duration_ms", TOOL_SECONDS),
    Meter(
        TOOL_KIND,
        "size",
        "bytes",
        "tool_result",
        parts={"input": "tool_input_size_bytes", "result": "tool_result_size_bytes"},
        part_label="direction",
    ),
    Meter(DECISION, "calls", "events", "tool_decision"),
    Meter(PROMPT, "prompts", "events", "user_prompt"),
    Meter(COMPACTION, "runs", "events", "compaction"),
    Meter(
        COMPACTION,
        "size",
        "tokens",
        "compaction",
        parts={"before": "pre_tokens", "after": "post_tokens"},
        part_label="moment",
    ),
    _seconds(COMPACTION, "duration", "compaction", "duration_ms", COMPACTION_SECONDS),
    Meter(SUBAGENT, "runs", "events", "subagent_completed"),
    Meter(CONNECTION, "attempts", "events", "mcp_server_connection"),
    Meter(MODE, "changes", "events", "permission_mode_changed"),
    Meter(SKILL, "activations", "events", "skill_activated"),
    Meter(
        HOOK,
        "runs",
        "events",
        "hook_execution_complete",
        parts={
            "success": "num_success",
            "blocking": "num_blocking",
            "error": "num_non_blocking_error",
            "cancelled": "num_cancelled",
        },
        part_label="outcome",
    ),
    Meter(REGISTERED, "hooks", "events", "hook_registered"),
    Meter(MENTION, "mentions", "events", "at_mention"),
    Meter(AUTH, "attempts", "events", "auth"),
    Meter(FAULT, "errors", "events", "internal_error"),
    Meter(PLUGIN, "loaded", "events", "plugin_loaded"),
    Meter(INSTALL, "plugins", "events", "plugin_installed"),
    Meter(SETTINGS, "resolved", "events", "managed_settings_resolved"),
)

SESSION_METERS: tuple[Meter, ...] = (
    Meter(SESSION, "cost", "USD", number="cost_usd"),
    _tokens(SESSION),
    Meter(SESSION, "requests", "requests"),
    Meter(SESSION, "errors", "requests", "api_error"),
    Meter(SESSION_TOOL, "tool_calls", "events", "tool_result"),
)
"""The drill-down: what single sessions did, on a port of its own, when it is switched on."""


def meters_of(config: Config) -> tuple[Meter, ...]:
    """Every meter under `config`: those of single sessions only where they are switched on."""
    return METERS + (SESSION_METERS if config.drill_down else ())
