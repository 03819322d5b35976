"""Real input through the built pipeline: captures -> collector -> Prometheus with the built rules -> table.

`python -m claude_code_mixin.fleet.real_input BUILD CAPTURES TABLE` writes the comparison of what was captured
with what both meters recorded as a Markdown table.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from claude_code_mixin.catalogue import load as load_catalogue
from claude_code_mixin.fleet import otlp, scale
from claude_code_mixin.fleet.captures import SIGNALS, Capture, Cell, load, retimed
from claude_code_mixin.fleet.process import ServerError, tool
from claude_code_mixin.fleet.servers import Collector, Prometheus

FACTOR = 60
JOB = "claude-code-collector"
HEALTH_JOB = "claude-code-collector-health"
WRITER = ("laptops", "made-up-for-this-run")
CANARY = "canary"
EVALUATION = "1m"
WALL = "15m"  # longer than a run lasts, on the wall clock
WAIT_SECONDS = 60.0
# Records by quantity, and the labels after team that make a cell.
EVENT_METER = {
    "cost": ("identity:claude_code_cost_usd:increase1m", ("model",)),
    "tokens": ("identity:claude_code_tokens:increase1m", ("model", "type")),
    "requests": ("identity:claude_code_requests:increase1m", ("model",)),
}
CLIENT_METER = {
    "cost": ("witness:claude_code_cost_usd:increase1m", ("model",)),
    "tokens": ("witness:claude_code_tokens:increase1m", ("model", "type")),
    "sessions": ("start:claude_code_sessions:increase1m", ("start_type",)),
}


@dataclass(frozen=True)
class Row:
    """One cell of the comparison; a meter that does not measure the quantity has None."""

    capture: str
    cell: Cell
    truth: float
    events: float | None
    client: float | None


class RealInput:
    """A collector and a Prometheus as built in the folder `build`, on a clock FACTOR times faster."""

    def __init__(self, folder: Path, build: Path) -> None:
        rules = {file.name: file.read_text("utf-8") for file in sorted(build.glob("prometheus/*.rules.yaml"))}
        if not rules:
            raise ServerError(f"{build}/prometheus holds no rule file: run `claude-code-mixin build` first")
        config = (build / "collector" / "config.yaml").read_text("utf-8")
        self.collector = Collector(folder / "collector", config=config, writers=dict([WRITER]))
        self.prometheus = Prometheus(
            folder / "prometheus",
            scrapes=[_scrape(JOB, self.collector.metrics), _scrape(HEALTH_JOB, self.collector.telemetry)],
            rules={name: scale.rules(text, FACTOR) for name, text in rules.items()},
            evaluation=scale.duration(EVALUATION, FACTOR),
            lookback=scale.duration("5m", FACTOR),
        )
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.collector)
            stack.enter_context(self.prometheus)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def url(self, signal: str) -> str:
        """Return where `signal` (logs, metrics) is sent."""
        return f"http://{self.collector.otlp}{SIGNALS[signal]}"

    def replay(self, captures: Sequence[Capture]) -> None:
        """Send a canary and all captures at once, each in its own rhythm; wait until all is recorded."""
        self.settle()
        otlp.send(self.url("logs"), otlp.records({"event.name": CANARY}), writer=WRITER)
        with ThreadPoolExecutor(len(captures)) as pool:
            for played in [pool.submit(self._play, capture) for capture in captures]:
                played.result()
        self.evaluations(4)

    def _play(self, capture: Capture) -> None:
        began = time.time()
        for post in capture.posts:
            time.sleep(max(0.0, began + post.after - time.time()))
            body = retimed(post.body, began - capture.began, capture.name)
            otlp.send(self.url(post.signal), body, writer=WRITER)

    def settle(self) -> None:
        """Wait until both jobs are scraped and the meter has run beside them: what comes now is counted."""
        deadline = time.monotonic() + WAIT_SECONDS
        while self.prometheus.value("up") < 2:
            if time.monotonic() > deadline:
                raise ServerError(f"the collector is not scraped: {self.prometheus.tail()}")
            time.sleep(0.1)
        self.evaluations(3)

    def evaluations(self, count: int) -> None:
        """Wait until the slowest rule group was due `count` times."""
        time.sleep((count + 1) * scale.milliseconds(EVALUATION) / 1000 / FACTOR)

    def rows(self, captures: Sequence[Capture]) -> tuple[Row, ...]:
        """Compare what was captured with what both meters recorded; capture by capture, cell by cell.

        A cell that was recorded and not captured is a row, too.
        """
        events = {quantity: self._recorded(quantity, *where) for quantity, where in EVENT_METER.items()}
        client = {quantity: self._recorded(quantity, *where) for quantity, where in CLIENT_METER.items()}
        truth = {(it.name, *cell): value for it in captures for cell, value in it.truth().items()}
        recorded = {key for found in (*events.values(), *client.values()) for key in found}
        return tuple(
            Row(
                capture=key[0],
                cell=key[1:],
                truth=truth.get(key, 0.0),
                events=events[key[1]].get(key, 0.0) if key[1] in events else None,
                client=client[key[1]].get(key, 0.0) if key[1] in client else None,
            )
            for key in sorted({*truth, *recorded})
        )

    def _recorded(self, quantity: str, record: str, labels: tuple[str, ...]) -> dict[tuple[str, ...], float]:
        by = ", ".join(("team", *labels))
        return {
            (
                sample.labels.get("team", ""),
                quantity,
                *(sample.labels.get(label, "") for label in labels),
            ): sample.value
            for sample in self.prometheus.query(f"sum by ({by}) (sum_over_time({record}[{WALL}]))")
        }


def _scrape(job: str, target: str) -> dict[str, object]:
    return {
        "job_name": job,
        "scrape_interval": scale.duration("15s", FACTOR),
        "scrape_timeout": scale.duration("10s", FACTOR),
        "static_configs": [{"targets": [target]}],
    }


TOKEN_TYPES = ("input", "output", "cacheRead", "cacheCreation")
HEAD: tuple[tuple[str, ...], ...] = (
    ("capture", "model"),
    ("USD", "events", "client"),
    (f"tokens: {' / '.join(TOKEN_TYPES)}", "events", "client"),
    ("requests", "events"),
    ("sessions", "client"),
    ("note",),
)


def heading() -> str:
    """Return what stands above the table: what it is, when, with what, and how to read it."""
    versions = ", ".join(f"{name} {_version(name)}" for name in ("prometheus", "otelcol"))
    return f"""# Recorded sessions of the real client, through the built pipeline

`make real-input`, {datetime.now(UTC).date()}, {versions}, claude-code {load_catalogue().client_version}.
Each column of truth (as the client sent it) is followed by what the meters recorded. Client cells of
cumulative captures are 0 by design: summed without sessions they would be garbage, so the collector refuses
and counts them.

"""


def _version(name: str) -> str:
    command = [str(tool(name)), "--version"]
    run = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 (our own tools)
    first = run.stdout.splitlines()[0]
    return first.partition("version ")[2].split()[0]


def table(captures: Sequence[Capture], rows: Sequence[Row]) -> str:
    """Return `rows` as a Markdown table: a line per capture and model; truth first, then the meters."""
    cells = {(row.capture, *row.cell): row for row in rows}
    head = [name for group in HEAD for name in group]
    lines = [head, ["---"] * len(head)]
    for capture in captures:
        models = sorted(key[2] for key in cells if key[:2] == (capture.name, "cost"))
        lines += [_line(capture, model, cells) for model in models or [""]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def _line(capture: Capture, model: str, cells: Mapping[tuple[str, ...], Row]) -> list[str]:
    sessions = [key for key in cells if key[:2] == (capture.name, "sessions")]
    groups: list[list[tuple[str, ...]]] = [
        [(capture.name, "cost", model)],
        [(capture.name, "tokens", model, kind) for kind in TOKEN_TYPES],
        [(capture.name, "requests", model)],
        sessions,
    ]
    columns = [
        _joined([cells.get(key) for key in group], of)
        for group, meters in zip(groups, HEAD[1:5], strict=True)
        for of in ("truth", *meters[1:])
    ]
    note = "" if any(capture.records()) else "no events captured"
    if capture.cumulative:
        note = f"{capture.cumulative_points()} cumulative points dropped"
    return [capture.name, model or "-", *columns, note]


def _joined(rows: Sequence[Row | None], of: str) -> str:
    values = [getattr(row, of) for row in rows if row is not None]
    return " / ".join("-" if value is None else f"{value:.6g}" for value in values) or "-"


def main(arguments: Sequence[str]) -> int:
    """Write the table; return 0, or 2 when the arguments are wrong."""
    if len(arguments) != 3:
        sys.stderr.write("usage: python -m claude_code_mixin.fleet.real_input BUILD CAPTURES TABLE\n")
        return 2
    build, folder, output = (Path(argument) for argument in arguments)
    captures = load(folder)
    with tempfile.TemporaryDirectory() as data, RealInput(Path(data), build) as run:
        run.replay(captures)
        output.write_text(heading() + table(captures, run.rows(captures)), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
