"""How the collector fills each label from the attributes that clients send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from claude_code_mixin.config import Config
from claude_code_mixin.meters import kept

TRIGGERS = ("trigger", "invocation_trigger", "install.trigger", "enabled_via", "managed_settings.trigger")
"""What set something off, as different events call it."""


@dataclass(frozen=True)
class WireLabel:
    """A label, the attributes it is read from (the first one present counts), and its value without any.

    `on_resource` names the attributes that a client may also set on the resource.
    """

    name: str
    keys: tuple[str, ...]
    default: str
    on_resource: tuple[str, ...] = ()

    def value(self, context: str) -> str:
        """Return the OTTL expression of the value; `context` is datapoint or log."""
        sources: list[str] = []
        for key in dict.fromkeys((*self.keys, *self.on_resource)):
            sources += [f'{context}.attributes["{key}"]'] if key in self.keys else []
            sources += [f'resource.attributes["{key}"]'] if key in self.on_resource else []
        return f'Coalesce([{", ".join(sources)}, "{self.default}"])'


def wire_labels(config: Config) -> Mapping[str, WireLabel]:
    """Return every label that clients' attributes fill under the privacy profile of `config`, by name.

    `team.id` and its like come from OTEL_RESOURCE_ATTRIBUTES: the client copies them onto each point and
    record, and an older one leaves them on the resource only.
    """
    labels = config.labels
    listed = (
        WireLabel("team", (labels.team,), "unassigned", (labels.team,)),
        WireLabel("user", (labels.user, "user.email", "user.id"), "unknown", (labels.user,)),
        WireLabel("session_id", ("session.id",), "none"),
        WireLabel("model", ("model",), "unknown"),
        WireLabel("query_source", ("query_source",), "auxiliary"),
        WireLabel("type", ("type",), "other"),
        WireLabel("start_type", ("start_type",), "other"),
        WireLabel("entrypoint", ("app.entrypoint",), "unknown"),
        WireLabel("terminal", ("terminal.type",), "unknown"),
        WireLabel("effort", ("effort",), "none"),
        WireLabel("speed", ("speed",), "normal"),
        WireLabel("agent", ("agent.name", "agent_type"), "none"),
        WireLabel("skill", ("skill.name",), "none"),
        WireLabel("plugin", ("plugin.name",), "none"),
        WireLabel("mcp_server", ("mcp_server.name",), "none"),
        WireLabel("repository", (labels.repository,), "none", (labels.repository,)),
        WireLabel("version", ("app.version",), "unknown", ("service.version",)),
        WireLabel("provider", ("anthropic.provider",), "unknown"),
        WireLabel("status_code", ("status_code",), "none"),
        WireLabel("tool", ("tool_name",), "unknown"),
        WireLabel("success", ("success",), "unknown"),
        WireLabel("error_type", ("error_type",), "none"),
        WireLabel("permission_mode", ("permission_mode",), "unknown"),
        WireLabel("command_source", ("command_source",), "none"),
        WireLabel("trigger", TRIGGERS, "unknown"),
        WireLabel("status", ("status",), "unknown"),
        WireLabel("transport", ("transport_type",), "unknown"),
        WireLabel("scope", ("server_scope", "plugin.scope"), "unknown"),
        WireLabel("from_mode", ("from_mode",), "unknown"),
        WireLabel("to_mode", ("to_mode",), "unknown"),
        WireLabel("hook_event", ("hook_event",), "unknown"),
        WireLabel("hook_source", ("hook_source",), "unknown"),
        WireLabel("mention_type", ("mention_type",), "unknown"),
        WireLabel("action", ("action",), "unknown"),
        WireLabel("auth_method", ("auth_method",), "unknown"),
        WireLabel("error_name", ("error_name",), "unknown"),
        WireLabel("tool_name", ("tool_name",), "unknown"),
        WireLabel("decision", ("decision",), "unknown"),
        WireLabel("source", ("source",), "unknown"),
        WireLabel("official", ("marketplace.is_official",), "unknown"),
        WireLabel("language", ("language",), "unknown"),
    )
    by_name = {label.name: label for label in listed}
    return {name: by_name[name] for name in kept(tuple(by_name), config)}
