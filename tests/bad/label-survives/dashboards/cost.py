"""A legend and a variable without their label."""

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
                    Query(expr="team:claude_code_cost_usd:increase1h", legend="{{team}} {{model}}"),
                ),
            ),
        ),
    ),
    variables=(Variable(name="user", title="User", label="user", of="team:claude_code_cost_usd:increase1h"),),
)
