"""How the collector ends: the receivers close first, and its counters stay to be scraped once more.

A collector stops its parts from the receivers downwards, and each waits until what it holds was taken on. So
a part between the receivers and the exporter that is kept waiting holds the end up while the metrics endpoint
still answers. Here it is the interval processor: it keeps the last of the collector's own accounts and hands
it on when it is stopped, to an exporter that waits in vain for a socket on which nobody can ever listen, and
then logs that it failed. A collector that has counted nothing ends at once.
"""

from __future__ import annotations

from typing import Any

Tree = dict[str, Any]

SECONDS = 25
"""A scrape interval of 15 s and a scrape that takes its timeout of 10 s; Kubernetes kills after 30 s."""
VARIABLE = "CLAUDE_CODE_MIXIN_DRAIN"
NEVER = "876000h"
NOBODY = "unix:///dev/null"
NO_VALUE = 1
"""The flag of a point without a recorded value: the Prometheus exporter shows nothing for it."""


def processors() -> Tree:
    """Return what keeps one point until the end: one, whatever was accounted for."""
    point = ["keep_keys(datapoint.attributes, [])", f"set(datapoint.flags, {NO_VALUE})"]
    metric = ['set(metric.name, "claude_code.pipeline.drain")', "convert_sum_to_gauge()"]
    blocks = [
        {"context": "datapoint", "statements": point},
        {"context": "metric", "statements": metric},
    ]
    return {
        "transform/drain": {"error_mode": "propagate", "metric_statements": blocks},
        "interval/drain": {"interval": NEVER},
        # The interval processor passes on what is empty, for which nobody must wait: a filter does not.
        "filter/drain": {"error_mode": "propagate", "metrics": {"metric": ['metric.name == ""']}},
    }


def exporters() -> Tree:
    """Return the exporter that waits for nobody until its time is up."""
    waiting = {
        "endpoint": NOBODY,
        "tls": {"insecure": True},
        "wait_for_ready": True,
        "timeout": f"${{env:{VARIABLE}:-{SECONDS}s}}",
        "retry_on_failure": {"enabled": False},
        "sending_queue": {"enabled": False},
    }
    return {"otlp_grpc/drain": waiting}


def pipelines() -> Tree:
    """Return the pipeline that ends last: below every batch, above the Prometheus exporter."""
    return {
        "metrics/drain": {
            "receivers": ["signal_to_metrics/arrival"],
            "processors": ["transform/drain", "interval/drain", "filter/drain"],
            "exporters": ["otlp_grpc/drain", "prometheus"],
        }
    }
