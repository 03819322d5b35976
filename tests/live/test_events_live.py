"""Every meter of events, series by series, against a count of the records themselves.

Names of series, events, attributes and labels are spelled out here: what the collector is compiled from is
not asked. Recorded sessions first, then records made up after the contract for what none of them holds.
"""

from __future__ import annotations

import math
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from prometheus_client.parser import text_string_to_metric_families

from claude_code_mixin.fleet import otlp
from claude_code_mixin.fleet.captures import Capture, attributes
from claude_code_mixin.fleet.real_input import RealInput
from claude_code_mixin.fleet.servers import Collector

WRITER = ("laptops", "made-up-for-this-run")
WAIT_SECONDS = 10.0
SCENE = "15m"
TEAM, MODEL = ("team", "team.id", "unassigned"), ("model", "model", "unknown")
VERSION = ("version", "app.version", "unknown")
SUCCESS = ("success", "success", "unknown")
TOOL = ("tool", "tool_name", "unknown")
STATUS = (TEAM, MODEL, ("status_code", "status_code", "none"))
EXTENSION = (
    TEAM,
    ("agent", "agent.name", "none"),
    ("skill", "skill.name", "none"),
    ("plugin", "plugin.name", "none"),
    ("mcp_server", "mcp_server.name", "none"),
)
API = (MODEL, ("provider", "anthropic.provider", "unknown"))
COMPACTION = (TEAM, ("trigger", "trigger", "unknown"), SUCCESS)
SETTINGS_TRIGGER = (("trigger", "managed_settings.trigger", "unknown"),)
LOADED = (
    ("plugin", "plugin.name", "none"),
    ("scope", "plugin.scope", "unknown"),
    ("trigger", "enabled_via", "unknown"),
)
INSTALLED = (
    ("plugin", "plugin.name", "none"),
    ("official", "marketplace.is_official", "unknown"),
    ("trigger", "install.trigger", "unknown"),
)
ATTRIBUTION = (
    TEAM,
    MODEL,
    ("query_source", "query_source", ""),
    ("effort", "effort", "none"),
    ("speed", "speed", "normal"),
)
DECISION = (
    TEAM,
    TOOL,
    ("decision", "decision", "unknown"),
    ("source", "source", "unknown"),
    ("permission_mode", "permission_mode", "unknown"),
)
CONNECTION = (
    TEAM,
    ("status", "status", "unknown"),
    ("transport", "transport_type", "unknown"),
    ("scope", "server_scope", "unknown"),
)
MODES = (
    TEAM,
    ("from_mode", "from_mode", "unknown"),
    ("to_mode", "to_mode", "unknown"),
    ("trigger", "trigger", "unknown"),
)
TOKENS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cacheRead": "cache_read_tokens",
    "cacheCreation": "cache_creation_tokens",
}
HOOKS = {
    "success": "num_success",
    "blocking": "num_blocking",
    "error": "num_non_blocking_error",
    "cancelled": "num_cancelled",
}

Labels = tuple[tuple[str, str, str], ...]
"""Label, the attribute that fills it, its value where that is absent."""

COUNTS: Mapping[str, tuple[str, Labels]] = {
    "identity_requests": ("api_request", (TEAM, MODEL)),
    "attribution_requests": ("api_request", ATTRIBUTION),
    "extension_requests": ("api_request", EXTENSION),
    "version_requests": ("api_request", (VERSION,)),
    "context_requests": ("api_request", (TEAM, MODEL, ("context", "context", ""))),
    "error_requests": ("api_error", STATUS),
    "error_exhausted": ("api_retries_exhausted", STATUS),
    "error_refused": ("api_refusal", STATUS),
    "tool_calls": ("tool_result", (TEAM, TOOL, SUCCESS, ("error_type", "error_type", "none"))),
    "decision_calls": ("tool_decision", DECISION),
    "prompt_prompts": ("user_prompt", (TEAM, ("command_source", "command_source", "none"))),
    "compaction_runs": ("compaction", COMPACTION),
    "subagent_runs": ("subagent_completed", (TEAM, ("agent", "agent_type", "none"), MODEL)),
    "connection_attempts": ("mcp_server_connection", CONNECTION),
    "mode_changes": ("permission_mode_changed", MODES),
    "skill_activations": (
        "skill_activated",
        (TEAM, ("skill", "skill.name", "none"), ("trigger", "invocation_trigger", "unknown")),
    ),
    "mention_mentions": ("at_mention", (TEAM, ("mention_type", "mention_type", "unknown"), SUCCESS)),
    "auth_attempts": (
        "auth",
        (("action", "action", "unknown"), ("auth_method", "auth_method", "unknown"), SUCCESS),
    ),
    "fault_errors": ("internal_error", (("error_name", "error_name", "unknown"), VERSION)),
    "registered_hooks": (
        "hook_registered",
        (TEAM, ("hook_event", "hook_event", "unknown"), ("hook_source", "hook_source", "unknown")),
    ),
    "plugin_loaded": ("plugin_loaded", LOADED),
    "install_plugins": ("plugin_installed", INSTALLED),
    "settings_resolved": ("managed_settings_resolved", SETTINGS_TRIGGER),
}
SUMS: Mapping[str, tuple[str, Labels, str, Mapping[str, str]]] = {
    "identity_cost_USD": ("api_request", (TEAM, MODEL), "", {"": "cost_usd"}),
    "attribution_cost_USD": ("api_request", ATTRIBUTION, "", {"": "cost_usd"}),
    "extension_cost_USD": ("api_request", EXTENSION, "", {"": "cost_usd"}),
    "repository_cost_USD": (
        "api_request",
        (TEAM, ("repository", "vcs.repository.name", "none")),
        "",
        {"": "cost_usd"},
    ),
    "version_cost_USD": ("api_request", (VERSION,), "", {"": "cost_usd"}),
    "identity_tokens": ("api_request", (TEAM, MODEL), "type", TOKENS),
    "attribution_tokens": ("api_request", ATTRIBUTION, "type", TOKENS),
    "price_tokens": (
        "api_request",
        (TEAM, MODEL, ("speed", "speed", "normal"), ("context", "context", "")),
        "type",
        {
            "input": "input_tokens",
            "output": "output_tokens",
            "cacheRead": "cache_read_tokens",
            "cacheWrite5m": "cache_creation_5m_tokens",
            "cacheWrite1h": "cache_creation_1h_tokens",
        },
    ),
    "tool_kind_size_bytes": (
        "tool_result",
        (TOOL,),
        "direction",
        {"input": "tool_input_size_bytes", "result": "tool_result_size_bytes"},
    ),
    "compaction_size_tokens": (
        "compaction",
        COMPACTION,
        "moment",
        {"before": "pre_tokens", "after": "post_tokens"},
    ),
    "hook_runs": (
        "hook_execution_complete",
        (TEAM, ("hook_event", "hook_event", "unknown")),
        "outcome",
        HOOKS,
    ),
}
HISTOGRAMS: Mapping[str, tuple[str, Labels, str, tuple[float, ...]]] = {
    "api_duration": ("api_request", API, "duration_ms", (0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300)),
    "api_first_token": ("api_request", API, "ttft_ms", (0.25, 0.5, 1, 2, 3, 5, 10, 20, 60)),
    "tool_kind_duration": (
        "tool_result",
        (TOOL,),
        "duration_ms",
        (0.01, 0.1, 0.5, 1, 5, 10, 30, 60, 120, 600),
    ),
    "compaction_duration": ("compaction", COMPACTION, "duration_ms", (5, 10, 20, 30, 60, 120, 300)),
}

# What Prometheus records of the meters that recorded sessions feed: record, series without its prefix.
RECORDED: Mapping[str, str] = {
    "error:claude_code_api_errors": "error_requests_total",
    "error:claude_code_retries_exhausted": "error_exhausted_total",
    "error:claude_code_refusals": "error_refused_total",
    "price:claude_code_tokens": "price_tokens_total",
    "context:claude_code_context_requests": "context_requests_total",
    "api:claude_code_api_duration_seconds_bucket": "api_duration_seconds_bucket",
    "api:claude_code_api_duration_seconds_sum": "api_duration_seconds_sum",
    "api:claude_code_first_token_seconds_bucket": "api_first_token_seconds_bucket",
    "api:claude_code_first_token_seconds_sum": "api_first_token_seconds_sum",
    "tool:claude_code_tool_calls": "tool_calls_total",
    "tool_kind:claude_code_tool_duration_seconds_bucket": "tool_kind_duration_seconds_bucket",
    "tool_kind:claude_code_tool_duration_seconds_sum": "tool_kind_duration_seconds_sum",
    "tool_kind:claude_code_tool_bytes": "tool_kind_size_bytes_total",
    "decision:claude_code_tool_decisions": "decision_calls_total",
    "prompt:claude_code_prompts": "prompt_prompts_total",
    "skill:claude_code_skill_activations": "skill_activations_total",
    "subagent:claude_code_subagent_runs": "subagent_runs_total",
    "hook:claude_code_hook_runs": "hook_runs_total",
    "registered:claude_code_hooks_registered": "registered_hooks_total",
    "connection:claude_code_mcp_connections": "connection_attempts_total",
    "plugin:claude_code_plugins_loaded": "plugin_loaded_total",
    "settings:claude_code_settings_resolved": "settings_resolved_total",
}

# What no recorded session holds, as the contract says that the client sends it: numbers as texts.
MADE_UP: tuple[dict[str, str], ...] = (
    {"event.name": "compaction", "trigger": "auto", "success": "true", "duration_ms": "4999"}
    | {"pre_tokens": "160000", "post_tokens": "20000"},
    {"event.name": "compaction", "trigger": "auto", "success": "true", "duration_ms": "61000"}
    | {"pre_tokens": "150000", "post_tokens": "31000"},
    {"event.name": "compaction", "trigger": "manual", "success": "false", "duration_ms": "5"}
    | {"pre_tokens": "9000", "error": "aborted"},
    {"event.name": "permission_mode_changed", "from_mode": "default", "to_mode": "bypassPermissions"}
    | {"trigger": "shift_tab"},
    {"event.name": "permission_mode_changed", "from_mode": "plan", "to_mode": "default"},
    {"event.name": "at_mention", "mention_type": "file", "success": "true"},
    {"event.name": "at_mention", "mention_type": "file", "success": "true"},
    {"event.name": "at_mention", "mention_type": "agent", "success": "false"},
    {"event.name": "auth", "action": "login", "success": "false", "auth_method": "claudeai"}
    | {"error_category": "network", "status_code": "503"},
    {"event.name": "auth", "action": "logout", "success": "true"},
    {"event.name": "internal_error", "error_name": "TypeError", "error_code": "ENOENT"}
    | {"app.version": "2.1.91"},
    {"event.name": "plugin_installed", "plugin.name": "acme", "install.trigger": "cli"}
    | {"marketplace.is_official": "false"},
)

Series = dict[frozenset[tuple[str, str]], float]
Records = Sequence[Mapping[str, Any]]


def recorded(captures: Iterable[Capture]) -> Records:
    """Every record of the sessions, in the team that the replay puts it into.

    The client gives its version on the resource; with OTEL_METRICS_INCLUDE_VERSION on the record, too.
    """
    return [
        {"app.version": attributes(resource["resource"])["service.version"]}
        | attributes(record)
        | {"team.id": capture.name}
        for capture in captures
        for post in capture.posts
        for resource in post.body.get("resourceLogs", ())
        for scope in resource["scopeLogs"]
        for record in scope["logRecords"]
    ]


def number(record: Mapping[str, Any], attribute: str) -> float | None:
    """The attribute as a number, whether the client sends a number or a text."""
    return float(record[attribute]) if attribute in record else None


def source(raw: str) -> str:
    """The counters' word for what events call by the place in the client."""
    if raw in ("main", "sdk") or raw.startswith("repl_main_thread"):
        return "main"
    return "subagent" if raw == "subagent" or raw.startswith("agent:") else "auxiliary"


def band(record: Mapping[str, Any]) -> str:
    """The size of what a request sends."""
    sent = ("input_tokens", "cache_read_tokens", "cache_creation_tokens")
    size = sum(number(record, attribute) or 0.0 for attribute in sent)
    bands = {50_000: "0-50k", 100_000: "50k-100k", 200_000: "100k-200k", 500_000: "200k-500k"}
    return next((name for bound, name in bands.items() if size <= bound), "over 500k")


SPECIAL: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "query_source": lambda record: source(str(record.get("query_source", ""))),
    "context": band,
}


def labelled(record: Mapping[str, Any], labels: Labels, **more: str) -> frozenset[tuple[str, str]]:
    """The labels that a record gives."""
    found = {
        label: SPECIAL[label](record) if label in SPECIAL else str(record.get(attribute, absent))
        for label, attribute, absent in labels
    }
    return frozenset({**found, **{label: value for label, value in more.items() if label}}.items())


def counted(records: Records, event: str, labels: Labels) -> Series:
    """How many records of the event there are, by label set."""
    return dict(Counter(labelled(it, labels) for it in records if it["event.name"] == event))


def summed(records: Records, event: str, labels: Labels, label: str, parts: Mapping[str, str]) -> Series:
    """Sums of the attributes `parts`, by label set and part."""
    found: Series = defaultdict(float)
    for record in (it for it in records if it["event.name"] == event):
        for part, attribute in parts.items():
            value = number(record, attribute)
            if value is not None:
                found[labelled(record, labels, **{label: part})] += value
    return dict(found)


def distributed(
    records: Records, event: str, labels: Labels, attribute: str, bounds: Iterable[float]
) -> dict[str, Series]:
    """The parts of a histogram in seconds of an attribute in milliseconds."""
    parts: dict[str, Series] = {part: defaultdict(float) for part in ("_bucket", "_sum", "_count")}
    for record in (it for it in records if it["event.name"] == event and attribute in it):
        seconds = float(record[attribute]) / 1000
        for bound in (*bounds, math.inf):
            le = "+Inf" if bound == math.inf else f"{bound:g}"
            parts["_bucket"][labelled(record, labels, le=le)] += seconds <= bound
        parts["_sum"][labelled(record, labels)] += seconds
        parts["_count"][labelled(record, labels)] += 1
    return {part: dict(series) for part, series in parts.items()}


def expected(records: Records) -> dict[str, Series]:
    """Every series of every meter that `records` make, by name."""
    found = {f"{name}_total": counted(records, *how) for name, how in COUNTS.items()}
    found |= {f"{name}_total": summed(records, *how) for name, how in SUMS.items()}
    for name, how in HISTOGRAMS.items():
        found |= {f"{name}_seconds{part}": each for part, each in distributed(records, *how).items()}
    return {f"claude_code_meter_{name}": series for name, series in found.items() if series}


def exposed(address: str) -> dict[str, Series]:
    """Every series that a collector exposes, by name, without the label of its start."""
    text = requests.get(f"http://{address}/metrics", timeout=WAIT_SECONDS).text
    found: dict[str, Series] = defaultdict(dict)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = {label: value for label, value in sample.labels.items() if label != "collector_start"}
            found[sample.name][frozenset(labels.items())] = sample.value
    return found


def differences(got: Mapping[str, Series], want: Mapping[str, Series]) -> list[str]:
    """Each series that is missing, too much, or has another value."""
    found = []
    for name in sorted(got.keys() | want.keys()):
        mine, theirs = got.get(name, {}), want.get(name, {})
        for labels in mine.keys() | theirs.keys():
            told = (mine.get(labels), theirs.get(labels))
            if None in told or told[0] != pytest.approx(told[1]):
                found.append(f"{name}{dict(labels)}: {told[0]} instead of {told[1]}")
    return found


def meters(found: Mapping[str, Series]) -> dict[str, Series]:
    """The series of the meters of events among those exposed."""
    return {name: series for name, series in found.items() if name.startswith("claude_code_meter_")}


@pytest.fixture(scope="module")
def collector(build: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Collector]:
    """The built collector, to which nothing was sent."""
    config = (build / "collector" / "config.yaml").read_text("utf-8")
    with Collector(tmp_path_factory.mktemp("events"), config=config, writers=dict([WRITER])) as running:
        yield running


def test_every_meter_of_the_collector_is_tested_here(build: Path) -> None:
    """The built configuration defines the meters spelled out above, and no other."""
    built = yaml.safe_load((build / "collector" / "config.yaml").read_text("utf-8"))
    defined = {rule["name"] for rule in built["connectors"]["signal_to_metrics/meter"]["logs"]}
    spelled = {name.removesuffix("_USD").removesuffix("_bytes") for name in (*COUNTS, *SUMS, *HISTOGRAMS)}
    spelled -= {"compaction_size_tokens"}
    spelled |= {"compaction_size"}  # the exporter adds the unit to this one
    assert {name.removeprefix("claude_code.meter.").replace(".", "_") for name in defined} == spelled


def test_recorded_sessions_are_metered_to_the_last_series(
    real_input: RealInput, captures: tuple[Capture, ...], record_property: Callable[[str, object], None]
) -> None:
    """Series, labels and values of every meter are those that the records give."""
    records = recorded(captures)
    want, got = expected(records), meters(exposed(real_input.collector.metrics))
    size = sum(len(series) for series in want.values())
    record_property("live", f"{len(records)} recorded events: {len(want)} metrics, {size} series as counted")
    assert not differences(got, want)


def bounded(labels: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """The labels with `le` as the collector writes it: Prometheus 3 makes 5.0 of 5."""
    le = {"le": labels["le"].removesuffix(".0")} if "le" in labels else {}
    return frozenset({**labels, **le}.items())


def test_prometheus_records_what_the_collector_metered(
    real_input: RealInput, captures: tuple[Capture, ...]
) -> None:
    """Increments add up to the truth, label set by label set; only buckets record zeros."""
    want = expected(recorded(captures))
    found: dict[str, Series] = {}
    for record in RECORDED:
        samples = real_input.prometheus.query(f"sum_over_time({record}:increase1m[{SCENE}])")
        found[record] = {bounded(it.labels): it.value for it in samples}
    truth = {
        record: {
            labels: value
            for labels, value in want[f"claude_code_meter_{series}"].items()
            if value or series.endswith("_bucket")
        }
        for record, series in RECORDED.items()
    }
    assert not differences(found, truth)


CLIENT_COUNTERS = {
    "claude_code.lines_of_code.count": "claude_code_lines_of_code_count_total",
    "claude_code.commit.count": "claude_code_commit_count_total",
    "claude_code.pull_request.count": "claude_code_pull_request_count_total",
    "claude_code.code_edit_tool.decision": "claude_code_code_edit_tool_decision_total",
    "claude_code.active_time.total": "claude_code_active_time_seconds_total",
}


def test_the_clients_other_counters_add_up(
    real_input: RealInput, captures: tuple[Capture, ...], record_property: Callable[[str, object], None]
) -> None:
    """Totals of the delta points of each counter; cumulative ones are refused."""
    want: dict[str, float] = dict.fromkeys(CLIENT_COUNTERS.values(), 0.0)
    metrics = [
        metric
        for capture in captures
        for post in capture.posts
        for resource in post.body.get("resourceMetrics", ())
        for scope in resource["scopeMetrics"]
        for metric in scope["metrics"]
    ]
    for metric in (it for it in metrics if it["name"] in CLIENT_COUNTERS):
        if metric["sum"]["aggregationTemporality"] == 1:
            points = metric["sum"]["dataPoints"]
            values = [float(point.get("asDouble", point.get("asInt", 0))) for point in points]
            want[CLIENT_COUNTERS[metric["name"]]] += sum(values)
    found = exposed(real_input.collector.metrics)
    record_property("live", f"delta counters of recorded sessions: {want}")
    assert {name: sum(found.get(name, {}).values()) for name in want} == pytest.approx(want)
    assert sum(want.values()) > 0


def test_events_that_no_recorded_session_holds_are_metered_too(collector: Collector) -> None:
    """Texts become numbers, absent labels their default, absent numbers nothing."""
    url = f"http://{collector.otlp}/v1/logs"
    otlp.send(url, otlp.records(*MADE_UP), writer=WRITER)
    want = expected(list(MADE_UP))
    deadline = time.monotonic() + WAIT_SECONDS
    while (wrong := differences(meters(exposed(collector.metrics)), want)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not wrong


def test_recorded_and_made_up_records_feed_every_meter(captures: tuple[Capture, ...]) -> None:
    """Otherwise a meter that counts nothing would pass."""
    fed = {name.removeprefix("claude_code_meter_") for name in expected([*recorded(captures), *MADE_UP])}
    named = {f"{name}_total" for name in (*COUNTS, *SUMS)}
    assert fed >= named | {f"{name}_seconds_sum" for name in HISTOGRAMS}


UNKNOWN = "claude_code_pipeline_unknown_total"


def unknown(kind: str, event: str, names: str) -> frozenset[tuple[str, str]]:
    """Labels of the counter of names that nobody knows."""
    return frozenset({"kind": kind, "event": event, "unknown": names}.items())


def test_unknown_names_of_recorded_sessions_are_their_own_resource_attributes(
    real_input: RealInput, captures: tuple[Capture, ...]
) -> None:
    """Nothing that the client was seen to send is unknown, but for what OTEL_RESOURCE_ATTRIBUTES added."""
    events = Counter(str(it["event.name"]) for it in recorded(captures) if "department" in it)
    want = {unknown("attribute", event, "department"): float(count) for event, count in events.items()}
    assert exposed(real_input.collector.metrics)[UNKNOWN] == want


def until(collector: Collector, settled: Callable[[dict[str, Series]], bool]) -> dict[str, Series]:
    """What the collector exposes once it is `settled`, or at the end of patience."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not settled(found := exposed(collector.metrics)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_sessions_keep_where_they_start(collector: Collector) -> None:
    """Entry point and terminal of a session are labels; a client that sends none of them is unknown."""
    sent = {"start_type": "fresh", "app.entrypoint": "sdk-py", "terminal.type": "tmux", "host.arch": "arm64"}
    started = [otlp.counter("claude_code.session.count", 1.0, labels=it) for it in (sent, {})]
    otlp.send(f"http://{collector.otlp}/v1/metrics", otlp.metrics(*started), writer=WRITER)
    name, common = "claude_code_session_count_total", {"writer": WRITER[0], "team": "unassigned"}
    full = {**common, "start_type": "fresh", "entrypoint": "sdk-py", "terminal": "tmux"}
    bare = {**common, "start_type": "other", "entrypoint": "unknown", "terminal": "unknown"}
    want = {frozenset(labels.items()): 1.0 for labels in (full, bare)}
    assert until(collector, lambda found: found.get(name) == want)[name] == want


def test_unknown_names_are_counted_by_name(collector: Collector) -> None:
    """Events, attributes and metrics by name, without their values; names that are odd as other."""
    odd: list[dict[str, object]] = [{"event.name": "has spaces"}, {"no": "name"}, {"event.name": 7}]
    strange = {"event.name": "auth", "action": "login", "zebra": "planted", "ape.kind": "planted", 'b"[]': 1}
    body = otlp.records({"event.name": "brand_new"}, *odd, strange)
    otlp.send(f"http://{collector.otlp}/v1/logs", body, writer=WRITER)
    body = otlp.metrics(otlp.counter("claude_code.new", 1.0), otlp.counter("EVIL name", 1.0))
    otlp.send(f"http://{collector.otlp}/v1/metrics", body, writer=WRITER)
    want = {
        unknown("event", "unknown", "brand_new"): 1.0,
        unknown("event", "unknown", "other"): 3.0,
        unknown("attribute", "auth", "ape.kind,b,zebra"): 1.0,
        unknown("metric", "none", "claude_code.new"): 1.0,
        unknown("metric", "none", "other"): 1.0,
    }
    assert until(collector, lambda found: found.get(UNKNOWN) == want)[UNKNOWN] == want
    assert "planted" not in requests.get(f"http://{collector.metrics}/metrics", timeout=WAIT_SECONDS).text


def test_unknown_names_are_bounded(collector: Collector) -> None:
    """A thousand made-up names leave two hundred series, and what follows is metered."""
    flood = [{"event.name": f"made_up_{number}"} for number in range(1000)]
    otlp.send(f"http://{collector.otlp}/v1/logs", otlp.records(*flood), writer=WRITER)
    last = {"event.name": "at_mention", "mention_type": "peer", "success": "true"}
    otlp.send(f"http://{collector.otlp}/v1/logs", otlp.records(last), writer=WRITER)
    labels = frozenset({"team": "unassigned", "mention_type": "peer", "success": "true"}.items())
    mentions = "claude_code_meter_mention_mentions_total"
    found = until(collector, lambda it: labels in it.get(mentions, {}) and len(it[UNKNOWN]) >= 200)
    assert found[mentions][labels] == 1
    assert len(found[UNKNOWN]) == 200
