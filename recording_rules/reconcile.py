"""The third meter: tokens times the price table, and what of the clients' dollars it does not explain."""

from claude_code_mixin import Group, Record, active
from claude_code_mixin.content.recording_rules.cost import IDENTITY_COST
from claude_code_mixin.event_meters import PRICE
from claude_code_mixin.meter import cut_down, remembering, rolled_up
from claude_code_mixin.meters import kept
from claude_code_mixin.prices.rules import listed_expr, price_records

REPORTS = "reports over long ranges, read at aligned steps"
TEAM_MODEL = ", ".join(kept(("team", "model"), active()))

TOKEN_PRICE, FAST_FACTOR, LONG_FACTOR = price_records()
TOKEN_RECORDS = remembering(
    PRICE,
    "tokens",
    "claude_code_meter_price_tokens_total",
    "tokens",
    "Tokens by what they cost",
    extra="type",
)
LISTED_TOKENS = Record(
    name="listed:claude_code_tokens:increase1m",
    expr=listed_expr(f"sum_over_time({TOKEN_RECORDS[-1]}[1m])"),
    unit="tokens",
    help="Tokens by what they cost, with the model as the price table names it: without date and [1m]",
)
FAST, NORMAL = (f'{{speed{op}"fast"}}' for op in ("=", "!="))
PRICED_COST = Record(
    name="priced:claude_code_cost_usd:increase1m",
    expr=f"""
sum by ({TEAM_MODEL}) (
  (
    sum_over_time({LISTED_TOKENS}{FAST}[1m]) * on (listed_as) group_left () {FAST_FACTOR}
    or
    sum_over_time({LISTED_TOKENS}{NORMAL}[1m]) * on (listed_as, context) group_left () {LONG_FACTOR}
    or
    sum_over_time({LISTED_TOKENS}{NORMAL}[1m])
  )
  * on (listed_as, type) group_left () {TOKEN_PRICE}
) / 1e6
""",
    unit="USD",
    help="Tokens times list price, counted in the minute; tokens without a price are left out and recorded "
    "as unpriced. Web searches and surcharges by place are not in it",
)
MODEL_COST = cut_down(IDENTITY_COST, "model", "model")
PRICED_COST_1H = rolled_up(PRICED_COST, "1h")
PRICED_COST_1D = rolled_up(PRICED_COST, "1d", kept_for=REPORTS)
MODEL_COST_1H = rolled_up(MODEL_COST, "1h")
UNPRICED_TOKENS = Record(
    name="model:claude_code_unpriced_tokens:increase1h",
    expr=f"""
sum by (model) (
  sum_over_time({LISTED_TOKENS}{NORMAL}[1h]) unless on (listed_as) {TOKEN_PRICE}
  or
  sum_over_time({LISTED_TOKENS}{FAST}[1h]) unless on (listed_as) {FAST_FACTOR}
)
""",
    unit="tokens",
    help="Tokens of the last hour that the price table has no price for, fast mode without a factor included",
)
MODEL_PRICED_1H = f"sum by (model) ({PRICED_COST_1H})"
UNEXPLAINED = Record(
    name="model:claude_code_cost_usd:unexplained1h",
    expr=f"""
(
  {MODEL_COST_1H} - on (model) {MODEL_PRICED_1H}
  or
  {MODEL_COST_1H}
  or
  -{MODEL_PRICED_1H}
)
unless on (model) {UNPRICED_TOKENS}
""",
    unit="USD",
    help="Dollars of the events less tokens times list price, last hour; not of models with unpriced tokens",
)
UNEXPLAINED_RATIO = Record(
    name="model:claude_code_cost_usd:unexplained_ratio1h",
    expr=f"""
abs({UNEXPLAINED})
/ on (model)
(
  {MODEL_COST_1H} > on (model) {MODEL_PRICED_1H}
  or
  {MODEL_PRICED_1H}
  or
  {MODEL_COST_1H}
)
""",
    unit="ratio",
    help="Difference of the events and tokens times list price over the last hour, against the larger one",
)

METER = Group(
    name="claude-code-reconcile-meter",
    records=(
        TOKEN_PRICE,
        FAST_FACTOR,
        LONG_FACTOR,
        *TOKEN_RECORDS,
        LISTED_TOKENS,
        PRICED_COST,
        MODEL_COST,
    ),
)
ROLL_UPS = Group(
    name="claude-code-reconcile-roll-ups",
    records=(PRICED_COST_1H, PRICED_COST_1D, MODEL_COST_1H, UNPRICED_TOKENS, UNEXPLAINED, UNEXPLAINED_RATIO),
)
