"""The meter for raw series with one label set a session: one memory for each of the clients' counters.

Increments are taken per raw series against what the meter itself last saw, as `meter` does, and summed over
sessions at once: label cuts are sums of them. A series that was away at the evaluation before while its
target was scraped has begun anew, so it counts in full; one whose target was away goes on where it was.
What no reader of such series can know: a process that takes up a session within minutes, or on a machine that
was away, at a value as high as the one before.
"""

from __future__ import annotations

from claude_code_mixin import delta_meter
from claude_code_mixin.durations import seconds
from claude_code_mixin.ingest import by_collector, client_labels, raw_name, unavailable, wire_sources
from claude_code_mixin.meters import UNREAD, Cut, kept
from claude_code_mixin.model import Allow, Record
from claude_code_mixin.promql import selector
from claude_code_mixin.settings import active

PREVIOUS = "90s"
"""Reaches the evaluation before, a minute ago, and no earlier one."""
RETURNS_MEMORY = "1h"
"""Within what time a series that comes back, or comes back lower, is noticed."""
YOUNG = "5m"
"""How long the Prometheus exporter of a collector keeps a series after its last update, by default."""
ON_TARGET = "on (job, instance)"
_SUMMED = "is about raw series of single sessions, which the compiled collector sums up"
_DELTAS = "is about totals, and the raw series of this ingest profile are deltas"
_BY_SESSION = ("record/cardinality", "the raw series of this ingest profile have one label set a session")
_BY_PERSON = ("privacy/identity", "the raw series of this ingest profile carry every label that clients send")


def client_memory(metric: str, unit: str, what: str) -> tuple[Record, ...]:
    """Return the records known, alive, seen and increase1m of the clients' counter for `metric`.

    They stand first in a group whose cuts of `metric` are sums of the increase; in the profile `collector`,
    where every cut has a meter of its own, there are none. `unit` and `what` as for `meter.remembering()`.
    """
    if by_collector():
        return ()
    known, alive = _heartbeat(metric)
    raw = _raw(metric)
    seen = Record(
        name=f"client:claude_code_{metric}:seen",
        expr=delta_meter.seen(raw, _minutes()) if sums_deltas() else f"last_over_time({raw}[{UNREAD}])",
        unit=unit,
        help="Counter values that the meter has accounted for",
        public=False,
        allow=(_BY_SESSION,) if active().privacy == "full" else (_BY_SESSION, _BY_PERSON),
    )
    increments = _increments(seen, known, alive)
    if sums_deltas():
        increments = delta_meter.increments(raw, _minutes(), seen=str(seen), known=str(known))
    increase = Record(
        name=f"client:claude_code_{metric}:increase1m",
        expr=f"{_vocabulary(increments, client_labels(metric))}\nand on () {known}",
        unit=unit,
        help=f"{what}, counted in the minute by every label that cuts need",
        public=False,
    )
    return known, alive, seen, increase


def client_cut(cut: Cut, metric: str, extra: str, unit: str, what: str, allow: Allow) -> Record:
    """Return the increments of `metric` by the labels of `cut` and `extra`, a sum of what clients counted."""
    by = ", ".join(part for part in (cut.by(), extra) if part)
    increase = f"{active().prefixes.record}client:claude_code_{metric}:increase1m"
    return Record(
        name=f"{cut}:claude_code_{metric}:increase1m",
        expr=f"sum by ({by}) (sum_over_time({increase}[1m]))",
        unit=unit,
        help=f"{what}, counted in the minute; minutes without any are not recorded",
        unavailable=unavailable(cut, metric),
        allow=allow,
    )


def unreliable(metric: str) -> tuple[Record, ...]:
    """Return by team how many series of `metric` fell, how many came back, and how many went unobserved.

    A counter of one process neither falls nor comes back: it was written by several, or forgotten on its way.
    """
    level = f"{active().prefixes.record}client:claude_code_{metric}"
    seen, known = f"{level}:seen", f"{level}:known"
    memory = f"last_over_time({seen}[{RETURNS_MEMORY}] offset 1ms)"
    back = f"({seen} unless last_over_time({seen}[{PREVIOUS}] offset 1ms)) and {memory}"
    evaluated = f"and on () (time() - max({known}) < {seconds(PREVIOUS):.0f})"
    gone = _gone_with_prometheus(metric, level, memory) if scraped() else _gone_with_collector(level)
    return (
        _evidence("fallen", f"({seen} - {memory}) < 0", "Sessions whose counter fell in the minute"),
        _evidence("returned", back, "Sessions whose counter was away for minutes and came back", evaluated),
        _evidence(
            "nameless", f'{seen}{{session_id=""}}', "Counters without a session id, which processes share"
        ),
        _evidence(
            "forgotten", gone, "Sessions whose counter went when its last value may not have been read"
        ),
    )


def _gone_with_collector(level: str) -> str:
    """An exporter keeps a series for minutes after its last update: one that goes sooner went with it."""
    older = f"last_over_time({level}:seen[{RETURNS_MEMORY}] offset {YOUNG})"
    young = f"last_over_time({level}:seen[{YOUNG}] offset 1ms) unless {older}"
    return f"({young} unless {level}:seen) and {ON_TARGET} {level}:alive"


def _gone_with_prometheus(metric: str, level: str, memory: str) -> str:
    """What was scraped after the last evaluation before a gap is read by none, unless it is there again.

    A Prometheus that ends marks nothing stale: the memory's name would show what was seen before the gap.
    """
    resumed = f"({level}:known unless last_over_time({level}:known[{PREVIOUS}] offset 1ms))"
    return f"({memory} unless last_over_time({_raw(metric)}[{UNREAD}])) and on () {resumed}"


def _evidence(name: str, expr: str, what: str, condition: str = "") -> Record:
    return Record(
        name=f"team:claude_code_counters_{name}:increase1m",
        expr=f"{_vocabulary(expr, kept(('team',), active()), 'count')}\n{condition}".strip(),
        unit="1",
        help=what,
        unavailable=_SUMMED if by_collector() else _DELTAS if sums_deltas() else "",
    )


def _heartbeat(metric: str) -> tuple[Record, Record]:
    """Known and alive; of clients that come and go by the hundred, known holds the last one of all only.

    A bare `up` would reach back further than counters are read: after minutes without Prometheus its target
    would seem to have been scraped, and every series on it to have been away.
    """
    up = selector("up", job=active().meter.job)
    level = f"client:claude_code_{metric}"
    prefix = active().prefixes.record
    last = f"last_over_time({prefix}{level}:alive[{PREVIOUS}] offset 1ms)"
    expr = f"last_over_time({prefix}{level}:alive[7d] offset 1ms)"
    if scraped():
        expr = f"max({last}) or last_over_time({prefix}{level}:known[7d] offset 1ms)"
    known = Record(
        name=f"{level}:known",
        expr=expr,
        unit="timestamp",
        help="Unix time of the heartbeat before this evaluation's own",
        public=False,
    )
    beats = f"group by (job, instance) (last_over_time({up}[{PREVIOUS}]) == 1) * time()"
    alive = Record(
        name=f"{level}:alive",
        expr="vector(time())" if sums_deltas() else beats,
        unit="timestamp",
        help="Unix time at which this meter last evaluated beside the scraped target",
        public=False,
    )
    return known, alive


def scraped() -> bool:
    """Whether Prometheus scrapes the clients themselves: targets that come and go with their processes."""
    return active().meter.profile == "scrape"


def sums_deltas() -> bool:
    """Whether the server stores what clients post as it comes: deltas, without any target to scrape."""
    return active().meter.profile == "otlp"


def _minutes() -> int:
    return round(seconds(active().meter.memory) / 60)


def _raw(metric: str) -> str:
    return selector(raw_name(metric), job=active().meter.job)


def _increments(seen: Record, known: Record, alive: Record) -> str:
    """Increments per raw series: of a target that was away longer than the memory, births cannot be told."""
    memory = active().meter.memory
    there = f"last_over_time({alive}[{PREVIOUS}] offset 1ms)"
    before = f"""(
        last_over_time({seen}[{PREVIOUS}] offset 1ms)
        or
        (last_over_time({seen}[{memory}] offset 1ms) unless {ON_TARGET} {there})
      )"""
    born = f"({seen} unless {ON_TARGET} ((time() - {known}) > {seconds(memory):.0f}))"
    return f"""
    (
      ({seen} - {before}) >= 0
      or
      {seen if scraped() else born}
    ) > 0"""


def _vocabulary(expr: str, labels: tuple[str, ...], operator: str = "sum") -> str:
    """Return `expr` aggregated by `labels` of the recorded vocabulary, read from the raw ones."""
    raw = dict.fromkeys(source for label in labels for source in wire_sources(label)[0])
    renamed = f"{operator} by ({', '.join(raw)}) ({expr}\n  )"
    for label in labels:
        sources, default = wire_sources(label)
        for source in reversed(sources):
            if source != label:
                renamed = f'label_replace({renamed}, "{label}", "$1", "{source}", "(.+)")'
        renamed = f'label_replace({renamed}, "{label}", "{default}", "{label}", "")'
    return f"sum by ({', '.join(labels)}) (\n  {renamed}\n)"
