"""Hooks: commands that run at points of the client's work and may block it."""

from claude_code_mixin import Group
from claude_code_mixin.event_meters import HOOK, REGISTERED
from claude_code_mixin.meter import remembering

RUN_RECORDS = remembering(
    HOOK,
    "hook_runs",
    "claude_code_meter_hook_runs_total",
    "events",
    "Hooks that ran",
    extra="outcome",
)
REGISTERED_RECORDS = remembering(
    REGISTERED,
    "hooks_registered",
    "claude_code_meter_registered_hooks_total",
    "events",
    "Hooks found in the settings when a client started",
)
HOOK_RUNS = RUN_RECORDS[-1]
HOOKS_REGISTERED = REGISTERED_RECORDS[-1]

METER = Group(name="claude-code-hook-meter", records=(*RUN_RECORDS, *REGISTERED_RECORDS))
