"""Units that do not fit."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(
            name="team:claude_code_cost_usd:increase1m",
            expr="sum by (team) (claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
        ),
        Record(
            name="team:claude_code_tokens:increase1m",
            expr="sum by (team) (claude_code_meter_identity_tokens_total)",
            unit="tokens",
            help="For a test",
        ),
        Record(
            name="team:claude_code_cost_usd:typo",
            expr="team:claude_code_cost_usd:increase1m",
            unit="dollars",
            help="For a test",
        ),
        Record(
            name="team:claude_code_cost_usd:wrong",
            expr="team:claude_code_cost_usd:increase1m",
            unit="tokens",
            help="For a test",
        ),
        Record(
            name="team:claude_code_mix:sum",
            expr="team:claude_code_cost_usd:increase1m + team:claude_code_tokens:increase1m",
            unit="USD",
            help="For a test",
        ),
    ),
)
