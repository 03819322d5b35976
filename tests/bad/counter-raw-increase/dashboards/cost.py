"""A panel on a raw series."""

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
                    "What the clients reported they spent.",
                    "currencyUSD",
                    Query(expr="sum(increase(claude_code_meter_identity_cost_USD_total[1h]))"),
                ),
                timeseries(
                    "sessions",
                    "Sessions",
                    "What single sessions spent in the last hour.",
                    "currencyUSD",
                    Query(expr="sum(increase(claude_code_meter_session_cost_USD_total[1h]))"),
                ),
            ),
        ),
    ),
)
