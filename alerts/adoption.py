"""Use that falls, as a whole or in a team that used to be there every working day."""

from claude_code_mixin import Alert, Threshold, active
from claude_code_mixin.content.recording_rules.cost import TEAM
from claude_code_mixin.content.recording_rules.session import START_SESSIONS_1D

DAY = f'{START_SESSIONS_1D}{{start_type!="agents_view"}}'
"""Sessions of the day before each moment; read at midnight UTC it is a whole day's."""
NO_TEAMS = "" if TEAM else "compares teams, which the privacy profile strict does not keep"
DROP_RATIO = Threshold(
    alert="ClaudeCodeAdoptionDrop",
    key="ratio",
    value=0.5,
    reason="one public holiday takes a fifth of a week and two take two fifths: half is more than those",
    source="5 working days a week",
)
DROP_SESSIONS = Threshold(
    alert="ClaudeCodeAdoptionDrop",
    key="sessions_per_week",
    value=100,
    reason="below it one person's holiday halves the number",
    source="two people with ten sessions on each of 5 working days",
)
SILENT_DAYS = Threshold(
    alert="ClaudeCodeTeamSilent",
    key="days_count",
    value=8,
    reason="of 10 working days in two weeks two may be holidays, or the first two of the silence",
    source="5 working days a week",
)
SILENT_SESSIONS = Threshold(
    alert="ClaudeCodeTeamSilent",
    key="sessions_per_fortnight",
    value=200,
    reason="with fewer the team may be one person, and that person on leave",
    source="two people with ten sessions on each of 10 working days",
)

DROP = Alert(
    name="ClaudeCodeAdoptionDrop",
    expr=f"""
(sum(sum_over_time({DAY}[7d:1d])) or vector(0))
/ (sum(sum_over_time({DAY}[14d:1d] offset 7d)) / 2 >= {DROP_SESSIONS})
< {DROP_RATIO}
""",
    for_="1h",
    severity="info",
    summary="Claude Code is used far less than in the weeks before.",
    description="The last 7 whole days had {{ $value | humanizePercentage }} of the sessions of a mean week "
    "in the two before. A holiday needs nothing. Otherwise see first whether telemetry is missing, then "
    "which teams are missing, and ask them.",
    no_data="silent where there never were sessions; none at all after busy weeks is a drop and fires",
)
SILENT = Alert(
    name="ClaudeCodeTeamSilent",
    expr=f"""
(
  count_over_time(group by ({TEAM}) ({DAY})[14d:1d] offset 1d) >= {SILENT_DAYS}
  and sum_over_time(sum by ({TEAM}) ({DAY})[14d:1d] offset 1d) >= {SILENT_SESSIONS}
  unless on ({TEAM}) {DAY}
)
and on () {DAY}
and on () (day_of_week(vector(time() + {3600 * active().meter.day_offset_hours})) > 1 < 6)
""",
    for_="4h",
    severity="info",
    summary="A team that used Claude Code every working day has gone silent.",
    description="Team {{ $labels.team }} started sessions on {{ $value }} of 14 days, and none for over "
    "a day, while others work. Ask whether it works without, or without telemetry.",
    no_data="silent: when nobody starts sessions it is a holiday, or the pipeline, which has its own alerts",
    unavailable=NO_TEAMS,
)
