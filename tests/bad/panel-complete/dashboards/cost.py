"""Panels that say too little."""

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
                    "",
                    "Spend.",
                    "dollars",
                    Query(expr="up"),
                ),
                timeseries(
                    "empty",
                    "Empty",
                    "A panel without any query in it.",
                    "short",
                    links=(("Cost", "dashboard:csot"),),
                ),
            ),
        ),
    ),
)
