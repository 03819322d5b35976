"""The variables of the bundled dashboards, and pieces of queries that honour them and the privacy profile."""

from __future__ import annotations

from claude_code_mixin.meters import kept
from claude_code_mixin.model import Alert, Record, Variable
from claude_code_mixin.settings import active

_TITLES = {"team": "Team", "model": "Model", "user": "User", "tool": "Tool"}
_MILLISECONDS_PER_HOUR = 3_600_000


def variables(record: Record, *labels: str) -> tuple[Variable, ...]:
    """Return a variable per label that the privacy profile keeps of `labels`, fed by `record`."""
    return tuple(
        Variable(name=label, title=_TITLES[label], label=label, of=record.name)
        for label in kept(labels, active())
    )


def where(*labels: str, also: str = "") -> str:
    """Return matchers that follow the dashboard's variables, without labels that privacy drops.

    `also` is a further matcher, as it stands between the braces.
    """
    matchers = [f'{label}=~"${label}"' for label in kept(labels, active())]
    return "{" + ",".join([*matchers, also] if also else matchers) + "}"


def by(*labels: str) -> str:
    """Return `sum by (...)` over the labels that the privacy profile keeps, or plain `sum`."""
    names = ", ".join(kept(labels, active()))
    return f"sum by ({names})" if names else "sum"


def legend(label: str) -> str:
    """Return the legend of queries summed `by(label)`."""
    return f"{{{{{label}}}}}" if kept((label,), active()) else "all"


def headers(**titles: str) -> dict[str, str]:
    """Return a table's columns, label by header, without labels that privacy drops."""
    return {label: titles[label] for label in kept(tuple(titles), active())}


def over_range(aggregate: str, increments: str) -> str:
    """Return what `increments` (sparse: recorded when there are some) add up to over the shown range."""
    return f"{aggregate} (sum_over_time({increments}[$__range]))"


def per_hour(aggregate: str, increments: str) -> str:
    """Return `increments` per interval of the graph, scaled to an hour. Each counts in one interval only."""
    return (
        f"{aggregate} (sum_over_time({increments}[$__interval])) * {_MILLISECONDS_PER_HOUR} / $__interval_ms"
    )


def largest(label: str, increments: str) -> str:
    """Return the ten largest sums of `increments` by `label` over the shown range, largest first."""
    return f"sort_desc(topk(10, {over_range(f'sum by ({label})', increments)}))"


def part_of(part: str, whole: str) -> str:
    """Return the share of `part` in `whole`, 0 where nothing of the whole is in the part.

    Both are sums by the same labels.
    """
    return f"({part} or {whole} * 0) / ({whole})"


def failed_of(failed: str, succeeded: str) -> str:
    """Return the share of `failed` in both together; where one of them has no data it counts as 0.

    Both are sums by the same labels.
    """
    return f"({failed} or {succeeded} * 0) / (({failed} or {succeeded} * 0) + ({succeeded} or {failed} * 0))"


def percentile(share: float, buckets: str, *labels: str, window: str = "$__range") -> str:
    """Return the value that `share` of the events stay below, by `labels`; nothing where none happened.

    `buckets` are increments of a histogram's buckets with their matchers.
    """
    by_bucket = ", ".join((*labels, "le"))
    summed = f"sum by ({by_bucket}) (sum_over_time({buckets}[{window}]))"
    return f"histogram_quantile({share}, {summed}) >= 0"


def written_as(*alerts: Alert) -> str:
    """Return the regular expression that matches the names of `alerts`, or of all, as configured."""
    prefix = active().prefixes.alert
    names = "|".join(alert.name.removeprefix("ClaudeCode") for alert in alerts)
    return f"{prefix}({names})" if names else f"{prefix}.*"


def day_zone() -> str:
    """Return the zone in which the meter's days and months begin, for readers."""
    hours = active().meter.day_offset_hours
    return f"UTC{hours:+d}" if hours else "UTC"
