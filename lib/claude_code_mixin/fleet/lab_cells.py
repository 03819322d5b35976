"""The cells of the truth table: what is compared with what, how far off each may be, and what it says."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from claude_code_mixin.fleet.exporters import Ledger
from claude_code_mixin.fleet.truth import Cells, Truth

ALL = "(all)"
ROUNDING = 1e-6
"""Share by which sums of floating-point numbers may differ."""
GRACEFUL = 0.005
"""Share that a graceful restart of the collector may cost."""

Limit = Literal["exact", "graceful", "bound"]
Reference = Literal["exported", "received", "delta"]


@dataclass(frozen=True)
class Quantity:
    """What is measured: `truth` names it in the clients' truth, `record` is ours, which may not be built.

    `labels` are compared one by one. A record without teams is compared over all workloads at once. `raw`
    is the counter that the widespread queries read, and `raw_truth` what it ought to show.
    """

    name: str
    truth: str
    record: str
    labels: tuple[str, ...]
    raw: str = ""
    raw_truth: str = ""
    teams: bool = True


COST_COUNTER = "claude_code_cost_usage_USD_total"
TOKEN_COUNTER = "claude_code_token_usage_tokens_total"  # noqa: S105 - a metric, no password
QUANTITIES = (
    Quantity(
        "dollars", "cost", "identity:claude_code_cost_usd:increase1m", ("model",), COST_COUNTER, "client_cost"
    ),
    Quantity(
        "tokens",
        "tokens",
        "identity:claude_code_tokens:increase1m",
        ("model", "type"),
        TOKEN_COUNTER,
        "client_tokens",
    ),
    Quantity("requests", "requests", "identity:claude_code_requests:increase1m", ("model",)),
    Quantity(
        "sessions",
        "sessions",
        "start:claude_code_sessions:increase1m",
        ("start_type",),
        "claude_code_session_count_total",
        "sessions",
    ),
    Quantity("client dollars", "client_cost", "witness:claude_code_cost_usd:increase1m", ("model",)),
    Quantity("client tokens", "client_tokens", "witness:claude_code_tokens:increase1m", ("model", "type")),
    Quantity(
        "tool calls",
        "tool_calls",
        'event:claude_code_events:increase1m{event="tool_result"}',
        (),
        teams=False,
    ),
    Quantity("tool calls by team", "tool_calls", "tool:claude_code_tool_calls:increase1m", ()),
    Quantity(
        "commits",
        "commits",
        "change:claude_code_commits:increase1m",
        (),
        "claude_code_commit_count_total",
        "commits",
    ),
)


@dataclass(frozen=True)
class Cell:
    """One line of the table.

    `ours` is None where no record exists; `widespread` holds what each usual query shows and `raw_truth` what
    it should. `reference` is what ours is held against, normally `truth`; `lost` and `gained` are the sums
    over its label sets, `at_risk` and `doubtful` what may be lost and gained when the collector ends.
    `reasons` are those of the list of cells that cannot be right.
    """

    fault: str
    workload: str
    quantity: str
    truth: float
    reference: float
    ours: float | None
    lost: float = 0.0
    gained: float = 0.0
    at_risk: float = 0.0
    doubtful: float = 0.0
    limit: Limit = "exact"
    reasons: tuple[str, ...] = ()
    raw_truth: float = 0.0
    widespread: Mapping[str, float] = field(default_factory=dict)

    @property
    def error(self) -> float | None:
        """Ours against the truth as a share, None where ours is not recorded."""
        return None if self.ours is None else share(self.ours, self.truth)

    @property
    def red(self) -> bool:
        """Whether ours is outside its limit."""
        if self.ours is None:
            return False
        rounding = ROUNDING * max(self.reference, self.ours)
        if self.limit == "graceful":
            return self.lost + self.gained > GRACEFUL * self.reference + self.doubtful + rounding
        may_lose, may_gain = (self.at_risk, self.doubtful) if self.limit == "bound" else (0.0, 0.0)
        return self.lost > may_lose + rounding or self.gained > may_gain + rounding


def share(measured: float, truth: float) -> float:
    """Return the error of `measured` as a share of `truth`; infinite for something out of nothing."""
    if truth == 0:
        return 0.0 if measured == 0 else float("inf")
    return measured / truth - 1


@dataclass(frozen=True)
class Expected:
    """An entry of the list of cells that cannot be right; an empty tuple of names means all."""

    workload: str
    fault: str
    quantities: tuple[str, ...]
    reason: str
    against: Reference = "exported"
    limit: Limit | None = None

    def fits(self, fault: str, workload: str, quantity: str) -> bool:
        """Whether the entry is about the cell."""
        return self.workload in ("*", workload) and self.fault in ("*", fault) and quantity in self.quantities


class ExpectedError(Exception):
    """The list of expected cells is not what it should be; one sentence says where and why."""


def expected(text: str, faults: Sequence[str], workloads: Sequence[str]) -> tuple[Expected, ...]:
    """Read the list from TOML; raise ExpectedError for names that do not exist or a missing reason."""
    known = {
        "workload": {"*", ALL, *workloads},
        "fault": {"*", *faults},
        "against": set(get_args(Reference)),
        "limit": {None, *get_args(Limit)},
    }
    quantities = {it.name for it in QUANTITIES}
    found = []
    for number, entry in enumerate(tomllib.loads(text).get("cell", []), 1):
        made = Expected(
            entry.get("workload", ""),
            entry.get("fault", ""),
            tuple(entry.get("quantity", ())),
            entry.get("reason", ""),
            entry.get("against", "exported"),
            entry.get("limit"),
        )
        wrong = [
            f"{key} {getattr(made, key)!r}" for key, names in known.items() if getattr(made, key) not in names
        ]
        wrong += [f"quantity {name!r}" for name in made.quantities if name not in quantities]
        wrong += [] if made.reason else ["no reason"]
        if wrong:
            raise ExpectedError(f"cell {number} of the expected cells has {', '.join(wrong)}")
        found.append(made)
    return tuple(found)


def reference(ledger: Ledger, against: Reference) -> Truth:
    """Return what a cell is held against."""
    if against == "received":
        return ledger.received()
    if against == "delta":
        return Truth(batch for batch in ledger.exported if not (batch.cumulative and batch.points))
    return ledger.truth()


def deviation(truth: Cells, measured: Cells) -> tuple[float, float]:
    """Return what `measured` lost and gained against `truth`, summed over label sets, both positive."""
    differences = [measured.get(key, 0.0) - truth.get(key, 0.0) for key in {**truth, **measured}]
    return -sum(it for it in differences if it < 0), sum(it for it in differences if it > 0)
