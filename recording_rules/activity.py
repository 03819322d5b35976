"""What people do with the client: prompts, mentions, skills, subagents, and the time they are at it."""

from claude_code_mixin import Group
from claude_code_mixin.client_meter import client_memory
from claude_code_mixin.event_meters import MENTION, PROMPT, SKILL, SUBAGENT
from claude_code_mixin.meter import remembering
from claude_code_mixin.meters import Cut

PROMPT_RECORDS = remembering(
    PROMPT,
    "prompts",
    "claude_code_meter_prompt_prompts_total",
    "events",
    "Prompts of users",
)
MENTION_RECORDS = remembering(
    MENTION,
    "mentions",
    "claude_code_meter_mention_mentions_total",
    "events",
    "Files, agents and resources mentioned with @ in prompts",
    kept_for="which kinds of mentions are used, and how many fail to resolve",
)
SKILL_RECORDS = remembering(
    SKILL,
    "skill_activations",
    "claude_code_meter_skill_activations_total",
    "events",
    "Skills activated",
)
SUBAGENT_RECORDS = remembering(
    SUBAGENT,
    "subagent_runs",
    "claude_code_meter_subagent_runs_total",
    "events",
    "Subagents that completed",
)
CLIENT_RECORDS = client_memory("active_seconds", "seconds", "Time that users and clients were active")
TIME_RECORDS = remembering(
    Cut("activity", ("team", "type")),
    "active_seconds",
    "claude_code_active_time_seconds_total",
    "seconds",
    "Time that users and clients were active, by the clients' own counter",
)
PROMPTS = PROMPT_RECORDS[-1]
MENTIONS = MENTION_RECORDS[-1]
SKILL_ACTIVATIONS = SKILL_RECORDS[-1]
SUBAGENT_RUNS = SUBAGENT_RECORDS[-1]
ACTIVE_SECONDS = TIME_RECORDS[-1]

METER = Group(
    name="claude-code-activity-meter",
    records=(
        *PROMPT_RECORDS,
        *MENTION_RECORDS,
        *SKILL_RECORDS,
        *SUBAGENT_RECORDS,
        *CLIENT_RECORDS,
        *TIME_RECORDS,
    ),
)
