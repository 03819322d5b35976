"""Scenes of the meter on VictoriaMetrics: vmalert evaluates the rules that are built for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from claude_code_mixin.fleet import scale
from claude_code_mixin.fleet.otlp_servers import VictoriaMetrics
from claude_code_mixin.fleet.scene import EVALUATION, Meter, Scene
from claude_code_mixin.fleet.servers import Vmalert

FACTOR = 3
"""VictoriaMetrics shows new series up to 14 s late, whatever the clock: a minute must be longer."""
ONCE = "-dedup.minScrapeInterval=1ms"
"""vmalert evaluates an instant twice when it is restarted within it; its sums must not count it twice."""
COST = Meter(
    job="claude-code-collector",
    counter="claude_code_meter_identity_cost_USD_total",
    increments="identity:claude_code_cost_usd:increase1m",
    day="total:claude_code_cost_usd:increase1d",
)
HISTORY_USD = 1000.0


class VictoriaScene(Scene):
    """A scene whose `prometheus` is a VictoriaMetrics that scrapes, with a `vmalert` beside it.

    `flags` are VictoriaMetrics' beside those that shorten its own intervals by the factor.
    """

    def __init__(
        self,
        folder: Path,
        rules: Mapping[str, str],
        *,
        flags: tuple[str, ...] = (ONCE,),
        factor: int = FACTOR,
        seed: int = 1,
    ) -> None:
        super().__init__(folder, rules, COST, factor=factor, seed=seed)
        shorter = (
            f"-search.latencyOffset={scale.duration('30s', factor)}",
            f"-inmemoryDataFlushInterval={max(1000, 5000 // factor)}ms",
        )
        store = VictoriaMetrics(folder / "store", scrapes=self.prometheus.scrapes, flags=(*shorter, *flags))
        self.prometheus = store
        self.vmalert = Vmalert(
            folder / "vmalert", rules=self.rules, datasource=store.url, remote_write=store.url
        )

    def evaluations(self, count: int = 3) -> None:
        """Wait as long as `count` evaluations take."""
        time.sleep((count + 1) * self.seconds(EVALUATION))

    def __enter__(self) -> VictoriaScene:
        super().__enter__()
        self.vmalert.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.vmalert.stop()
        super().__exit__(*error)


def undisturbed(it: VictoriaScene) -> None:
    """Nothing happens: births, growth and idle minutes."""
    it.settle()
    it.spend("5m")
    it.idle("2m")
    it.spend("4m")


def slow_scrapes(it: VictoriaScene) -> None:
    """Scrapes take half their interval."""
    it.settle()
    it.exporters[0].delay = it.seconds("7500ms")
    it.spend("8m")


def failed_scrapes(it: VictoriaScene) -> None:
    """Every other minute scrapes fail, and all series go stale."""
    it.settle()
    for _ in range(4):
        it.exporters[0].failing = True
        it.spend("1m")
        it.exporters[0].failing = False
        it.spend("1m")


def scrape_outage(it: VictoriaScene) -> None:
    """For ten minutes nothing can be scraped."""
    it.settle()
    it.spend("3m")
    it.exporters[0].down()
    it.spend("10m")
    it.exporters[0].up()
    it.spend("2m")


def vmalert_killed(it: VictoriaScene) -> None:
    """vmalert is killed with -9 three times: twice it is away for three minutes, once it starts at once."""
    it.settle()
    for away in ("3m", "3m", "1s"):
        it.spend("3m")
        it.vmalert.kill9()
        it.spend(away)
        it.vmalert.start()
    it.spend("2m")


def vmalert_restarted(it: VictoriaScene) -> None:
    """vmalert is stopped in good order and started at once, four times."""
    it.settle()
    for _ in range(4):
        it.spend("2m")
        it.vmalert.stop()
        it.vmalert.start()
    it.spend("2m")


def store_killed(it: VictoriaScene) -> None:
    """VictoriaMetrics is killed with -9 three times and away for a minute."""
    it.settle()
    for _ in range(3):
        it.spend("4m")
        it.prometheus.kill9()
        it.spend("1m")
        it.prometheus.start()
    it.spend("2m")


def store_stopped(it: VictoriaScene) -> None:
    """VictoriaMetrics is stopped in good order three times and away for a minute."""
    it.settle()
    for _ in range(3):
        it.spend("4m")
        it.prometheus.stop()
        it.spend("1m")
        it.prometheus.start()
    it.spend("2m")


def collector_restarted(it: VictoriaScene) -> None:
    """A collector starts again under a new start label with counters from nothing."""
    it.settle()
    it.spend("4m")
    it.evaluations(1)
    it.exporters[0].restart("2")
    it.spend("4m")


def first_install(it: VictoriaScene) -> None:
    """The rules are started beside counters with a history, which is no spend."""
    it.vmalert.stop()
    it.history(HISTORY_USD)
    it.scraped()
    it.idle("3m")
    it.vmalert.start()
    it.settle()
    it.spend("5m")


SCENES: Mapping[str, Callable[[VictoriaScene], None]] = {
    script.__name__: script
    for script in (
        undisturbed,
        slow_scrapes,
        failed_scrapes,
        scrape_outage,
        vmalert_killed,
        vmalert_restarted,
        store_killed,
        store_stopped,
        collector_restarted,
        first_install,
    )
}
"""Every scene by name."""
