"""Spend that somebody should look at. All amounts are the clients' list-price estimates."""

from claude_code_mixin import Alert, Threshold
from claude_code_mixin.content.recording_rules.budget import TEAM_BUDGET_BURN, TEAM_BUDGET_USED
from claude_code_mixin.content.recording_rules.cost import TEAM, TEAM_COST, TEAM_COST_1H

WHO = "Team {{ $labels.team }}" if TEAM else "The organisation"
WHERE = "Narrow it down on the cost dashboard (model, query source, agent, repository) and ask the team"
"""Neither user nor session: the first is no label by default, the second never."""

SPIKE_RATIO = Threshold(
    alert="ClaudeCodeSpendSpike",
    key="ratio",
    value=10,
    reason="the mean includes nights and weekends: an ordinary working hour is about 4 times it",
    source="168 hours a week / 40 working hours = 4.2, times 2.4 for uneven days",
)
SPIKE_USD = Threshold(
    alert="ClaudeCodeSpendSpike",
    key="usd_per_hour",
    value=25,
    reason="below it a spike is one person starting a large task",
    source="half of the per-user day limits seen in public alert sets ($50)",
)
RATE_USD = Threshold(
    alert="ClaudeCodeSpendRateHigh",
    key="usd_per_hour",
    value=200,
    reason="a team at this pace spends more in two hours than most public limits allow in a day",
    source="public alert sets: $250 to $500 a day; set it to your largest team's busiest hour",
)
BURN_RATIO = Threshold(
    alert="ClaudeCodeBudgetBurnFast",
    key="ratio",
    value=14,
    reason="at 14 times the even pace a month's budget is gone in about two days",
    source="burn-rate alerting: first of the factors 14, 7, 2, 1 for multi-window burn",
)
BURN_USD = Threshold(
    alert="ClaudeCodeBudgetBurnFast",
    key="usd_per_hour",
    value=25,
    reason="a small budget is burnt fast by one ordinary request; below it nobody needs to act",
    source="same volume guard as ClaudeCodeSpendSpike",
)
BUDGET_SUMMARY = "A team has used most of its monthly Claude Code budget."
BUDGET_TEXT = (
    WHO + " has spent {{ $value | humanizePercentage }} of this month's budget "
    "(list-price estimates of the clients). "
)

SPEND_SPIKE = Alert(
    name="ClaudeCodeSpendSpike",
    expr=f"""
{TEAM_COST_1H} > {SPIKE_RATIO} * sum_over_time({TEAM_COST}[7d] offset 1h) / 168
and {TEAM_COST_1H} > {SPIKE_USD}
and sum_over_time({TEAM_COST}[6d] offset 1d) > 0
""",
    for_="5m",
    keep_firing_for="15m",
    severity="warning",
    summary="A team spends far more on Claude Code than in its recent past.",
    description=WHO + " spent ${{ $value | humanize }} in the last hour, "
    f"more than {SPIKE_RATIO} times its mean hour of the week before. {WHERE} whether it is meant.",
    no_data="silent: no spend is no spike; a team's first day has no past to compare with",
)
SPEND_RATE = Alert(
    name="ClaudeCodeSpendRateHigh",
    expr=f"{TEAM_COST_1H} > {RATE_USD}",
    for_="10m",
    keep_firing_for="15m",
    severity="critical",
    summary="A team spends on Claude Code at a rate that nobody planned.",
    description=WHO + " spent ${{ $value | humanize }} in the last hour "
    f"(limit {RATE_USD}). {WHERE} to stop it.",
    no_data="silent: without recorded spend there is no rate; missing telemetry has alerts of its own",
)
BUDGET_BURN = Alert(
    name="ClaudeCodeBudgetBurnFast",
    expr=f"{TEAM_BUDGET_BURN} > {BURN_RATIO} and on ({TEAM}) {TEAM_COST_1H} > {BURN_USD}",
    for_="10m",
    keep_firing_for="15m",
    severity="warning",
    summary="A team burns its monthly Claude Code budget within days.",
    description=WHO + " spends {{ $value | humanize }} times the pace its budget lasts for. "
    "Talk to the team before the budget is gone.",
    no_data="silent: a team without budget or without spend has no pace",
)
BUDGET_ELEVATED = Alert(
    name="ClaudeCodeBudgetUsageElevated",
    expr=f"{TEAM_BUDGET_USED} >= 0.8 < 0.9",
    for_="10m",
    severity="info",
    summary=BUDGET_SUMMARY,
    description=BUDGET_TEXT + "Tell the team; compare with the days left in the month.",
    no_data="silent: a team without budget or without spend uses no share of one",
)
BUDGET_NEARLY = Alert(
    name="ClaudeCodeBudgetNearlyExhausted",
    expr=f"{TEAM_BUDGET_USED} >= 0.9 < 1",
    for_="10m",
    severity="warning",
    summary=BUDGET_SUMMARY,
    description=BUDGET_TEXT + "Agree with the team on less use or on a larger budget.",
    no_data="silent: a team without budget or without spend uses no share of one",
)
BUDGET_EXHAUSTED = Alert(
    name="ClaudeCodeBudgetExhausted",
    expr=f"{TEAM_BUDGET_USED} >= 1",
    for_="10m",
    severity="critical",
    summary="A team has used up its monthly Claude Code budget.",
    description=BUDGET_TEXT + "Decide who pays for the rest of the month.",
    no_data="silent: a team without budget or without spend uses no share of one",
)
