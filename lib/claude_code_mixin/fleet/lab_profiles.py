"""The setups of the lab: an ingest profile, how its clients export, and which faults there can be."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from claude_code_mixin import build
from claude_code_mixin.fleet.lab_collector import CollectorStack, DefaultStack
from claude_code_mixin.fleet.lab_quantities import QUANTITIES, Quantity, client_quantities
from claude_code_mixin.fleet.lab_scrape import SCRAPED_JOB, ScrapeStack
from claude_code_mixin.fleet.lab_stack import Built, Lab, Stack
from claude_code_mixin.fleet.lab_workloads import adapted
from claude_code_mixin.fleet.machine import Exporter
from claude_code_mixin.fleet.process import ServerError
from claude_code_mixin.fleet.workloads import Workload

NO_COLLECTOR = "clients are scraped: there is no collector"


@dataclass(frozen=True)
class Setup:
    """An ingest profile as the lab runs it.

    `stack` are its servers, `quantities` what is compared. `exporting` is how all clients export, None for as
    the workload says. `job` is the scrape job to configure where it is not the default one. `skipped` are the
    faults that cannot happen, with the reason. `strict` cells have the limit of the fault, others 0.5 %.
    """

    name: str
    profile: str
    clients: str
    description: str
    stack: Callable[[Lab], Stack]
    quantities: tuple[Quantity, ...]
    exporting: Exporter | None = None
    job: str = ""
    skipped: Mapping[str, str] = field(default_factory=dict)
    strict: bool = False

    def adapted(self, workload: Workload) -> Workload:
        """Return a workload as the lab plays it in this setup."""
        made = adapted(workload)
        return made.exporting(self.exporting) if self.exporting else made


COLLECTOR = Setup(
    "collector",
    "collector",
    "delta",
    "OTLP to the collector with the built configuration; events are the number",
    CollectorStack,
    QUANTITIES,
    strict=True,
)
DELTA = Setup(
    "collector-default, delta",
    "collector-default",
    "delta",
    "OTLP with the clients' default temporality to a collector as most have it, read by our rules for it",
    DefaultStack,
    client_quantities("collector-default"),
    exporting="delta",
)
SCRAPED = Setup(
    "scrape",
    "scrape",
    "scraped",
    "Prometheus scrapes the clients' own exporters, one port a machine",
    ScrapeStack,
    client_quantities("scrape"),
    exporting="prometheus",
    job=SCRAPED_JOB,
    skipped={
        "collector_drained": NO_COLLECTOR,
        "collector_restart": NO_COLLECTOR,
        "collector_kill": NO_COLLECTOR,
        "late_samples": NO_COLLECTOR,
        "two_replicas": NO_COLLECTOR,
    },
)
SETUPS: tuple[Setup, ...] = (
    COLLECTOR,
    DELTA,
    replace(
        DELTA,
        name="collector-default, cumulative",
        clients="cumulative",
        description="the same with clients that are told to send totals",
        exporting="cumulative",
    ),
    SCRAPED,
)
"""Every setup, in the order of the table."""
PROFILES = tuple(dict.fromkeys(setup.profile for setup in SETUPS))


def read(folder: Path) -> Built:
    """Return what is to be run from a build folder; raise ServerError when it holds no rules."""
    rules = {file.name: file.read_text("utf-8") for file in sorted(folder.glob("prometheus/*.rules.yaml"))}
    if not rules:
        raise ServerError(f"{folder}/prometheus holds no rule file: run `claude-code-mixin build` first")
    return Built((folder / "collector" / "config.yaml").read_text("utf-8"), rules)


def built(setup: Setup, folder: Path) -> Built:
    """Return the build for a setup: that in `folder` for the default profile, else one made for it.

    Raise ServerError when `folder` holds no rules, ProblemsError when the profile cannot be built.
    """
    if setup.strict:
        return read(folder)
    with tempfile.TemporaryDirectory() as made:
        config = Path(made) / "mixin.toml"
        job = f'job = "{setup.job}"\n' if setup.job else ""
        config.write_text(f'[meter]\nprofile = "{setup.profile}"\n{job}', "utf-8")
        build.build(config, {}, Path(made) / "build")
        return read(Path(made) / "build")
