"""A variable of an unknown record."""

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
                    Query(expr="team:claude_code_cost:increase1m"),
                ),
            ),
        ),
    ),
    variables=(Variable(name="team", title="Team", label="team", of="nothing:like_it"),),
)
