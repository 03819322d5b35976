"""Where a simulated client runs, how it is set up, and what that puts on everything it sends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from claude_code_mixin.fleet.telemetry import Value

LATEST = "2.1.330"
OLDER = "2.1.240"
"""The client whose documentation is public: it sends nothing that is undocumented or came later."""

Exporter = Literal["delta", "cumulative", "prometheus"]


@dataclass(frozen=True)
class Machine:
    """One person's computer.

    `writer` names the credentials of its telemetry, `user` its anonymous installation, `custom` the keys of
    OTEL_RESOURCE_ATTRIBUTES, `account` what a signed-in client adds. Its clock is `skew` seconds ahead.
    """

    name: str
    writer: str = "laptops"
    user: str = "a" * 64
    custom: Mapping[str, str] = field(default_factory=dict)
    account: Mapping[str, str] = field(default_factory=dict)
    os_type: str = "linux"
    os_version: str = "6.1.0-generic"
    arch: str = "amd64"
    terminal: str = "xterm"
    skew: float = 0.0


@dataclass(frozen=True)
class Settings:
    """The environment variables and the version of a client. Intervals in seconds.

    `metrics` is how counters leave: OTLP with one temporality, or the client's own Prometheus exporter, which
    waits for scrapes. `base_url` says that requests go to another address than Anthropic's.
    """

    version: str = LATEST
    metrics: Exporter = "delta"
    metric_interval: float = 60.0
    event_interval: float = 5.0
    session_id: bool = True
    app_version: bool = False
    entrypoint: bool = False
    repository: str = ""
    base_url: bool = False

    @property
    def latest(self) -> bool:
        """Whether this is the captured version; an older one is known from its documentation only."""
        return self.version == LATEST

    @property
    def cumulative(self) -> bool:
        """Whether points carry totals."""
        return self.metrics != "delta"


def resource(machine: Machine, settings: Settings) -> dict[str, Value]:
    """Return the resource's attributes: custom ones first, which may replace the service's name."""
    return {
        **machine.custom,
        "host.arch": machine.arch,
        "os.type": machine.os_type,
        "os.version": machine.os_version,
        "service.name": machine.custom.get("service.name", "claude-code"),
        "service.version": settings.version,
    }


def standard(
    machine: Machine, settings: Settings, session: str, *, interactive: bool, repository: bool = True
) -> dict[str, Value]:
    """Return what every point and record carries. The first records of a process lack the `repository`."""
    found: dict[str, Value] = {**machine.custom, "user.id": machine.user}
    if settings.session_id:
        found["session.id"] = session
    if settings.app_version:
        found["app.version"] = settings.version
    if settings.entrypoint:
        found["app.entrypoint"] = "cli" if interactive else "sdk-cli"
    found |= machine.account
    # The repository attributes came with 2.1.269, between the two versions.
    if settings.repository and repository and settings.latest:
        found |= _repository(settings.repository)
    if settings.latest:
        found["anthropic.provider"] = "firstParty"
        if settings.base_url:
            found["anthropic.custom_base_url"] = True
    return found | {"terminal.type": machine.terminal}


def _repository(name: str) -> dict[str, Value]:
    owner, _, repository = name.partition("/")
    return {
        "vcs.repository.url.full": f"https://github.com/{name}",
        "vcs.owner.name": owner,
        "vcs.repository.name": repository,
        "vcs.provider.name": "github",
    }
