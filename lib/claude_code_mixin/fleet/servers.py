"""The servers of a monitoring stack as they really are, on loopback, from the tools folder."""

from __future__ import annotations

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
    """An OpenTelemetry Collector with the text `config`, whose listening `addresses` are moved to free ports.

    `moved` tells where each address, such as 127.0.0.1:4318, went; `ready` is the one that serves /metrics.
    """

    program = "otelcol"

    def __init__(self, folder: Path, *, config: str, addresses: Sequence[str], ready: str) -> None:
        super().__init__(folder)
        self.moved = {address: f"127.0.0.1:{free_port()}" for address in addresses}
        self.ready = ready
        for address, port in self.moved.items():
            if address not in config:
                raise ServerError(f"the collector configuration does not listen on {address}")
            config = config.replace(address, port)
        self.config = config

    def ready_url(self) -> str:
        """Return the URL whose metrics say that the pipelines run."""
        return f"http://{self.moved[self.ready]}/metrics"

    def arguments(self) -> list[str]:
        """Write the configuration, return the command line."""
        (self.folder / "collector.yaml").write_text(self.config, "utf-8")
        return [f"--config={self.folder / 'collector.yaml'}"]


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
    """A vmalert that reads from `datasource`, evaluates `rules` and writes to `remote_write`."""

    program = "vmalert"

    def __init__(self, folder: Path, *, rules: Mapping[str, str], datasource: str, remote_write: str) -> None:
        super().__init__(folder)
        self.rule_files = dict(rules)
        self.datasource = datasource
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
            "-notifier.blackhole",
            f"-httpListenAddr=127.0.0.1:{self.port}",
        ]
