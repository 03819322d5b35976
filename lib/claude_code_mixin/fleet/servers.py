"""The servers of a monitoring stack as they really are, on loopback, from the tools folder."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import requests
import yaml

from claude_code_mixin.fleet.process import (
    REQUEST_SECONDS,
    Server,
    ServerError,
    answer,
    free_port,
    write_rules,
)
from claude_code_mixin.fleet.prometheus import Prometheus, Range, Sample

__all__ = ["Alertmanager", "Collector", "Prometheus", "Range", "Sample", "ServerError", "Vmagent", "Vmalert"]


class Alertmanager(Server):
    """An Alertmanager that sends every alert to `webhook`, or nowhere."""

    program = "alertmanager"

    def __init__(self, folder: Path, *, webhook: str | None = None, config: str | None = None) -> None:
        super().__init__(folder)
        sink: dict[str, object] = {"name": "all"}
        if webhook:
            sink["webhook_configs"] = [{"url": webhook, "send_resolved": True}]
        route = {"receiver": "all", "group_by": ["..."], "group_wait": "1s", "group_interval": "1s"}
        self.config = config or json.dumps({"route": route, "receivers": [sink]})

    def ready_url(self) -> str:
        """Return the URL that answers 200 once alerts are accepted."""
        return f"{self.url}/-/ready"

    def arguments(self) -> list[str]:
        """Write the configuration, return the command line; clustering is off."""
        (self.folder / "alertmanager.yml").write_text(self.config, "utf-8")
        return [
            f"--config.file={self.folder / 'alertmanager.yml'}",
            f"--storage.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--cluster.listen-address=",
        ]

    def alerts(self) -> list[dict[str, object]]:
        """Return the active alerts as the API describes them."""
        response = requests.get(f"{self.url}/api/v2/alerts", timeout=REQUEST_SECONDS)
        found: list[dict[str, object]] = answer(response, "Alertmanager's alerts").json()
        return found


class Collector(Server):
    """An OpenTelemetry Collector with the built configuration, moved to free ports by its environment.

    `config` is the text of collector/config.yaml; `writers` maps the names that may send to their passwords;
    `start_id` is the value of the label that must change at every start; `drain` is how long it shows its
    counters after it was told to end.
    """

    program = "otelcol"

    def __init__(
        self,
        folder: Path,
        *,
        config: str,
        writers: Mapping[str, str],
        start_id: str = "start-1",
        drain: str = "1ms",
    ) -> None:
        super().__init__(folder)
        self.config = config
        self.writers = dict(writers)
        self.start_id = start_id
        self.drain = drain
        self.otlp, self.grpc, self.metrics, self.telemetry, self.sessions = (
            f"127.0.0.1:{free_port()}" for _ in range(5)
        )

    def ready_url(self) -> str:
        """Return the health check's URL."""
        return f"{self.url}/"

    def arguments(self) -> list[str]:
        """Write configuration and writers, set the environment, return the command line."""
        (self.folder / "config.yaml").write_text(self.config, "utf-8")
        lines = [f"{name}:{_hashed(password)}\n" for name, password in self.writers.items()]
        (self.folder / "htpasswd").write_text("".join(lines), "utf-8")
        self.environment = {
            "CLAUDE_CODE_MIXIN_HTTP_ENDPOINT": self.otlp,
            "CLAUDE_CODE_MIXIN_GRPC_ENDPOINT": self.grpc,
            "CLAUDE_CODE_MIXIN_PROMETHEUS_ENDPOINT": self.metrics,
            "CLAUDE_CODE_MIXIN_SESSION_ENDPOINT": self.sessions,
            "CLAUDE_CODE_MIXIN_TELEMETRY_PORT": self.telemetry.rpartition(":")[2],
            "CLAUDE_CODE_MIXIN_HEALTH_ENDPOINT": f"127.0.0.1:{self.port}",
            "CLAUDE_CODE_MIXIN_HTPASSWD": str(self.folder / "htpasswd"),
            "CLAUDE_CODE_MIXIN_COLLECTOR_START": self.start_id,
            "CLAUDE_CODE_MIXIN_DRAIN": self.drain,
        }
        return [f"--config={self.folder / 'config.yaml'}"]


def _hashed(password: str) -> str:
    """Return `password` as htpasswd's {SHA}: weak, but the writers are made up."""
    digest = hashlib.sha1(password.encode(), usedforsecurity=False).digest()
    return "{SHA}" + base64.b64encode(digest).decode()


class Vmagent(Server):
    """A vmagent that scrapes the given jobs and writes to the `remote_write` URL."""

    program = "vmagent"

    def __init__(self, folder: Path, *, scrapes: Sequence[Mapping[str, object]], remote_write: str) -> None:
        super().__init__(folder)
        self.scrapes = list(scrapes)
        self.remote_write = remote_write

    def ready_url(self) -> str:
        """Return the health URL."""
        return f"{self.url}/health"

    def arguments(self) -> list[str]:
        """Write the scrape configuration, return the command line."""
        (self.folder / "scrape.yml").write_text(yaml.safe_dump({"scrape_configs": self.scrapes}), "utf-8")
        return [
            f"-promscrape.config={self.folder / 'scrape.yml'}",
            f"-remoteWrite.url={self.remote_write}",
            f"-remoteWrite.tmpDataPath={self.folder / 'queue'}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
        ]


class Vmalert(Server):
    """A vmalert that reads from `datasource`, evaluates `rules` and writes to `remote_write`.

    `delay` is how far behind the wall clock it evaluates; vmalert's own default is 30 s. `flags` are further
    command-line flags.
    """

    program = "vmalert"

    def __init__(
        self,
        folder: Path,
        *,
        rules: Mapping[str, str],
        datasource: str,
        remote_write: str,
        delay: str = "30s",
        flags: Sequence[str] = (),
    ) -> None:
        super().__init__(folder)
        self.rule_files = dict(rules)
        self.datasource = datasource
        self.delay = delay
        self.flags = tuple(flags)
        self.remote_write = remote_write

    def ready_url(self) -> str:
        """Return the health URL."""
        return f"{self.url}/health"

    def arguments(self) -> list[str]:
        """Write the rule files, return the command line; alerts are evaluated and not sent."""
        write_rules(self.folder, self.rule_files)
        return [
            f"-rule={self.folder}/*.rules.yaml",
            f"-datasource.url={self.datasource}",
            f"-remoteWrite.url={self.remote_write}",
            f"-rule.evalDelay={self.delay}",
            "-notifier.blackhole",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            *self.flags,
        ]
