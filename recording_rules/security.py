"""What a security team asks: connections to servers, permission modes, logins, plugins, managed settings."""

from claude_code_mixin import Group
from claude_code_mixin.event_meters import AUTH, CONNECTION, FAULT, INSTALL, MODE, PLUGIN, SETTINGS
from claude_code_mixin.meter import remembering

CONNECTION_RECORDS = remembering(
    CONNECTION,
    "mcp_connections",
    "claude_code_meter_connection_attempts_total",
    "events",
    "Connections to MCP servers that were tried",
)
MODE_RECORDS = remembering(
    MODE,
    "permission_mode_changes",
    "claude_code_meter_mode_changes_total",
    "events",
    "Changes of the permission mode",
)
AUTH_RECORDS = remembering(
    AUTH,
    "auth_attempts",
    "claude_code_meter_auth_attempts_total",
    "events",
    "Logins and logouts",
)
FAULT_RECORDS = remembering(
    FAULT,
    "internal_errors",
    "claude_code_meter_fault_errors_total",
    "events",
    "Internal errors of clients",
)
LOADED_RECORDS = remembering(
    PLUGIN,
    "plugins_loaded",
    "claude_code_meter_plugin_loaded_total",
    "events",
    "Plugins loaded at a start",
)
INSTALLED_RECORDS = remembering(
    INSTALL,
    "plugins_installed",
    "claude_code_meter_install_plugins_total",
    "events",
    "Plugins installed",
)
SETTINGS_RECORDS = remembering(
    SETTINGS,
    "settings_resolved",
    "claude_code_meter_settings_resolved_total",
    "events",
    "Managed settings resolved",
)
MCP_CONNECTIONS = CONNECTION_RECORDS[-1]
PERMISSION_MODE_CHANGES = MODE_RECORDS[-1]
AUTH_ATTEMPTS = AUTH_RECORDS[-1]
INTERNAL_ERRORS = FAULT_RECORDS[-1]
PLUGINS_LOADED = LOADED_RECORDS[-1]
PLUGINS_INSTALLED = INSTALLED_RECORDS[-1]
SETTINGS_RESOLVED = SETTINGS_RECORDS[-1]

METER = Group(
    name="claude-code-security-meter",
    records=(
        *CONNECTION_RECORDS,
        *MODE_RECORDS,
        *AUTH_RECORDS,
        *FAULT_RECORDS,
        *LOADED_RECORDS,
        *INSTALLED_RECORDS,
        *SETTINGS_RECORDS,
    ),
)
