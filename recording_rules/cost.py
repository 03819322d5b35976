"""What Claude Code costs: list-price estimates in US dollars, as the clients report them per request."""

from claude_code_mixin import Group, active
from claude_code_mixin.client_meter import client_memory, unreliable
from claude_code_mixin.meter import cut_down, remembering, rolled_up
from claude_code_mixin.meters import ATTRIBUTION, EXTENSION, IDENTITY, REPOSITORY, VERSION, kept

WHAT = "Spend at list price"
REPORTS = "reports over long ranges, read at aligned steps"
TEAM = ", ".join(kept(("team",), active()))

CLIENT_RECORDS = client_memory("cost_usd", "USD", WHAT)
IDENTITY_RECORDS = remembering(IDENTITY, "cost_usd", "claude_code_meter_identity_cost_USD_total", "USD", WHAT)
ATTRIBUTION_RECORDS = remembering(
    ATTRIBUTION, "cost_usd", "claude_code_meter_attribution_cost_USD_total", "USD", WHAT
)
EXTENSION_RECORDS = remembering(
    EXTENSION, "cost_usd", "claude_code_meter_extension_cost_USD_total", "USD", WHAT
)
REPOSITORY_RECORDS = remembering(
    REPOSITORY, "cost_usd", "claude_code_meter_repository_cost_USD_total", "USD", WHAT
)
VERSION_RECORDS = remembering(VERSION, "cost_usd", "claude_code_meter_version_cost_USD_total", "USD", WHAT)

IDENTITY_COST = IDENTITY_RECORDS[-1]
ATTRIBUTION_COST = ATTRIBUTION_RECORDS[-1]
EXTENSION_COST = EXTENSION_RECORDS[-1]
REPOSITORY_COST = REPOSITORY_RECORDS[-1]
VERSION_COST = VERSION_RECORDS[-1]
UNRELIABLE = unreliable("cost_usd")
TEAM_COST = cut_down(IDENTITY_COST, "team", TEAM)
TOTAL_COST = cut_down(IDENTITY_COST, "total", "")

TEAM_COST_1H = rolled_up(TEAM_COST, "1h")
TEAM_COST_1D = rolled_up(TEAM_COST, "1d")
TOTAL_COST_1H = rolled_up(TOTAL_COST, "1h")
TOTAL_COST_1D = rolled_up(TOTAL_COST, "1d", kept_for=REPORTS)

METER = Group(
    name="claude-code-cost-meter",
    records=(
        *CLIENT_RECORDS,
        *IDENTITY_RECORDS,
        *ATTRIBUTION_RECORDS,
        *EXTENSION_RECORDS,
        *REPOSITORY_RECORDS,
        *VERSION_RECORDS,
        TEAM_COST,
        TOTAL_COST,
        *UNRELIABLE,
    ),
)
ROLL_UPS = Group(
    name="claude-code-cost-roll-ups",
    records=(TEAM_COST_1H, TEAM_COST_1D, TOTAL_COST_1H, TOTAL_COST_1D),
)
