"""A file that nobody can import."""

from claude_code_mixin import Threshold

LIMIT = Threshold(alert="ClaudeCodeSpendHigh", key="usd", value=5, reason="a test", source="a test")
