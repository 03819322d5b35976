"""The meter that remembers: exact increments of counters, whatever was missed, late or restarted.

An increment is taken against what the meter itself last saw, not against a time offset, so that nothing is
lost around failed scrapes, late samples and restarts of Prometheus, and nothing is counted twice. Births
and resets count in full. A first installation counts nothing, and neither does an instance that was away
for longer than the memory: its history cannot be told from what it gained meanwhile. An instance is forgotten
after HEARTBEAT_MEMORY; should it then return with the same counters, they count in full like a new one's.
"""

from __future__ import annotations

from claude_code_mixin import client_meter
from claude_code_mixin.durations import seconds
from claude_code_mixin.ingest import by_collector, unavailable
from claude_code_mixin.meters import UNREAD, Cut
from claude_code_mixin.model import Allow, Record
from claude_code_mixin.promql import selector
from claude_code_mixin.settings import active

HEARTBEAT_MEMORY = "7d"
"""How far back an installation or instance is known to have run. One sample a minute per instance."""

BEFORE = "[6d:1h] offset 1d"
"""What alerts compare the last hour with, as a range: six days, read hour by hour, that ended a day ago.

A day's distance lets a change stand out for a day, and leaves a first day without anything to compare with.
"""


def remembering(
    cut: Cut, metric: str, raw: str, unit: str, what: str, *, extra: str = "", kept_for: str = ""
) -> tuple[Record, ...]:
    """Return the records known, alive, seen and increase1m, to be evaluated in this order in one group.

    `cut` names the labels that stay, `extra` one more label; `raw` is the counter's wire name; `what`
    completes the sentence "<what>, counted in the minute"; `kept_for` says who reads the increment when
    nothing in the mixin does.

    The order matters: the heartbeat before the memory, so that a scrape landing between the two cannot make
    a first installation look old; the increment last and from the memory alone, so that a scrape landing
    in between is neither lost nor counted twice. `offset 1ms` hides what this evaluation has just written.

    In the other ingest profiles it is the increment alone, read from `client_meter.client_memory()`.
    """
    if not by_collector():
        return (client_meter.client_cut(cut, metric, extra, unit, what, _unused(kept_for)),)
    known, alive = _heartbeat(cut, metric)
    seen = _seen(cut, metric, raw, unit)
    increase = Record(
        name=f"{cut}:claude_code_{metric}:increase1m",
        expr=_increase(_by(cut, extra), seen, known, ") > 0"),
        unit=unit,
        help=f"{what}, counted in the minute; minutes without any are not recorded",
        allow=_unused(kept_for),
    )
    return known, alive, seen, increase


def remembering_histogram(
    cut: Cut, metric: str, raw: str, unit: str, what: str, *, kept_for: str = ""
) -> tuple[Record, ...]:
    """Return the records known, alive, and for the parts _bucket and _sum of a histogram seen and increase1m.

    `raw` is the histogram's wire name without its part, `unit` that of its sum; the rest as for
    `remembering()`. Buckets keep the label `le`, and the one with le="+Inf" counts the events. They are
    recorded when they are 0, too: histogram_quantile() takes the bound below a bucket from the one before
    it, and from 0 when there is none.
    """
    known, alive = _heartbeat(cut, metric)
    buckets = _seen(cut, f"{metric}_bucket", f"{raw}_bucket", "1")
    sums = _seen(cut, f"{metric}_sum", f"{raw}_sum", unit)
    bucket_increase = Record(
        name=f"{cut}:claude_code_{metric}_bucket:increase1m",
        expr=_increase(_by(cut, "le"), buckets, known, ")"),
        unit=buckets.unit,
        help=f"{what}, events of up to le {unit} counted in the minute",
        allow=_unused(kept_for),
    )
    sum_increase = Record(
        name=f"{cut}:claude_code_{metric}_sum:increase1m",
        expr=_increase(_by(cut, ""), sums, known, ") > 0"),
        unit=unit,
        help=f"{what}, summed up in the minute; minutes without any are not recorded",
        allow=_unused(kept_for),
    )
    return known, alive, buckets, bucket_increase, sums, sum_increase


def _heartbeat(cut: Cut, metric: str) -> tuple[Record, Record]:
    """Known and alive. Each metric has its own: one that an upgrade adds beside old counters counts none."""
    alive = Record(
        name=f"{cut}:claude_code_{metric}:alive",
        expr=f'group by (job, instance) (up{{job="{active().meter.job}"}} == 1) * time()',
        unit="timestamp",
        help="Unix time at which this meter last evaluated beside a scraped collector",
        public=False,
        unavailable=unavailable(cut, metric),
    )
    known = Record(
        name=f"{cut}:claude_code_{metric}:known",
        expr=f"last_over_time({alive}[{HEARTBEAT_MEMORY}] offset 1ms)",
        unit="timestamp",
        help="Unix time of the heartbeat before this evaluation's own",
        public=False,
        unavailable=unavailable(cut, metric),
    )
    return known, alive


def _seen(cut: Cut, metric: str, raw: str, unit: str) -> Record:
    return Record(
        name=f"{cut}:claude_code_{metric}:seen",
        expr=f"last_over_time({selector(raw, job=active().meter.job)}[{UNREAD}])",
        unit=unit,
        help="Counter values that the meter has accounted for",
        public=False,
        unavailable=unavailable(cut, metric),
    )


def _by(cut: Cut, extra: str) -> str:
    return ", ".join(part for part in (cut.by(), extra) if part)


def _increase(by: str, seen: Record, known: Record, end: str) -> str:
    """The increment's expression; `end` closes the increments per raw series, and says which of them stay."""
    memory = active().meter.memory
    return f"""
sum by ({by}) (
  (
    (({seen} - last_over_time({seen}[{memory}] offset 1ms)) >= 0)
    or
    ({seen} unless on (job, instance) ((time() - {known}) > {seconds(memory):.0f}))
  {end}
)
and on () {known}
""".strip()


def rolled_up(record: Record, window: str, *, kept_for: str = "") -> Record:
    """Return the sum of `record` over `window`, recorded every minute; `kept_for` as in `remembering()`.

    Increments are stored only for minutes that have some, and each sample is counted once.
    """
    return Record(
        name=f"{_unprefixed(record).rpartition(':')[0]}:increase{window}",
        expr=f"sum_over_time({record}[{window}])",
        unit=record.unit,
        help=f"{record.help.partition(',')[0]}, in the last {window}",
        allow=_unused(kept_for),
    )


def cut_down(record: Record, cut: str, labels: str, *, kept_for: str = "") -> Record:
    """Return `record` summed by `labels` (comma-separated, may be empty) under the level `cut`.

    The sum over one minute takes the increment of this evaluation alone: the bare name would give the last
    one again for five minutes after a Prometheus that was killed, for want of a staleness marker.
    """
    by = f"sum by ({labels})" if labels else "sum"
    return Record(
        name=f"{cut}:{_unprefixed(record).partition(':')[2]}",
        expr=f"{by} (sum_over_time({record}[1m]))",
        unit=record.unit,
        help=record.help,
        allow=_unused(kept_for),
    )


def _unused(kept_for: str) -> Allow:
    return (("record/unused", kept_for),) if kept_for else ()


def _unprefixed(record: Record) -> str:
    return record.name.removeprefix(active().prefixes.record)
