"""An undeclared variable."""

from claude_code_mixin import Dashboard, Query, Row, Variable
from claude_code_mixin.panels import timeseries

DASHBOARD = Dashboard(
    title="Test",
    question="What does a test show?",
    rows=(
        Row(
            title="All",
            panels=(
                timeseries(
                    "spend",
                    "Spend",
                    "What the clients reported they spent.",
                    "currencyUSD",
                    Query(expr='team:claude_code_cost_usd:increase1m{team=~"$teem"}'),
                ),
            ),
        ),
    ),
    variables=(Variable(name="team", title="Team", label="team", of="team:claude_code_cost_usd:increase1m"),),
)
