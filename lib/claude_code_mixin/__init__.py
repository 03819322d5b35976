"""claude-code-mixin: what content modules import to declare dashboards, recording rules and alerts."""

from __future__ import annotations

from claude_code_mixin.model import Alert, Dashboard, Group, Panel, Query, Record, Row, Threshold, Variable
from claude_code_mixin.settings import active

__all__ = [
    "Alert",
    "Dashboard",
    "Group",
    "Panel",
    "Query",
    "Record",
    "Row",
    "Threshold",
    "Variable",
    "active",
]
__version__ = "0.1.0"
