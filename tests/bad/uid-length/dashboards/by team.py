"""A uid with a space in it, twice."""

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
                    "short",
                    Query(expr="up"),
                ),
            ),
        ),
    ),
)
OTHER = Dashboard(title="Other", question="What else?", rows=())
