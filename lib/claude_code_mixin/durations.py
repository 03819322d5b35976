"""Prometheus durations."""

from __future__ import annotations

import re

_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}


def seconds(duration: str) -> float:
    """Return `duration` (for example 90s, 1h30m) in seconds. Raises ValueError for anything else."""
    parts = re.findall(r"(\d+)(ms|[smhdwy])", duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f'"{duration}" is not a Prometheus duration such as 90s, 5m or 1h30m')
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)


def fault(duration: str) -> str | None:
    """What is wrong with `duration`, to follow the name of the setting; None when it is one."""
    try:
        seconds(duration)
    except ValueError:
        return f'is "{duration}"; write a Prometheus duration such as 90s, 5m or 1h30m'
    return None
