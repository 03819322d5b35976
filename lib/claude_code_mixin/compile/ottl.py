"""What statements for data points and for event records share."""

from __future__ import annotations

LARGEST_USD = 100_000.0
"""A request or an export interval that costs more is an error or a forgery; a session costs dollars."""
LARGEST_VALUE = 1_000_000_000.0
"""Likewise for counts: a request holds about a million tokens, an interval a few hundred requests."""
FINITE = 1.7e308
LONGEST_LABEL = 128
WRITER = 'Coalesce([otelcol.client.auth.attributes["username"], "unknown"])'


def not_finite(value: str) -> str:
    """Return the condition that the OTTL expression `value` is NaN or infinite."""
    return f"({value} != {value} or {value} > {FINITE} or {value} < -{FINITE})"


CLEAN = (
    # An exporter that meets a byte outside UTF-8 withholds the series and logs an error at every scrape.
    r'replace_all_patterns({0}.attributes, "value", "[\\x{{FFFD}}\\x00-\\x1f\\x7f]", "?")',
    'replace_all_patterns({0}.attributes, "value", "^$", "none")',
    f"truncate_all({{0}}.attributes, {LONGEST_LABEL})",
)
"""Statements that make label values text of 1 to 128 printable characters; `{0}` is datapoint or log."""
