"""What every check reads, built once: parsed expressions, known series, labels and units of records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import promql_parser as ast

from claude_code_mixin import catalogue, promql, promql_labels, promql_units
from claude_code_mixin.catalogue import Attribute, Series
from claude_code_mixin.compile.wire_labels import wire_labels
from claude_code_mixin.config import Config
from claude_code_mixin.loader import ROOMS, Mixin, bundled_root
from claude_code_mixin.model import Alert, Allow, Dashboard, Panel, Query, Record
from claude_code_mixin.problems import Place, Problem
from claude_code_mixin.promql_labels import Labels

PIPELINE = "claude_code_pipeline_"
"""Begin of the names of the raw series in which the pipeline reports on itself."""
_WIRE_UNITS = {"s": "seconds", "By": "bytes", "": "1"}
_HISTOGRAM_PARTS = ("_bucket", "_sum", "_count")


@dataclass(frozen=True)
class Owner:
    """The object of the content that a problem is reported on; `allow` are its escapes."""

    kind: Literal["record", "alert", "panel", "dashboard"]
    subject: str
    place: Place
    allow: Allow = ()

    def problem(self, check: str, sentence: str) -> Problem:
        """A problem of this object."""
        return Problem(self.place, self.subject, sentence, check)


@dataclass(frozen=True)
class Expression:
    """One PromQL expression of `item`, of its `query` where that is a panel.

    `tree` is None when the text does not parse; `error` then says why.
    """

    owner: Owner
    item: Record | Alert | Panel
    text: str
    query: Query | None = None
    tree: ast.Expr | None = field(init=False, default=None)
    error: str = field(init=False, default="")

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "tree", promql.parse(self.text))
        except promql.PromQLError as error:
            object.__setattr__(self, "error", str(error))

    @cached_property
    def selectors(self) -> tuple[promql.Selector, ...]:
        """Every selector of the expression."""
        return tuple(promql.selectors(self.tree)) if self.tree else ()

    def problem(self, check: str, sentence: str) -> Problem:
        """A problem of the object that holds this expression."""
        return self.owner.problem(check, sentence)


@dataclass
class Context:
    """The content under judgement and what is known about it; `series` are the raw ones by name."""

    mixin: Mixin
    series: Mapping[str, Series]
    expressions: tuple[Expression, ...]
    _labels: dict[str, Labels | None] = field(default_factory=dict)

    @cached_property
    def records(self) -> dict[str, list[tuple[Record, Expression]]]:
        """Every record with its expression, by name."""
        by_name: dict[str, list[tuple[Record, Expression]]] = {}
        for found in self.expressions:
            if isinstance(found.item, Record):
                by_name.setdefault(found.item.name, []).append((found.item, found))
        return by_name

    @cached_property
    def panels(self) -> tuple[tuple[Owner, Panel], ...]:
        """Every panel with its owner, those without queries included."""
        boards = self.mixin.dashboards()
        return tuple((panel_owner(stem, panel), panel) for stem, board in boards for panel in board.panels())

    @cached_property
    def owners(self) -> tuple[Owner, ...]:
        """Every object that may carry an escape."""
        rules = (found.owner for found in self.expressions if found.query is None)
        boards = (board_owner(stem, board) for stem, board in self.mixin.dashboards())
        return tuple(dict.fromkeys((*rules, *(owner for owner, _ in self.panels), *boards)))

    @cached_property
    def elsewhere(self) -> dict[str, Record]:
        """The records that the active ingest profile cannot have, by name; panels may still ask for them."""
        return {it.name: it for group in self.mixin.left_out_groups() for it in group.records}

    @cached_property
    def names(self) -> frozenset[str]:
        """Every metric name there is."""
        return frozenset(self.series) | frozenset(self.records) | frozenset(self.elsewhere)

    @cached_property
    def attributes(self) -> dict[str, Attribute]:
        """The catalogue's attribute behind each label name: as the collector fills it, else of that name."""
        known = catalogue.load().attributes
        found = {attribute.label: attribute for attribute in known.values()}
        for attribute in known.values():
            found.setdefault(attribute.label.removesuffix("_name"), attribute)
        for label in wire_labels(self.mixin.config).values():
            source = next((known[key] for key in label.keys if key in known), None)
            found |= {label.name: source} if source else {}
        return found

    def is_written_for_this(self, path: Path) -> bool:
        """Whether the tests and runbooks beside the module at `path` are meant for this configuration.

        The bundled ones name the series of the default privacy and ingest profiles; under others the alerts
        may read another cut. One's own are written for one's own configuration.
        """
        mine, usual = ((it.privacy, it.meter.profile) for it in (self.mixin.config, Config()))
        return not is_bundled(path) or mine == usual

    def known(self, name: str) -> bool:
        """Whether a metric of this name exists, parts of histograms included."""
        return name in self.names or self.raw(name) is not None

    def raw(self, name: str) -> Series | None:
        """The raw series of this name (of its histogram, for _bucket, _sum and _count), if there is one."""
        if name in self.series:
            return self.series[name]
        for part in _HISTOGRAM_PARTS:
            series = self.series.get(name.removesuffix(part))
            if name.endswith(part) and series is not None and series.kind == "histogram":
                return series
        return None

    def labels(self, name: str) -> Labels | None:
        """Labels of a metric by name, for records inferred through their chain; None: cannot be known."""
        if name not in self._labels:
            self._labels[name] = None  # a record that reads itself learns nothing from itself
            recorded = name in self.records
            self._labels[name] = self._recorded_labels(name) if recorded else self._raw_labels(name)
        return self._labels[name]

    def _raw_labels(self, name: str) -> Labels | None:
        series = self.raw(name)
        if series is None or series.open_labels:
            return None
        return {**series.labels, "le": None} if name.endswith("_bucket") else series.labels

    def _recorded_labels(self, name: str) -> Labels | None:
        merged: Labels | None = None
        for record, found in self.records[name]:
            inferred = promql_labels.labels(found.tree, self.labels) if found.tree else None
            if inferred is None:
                return None
            fixed = {**self.mixin.config.labels.constant, **record.labels}
            mine = {**inferred, **{label: (value,) for label, value in fixed.items()}}
            merged = mine if merged is None else promql_labels.united(merged, mine)
        return merged

    def unit(self, name: str) -> str | None:
        """House unit of a metric by name; None when it is not known."""
        if name in self.records:
            return self.records[name][0][0].unit
        if name in self.elsewhere:
            return self.elsewhere[name].unit
        series = self.raw(name)
        if series is None or (series.kind == "histogram" and not name.endswith("_sum")):
            return None
        return _WIRE_UNITS.get(series.unit, series.unit)

    def reads(self, found: Expression) -> frozenset[promql.Selector]:
        """Every selector of an expression and of the records that it reads, through any chain of them.

        The meter's records read `up` as a heartbeat beside their data: it counts only where nothing else is
        read, or where the expression names it itself.
        """
        read, waiting = set(found.selectors), list(found.selectors)
        while waiting:
            for _, recorded in self.records.get(waiting.pop().name or "", ()):
                further = set(recorded.selectors) - read
                read |= further
                waiting += further
        raw = {one.name for one in read if one.name not in self.records}
        beside = {one for one in read - set(found.selectors) if one.name == "up"} if raw > {"up"} else set()
        return frozenset(read - beside)

    def kind(self, name: str) -> str | None:
        """Kind of a metric by name: counter, gauge, ...; a record is a gauge unless it copies a counter."""
        for _, found in self.records.get(name, ()):
            tree = found.tree
            copied = promql.as_selector(tree).name if isinstance(tree, ast.VectorSelector) else None
            return self.kind(copied) if copied and copied != name else "gauge"
        series = self.raw(name)
        if series is None:
            return None
        return "counter" if series.kind == "histogram" else series.kind

    def is_client_series(self, name: str) -> bool:
        """Whether `name` is raw telemetry of the clients, not a server's or the pipeline's own health."""
        return name in self.series and name.startswith("claude_code_") and not name.startswith(PIPELINE)

    def units(self, tree: ast.Expr) -> tuple[str | None, promql_units.Inference]:
        """Unit of an expression, and what the inference met on the way."""
        inference = promql_units.Inference(self.unit)
        return inference.unit(tree), inference


def is_bundled(path: Path) -> bool:
    """Whether the file at `path` is part of the bundled content; other roots may lie in the same checkout."""
    return path.resolve().parent in {bundled_root() / room for room in ROOMS}


def board_owner(stem: str, board: Dashboard) -> Owner:
    """The owner of a dashboard as a whole: its subject is the stem."""
    return Owner("dashboard", stem, board.place, board.allow)


def panel_owner(stem: str, panel: Panel) -> Owner:
    """The owner of a panel: its subject is dashboard/key."""
    return Owner("panel", f"{stem}/{panel.key}", panel.place, panel.allow)


def build(mixin: Mixin, series: Mapping[str, Series]) -> Context:
    """Collect and parse every expression of `mixin`."""
    return Context(mixin, series, tuple(_expressions(mixin)))


def _expressions(mixin: Mixin) -> Iterator[Expression]:
    for _, record in mixin.records():
        yield Expression(Owner("record", record.name, record.place, record.allow), record, record.expr)
    for _, alert in mixin.alerts():
        yield Expression(Owner("alert", alert.name, alert.place, alert.allow), alert, alert.expr)
    for stem, board in mixin.dashboards():
        for panel in board.panels():
            for query in panel.queries:
                yield Expression(panel_owner(stem, panel), panel, query.expr, query)
