"""Compactions: conversations summed up because the context was full, or because somebody asked."""

from claude_code_mixin import Group
from claude_code_mixin.event_meters import COMPACTION
from claude_code_mixin.meter import remembering, remembering_histogram

RUN_RECORDS = remembering(
    COMPACTION,
    "compactions",
    "claude_code_meter_compaction_runs_total",
    "events",
    "Compactions",
)
SIZE_RECORDS = remembering(
    COMPACTION,
    "compaction_tokens",
    "claude_code_meter_compaction_size_tokens_total",
    "tokens",
    "Tokens in the context before and after compactions",
    extra="moment",
)
DURATION_RECORDS = remembering_histogram(
    COMPACTION,
    "compaction_seconds",
    "claude_code_meter_compaction_duration_seconds",
    "seconds",
    "Duration of compactions",
)
COMPACTIONS = RUN_RECORDS[-1]
COMPACTION_TOKENS = SIZE_RECORDS[-1]
COMPACTION_BUCKET = DURATION_RECORDS[3]

METER = Group(
    name="claude-code-compaction-meter",
    records=(*RUN_RECORDS, *SIZE_RECORDS, *DURATION_RECORDS),
)
