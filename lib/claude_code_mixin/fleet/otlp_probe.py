"""Which single points a server takes by OTLP: stamps off the clock, and points that are posted again."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from claude_code_mixin.fleet.exporters import HttpSink
from claude_code_mixin.fleet.otlp_forms import SETUPS
from claude_code_mixin.fleet.otlp_run import started
from claude_code_mixin.fleet.telemetry import Batch, Point

VISIBLE_SECONDS = 15.0
"""VictoriaMetrics shows a new series up to this much later."""
SKEWS = {"an hour behind": -3600, "two hours behind": -7200, "9 minutes ahead": 540, "an hour ahead": 3600}
METRIC = "claude_code.cost.usage"


def _post(sink: HttpSink, session: str, at: float, amount: float) -> str:
    stamp = int(at * 1000)
    point = Point(METRIC, {"session.id": session}, stamp - 1000, stamp, amount)
    resource = {"service.name": "claude-code", "service.version": "2"}
    return sink.send(Batch("probe", "probe", 0.0, resource, points=(point,))).value


def rows() -> list[tuple[str, ...]]:
    """Return a row per question and a column per setup: the answer, and the sum of what is stored then.

    Raise ServerError when a server does not start.
    """
    columns = [_answers(name) for name in ("prometheus-deltas", "prometheus-deltas-in-order", *_VICTORIA)]
    return [(question, *(column[question] for column in columns)) for question in columns[0]]


_VICTORIA = ("victoriametrics-deltas", "victoriametrics-plain")
HEADER = ("point", "prometheus-deltas", "prometheus-deltas-in-order", *_VICTORIA)


def _answers(setup: str) -> dict[str, str]:
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        server = started(stack, Path(folder), SETUPS[setup], 1)
        sink, now = server.sink(), time.time() - 60
        said = {question: _post(sink, question, now + skew, 0.5) for question, skew in SKEWS.items()}
        series = {
            "the same point again": ((0, 0.5), (0, 0.5)),
            "the same time, another amount": ((0, 0.5), (0, 0.25)),
            "earlier than the point before": ((0, 0.5), (-1, 0.25)),
            "earlier, and a time that is taken already": ((0, 0.5), (-1, 0.25), (-1, 1.0)),
        }
        for question, points in series.items():
            for offset, amount in points:
                said[question] = _post(sink, question, now + offset, amount)
        time.sleep(VISIBLE_SECONDS)
        stored = {
            it.labels["session_id"]: it.value
            for it in server.query(
                'sum by (session_id) (sum_over_time({__name__="claude_code_cost_usage_USD_total"}[6h]))',
                at=time.time() + 2 * 3600,
            )
        }
    return {question: f"{answer}, {stored.get(question, 0):g} stored" for question, answer in said.items()}
