"""Single sessions: nowhere as built; switched on, on a port of their own, exact, bounded and soon gone.

Names of series, labels and attributes are spelled out: what the collector is compiled from is not asked.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from claude_code_mixin.compile.collector import collector as compiled
from claude_code_mixin.config import Collector as Settings
from claude_code_mixin.config import Config
from claude_code_mixin.fleet import otlp
from claude_code_mixin.fleet.captures import SIGNALS, Capture, attributes, retimed
from claude_code_mixin.fleet.real_input import RealInput
from claude_code_mixin.fleet.servers import Collector

WRITER = ("laptops", "made-up-for-this-run")
WAIT_SECONDS = 20.0
SUM_OF_FLOATS = 1e-12
USER = "person@example.com"
TOKENS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cacheRead": "cache_read_tokens",
    "cacheCreation": "cache_creation_tokens",
}
MODEL_LABELS = ("session_id", "team", "user", "model")

Series = dict[tuple[str, ...], float]
Labels = tuple[str, ...]


def text(address: str) -> str:
    """Everything that an address exposes."""
    answer = requests.get(f"http://{address}/metrics", timeout=WAIT_SECONDS)
    answer.raise_for_status()
    return answer.text


def exposed(address: str, prefix: str) -> dict[str, list[tuple[dict[str, str], float]]]:
    """The samples of each metric whose name begins with `prefix`."""
    found = defaultdict(list)
    for family in text_string_to_metric_families(text(address)):
        for sample in family.samples:
            if sample.name.startswith(prefix):
                found[sample.name].append((dict(sample.labels), sample.value))
    return dict(found)


def summed(samples: Sequence[tuple[Mapping[str, str], float]], labels: Labels) -> Series:
    """Samples summed by labels."""
    found: Series = defaultdict(float)
    for given, value in samples:
        found[tuple(given[label] for label in labels)] += value
    return dict(found)


def until(condition: Callable[[], bool]) -> bool:
    """Return whether `condition` came true within WAIT_SECONDS."""
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.2)
    return False


def events(captures: Sequence[Capture]) -> list[dict[str, Any]]:
    """Every captured event, in the team that the replay puts it into."""
    return [attributes(record) | {"team.id": it.name} for it in captures for record in it.records()]


def session_ids(captures: Sequence[Capture]) -> set[str]:
    """Every session that the captures hold."""
    return {str(event["session.id"]) for event in events(captures) if "session.id" in event}


def configuration(streams: int = 20_000) -> str:
    """The collector as compiled with the drill-down, naming users."""
    settings = Settings(session_endpoint="127.0.0.1:8890", session_streams=streams)
    return compiled(Config(privacy="full", collector=settings))["collector/config.yaml"]


def starting(folder: Path, config: str) -> Collector:
    """A collector with `config`, not yet running."""
    return Collector(folder, config=config, writers=dict([WRITER]))


@pytest.fixture(scope="module")
def switched_on(
    captures: tuple[Capture, ...], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collector]:
    """A collector with the drill-down, after all events of the captures went through it."""
    wanted = float(sum(event["event.name"] == "api_request" for event in events(captures)))
    with starting(tmp_path_factory.mktemp("sessions"), configuration()) as running:
        for capture in captures:
            for post in capture.posts:
                body = retimed(post.body, time.time() - capture.began, capture.name)
                otlp.send(f"http://{running.otlp}{SIGNALS[post.signal]}", body, writer=WRITER)
        name = "claude_code_meter_session_requests_total"
        assert until(
            lambda: sum(value for _, value in exposed(running.sessions, name).get(name, [])) == wanted
        )
        yield running


def test_as_built_no_session_is_exposed_or_stored(
    real_input: RealInput, captures: tuple[Capture, ...]
) -> None:
    """Neither the label nor any captured session id, at either port and in no series of Prometheus."""
    ids = session_ids(captures)
    assert len(ids) > 10
    stored = str(real_input.prometheus.query('{__name__=~".+"}'))
    for place in (text(real_input.collector.metrics), text(real_input.collector.telemetry), stored):
        assert "claude_code" in place or "otelcol" in place
        assert "session_id" not in place
        assert [it for it in ids if it in place] == []
    with pytest.raises(requests.ConnectionError):
        text(real_input.collector.sessions)


def test_switched_on_sessions_stay_on_their_own_port(
    switched_on: Collector, captures: tuple[Capture, ...]
) -> None:
    """The port that the rules' Prometheus scrapes has no session, the other one has nothing else."""
    for port in (switched_on.metrics, switched_on.telemetry):
        assert "session_id" not in text(port)
        assert [it for it in session_ids(captures) if it in text(port)] == []
    names = set(exposed(switched_on.sessions, "claude_code"))
    assert names == {
        f"claude_code_meter_session_{it}_total"
        for it in ("cost_USD", "tokens", "requests", "errors", "tool_calls")
    }


@pytest.mark.parametrize(
    ("quantity", "labels"),
    [("cost_USD", ()), ("requests", ()), ("tokens", ("type",))],
)
def test_sums_over_sessions_are_the_identity_meter(
    switched_on: Collector, quantity: str, labels: Labels
) -> None:
    """Label set by label set, none missing and none too much."""
    by = ("team", "user", "model", *labels)
    found = exposed(switched_on.sessions, "claude_code_meter_session_")
    meter = exposed(switched_on.metrics, "claude_code_meter_identity_")
    sessions = summed(found[f"claude_code_meter_session_{quantity}_total"], by)
    identity = summed(meter[f"claude_code_meter_identity_{quantity}_total"], by)
    assert sessions == pytest.approx(identity, rel=SUM_OF_FLOATS, abs=0)
    assert sum(identity.values()) > 0


def counted(found: Sequence[Mapping[str, Any]], event: str, attribute: str = "") -> Series:
    """Events by session and team, or the sum of an attribute."""
    total: Series = defaultdict(float)
    for it in found:
        if it["event.name"] == event:
            key = (str(it["session.id"]), str(it["team.id"]))
            total[key] += float(it[attribute]) if attribute else 1
    return dict(total)


def test_each_session_is_what_its_events_say(switched_on: Collector, captures: tuple[Capture, ...]) -> None:
    """Dollars, tokens by type, requests, errors and tool calls, against the captures themselves."""
    sent = events(captures)
    want = {
        "cost_USD": counted(sent, "api_request", "cost_usd"),
        "requests": counted(sent, "api_request"),
        "errors": counted(sent, "api_error"),
        "tool_calls": counted(sent, "tool_result"),
    }
    found = exposed(switched_on.sessions, "claude_code_meter_session_")
    for name, truth in want.items():
        assert truth, name
        samples = found[f"claude_code_meter_session_{name}_total"]
        assert summed(samples, ("session_id", "team")) == pytest.approx(truth, rel=SUM_OF_FLOATS), name
    for kind, attribute in TOKENS.items():
        samples = [it for it in found["claude_code_meter_session_tokens_total"] if it[0]["type"] == kind]
        truth = counted(sent, "api_request", attribute)
        assert summed(samples, ("session_id", "team")) == truth, kind


def request(number: int, **more: object) -> dict[str, object]:
    """A request of one session."""
    return {
        "event.name": "api_request",
        "session.id": f"session-{number}",
        "model": "opus",
        "cost_usd": 0.5,
        **dict.fromkeys(TOKENS.values(), 10),
        "team.id": "a",
        "user.email": USER,
        **more,
    }


def send(collector: Collector, *found: Mapping[str, object]) -> None:
    """Send events."""
    otlp.send(f"http://{collector.otlp}/v1/logs", otlp.records(*found), writer=WRITER)


def test_a_session_goes_and_comes_back_whole(tmp_path: Path) -> None:
    """After its hours of silence, here two seconds, it is exposed no more; the meter's counters stay.

    A request later it is there again with all that it did, since its sum outlives its series by an hour.
    """
    config = configuration().replace("metric_expiration: 24h", "metric_expiration: 2s")
    assert config != configuration()
    name = "claude_code_meter_session_cost_USD_total"
    with starting(tmp_path, config) as running:
        send(running, request(1))
        assert until(lambda: "session-1" in text(running.sessions))
        assert until(lambda: "session-1" not in text(running.sessions))
        assert "claude_code_meter_identity_cost_USD_total" in text(running.metrics)
        send(running, request(1))
        assert until(lambda: name in exposed(running.sessions, name))
        ((labels, value),) = exposed(running.sessions, name)[name]
        assert value == 1.0
        assert {it: labels[it] for it in MODEL_LABELS} == {
            "session_id": "session-1",
            "team": "a",
            "user": USER,
            "model": "opus",
        }


def test_sessions_are_bounded_and_take_nothing_from_the_meter(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Beyond the limit new series stay away; every request is metered all the same."""
    sessions, streams = 400, 1000
    with starting(tmp_path, configuration(streams)) as running:
        for first in range(0, sessions, 100):
            send(running, *(request(number) for number in range(first, first + 100)))
        name = "claude_code_meter_identity_requests_total"
        assert until(lambda: summed(exposed(running.metrics, name).get(name, []), ()) == {(): sessions})
        shown = sum(map(len, exposed(running.sessions, "claude_code_meter_session_").values()))
        record_property("live", f"{sessions} sessions, {sessions * 6} series asked for, {shown} kept")
        assert shown == streams


def test_a_client_without_session_ids_is_one_session(tmp_path: Path) -> None:
    """Its id is switched off, so all of its sessions are `none`: sums stay right."""
    anonymous = {key: value for key, value in request(1).items() if key != "session.id"}
    name = "claude_code_meter_session_requests_total"
    with starting(tmp_path, configuration()) as running:
        send(running, anonymous, anonymous, {**anonymous, "session.id": ""})
        assert until(lambda: name in exposed(running.sessions, name))
        ((labels, value),) = exposed(running.sessions, name)[name]
        assert (labels["session_id"], value) == ("none", 3.0)
