"""What somebody with an eye on security should look at: permissions, logins, plugins, policy, odd names."""

from claude_code_mixin import Alert, Threshold
from claude_code_mixin.content.recording_rules.cost import TEAM
from claude_code_mixin.content.recording_rules.pipeline import UNKNOWN_NAMES
from claude_code_mixin.content.recording_rules.security import (
    AUTH_ATTEMPTS,
    PERMISSION_MODE_CHANGES,
    PLUGINS_INSTALLED,
    SETTINGS_RESOLVED,
)
from claude_code_mixin.content.recording_rules.tool import TOOL_DECISIONS

WHO = "Team {{ $labels.team }}" if TEAM else "Somebody"
FAILURES = Threshold(
    alert="ClaudeCodeLoginFailuresHigh",
    key="events_per_15m",
    value=10,
    reason="one person gives up after two or three; ten in a quarter of an hour are several, or a script",
    source="a choice for up to a few hundred people; raise it with their number",
)
UNKNOWN = Threshold(
    alert="ClaudeCodeContractDrift",
    key="points_per_hour",
    value=10,
    reason="a client that changed sends more with every request; fewer are a test by hand",
    source="captures: about 10 events a prompt",
)


def failed(success: str) -> str:
    """Logins of a quarter of an hour that ended so, by method."""
    attempts = f'{AUTH_ATTEMPTS}{{action="login",success="{success}"}}'
    return f"sum by (auth_method) (sum_over_time({attempts}[15m]))"


BYPASSED = Alert(
    name="ClaudeCodePermissionsBypassed",
    expr=f"""
sum by ({TEAM}) (sum_over_time({TOOL_DECISIONS}{{permission_mode="bypassPermissions"}}[15m])) > 0
or
sum by ({TEAM}) (sum_over_time({PERMISSION_MODE_CHANGES}{{to_mode="bypassPermissions"}}[15m])) > 0
""",
    keep_firing_for="2h",
    severity="warning",
    summary="Claude Code runs tools without asking anybody.",
    description=WHO + " made {{ $value | humanize }} tool calls in the mode bypassPermissions, or changes "
    "into it, within 15 minutes. Ask whether that machine is a sandbox; if not, forbid the mode.",
    no_data="silent: without tool decisions nothing ran unasked; lost events have alerts of their own",
)
LOGIN_FAILURES = Alert(
    name="ClaudeCodeLoginFailuresHigh",
    expr=f"{failed('false')} >= {FAILURES}\nunless on (auth_method) {failed('true')} >= {failed('false')}",
    keep_firing_for="15m",
    severity="warning",
    summary="Many logins of Claude Code clients fail.",
    description="{{ $value | humanize }} logins by {{ $labels.auth_method }} failed in 15 minutes, more than "
    "succeeded. Look at the identity provider first; if it is well, somebody tries.",
    no_data="silent: without attempts nobody fails",
)
UNOFFICIAL_PLUGIN = Alert(
    name="ClaudeCodePluginUnofficial",
    expr=f'sum by (plugin, trigger) (sum_over_time({PLUGINS_INSTALLED}{{official!="true"}}[15m])) > 0',
    keep_firing_for="1h",
    severity="info",
    summary="A plugin that is not from an official marketplace was installed.",
    description="{{ $labels.plugin }} was installed {{ $value | humanize }} times in 15 minutes "
    "({{ $labels.trigger }}). Plugins bring hooks and servers that run as the user: review it.",
    no_data="silent: nothing installed leaves nothing to review",
)
SETTINGS_REFUSED = Alert(
    name="ClaudeCodeManagedSettingsRefused",
    expr=f'sum_over_time({SETTINGS_RESOLVED}{{trigger="refused"}}[15m]) > 0',
    keep_firing_for="1h",
    severity="warning",
    summary="Clients refuse the managed settings.",
    description="{{ $value | humanize }} times in 15 minutes a client refused the managed settings that it "
    "found. It may run without your policy: check the last change of the settings, then those machines.",
    no_data="silent: clients older than 2.1.274 say nothing of managed settings",
)
DRIFT = Alert(
    name="ClaudeCodeContractDrift",
    expr=f"""
sum by (kind, event) (
  sum_over_time({UNKNOWN_NAMES}[1h])
  unless sum_over_time({UNKNOWN_NAMES}{{kind="attribute"}}[6d] offset 1d)
) >= {UNKNOWN}
""",
    for_="10m",
    keep_firing_for="1d",
    severity="info",
    summary="Clients send names that the mixin does not know.",
    description="{{ $value | humanize }} times in an hour an unknown {{ $labels.kind }} arrived (event: "
    "{{ $labels.event }}). Unknown events and metrics are not counted: upgrade the mixin, or report them.",
    no_data="silent: what does not arrive has no unknown name; the canary covers a dead pipeline",
)
