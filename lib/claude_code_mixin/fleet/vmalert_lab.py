"""The lab of vmalert on VictoriaMetrics: every scene against its truth, and what must not be left out.

`python -m claude_code_mixin.fleet.vmalert_lab --output results` writes vmalert.md and returns 1 when a scene
with the rules that are built for vmalert is not exact.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from claude_code_mixin.compile.prometheus import rules
from claude_code_mixin.config import Config, Meter
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.scene import Outcome
from claude_code_mixin.fleet.vmalert_scene import COST, FACTOR, ONCE, SCENES, VictoriaScene
from claude_code_mixin.loader import load
from claude_code_mixin.settings import using

TOPICS = ("cost", "meter", "pipeline")
TOLERANCE = 1e-6
Rules = Mapping[str, str]


@dataclass(frozen=True)
class Play:
    """A scene with its rules; `variant` says what is different from what is built and advised."""

    scene: str
    rules: Rules
    variant: str = ""
    flags: tuple[str, ...] = (ONCE,)


def built(target: str) -> Rules:
    """Return the rule files of the topics that scenes are about, as they are built for a target.

    The first call imports content, which one thread must do.
    """
    with using(Config(meter=Meter.model_validate({"target": target}))) as config:
        files = rules(load(config, Path()))
    return {name: text for name, text in files.items() if Path(name).name.partition(".")[0] in TOPICS}


def increases() -> Rules:
    """Return the usual form, increase() over the minute, under the name of our record."""
    usual = f'sum by (team, model) (increase({COST.counter}{{job="{COST.job}"}}[1m])) > 0'
    rule = {"record": COST.increments, "expr": usual}
    group = {"name": "usual", "interval": "1m", "eval_delay": "1m", "rules": [rule]}
    return {"cost": yaml.safe_dump({"groups": [group]})}


def plays() -> list[Play]:
    """Return every scene with the rules for vmalert, and those in which something is left out."""
    ours, prometheus = built("victoriametrics"), built("prometheus-3.5")
    return [
        *(Play(scene, ours) for scene in SCENES),
        Play("undisturbed", prometheus, "the rules for Prometheus"),
        Play("vmalert_restarted", ours, f"without `{ONCE}`", ()),
        Play("undisturbed", increases(), "`increase(m[1m])`"),
        Play("vmalert_killed", increases(), "`increase(m[1m])`"),
    ]


def played(play: Play) -> Outcome:
    """Play a scene on servers of its own; raise ServerError when one fails and the scene has it not."""
    with (
        tempfile.TemporaryDirectory() as folder,
        VictoriaScene(Path(folder), play.rules, flags=play.flags, seed=len(play.scene)) as scene,
    ):
        SCENES[play.scene](scene)
        return scene.outcome()


def deviation(outcome: Outcome) -> tuple[float, float]:
    """Return what was lost and gained against the truth as shares of it, summed over label sets."""
    keys = {*outcome.truth, *outcome.recorded}
    differences = [outcome.recorded.get(key, 0.0) - outcome.truth.get(key, 0.0) for key in keys]
    whole = sum(outcome.truth.values())
    return -sum(it for it in differences if it < 0) / whole, sum(it for it in differences if it > 0) / whole


def red(play: Play, outcome: Outcome) -> bool:
    """Whether the rules for vmalert, run as advised, are not exact."""
    return not play.variant and sum(deviation(outcome)) > TOLERANCE


def markdown(found: Sequence[tuple[Play, Outcome]]) -> str:
    """Return the table for people."""
    lines = []
    for play, outcome in found:
        lost, gained = deviation(outcome)
        mark = " **RED**" if red(play, outcome) else ""
        lines.append(
            f"| {play.scene} | {play.variant or 'as built'} | {sum(outcome.truth.values()):.2f} "
            f"| {sum(outcome.recorded.values()):.2f} | {100 * lost:.3f} % | {100 * gained:.3f} %{mark} |"
        )
    table = "\n".join(lines)
    scenes = "\n".join(f"- `{name}`: {script.__doc__}" for name, script in SCENES.items())
    number = sum(red(*it) for it in found)
    verdict = "GREEN" if not number else f"RED: {number} scenes"
    return f"""# vmalert on VictoriaMetrics

`make truth-vmalert`, {datetime.now(UTC).date()}, VictoriaMetrics and vmalert 1.145, the clock {FACTOR} times
faster. {verdict}.

The rules of `target = "victoriametrics"` under vmalert, beside counters whose truth is known: dollars spent
and recorded, and what label sets lost and gained. VictoriaMetrics runs with `{ONCE}`; its own
intervals are shortened as the clock is. Variants show what happens otherwise.

| scene | rules | dollars | recorded | lost | gained |
| --- | --- | --- | --- | --- | --- |
{table}

{scenes}
"""


def main(arguments: Sequence[str]) -> int:
    """Play everything at once, because most of it waits; return 1 when a scene as built is not exact."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, required=True, help="folder for vmalert.md")
    options = parser.parse_args(arguments)
    chosen = plays()
    try:
        with ThreadPoolExecutor(len(chosen)) as pool:
            found = list(zip(chosen, pool.map(played, chosen), strict=True))
    except ServerError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    made = options.output / ".vmalert.md.new"
    made.write_text(markdown(found), "utf-8")
    made.replace(options.output / "vmalert.md")
    return int(any(red(*it) for it in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
