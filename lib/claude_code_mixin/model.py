"""What content declares: frozen values without I/O. `check/` judges them, `compile/` makes files of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from claude_code_mixin.problems import Place, declared_at
from claude_code_mixin.settings import active

Severity = Literal["critical", "warning", "info"]
Allow = tuple[tuple[str, str], ...]
"""Escapes: pairs of check id and the reason why the check does not apply to this object."""
Steps = tuple[tuple[float | None, str], ...]
"""Colours of values: pairs of lower bound and colour in rising order, the first bound None."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One recording rule. In an f-string it stands for its name.

    `unit` is one of `units.UNITS` or a quotient such as tokens/requests; `help` says what the value means;
    `public` records are the API that semantic versioning covers, the others are the meter's working memory;
    `labels` are added by the rule; `unavailable` says why the active ingest profile cannot have it: then
    neither it is built nor what reads it.
    """

    name: str
    expr: str
    unit: str
    help: str
    labels: Mapping[str, str] = field(default_factory=dict)
    public: bool = True
    unavailable: str = ""
    allow: Allow = ()
    place: Place = field(default_factory=declared_at, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", active().prefixes.record + self.name)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Group:
    """A rule group: its records are evaluated in order, each seeing what the one before wrote.

    `interval` and `query_offset` are Prometheus durations.
    """

    name: str
    records: tuple[Record, ...]
    interval: str = "1m"
    query_offset: str | None = None
    place: Place = field(default_factory=declared_at, compare=False)


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A number that an alert or panel compares with; `[alerts.<alert>.thresholds]` overrides it.

    `key` ends in the unit (`ratio`, `usd_per_hour`, `tokens_per_request`); `reason` and `source` say where it
    comes from.
    """

    alert: str
    key: str
    value: float
    reason: str
    source: str
    place: Place = field(default_factory=declared_at, compare=False)

    def resolved(self) -> float:
        """The value in force: the configured one, else the default."""
        override = active().alerts.get(self.alert)
        return override.thresholds.get(self.key, self.value) if override else self.value

    def __str__(self) -> str:
        return f"{self.resolved():.12g}"


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One alerting rule. `name` is written with the prefix `ClaudeCode`, which the configuration may change.

    `summary` stays the same, `description` carries the values and what to do first. `no_data` says what the
    alert does when its input is missing, and why that is right; `unavailable` is that of `Record`.
    """

    name: str
    expr: str
    severity: Severity
    summary: str
    description: str
    no_data: str
    for_: str = "0s"
    keep_firing_for: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    unavailable: str = ""
    allow: Allow = ()
    place: Place = field(default_factory=declared_at, compare=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, kw_only=True)
class Query:
    """One target of a panel; `instant` asks for one point at the end of the shown range.

    `legend` is Grafana's legendFormat; in a table it is the header of the query's value column.
    """

    expr: str
    legend: str = ""
    instant: bool = False


PanelKind = Literal["timeseries", "stat", "table", "bargauge", "heatmap", "statetimeline", "text"]


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One panel. `key` is its stable identity inside the dashboard: panel id and links derive from it.

    `unit` is a Grafana unit id and holds for all queries; `description` says what a change means and what
    to do. `width` is in Grafana's 24 columns, `height` in its rows of 30 pixels. `mappings` shows a value
    as (text, colour). `columns` are a table's labels and their headers, left to right; other labels are not
    shown. `links` are (title, address); an address `dashboard:<stem>` leads to another dashboard, keeping
    time and variables. `minimum` and `maximum` bound the axis or bar. `options` and `custom` are the
    visualisation's own settings, made by the functions in `panels.py`, not by content.
    """

    key: str
    title: str
    description: str
    kind: PanelKind
    unit: str
    queries: tuple[Query, ...] = ()
    width: int = 8
    height: int = 8
    steps: Steps = ()
    mappings: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    decimals: int | None = None
    no_value: str = "no data"
    min_interval: str = "1m"
    columns: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)
    custom: Mapping[str, object] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()
    quiet: str | None = None
    allow: Allow = ()
    place: Place = field(default_factory=declared_at, compare=False)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A titled row of panels, laid out left to right and wrapped at 24 columns."""

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False


@dataclass(frozen=True, kw_only=True)
class Variable:
    """A template variable: the values of `label` on the record `of`, multi-select with All."""

    name: str
    title: str
    label: str
    of: str
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Dashboard:
    """One dashboard: one question. The stem of its file gives the uid; `question` is the subtitle.

    `time_from` is the start of the range it opens with; `refresh` a duration, None the configured one.
    """

    title: str
    question: str
    rows: tuple[Row, ...]
    variables: tuple[Variable, ...] = ()
    time_from: str = "now-24h"
    refresh: str | None = None
    tags: tuple[str, ...] = ()
    allow: Allow = ()
    place: Place = field(default_factory=declared_at, compare=False)

    def panels(self) -> tuple[Panel, ...]:
        """Every panel, row by row."""
        return tuple(panel for row in self.rows for panel in row.panels)
