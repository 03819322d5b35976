"""Panels in each other's place."""

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
                    "short",
                    Query(expr="up"),
                    width=25,
                ),
                timeseries(
                    "spend",
                    "Spend",
                    "What the clients reported they spent.",
                    "short",
                    Query(expr="up"),
                    height=0,
                ),
            ),
        ),
    ),
    variables=(*(Variable(name="job", title="Job", label="job", of="up") for _ in range(2)),),
)
