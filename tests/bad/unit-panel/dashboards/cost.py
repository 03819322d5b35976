"""Panels that show something else than they query."""

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
                    "s",
                    Query(expr="team:claude_code_cost_usd:increase1m"),
                ),
                timeseries(
                    "price",
                    "Spend",
                    "What the clients reported they spent.",
                    "short",
                    Query(expr="team:claude_code_cost_usd:increase1m / team:claude_code_tokens:increase1m"),
                ),
                timeseries(
                    "share",
                    "Spend",
                    "What the clients reported they spent.",
                    "percentunit",
                    Query(expr="team:claude_code_cost_usd:increase1m / team:claude_code_cost_usd:increase1m"),
                    steps=((None, "green"), (80, "red")),
                ),
            ),
        ),
    ),
)
