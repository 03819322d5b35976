"""A real Prometheus: scrape jobs and rule files in, query results out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
import yaml

from claude_code_mixin.fleet.process import REQUEST_SECONDS, Server, ServerError, answer, write_rules


@dataclass(frozen=True)
class Sample:
    """One series of an instant query: its labels without the name, value, and time in Unix seconds."""

    labels: Mapping[str, str]
    value: float
    time: float


@dataclass(frozen=True)
class Range:
    """One series of a range query: its labels and its points as pairs of Unix seconds and value."""

    labels: Mapping[str, str]
    points: tuple[tuple[float, float], ...]


class Prometheus(Server):
    """A Prometheus with the given scrape jobs and rule files.

    `scrapes` are entries of `scrape_configs` as Prometheus reads them; `rules` maps file names to rule files;
    `lookback` is the query lookback and `evaluation` the default rule interval, both Prometheus durations;
    `features` are values of --enable-feature; `out_of_order` is how late remote writes may be. All but
    `features` and `lookback` may be changed on a running server: `reload()` puts them in force.
    """

    program = "prometheus"

    def __init__(
        self,
        folder: Path,
        *,
        scrapes: Sequence[Mapping[str, object]] = (),
        rules: Mapping[str, str] | None = None,
        evaluation: str = "1m",
        lookback: str = "5m",
        features: Sequence[str] = (),
        alertmanager: str | None = None,
        out_of_order: str = "0s",
    ) -> None:
        super().__init__(folder)
        self.scrapes = list(scrapes)
        self.rule_files = dict(rules or {})
        self.evaluation = evaluation
        self.lookback = lookback
        self.features = tuple(features)
        self.alertmanager = alertmanager
        self.out_of_order = out_of_order

    def ready_url(self) -> str:
        """Return the URL that answers 200 once the storage is open."""
        return f"{self.url}/-/ready"

    def arguments(self) -> list[str]:
        """Write configuration and rule files, return the command line."""
        self._write()
        return [
            f"--config.file={self.folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            f"--query.lookback-delta={self.lookback}",
            "--rules.alert.resend-delay=1s",
            "--web.enable-lifecycle",
            "--web.enable-remote-write-receiver",
            *(f"--enable-feature={feature}" for feature in self.features),
        ]

    def _write(self) -> None:
        write_rules(self.folder, self.rule_files)
        receivers = [{"static_configs": [{"targets": [self.alertmanager]}]}] if self.alertmanager else []
        config = {
            "global": {"evaluation_interval": self.evaluation},
            "rule_files": ["*.rules.yaml"],
            "scrape_configs": self.scrapes,
            "alerting": {"alertmanagers": receivers},
            "storage": {"tsdb": {"out_of_order_time_window": self.out_of_order}},
        }
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")

    def reload(self) -> None:
        """Write configuration and rules anew and have them read; raise ServerError if they are refused."""
        self._write()
        answer(requests.post(f"{self.url}/-/reload", timeout=REQUEST_SECONDS), f"{self.program} reload")

    def query(self, expr: str, at: float | None = None) -> list[Sample]:
        """Evaluate `expr` at Unix time `at`, default now; a scalar is one sample without labels."""
        data = self._api("query", {"query": expr} | ({} if at is None else {"time": f"{at:.3f}"}))
        if data["resultType"] == "scalar":
            time, value = data["result"]
            return [Sample({}, float(value), float(time))]
        rows = data["result"]
        return [
            Sample(_nameless(row["metric"]), float(row["value"][1]), float(row["value"][0]))
            for row in rows
            if "value" in row
        ]

    def query_range(self, expr: str, start: float, end: float, step: float) -> list[Range]:
        """Evaluate `expr` from Unix time `start` to `end` every `step` seconds."""
        times = {"start": f"{start:.3f}", "end": f"{end:.3f}", "step": f"{step:.3f}"}
        rows = self._api("query_range", {"query": expr} | times)["result"]
        return [
            Range(_nameless(row["metric"]), tuple((float(at), float(value)) for at, value in row["values"]))
            for row in rows
        ]

    def stored(self, selector: str) -> list[Range]:
        """Return the samples as they are stored of a range selector such as m[5m]."""
        rows = self._api("query", {"query": selector})["result"]
        return [
            Range(_nameless(row["metric"]), tuple((float(at), float(value)) for at, value in row["values"]))
            for row in rows
        ]

    def value(self, expr: str, at: float | None = None) -> float:
        """Return the sum of what `expr` evaluates to: 0 for no data."""
        return sum(sample.value for sample in self.query(expr, at))

    def rules(self) -> list[dict[str, Any]]:
        """Return every rule group as the server's API describes it."""
        groups: list[dict[str, Any]] = self._api("rules", {})["groups"]
        return groups

    def firing(self) -> list[dict[str, str]]:
        """Return the labels of every alert that is firing now."""
        alerts = self._api("alerts", {})["alerts"]
        return [alert["labels"] for alert in alerts if alert["state"] == "firing"]

    def _api(self, path: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        self._running()
        url = f"{self.url}/api/v1/{path}"
        try:
            method = "POST" if parameters else "GET"
            response = requests.request(method, url, data=parameters, timeout=REQUEST_SECONDS)
        except requests.RequestException as error:
            raise ServerError(f"{url} does not answer: {error}; {self.tail()}") from error
        body: dict[str, dict[str, Any]] = answer(response, f"{path} {parameters.get('query', '')}").json()
        return body["data"]


def _nameless(labels: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in labels.items() if name != "__name__"}
