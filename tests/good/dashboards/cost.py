"""Spend by team and model."""

from claude_code_mixin import Dashboard, Query, Row, Variable
from claude_code_mixin.panels import bars, table, text

from ..recording_rules.cost import INCREASE

CHOSEN = f'{INCREASE}{{team=~"$team",model!~"${{model:regex}}"}}'
SPENT = f"sum by (team, model) (sum_over_time({CHOSEN}[$__interval])) * 3600000 / $__interval_ms"
DASHBOARD = Dashboard(
    title="Cost",
    question="Who spends how much?",
    variables=(
        Variable(name="team", title="Team", label="team", of=str(INCREASE)),
        Variable(name="model", title="Model", label="model", of=str(INCREASE)),
    ),
    rows=(
        Row(
            title="Spend",
            panels=(
                text("note", "Read this first", "Amounts are estimates at list price."),
                bars(
                    "rate",
                    "Spend per hour",
                    "Spend per hour at list price; a level that stays is a loop.",
                    "currencyUSD",
                    Query(expr=SPENT, legend="{{team}} {{model}}"),
                ),
                table(
                    "spend",
                    "Spend",
                    "Spend over the range, at list price.",
                    "currencyUSD",
                    Query(expr=f"sum by (team) (sum_over_time({CHOSEN}[$__range]))", instant=True),
                    columns={"team": "Team"},
                    links=(("Again", "dashboard:cost"),),
                ),
            ),
        ),
    ),
)
