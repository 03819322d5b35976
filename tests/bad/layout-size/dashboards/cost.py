"""Too many panels, two of one title, and one that is left alone on its line."""

from claude_code_mixin import Dashboard, Row
from claude_code_mixin.panels import text

DASHBOARD = Dashboard(
    title="Test",
    question="What does a test show?",
    rows=(
        Row(title="Full", panels=tuple(text(f"f{n}", f"Note {n}", "Read it.", width=6) for n in range(12))),
        Row(
            title="Wraps",
            panels=(
                text("wide", "Wide", "Read it.", width=24),
                text("first", "First", "Read it.", width=12),
                text("second", "Second", "Read it.", width=12),
                text("again", "First", "Read it.", width=12),
            ),
        ),
        Row(title="Alone", panels=(text("only", "Only", "Read it.", width=12),)),
    ),
)
