"""Groups that Prometheus could not read."""

from claude_code_mixin import Group

RULES = Group(name="cost", records=(), interval="1 min")
LATER = Group(name="later", records=(), query_offset="-3m")
