"""Processes started, by how they started. `agents_view` opens no conversation: leave it out of sessions."""

from claude_code_mixin import Group
from claude_code_mixin.client_meter import client_memory
from claude_code_mixin.meter import cut_down, remembering, rolled_up
from claude_code_mixin.meters import START

CLIENT_RECORDS = client_memory("sessions", "sessions", "Sessions started")
RECORDS = remembering(START, "sessions", "claude_code_session_count_total", "sessions", "Sessions started")
START_SESSIONS = RECORDS[-1]
REPORTS = "reports over long ranges, read at aligned steps"
TOTAL_SESSIONS = cut_down(START_SESSIONS, "total", "", kept_for="cost of a session over all teams")
START_SESSIONS_1H = rolled_up(START_SESSIONS, "1h", kept_for=REPORTS)
START_SESSIONS_1D = rolled_up(START_SESSIONS, "1d")

METER = Group(name="claude-code-session-meter", records=(*CLIENT_RECORDS, *RECORDS, TOTAL_SESSIONS))
ROLL_UPS = Group(name="claude-code-session-roll-ups", records=(START_SESSIONS_1H, START_SESSIONS_1D))
