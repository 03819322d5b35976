"""How counters that arrive by OTLP can be read: forms of rules, and the servers they are tried on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from claude_code_mixin import delta_meter
from claude_code_mixin.fleet.machine import Exporter


@dataclass(frozen=True)
class Quantity:
    """What is measured: `truth` in the clients' truth, by `labels`; `raw` is the counter, `record` ours."""

    name: str
    truth: str
    raw: str
    record: str
    labels: tuple[str, ...]

    @property
    def by(self) -> str:
        """The labels as the raw counter spells them."""
        return ", ".join("team_id" if label == "team" else label for label in self.labels)


QUANTITIES = (
    Quantity(
        "dollars",
        "client_cost",
        "claude_code_cost_usage_USD_total",
        "identity:claude_code_cost_usd:increase1m",
        ("team", "model"),
    ),
    Quantity(
        "tokens",
        "client_tokens",
        "claude_code_token_usage_tokens_total",
        "identity:claude_code_tokens:increase1m",
        ("team", "model", "type"),
    ),
    Quantity(
        "sessions",
        "sessions",
        "claude_code_session_count_total",
        "start:claude_code_sessions:increase1m",
        ("team", "start_type"),
    ),
)

Rules = dict[str, str]
"""Record -> expression; the increments are named as the form and the quantity, the others further."""
MINUTES = 10
DELAY = "1m"
"""How far behind the clock sums over a minute are evaluated."""


def _window(form: str, it: Quantity) -> Rules:
    name = f"{form}:{it.name}"
    seen, known = f"{name}:seen", f"last_over_time({name}:alive[7d] offset 1ms)"
    now = delta_meter.seen(it.raw, MINUTES)
    grown = delta_meter.increments(it.raw, MINUTES, seen=seen, known=known, now=now)
    return {
        f"{name}:alive": "vector(time())",
        seen: now,
        name: f"sum by ({it.by}) ({grown}) and on () {known}",
    }


def _sum(form: str, it: Quantity) -> Rules:
    return {f"{form}:{it.name}": f"sum by ({it.by}) (sum_over_time({it.raw}[1m]))"}


def _increase(form: str, it: Quantity) -> Rules:
    return {f"{form}:{it.name}": f"sum by ({it.by}) (increase({it.raw}[1m]))"}


def _total(form: str, it: Quantity) -> Rules:
    name = f"{form}:{it.name}"
    seen, total = f"{name}:seen", f"last_over_time({it.raw}[5m])"
    grown = f"(({total} - last_over_time({seen}[1h] offset 1ms)) >= 0) or {total}"
    known = f"last_over_time({name}:alive[1h] offset 1ms)"
    return {
        f"{name}:alive": "vector(1)",
        name: f"sum by ({it.by}) ({grown}) and on () {known}",
        seen: total,
    }


@dataclass(frozen=True)
class Form:
    """A way to read the counters; `delayed` ones are evaluated DELAY behind the clock."""

    description: str
    rules: Callable[[str, Quantity], Rules]
    delayed: bool = False


BUILT = "built"
"""The rules of the profile otlp as they are built."""
FORMS: Mapping[str, Form] = {
    "window": Form(
        f"the meter of the profile otlp, evaluated {DELAY} behind the clock, not reading what it just wrote",
        _window,
        delayed=True,
    ),
    "sum": Form(f"`sum_over_time(m[1m])`, evaluated {DELAY} behind the clock", _sum, delayed=True),
    "total": Form(
        f"increments against the total that the rule itself last saw, evaluated {DELAY} behind the clock",
        _total,
        delayed=True,
    ),
    "increase": Form(f"`increase(m[1m])`, evaluated {DELAY} behind the clock", _increase, delayed=True),
}


def group(form: str, it: Quantity, *, delay_key: str) -> dict[str, Any]:
    """Return the rule group of a form; `delay_key` is what the ruler calls an evaluation behind the clock."""
    delay = {delay_key: DELAY} if FORMS[form].delayed else {}
    rules = [
        {"record": record, "expr": expression} for record, expression in FORMS[form].rules(form, it).items()
    ]
    return {"name": f"{form}-{it.name}", "interval": "1m", **delay, "rules": rules}


@dataclass(frozen=True)
class Setup:
    """A server as it takes OTLP: feature flags of Prometheus, or flags of VictoriaMetrics.

    `exporter` is the clients' temporality, `forms` what reads it. The first form is held against the truth
    where the setup is `supported`; the others are shown beside it.
    """

    name: str
    description: str
    exporter: Exporter
    forms: tuple[str, ...]
    features: tuple[str, ...] = ()
    out_of_order: str = "30m"
    flags: tuple[str, ...] = ()
    victoria: bool = False
    supported: bool = False


ONCE = "-dedup.minScrapeInterval=1ms"
"""VictoriaMetrics keeps a sample that is written twice twice, and sums count it twice, unless told so."""

SETUPS: Mapping[str, Setup] = {
    setup.name: setup
    for setup in (
        Setup(
            "prometheus-deltas",
            "Prometheus, otlp-native-delta-ingestion, out_of_order_time_window 30m; deltas",
            "delta",
            (BUILT, "sum", "increase"),
            features=("otlp-native-delta-ingestion",),
            supported=True,
        ),
        Setup(
            "prometheus-deltas-in-order",
            "the same without out_of_order_time_window",
            "delta",
            (BUILT, "sum"),
            features=("otlp-native-delta-ingestion",),
            out_of_order="0s",
        ),
        Setup(
            "prometheus-accumulated",
            "Prometheus, otlp-deltatocumulative; deltas",
            "delta",
            ("total", "increase"),
            features=("otlp-deltatocumulative",),
        ),
        Setup(
            "prometheus-totals",
            "Prometheus, created-timestamp-zero-ingestion; clients that send totals",
            "cumulative",
            ("total", "increase"),
            features=("created-timestamp-zero-ingestion",),
        ),
        Setup(
            "prometheus-plain",
            "Prometheus without a feature flag; deltas",
            "delta",
            ("sum", "total", "increase"),
        ),
        Setup(
            "victoriametrics-deltas",
            f"VictoriaMetrics with {ONCE} and vmalert; deltas",
            "delta",
            ("window", "sum", "increase"),
            flags=(ONCE,),
            victoria=True,
        ),
        Setup(
            "victoriametrics-plain",
            "VictoriaMetrics and vmalert with their defaults; deltas",
            "delta",
            ("window", "sum", "increase"),
            victoria=True,
        ),
        Setup(
            "victoriametrics-totals",
            f"VictoriaMetrics with {ONCE} and vmalert; clients that send totals",
            "cumulative",
            ("total", "increase"),
            flags=(ONCE,),
            victoria=True,
        ),
    )
}
