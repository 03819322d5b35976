"""The switch for single sessions: off, nothing knows of them; on, they come beside what was there."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from claude_code_mixin.collector_series import collector_series
from claude_code_mixin.compile.collector import collector
from claude_code_mixin.config import Collector, Config
from claude_code_mixin.settings import using

ON = Collector(session_endpoint="127.0.0.1:9999", session_hours=12, session_streams=5000)
SERIES = {
    "claude_code_meter_session_cost_USD_total",
    "claude_code_meter_session_tokens_total",
    "claude_code_meter_session_requests_total",
    "claude_code_meter_session_errors_total",
    "claude_code_meter_session_tool_calls_total",
}


def text(config: Config) -> str:
    """The collector's configuration."""
    return collector(config)["collector/config.yaml"]


def known(config: Config) -> dict[str, set[str]]:
    """The series of single sessions that checks know, with their labels."""
    with using(config):
        return {name: set(it.labels) for name, it in collector_series().items() if "meter_session" in name}


@pytest.mark.parametrize("config", [Config(), Config(privacy="strict", collector=ON)], ids=["off", "strict"])
def test_off_nothing_knows_of_single_sessions(config: Config) -> None:
    """No port, no pipeline, no attribute, no series; `strict` is as good as off."""
    assert "session_id" not in text(config)
    assert "sessions" not in text(config)
    assert known(config) == {}


@pytest.mark.parametrize(("privacy", "owners"), [("team", {"team"}), ("full", {"team", "user"})])
def test_on_the_checks_know_their_series(privacy: Any, owners: set[str]) -> None:
    """The id, what the privacy profile allows, and the model where the event has one."""
    found = known(Config(privacy=privacy, collector=ON))
    assert set(found) == SERIES
    always = {"job", "instance", "collector_start", "session_id", *owners}
    assert found["claude_code_meter_session_cost_USD_total"] == {*always, "model"}
    assert found["claude_code_meter_session_tokens_total"] == {*always, "model", "type"}
    assert found["claude_code_meter_session_tool_calls_total"] == always


def test_on_everything_else_stays_as_it_was() -> None:
    """Beside the new parts only the records' attributes and the events' exporters differ."""
    off, on = yaml.safe_load(text(Config())), yaml.safe_load(text(Config(collector=ON)))
    sums = on["processors"].pop("delta_to_cumulative/sessions")
    port = on["exporters"].pop("prometheus/sessions")
    way = on["service"]["pipelines"].pop("metrics/sessions")
    del on["connectors"]["signal_to_metrics/sessions"]
    on["service"]["pipelines"]["logs/events"]["exporters"].remove("signal_to_metrics/sessions")
    for each in (off, on):
        del each["processors"]["transform/records"]
    assert on == off
    assert sums == {"max_stale": "13h", "max_streams": 5000}
    assert port["endpoint"] == "${env:CLAUDE_CODE_MIXIN_SESSION_ENDPOINT:-127.0.0.1:9999}"
    assert port["metric_expiration"] == "12h"
    assert way["exporters"] == ["prometheus/sessions"]
