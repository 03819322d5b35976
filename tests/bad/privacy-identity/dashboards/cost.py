"""A panel that asks for content."""

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
                    Query(expr='team:claude_code_cost_usd:increase1m{tool_input="x"}'),
                ),
            ),
        ),
    ),
    variables=(Variable(name="user", title="User", label="user", of="user:claude_code_cost_usd:increase1m"),),
)
