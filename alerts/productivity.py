"""Output that costs more than it used to."""

from claude_code_mixin import Alert, Threshold
from claude_code_mixin.content.recording_rules.cost import TEAM
from claude_code_mixin.content.recording_rules.productivity import (
    COMMIT_COST_7D,
    COMMIT_COST_28D,
    COMMITS_1D,
    WEEK,
    WEEKS_BEFORE,
)

WHO = "team {{ $labels.team }}" if TEAM else "the organisation"
RATIO = Threshold(
    alert="ClaudeCodeUnitCostHigh",
    key="ratio",
    value=2,
    reason="a model at twice the price doubles it; less is how tasks differ from week to week",
    source="list prices: neighbouring models differ by a factor of two to five",
)
COMMITS = Threshold(
    alert="ClaudeCodeUnitCostHigh",
    key="commits_count",
    value=20,
    reason="with fewer in the week, or twice as many in the four before, one large task is the mean",
    source="two people with two commits on each of 5 working days",
)

UNIT_COST = Alert(
    name="ClaudeCodeUnitCostHigh",
    expr=f"""
{COMMIT_COST_7D} > {RATIO} * {COMMIT_COST_28D}
and on ({TEAM}) sum_over_time({COMMITS_1D}{WEEK}) >= {COMMITS}
and on ({TEAM}) sum_over_time({COMMITS_1D}{WEEKS_BEFORE}) >= 2 * {COMMITS}
""",
    for_="1h",
    severity="info",
    summary="A commit costs much more than in the weeks before.",
    description="A commit of " + WHO + " cost ${{ $value | humanize }} in the last 7 days, more than "
    f"{RATIO} times the mean of the four weeks before. Look for a dearer model, a fuller context, or loops.",
    no_data="silent: without commits, or without spend, there is no unit cost",
)
