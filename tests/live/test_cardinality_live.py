"""What an active user costs in series, where users are kept: counted on a real Prometheus."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest
import requests

from claude_code_mixin.build import build
from claude_code_mixin.fleet import runner
from claude_code_mixin.fleet.exporters import HttpSink
from claude_code_mixin.fleet.real_input import FACTOR, WRITER, RealInput
from claude_code_mixin.fleet.workloads import Run, Workload, machine

USERS = 20
LIMIT, CHECKED = 30, 2
PER_MODEL = 13
RECORDED, RAW = '{__name__=~".+:.+",user!=""}', '{__name__!~".+:.+",user!=""}'
BUSY = Workload(
    "busy",
    "twenty people, some with a single prompt, some with every kind of turn",
    tuple(
        Run(machine(number), number, tuple(range(10, 10 + 25 * (1 + number % 10), 25)), 420)
        for number in range(USERS)
    ),
)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, str]]]:
    """The series with a user, recorded and raw, that were stored while the users worked."""
    folder = tmp_path_factory.mktemp("cardinality")
    (folder / "mixin.toml").write_text('privacy = "full"\n')
    built = build(folder / "mixin.toml", {})
    with RealInput(folder, built.folder) as running:
        running.settle()
        sink = HttpSink(f"http://{running.collector.otlp}", dict([WRITER]))
        ledger = runner.run(BUSY, sink, speed=FACTOR)
        assert not ledger.lost
        running.evaluations(4)
        url = f"{running.prometheus.url}/api/v1/series"
        asked = {match: requests.get(url, params={"match[]": match}, timeout=30) for match in (RECORDED, RAW)}
    return {match: answer.json()["data"] for match, answer in asked.items()}


def test_recorded_series_of_an_active_user_are_bounded(
    played: dict[str, list[dict[str, str]]], record_property: Callable[[str, object], None]
) -> None:
    """At most 30 with two models, the number that the check assumes; each further model costs 13 more.

    Of a model the identity cut has dollars (memory, minute, day), four types of tokens and requests (memory
    and minute); beside it a user has two series over all models.
    """
    recorded, raw = (Counter(series["user"] for series in played[match]) for match in (RECORDED, RAW))
    models = {
        user: len({it["model"] for it in played[RAW] if it["user"] == user and "model" in it}) for user in raw
    }
    for number in sorted(set(models.values())):
        users = [user for user in models if models[user] == number]
        most, most_raw = (max(found[user] for user in users) for found in (recorded, raw))
        record_property(
            "live", f"{len(users)} users of {number} models: {most} recorded series, {most_raw} raw ones each"
        )
    assert set(recorded) == set(raw) == {f"person-{number}" for number in range(USERS)}
    assert set(models.values()) >= {1, 2}
    assert {
        user: recorded[user] for user in models if models[user] <= CHECKED and recorded[user] > LIMIT
    } == {}
    assert {user: recorded[user] for user in models if recorded[user] > 2 + PER_MODEL * models[user]} == {}
