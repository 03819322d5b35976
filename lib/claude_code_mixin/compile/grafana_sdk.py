"""The one place where grafana-foundation-sdk is imported: its models, not its builders.

The models give the same types and defaults in half the import time; builders change in place, and pull in
two further dashboard versions that are not written here.
"""

from __future__ import annotations

import json
import warnings

with warnings.catch_warnings():
    # The sdk calls the classic dashboard deprecated at import; Grafana 10 and 11 read no other.
    warnings.simplefilter("ignore", DeprecationWarning)
    from grafana_foundation_sdk.cog.encoder import JSONEncoder
    from grafana_foundation_sdk.models import (
        bargauge,
        common,
        dashboard,
        heatmap,
        prometheus,
        stat,
        statetimeline,
        table,
        text,
        timeseries,
    )

__all__ = [
    "bargauge",
    "common",
    "dashboard",
    "heatmap",
    "prometheus",
    "stat",
    "statetimeline",
    "table",
    "text",
    "timeseries",
    "written",
]


def written(model: object) -> str:
    """Return a model as JSON: sorted keys, two spaces, final newline. The same model gives the same bytes."""
    return json.dumps(model, cls=JSONEncoder, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
