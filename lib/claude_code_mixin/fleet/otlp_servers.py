"""Servers that take OTLP metrics themselves: Prometheus with its receiver, and VictoriaMetrics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from claude_code_mixin.fleet.exporters import HttpSink
from claude_code_mixin.fleet.prometheus import Prometheus


class OtlpPrometheus(Prometheus):
    """A Prometheus that takes OTLP; the parameters are those of Prometheus.

    Debian's build has no receiver: the program is the optional tool prometheus-otlp.
    """

    program = "prometheus-otlp"

    def arguments(self) -> list[str]:
        """Return the command line with the receiver switched on."""
        return [*super().arguments(), "--web.enable-otlp-receiver"]

    def sink(self) -> HttpSink:
        """Return where clients post."""
        return HttpSink(f"{self.url}/api/v1/otlp")


class VictoriaMetrics(Prometheus):
    """A single VictoriaMetrics with scrape jobs and command-line `flags`, queried as Prometheus is.

    It evaluates no rules: vmalert does.
    """

    program = "victoria-metrics"

    def __init__(
        self, folder: Path, *, scrapes: Sequence[Mapping[str, object]] = (), flags: Sequence[str] = ()
    ) -> None:
        super().__init__(folder, scrapes=scrapes)
        self.flags = tuple(flags)

    def ready_url(self) -> str:
        """Return the health URL."""
        return f"{self.url}/health"

    def arguments(self) -> list[str]:
        """Write the scrape configuration, return the command line."""
        config: dict[str, Any] = {"scrape_configs": self.scrapes}
        (self.folder / "scrape.yml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")
        return [
            f"-storageDataPath={self.folder / 'data'}",
            f"-httpListenAddr=127.0.0.1:{self.port}",
            f"-promscrape.config={self.folder / 'scrape.yml'}",
            "-retentionPeriod=1y",
            "-opentelemetry.usePrometheusNaming",
            *self.flags,
        ]

    def sink(self) -> HttpSink:
        """Return where clients post; JSON is refused."""
        return HttpSink(f"{self.url}/opentelemetry", protobuf=True)
