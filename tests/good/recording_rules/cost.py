"""Spend: memory, increments, roll-ups and a share."""

from claude_code_mixin import Group, Record

SEEN = Record(
    name="team:claude_code_cost_usd:seen",
    expr='claude_code_meter_identity_cost_USD_total{job="collector"}',
    unit="USD",
    help="What was counted",
    public=False,
)
INCREASE = Record(
    name="team:claude_code_cost_usd:increase1m",
    expr=f"sum by (team, model) (({SEEN} - last_over_time({SEEN}[1h] offset 1ms)) > 0)",
    unit="USD",
    help="Spend in the minute",
)
INCREASE_1H = Record(
    name="team:claude_code_cost_usd:increase1h",
    expr=f"sum by (team) (sum_over_time({INCREASE}[1h]))",
    unit="USD",
    help="Spend in the last hour",
)
TOTAL_1H = Record(
    name="total:claude_code_cost_usd:increase1h",
    expr=f"sum ({INCREASE_1H})",
    unit="USD",
    help="Spend in the last hour",
)
BUDGET = Record(
    name="team:claude_code_budget_usd:month",
    expr="vector(0) > 0",
    unit="USD",
    help="Budget, here none",
)
SHARE = Record(
    name="team:claude_code_cost_usd:share1h",
    expr=f"{INCREASE_1H} / on () group_left () {TOTAL_1H} and on (team) ({INCREASE_1H} / {BUDGET} > 0)",
    unit="ratio",
    help="Share of the team in the last hour",
    allow=(("record/unused", "read by the finance report"),),
)
RULES = Group(name="cost", records=(SEEN, INCREASE, INCREASE_1H, TOTAL_1H, BUDGET, SHARE))
