"""A panel, which may read them."""

from claude_code_mixin import Dashboard, Query, Row
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
                    "What the sessions spent.",
                    "currencyUSD",
                    Query(expr="sum by (session_id) (claude_code_meter_session_cost_USD_total)"),
                ),
            ),
        ),
    ),
)
