"""mixin.toml as one frozen object. The defaults stand here and, commented, in the repository's mixin.toml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from claude_code_mixin import tomlfile
from claude_code_mixin.config_problems import contradictions, explained, from_environment
from claude_code_mixin.problems import Place, Problem, ProblemsError, relative
from claude_code_mixin.profile_defaults import filled

ALLOWED = {
    r"^(\d+(ms|[smhdwy]))+$": "a Prometheus duration such as 90s, 5m or 1h30m",
    r"^_?[a-zA-Z][a-zA-Z0-9_]*$": "a label name: letters, digits and _, not starting with a digit or __",
    r"^[a-z][a-z0-9_.-]*$": "an attribute key such as team.id: lower-case letters, digits, and . _ -",
    r"^[^\s:]+:\d{1,5}$": "host:port such as 127.0.0.1:4318",
    r"^([^\s:]+:\d{1,5})?$": "empty, or host:port such as 127.0.0.1:8890",
    r"^[a-z0-9-]{1,16}$": "1 to 16 lower-case letters, digits and -",
    r"^[A-Z][A-Za-z0-9]{0,30}$": "letters and digits starting with a capital, at most 31",
    r"^([a-z][a-z0-9_]*:)?$": "empty, or lower-case letters, digits and _ followed by one colon",
    r"^(https?://[^\s@/]+(/\S*)?)?$": "empty, or a URL starting with http:// or https://, no password in it",
    r"^[^\"\\\n]+$": "text without quotes, backslashes and line breaks",
}
"""Every pattern of the configuration, and what a user is told when a value does not match it."""

RESERVED_LABELS = frozenset(
    (
        *("collector_start", "command_source", "mention_type", "permission_mode", "query_source", "severity"),
        *("auth_method", "hook_source", "mcp_server", "repository", "start_type", "status_code", "tool_name"),
        *("direction", "entrypoint", "error_name", "error_type", "hook_event", "session_id", "transport"),
        *("alertname", "decision", "from_mode", "instance", "language", "listed_as", "provider", "terminal"),
        *("context", "official", "outcome", "success", "to_mode", "trigger", "unknown", "version", "writer"),
        *("action", "effort", "model", "moment", "plugin", "reason", "signal", "skill", "source", "status"),
        *("agent", "event", "job", "kind", "le", "owner", "scope", "speed", "team", "tool", "type", "user"),
    )
)
"""Labels that recorded series or alerts carry: a constant of the same name would merge series."""

_DURATION, _LABEL, _ATTRIBUTE, _ENDPOINT, _SWITCH, _UID, _ALERT, _RECORD, _URL, _PLAIN = ALLOWED

Duration = Annotated[str, Field(pattern=_DURATION)]
"""A Prometheus duration such as 90s, 5m, 1h30m."""
LabelName = Annotated[str, Field(pattern=_LABEL)]
AttributeKey = Annotated[str, Field(pattern=_ATTRIBUTE)]
Endpoint = Annotated[str, Field(pattern=_ENDPOINT)]
Plain = Annotated[str, Field(pattern=_PLAIN)]
Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]


class Section(BaseModel):
    """A table of mixin.toml: immutable, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Prefixes(Section):
    """Prefixes for installations where names must not clash."""

    uid: Annotated[str, Field(pattern=_UID)] = "claude-code-"
    alert: Annotated[str, Field(pattern=_ALERT)] = "ClaudeCode"
    record: Annotated[str, Field(pattern=_RECORD)] = ""


COUNTED_ATTRIBUTES = frozenset(
    (
        *("anthropic.provider", "invocation_trigger", "managed_settings.trigger", "marketplace.is_official"),
        *("command_source", "install.trigger", "mcp_server.name", "permission_mode", "service.version"),
        *("app.entrypoint", "auth_method", "plugin.scope", "query_source", "terminal.type", "transport_type"),
        *("app.version", "enabled_via", "mention_type", "plugin.name", "server_scope", "status_code", "type"),
        *("agent.name", "error_name", "error_type", "hook_event", "hook_source", "session.id", "start_type"),
        *("agent_type", "decision", "event.name", "from_mode", "prompt.id", "skill.name", "tool_name"),
        *("action", "effort", "language", "model", "source", "status", "success", "to_mode", "trigger"),
        "speed",
    )
)
"""Attributes that the meter already counts by, or that grow without bound: none of them names an owner."""


def _free(label: str) -> str:
    if label in RESERVED_LABELS:
        raise ValueError("the rules set this label themselves; choose another name")
    return label


ConstantName = Annotated[LabelName, AfterValidator(_free)]


def _spare(key: str) -> str:
    if key in COUNTED_ATTRIBUTES:
        raise ValueError("the meter counts by this attribute itself; choose one of your own")
    return key


OwnAttribute = Annotated[AttributeKey, AfterValidator(_spare)]


class Labels(Section):
    """Which attributes of the clients carry team, user and repository; constant labels for every rule."""

    model_config = ConfigDict(validate_default=True)

    team: OwnAttribute = "team.id"
    user: OwnAttribute = "enduser.id"
    repository: OwnAttribute = "vcs.repository.name"
    constant: Mapping[ConstantName, str] = Field(default_factory=dict)

    @field_validator("user", "repository")
    @classmethod
    def _differs(cls, key: str, info: ValidationInfo) -> str:
        for other, taken in info.data.items():
            if key == taken:
                raise ValueError(f"labels.{other} is the same attribute; give each label one of its own")
        return key


class Meter(Section):
    """How raw counters are read."""

    profile: Literal["collector", "collector-default", "scrape", "otlp"] = "collector"
    job: Plain = "claude-code-collector"
    health_job: Plain = "claude-code-collector-health"
    memory: Duration = "1h"
    target: Literal["prometheus-3.5", "victoriametrics"] = "prometheus-3.5"
    day_offset_hours: Annotated[Whole, Field(ge=-12, le=14)] = 0

    @model_validator(mode="before")
    @classmethod
    def _fits_the_profile(cls, given: object) -> object:
        return filled(given)


class Grafana(Section):
    """Where dashboards go and which datasource they start with (empty: Grafana's default Prometheus)."""

    folder: Annotated[str, Field(min_length=1)] = "Claude Code"
    datasource: str = ""
    refresh: Duration = "1m"


class Collector(Section):
    """The compiled OpenTelemetry Collector configuration."""

    http_endpoint: Endpoint = "127.0.0.1:4318"
    grpc_endpoint: Endpoint = "127.0.0.1:4317"
    metrics_endpoint: Endpoint = "127.0.0.1:8889"
    health_endpoint: Endpoint = "127.0.0.1:8888"
    memory_limit_mib: Annotated[Whole, Field(ge=64)] = 1024
    request_limit_mib: Annotated[Whole, Field(ge=1, le=4)] = 2
    stream_hours: Annotated[Whole, Field(ge=24)] = 168
    session_endpoint: Annotated[str, Field(pattern=_SWITCH)] = ""
    session_hours: Annotated[Whole, Field(ge=1, le=168)] = 24
    session_streams: Annotated[Whole, Field(ge=1000)] = 20_000


class AlertOverride(Section):
    """[alerts.<Name>]: what an installation changes on one alert."""

    enabled: Flag = True
    for_: Annotated[Duration | None, Field(alias="for")] = None
    keep_firing_for: Duration | None = None
    severity: Literal["critical", "warning", "info"] | None = None
    labels: Mapping[LabelName, str] = Field(default_factory=dict)
    thresholds: Mapping[str, Number] = Field(default_factory=dict)


class DashboardOverride(Section):
    """[dashboards.<stem>]: what an installation changes on one dashboard."""

    enabled: Flag = True


class Content(Section):
    """Own content roots, relative to mixin.toml, and whether the bundled content is built."""

    roots: tuple[str, ...] = ()
    bundled: Flag = True


class Config(Section):
    """The whole of mixin.toml."""

    privacy: Literal["strict", "team", "full"] = "team"
    owner: Annotated[str, Field(min_length=1)] = "platform"
    runbook_url: Annotated[str, Field(pattern=_URL)] = ""
    budgets: str = "budgets.toml"
    prices: str = ""
    output: Annotated[str, Field(min_length=1)] = "build"
    prefixes: Prefixes = Prefixes()
    labels: Labels = Labels()
    meter: Meter = Meter()
    grafana: Grafana = Grafana()
    collector: Collector = Collector()
    content: Content = Content()
    alerts: Mapping[str, AlertOverride] = Field(default_factory=dict)
    dashboards: Mapping[str, DashboardOverride] = Field(default_factory=dict)

    @field_validator("meter")
    @classmethod
    def _keeps_the_secret(cls, meter: Meter, info: ValidationInfo) -> Meter:
        if info.data.get("privacy") == "strict" and meter.profile != "collector":
            raise ValueError(
                f'profile "{meter.profile}" stores every label that clients send, which privacy = "strict" '
                'forbids; use profile "collector", or another privacy'
            )
        return meter

    @property
    def drill_down(self) -> bool:
        """Whether the compiled collector exposes single sessions: switched on and not contradicted."""
        on, ours = bool(self.collector.session_endpoint), self.meter.profile == "collector"
        return on and ours and self.privacy != "strict"


def read(path: Path, env: Mapping[str, str]) -> Config:
    """Return the configuration in `path`.

    Raises ProblemsError with every problem at once: a missing file or one that is no TOML, unknown keys,
    bad values, keys that look like secrets, and settings tried through `env`, where only secrets belong.
    """
    if not path.exists():
        sentence = "does not exist: claude-code-mixin init writes one, --config names another"
        raise ProblemsError([Problem(Place(relative(str(path))), "", sentence, "config/file")])
    document = tomlfile.read(path)
    problems = list(from_environment(Config, env, document))
    try:
        config = Config.model_validate(document.values)
    except ValidationError as error:
        problems += explained(Config, error, document, ALLOWED)
    else:
        problems += contradictions(config, document)
    if problems:
        raise ProblemsError(problems)
    return config
