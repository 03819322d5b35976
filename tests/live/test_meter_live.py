"""The meter on a real Prometheus, with the built rules on a clock 60 or 120 times faster.

promtool evaluates every minute exactly once, from samples that are always there in time; a server is late,
misses evaluations, crashes and is installed beside counters that run already. Every scene knows its exact
truth. All scenes of a run play at the same time, each on its own Prometheus, because most of them wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import yaml

from claude_code_mixin.fleet.scene import Meter, Outcome, Scene

FACTOR = 60
FASTER = 120  # for scenes that last an hour
TOLERANCE = 0.001
COST = Meter(
    job="claude-code-collector",
    counter="claude_code_meter_identity_cost_USD_total",
    increments="identity:claude_code_cost_usd:increase1m",
    day="total:claude_code_cost_usd:increase1d",
)
RULE_FILES = tuple(f"{stem}.rules.yaml" for stem in ("cost", "meter", "pipeline", "session"))
"""What the scenes look at and what alerts of a loss: all rules in every scene at once would come too late."""
GAP = "ClaudeCodeMeterGap"
HISTORY_USD = 1000.0

Rules = Mapping[str, str]
Play = Callable[[Path, Rules], Outcome]
SCENES: dict[str, tuple[str, Play]] = {}


def scene(
    *, factor: int = FACTOR, features: tuple[str, ...] = (), exporters: int = 1
) -> Callable[[Callable[[Scene], Outcome | None]], Play]:
    """Register a script as a scene of its own Prometheus; a script without outcome gets the usual one."""

    def register(script: Callable[[Scene], Outcome | None]) -> Play:
        def play(folder: Path, rules: Rules) -> Outcome:
            with Scene(folder, rules, COST, factor=factor, features=features, exporters=exporters) as played:
                return script(played) or played.outcome()

        SCENES[script.__name__] = (script.__doc__ or "", play)
        return play

    return register


@scene()
def undisturbed(it: Scene) -> None:
    """Nothing happens: births, growth and idle minutes are exact."""
    it.settle()
    it.spend("8m")
    it.idle("3m")
    it.spend("4m")


@scene()
def slow_scrapes(it: Scene) -> None:
    """Scrapes take 3 s of 15 s, then half the interval: evaluations fall into them and see late samples."""
    it.settle()
    it.exporters[0].delay = it.seconds("3s")
    it.spend("8m")
    it.exporters[0].delay = it.seconds("7500ms")
    it.spend("6m")


@scene()
def failed_scrapes(it: Scene) -> None:
    """Every other minute the scrape fails, and all series go stale."""
    it.settle()
    for _ in range(5):
        it.exporters[0].failing = True
        it.spend("1m")
        it.exporters[0].failing = False
        it.spend("1m")


@scene()
def outage_of_the_collector(it: Scene) -> None:
    """For 10 minutes nothing can be scraped; the counters go on and come back higher."""
    it.settle()
    it.spend("4m")
    it.exporters[0].down()
    it.spend("10m")
    it.exporters[0].up()
    it.spend("4m")


@scene()
def outage_of_prometheus(it: Scene) -> None:
    """Prometheus is frozen for 10 minutes, as by a stalled disk: ten evaluations never happen."""
    it.settle()
    it.spend("4m")
    it.prometheus.pause()
    it.spend("10m")
    it.prometheus.resume()
    it.spend("4m")


@scene()
def killed_twice(it: Scene) -> None:
    """Prometheus is killed with -9 twice while spending goes on."""
    it.settle()
    for _ in range(2):
        it.spend("5m")
        it.between_evaluations()
        it.prometheus.kill9()
        it.spend("3m")
        it.prometheus.start()
    it.spend("5m")


@scene()
def killed_then_idle(it: Scene) -> None:
    """Prometheus is killed and nothing is spent afterwards: what was recorded last is not recorded again.

    A crash leaves no staleness markers, so an instant selector still sees the last increment for 5 minutes.
    """
    it.settle()
    it.spend("4m")
    it.evaluations(1)
    it.prometheus.kill9()
    it.prometheus.start()
    it.evaluations(6)


@scene()
def stopped_and_started(it: Scene) -> None:
    """Prometheus is stopped in good order and started again while spending goes on."""
    it.settle()
    it.spend("5m")
    it.prometheus.stop()
    it.spend("5m")
    it.prometheus.start()
    it.spend("5m")


@scene(features=("concurrent-rule-eval",))
def concurrent_evaluation(it: Scene) -> None:
    """Independent rules of a group are evaluated at the same time: the memory may be written first."""
    it.settle()
    it.spend("12m")


@scene()
def installed_beside_running_counters(it: Scene) -> None:
    """The rules are added to a Prometheus that has scraped for long: history is no spend, what follows is."""
    it.prometheus.rule_files = {}
    it.prometheus.reload()
    it.history(HISTORY_USD)
    it.scraped()
    it.idle("5m")
    it.prometheus.rule_files = it.rules
    it.prometheus.reload()
    it.settle()
    it.spend("8m")


@scene()
def installed_before_the_first_scrape(it: Scene) -> None:
    """The rules run before the first scrape of counters with a history: history is no spend."""
    first_scrape_of_history(it)


def first_scrape_of_history(it: Scene) -> None:
    """Let rules be evaluated in vain, then let counters with a history appear, then spend."""
    it.exporters[0].down()
    it.evaluations(8)
    it.history(HISTORY_USD)
    it.exporters[0].up()
    it.settle()
    it.spend("8m")


@scene()
def second_replica(it: Scene) -> None:
    """A second collector appears on a running system: its counters are births and count in full."""
    it.settle()
    it.spend("5m")
    it.add_exporter()
    it.spend("8m")


@scene(exporters=2)
def collector_restarted(it: Scene) -> None:
    """A collector starts again under a new start label with counters from nothing: births, no resets."""
    it.settle()
    it.spend("6m")
    it.evaluations()
    it.exporters[0].restart("2")
    it.spend("6m")
    it.evaluations()
    it.exporters[1].restart("2")
    it.spend("3m")


@scene()
def counter_reset(it: Scene) -> None:
    """A collector loses its counters and goes on with the same labels at lower values: a reset."""
    it.settle()
    it.spend("10m")
    it.evaluations()
    it.exporters[0].restart("1")
    it.spend("2m")


@scene(factor=FASTER)
def counter_returns(it: Scene) -> None:
    """A counter is not exposed for half of the memory and returns with what it had, and more."""
    it.settle()
    it.spend("4m")
    it.exporters[0].hide("team", "atlas")
    it.spend("30m", to=["atlas", "borealis"])
    it.exporters[0].hide("team", "atlas", hidden=False)
    it.spend("4m")


@scene(factor=FASTER, exporters=2)
def instance_away_longer_than_the_memory(it: Scene) -> None:
    """One of two collectors is unreachable for longer than the memory, the other lives.

    When it returns, neither its history nor what it counted while it was away is spend: that amount is
    lost, it cannot be told from the history. What it counts after its return is spend again.
    """
    away, stays = it.exporters
    it.settle()
    it.spend("4m")
    it.evaluations()
    away.down()
    it.spend("5m", by=[away], counted=False)
    it.spend("5m", by=[stays])
    it.idle("55m")
    away.up()
    it.settle()
    it.spend("5m")


@scene(factor=FASTER, exporters=2)
def collectors_away_longer_than_the_memory(it: Scene) -> None:
    """All collectors are unreachable for longer than the memory: what they counted meanwhile is lost."""
    it.settle()
    it.spend("4m")
    it.evaluations()
    for exporter in it.exporters:
        exporter.down()
    it.spend("5m", counted=False)
    it.idle("60m")
    for exporter in it.exporters:
        exporter.up()
    it.settle()
    it.spend("5m")


@scene(factor=FASTER)
def prometheus_away_longer_than_the_memory(it: Scene) -> None:
    """Prometheus is down for longer than the memory: what was counted meanwhile is lost."""
    it.settle()
    it.spend("4m")
    it.evaluations()
    it.prometheus.stop()
    it.spend("5m", counted=False)
    it.idle("60m")
    it.prometheus.start()
    it.settle()
    it.spend("5m")


def changed(rules: Rules, record: str, change: Callable[[str], str]) -> Rules:
    """Return `rules` with the expression of `record` changed; fail when that changes nothing."""
    files = {}
    for name, text in rules.items():
        document = yaml.safe_load(text)
        for group in document["groups"]:
            for rule in group["rules"]:
                if rule.get("record") == record:
                    before = rule["expr"]
                    rule["expr"] = change(before)
                    assert rule["expr"] != before, f"the control leaves {record} as it is"
        files[name] = yaml.safe_dump(document)
    return files


def control_without_offset(folder: Path, rules: Rules) -> Outcome:
    """The increment without `offset 1ms` compares with what this evaluation wrote: nothing is counted."""
    broken = changed(rules, COST.increments, lambda expr: expr.replace(" offset 1ms", ""))
    with Scene(folder, broken, COST, factor=FACTOR, features=("concurrent-rule-eval",)) as it:
        it.settle()
        it.spend("6m")
        return it.outcome()


def control_heartbeat(folder: Path, rules: Rules) -> Outcome:
    """A heartbeat that beats without any scrape makes a first installation look old: history is spend."""
    alive = COST.increments.replace("increase1m", "alive")
    with Scene(folder, changed(rules, alive, lambda _: "vector(time())"), COST, factor=FACTOR) as it:
        first_scrape_of_history(it)
        return it.outcome()


@dataclass(frozen=True)
class Control:
    """A known mistake in the rules and the error that it must show, as a share."""

    play: Play
    least: float
    most: float


CONTROLS = {
    "control_without_offset": Control(control_without_offset, -1.0, -0.5),
    "control_heartbeat": Control(control_heartbeat, 0.2, 1000.0),
}


@pytest.fixture(scope="module")
def outcomes(
    request: pytest.FixtureRequest, built_rules: Rules, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, Future[Outcome]]]:
    """Every scene of this run, playing: the longest first."""
    plays = {name: play for name, (_, play) in SCENES.items()}
    plays |= {name: control.play for name, control in CONTROLS.items()}
    here = [item for item in request.session.items if isinstance(item, pytest.Function)]
    rules = {name: built_rules[name] for name in RULE_FILES}
    wanted = {item.callspec.params.get("name") for item in here if hasattr(item, "callspec")}
    order = sorted((name for name in plays if name in wanted), key=lambda name: "away" not in name)
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(max_workers=len(order)))
        folders = {name: tmp_path_factory.mktemp(name) for name in order}
        yield {name: pool.submit(partial(plays[name], folders[name], rules)) for name in order}


@pytest.mark.parametrize("name", SCENES)
def test_recorded_increments_equal_what_was_spent(
    name: str, outcomes: Mapping[str, Future[Outcome]], record_property: Callable[[str, object], None]
) -> None:
    """In every scene the recorded increments are the truth: for every label set, and over the day."""
    outcome = outcomes[name].result()
    record_property(
        "live",
        f"{name}: truth {sum(outcome.truth.values()):.2f} USD, recorded {outcome.error:+.3%}, "
        f"worst label set {outcome.worst():.3%}, lost by design {outcome.lost:.2f} USD",
    )
    assert outcome.worst() <= TOLERANCE, SCENES[name][0]
    assert outcome.day == pytest.approx(sum(outcome.truth.values()), rel=TOLERANCE)


@pytest.mark.parametrize("name", SCENES)
def test_loss_is_alerted_and_only_loss(name: str, outcomes: Mapping[str, Future[Outcome]]) -> None:
    """Where spend is lost the alert about the gap has fired; where all is counted it has not."""
    outcome = outcomes[name].result()
    assert (GAP in outcome.fired) == (outcome.lost > 0), f"fired: {sorted(outcome.fired)}"


@pytest.mark.parametrize(
    "name",
    [
        "outage_of_the_collector",
        "instance_away_longer_than_the_memory",
        "collectors_away_longer_than_the_memory",
    ],
)
def test_unreachable_collectors_are_alerted(name: str, outcomes: Mapping[str, Future[Outcome]]) -> None:
    """A collector that cannot be scraped is alerted while it is away, not only when spend is lost."""
    assert "ClaudeCodeCollectorUnreachable" in outcomes[name].result().fired


@pytest.mark.parametrize("name", CONTROLS)
def test_a_broken_rule_is_caught(
    name: str, outcomes: Mapping[str, Future[Outcome]], record_property: Callable[[str, object], None]
) -> None:
    """The assertions above can fail: known mistakes in the rules show the error they are known for."""
    outcome, control = outcomes[name].result(), CONTROLS[name]
    truth = sum(outcome.truth.values())
    record_property("live", f"{name}: truth {truth:.2f} USD, recorded {outcome.error:+.1%}")
    assert control.least <= outcome.error <= control.most
