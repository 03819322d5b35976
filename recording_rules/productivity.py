"""What a commit costs, this week and in the weeks before: the one unit of output that teams agree on."""

from claude_code_mixin import Group, Record
from claude_code_mixin.content.recording_rules.change import COMMITS
from claude_code_mixin.content.recording_rules.cost import TEAM, TEAM_COST_1D
from claude_code_mixin.meter import rolled_up

WEEK = "[7d:1d]"
"""Whole days, from midnight to midnight UTC."""
WEEKS_BEFORE = "[28d:1d] offset 7d"

COMMITS_1D = rolled_up(COMMITS, "1d")


def commit_cost(days: str, window: str, when: str) -> Record:
    """Return what a commit costs on average by team: all spend of the window, for all its commits."""
    return Record(
        name=f"team:claude_code_commit_cost_usd:mean{days}",
        expr=f"sum_over_time({TEAM_COST_1D}{window}) / on ({TEAM}) sum_over_time({COMMITS_1D}{window})",
        unit="USD",
        help=f"Spend at list price for a commit, {when}",
    )


COMMIT_COST_7D = commit_cost("7d", WEEK, "in the last 7 whole days")
COMMIT_COST_28D = commit_cost("28d", WEEKS_BEFORE, "in the 28 days before the last 7")

ROLL_UPS = Group(
    name="claude-code-productivity-roll-ups",
    records=(COMMITS_1D,),
)
MEANS = Group(name="claude-code-productivity-means", records=(COMMIT_COST_7D, COMMIT_COST_28D))
