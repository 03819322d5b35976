"""Escapes that escape nothing."""

from claude_code_mixin import Group, Record

RULES = Group(
    name="cost",
    records=(
        Record(
            name="team:claude_code_cost_usd:increase1m",
            expr="sum by (team) (claude_code_meter_identity_cost_USD_total)",
            unit="USD",
            help="For a test",
            allow=(
                ("record/unsued", "a typing error"),
                ("record/unused", " "),
                ("label/known", "nothing is wrong"),
            ),
        ),
    ),
)
