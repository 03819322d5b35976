"""mixin.toml: what it may say, and the sentences for what it may not."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from claude_code_mixin import config, event_meters, meters, overrides, tomlfile
from claude_code_mixin.compile.wire_labels import wire_labels
from claude_code_mixin.config import ALLOWED, COUNTED_ATTRIBUTES, RESERVED_LABELS, Collector, Config
from claude_code_mixin.config_problems import settings
from claude_code_mixin.loader import load
from claude_code_mixin.problems import ProblemsError
from support import Project

ROOT = Path(__file__).parent.parent
WRONG = ROOT / "tests" / "data" / "config"
"""A file with a mistake of every kind, and what reading it must say."""


def sentences(path: Path, env: dict[str, str] | None = None) -> list[str]:
    """What reading `path` complains about, in order of place."""
    with pytest.raises(ProblemsError) as caught:
        config.read(path, env or {})
    found = sorted(caught.value.problems, key=lambda problem: (problem.place, str(problem)))
    return [str(problem) for problem in found]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a configuration in the working directory; it does not exist yet."""
    monkeypatch.chdir(tmp_path)
    return tmp_path / "mixin.toml"


def test_all_problems_are_told_at_once_with_value_way_out_and_nearest_name(file: Path) -> None:
    """One run names every fault of the file, each with its line."""
    file.write_text((WRONG / "wrong.toml").read_text())
    expected = (WRONG / "wrong.txt").read_text()
    assert sentences(file, {"CLAUDE_CODE_MIXIN_METER_JOB": "x"}) == expected.splitlines()


def test_no_sentence_repeats_a_secret(file: Path) -> None:
    """What was written by mistake must not spread into logs."""
    file.write_text((WRONG / "wrong.toml").read_text())
    assert "hunter2" not in "".join(sentences(file))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff", "mixin.toml: is not UTF-8 (byte 0): save it as UTF-8 [config/file]"),
        (b"owner = 'x'\n[meter\n", "mixin.toml:2: is not valid TOML: Expected ']' at the end of"),
        (b"owner = 'x'\nowner = 'y'\n", "mixin.toml:2: is not valid TOML: Cannot overwrite a value"),
        (b"a = '''", "mixin.toml:1: is not valid TOML: Expected \"'''\""),
    ],
    ids=["not UTF-8", "half a table", "a key twice", "ends too early"],
)
def test_a_file_that_is_no_toml_is_one_sentence(file: Path, content: bytes, sentence: str) -> None:
    """Whatever is in the file, the answer is one sentence with the line."""
    file.write_bytes(content)
    (told,) = sentences(file)
    assert told.startswith(sentence.removesuffix(" [config/file]"))
    assert told.endswith("[config/file]")


def test_a_missing_file_and_a_folder_are_one_sentence(file: Path) -> None:
    """The sentence names the command that helps."""
    assert sentences(file) == [
        "mixin.toml: does not exist: claude-code-mixin init writes one, --config names another [config/file]"
    ]
    file.mkdir()
    assert sentences(file) == ["mixin.toml: cannot be read: Is a directory [config/file]"]


def test_the_repository_s_file_without_its_comments_is_every_default() -> None:
    """Uncommented, mixin.toml is the default configuration, and no setting is missing from it."""
    uncommented = re.sub(r"^# (?=[a-z_]+ = )", "", (ROOT / "mixin.toml").read_text(), flags=re.MULTILINE)
    values = tomllib.loads(uncommented)
    assert Config.model_validate(values) == Config()
    for keys in settings(Config):
        found: object = values
        for key in keys:
            assert isinstance(found, dict)
            assert key in found, ".".join(keys)
            found = found[key]


def test_the_examples_in_the_repository_s_file_are_valid(file: Path) -> None:
    """What the comments show can be copied."""
    examples = re.findall(r"^#       (.*)$", (ROOT / "mixin.toml").read_text(), flags=re.MULTILINE)
    file.write_text("\n".join(examples))
    read = config.read(file, {})
    assert read.alerts["ClaudeCodeSpendSpike"].for_ == "15m"
    assert read.dashboards["cost"].enabled is False


def test_the_environment_cannot_change_a_setting_but_may_hold_other_variables(file: Path) -> None:
    """A variable that looks like a setting is refused instead of silently doing nothing."""
    file.write_text("")
    assert config.read(file, {"CLAUDE_CODE_MIXIN_TOOLS_DIR": "/tools", "PRIVACY": "full"}) == Config()
    (told,) = sentences(file, {"CLAUDE_CODE_MIXIN_PRIVACY": "full"})
    assert "set privacy in the file" in told


def test_the_configuration_cannot_be_changed_once_read() -> None:
    """One frozen object: nobody changes it behind somebody's back."""
    with pytest.raises(ValueError, match="frozen"):
        Config().owner = "somebody else"


def test_every_label_of_the_meters_is_refused_as_a_constant_label() -> None:
    """A constant label of the same name would merge the series of all teams or models."""
    everything = Config(privacy="full", collector=Collector(session_endpoint="127.0.0.1:8890"))
    series = [meter.labels(everything) for meter in event_meters.meters_of(everything)]
    series += [*meters.CLIENT_LABELS.values(), *(labels for labels, _ in meters.PIPELINE_SERIES.values())]
    used = {label for labels in series for label in labels} | {"le", *meters.TARGET_LABELS}
    assert sorted(used - RESERVED_LABELS) == []


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("team = 'model'", 'labels.team: "model" is not allowed; the meter counts by this attribute itself'),
        ("user = 'session.id'", 'labels.user: "session.id" is not allowed; the meter counts by this'),
        ("user = 'team.id'", 'labels.user: "team.id" is not allowed; labels.team is the same attribute'),
        ("team = 'enduser.id'", 'labels.user: "enduser.id" is not allowed; labels.team is the same'),
        ("repository = 'team.id'", "labels.team is the same attribute; give each label one of its own"),
    ],
)
def test_team_user_and_repository_are_attributes_of_their_own(
    file: Path, settings: str, sentence: str
) -> None:
    """Two labels of one attribute, or one that is counted by anyway, would name nobody."""
    file.write_text(f"[labels]\n{settings}\n")
    (found,) = sentences(file)
    assert sentence in found


def test_every_attribute_of_the_meters_is_refused_as_an_owner() -> None:
    """All but those that stand for the three that are configured."""
    read = wire_labels(Config(privacy="full"))
    used = {
        key for name, one in read.items() if name not in {"team", "user", "repository"} for key in one.keys
    }
    assert used <= COUNTED_ATTRIBUTES


def patterns(schema: object) -> Iterator[str]:
    """Every pattern of values and of free keys in a JSON schema."""
    if isinstance(schema, dict):
        yield from [schema["pattern"]] if isinstance(schema.get("pattern"), str) else []
        yield from schema.get("patternProperties", {})
        for part in schema.values():
            yield from patterns(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from patterns(part)


def test_every_pattern_has_an_explanation() -> None:
    """Without one a user would be told a regular expression; one that nobody uses is left over."""
    assert set(patterns(Config.model_json_schema())) == set(ALLOWED)


def test_unknown_names_in_overrides_are_told_with_the_nearest_one(project: Project) -> None:
    """A typing error in the name of an alert, threshold or dashboard must not be a silent no-op."""
    project.configure(
        "[alerts.ClaudeCodeSpendHihg]\n"
        "[alerts.ClaudeCodeSpendHigh.thresholds]\nusd_per_hor = 1\n"
        "[dashboards.cots]"
    )
    read = config.read(project.config, {})
    found = overrides.unknown_overrides(read, load(read, project.folder), tomlfile.read(project.config))
    assert sorted(str(problem) for problem in found) == [
        'mixin.toml:1 alerts.ClaudeCodeSpendHihg: unknown key; did you mean "ClaudeCodeSpendHigh"? known are '
        "ClaudeCodeSpendHigh [config/key]",
        "mixin.toml:3 alerts.ClaudeCodeSpendHigh.thresholds.usd_per_hor: unknown key; did you mean "
        '"usd_per_hour"? known are usd_per_hour [config/key]',
        'mixin.toml:4 dashboards.cots: unknown key; did you mean "cost"? known are cost [config/key]',
    ]


def test_disabled_alerts_and_dashboards_are_known_names(project: Project) -> None:
    """Disabling something must not make its own name unknown."""
    project.configure("[alerts.ClaudeCodeSpendHigh]\nenabled = false\n[dashboards.cost]\nenabled = false")
    read = config.read(project.config, {})
    mixin = load(read, project.folder)
    assert list(overrides.unknown_overrides(read, mixin, tomlfile.read(project.config))) == []
    assert list(mixin.alerts()) == []
    assert list(mixin.dashboards()) == []


def test_places_follow_dotted_quoted_and_inline_keys(file: Path) -> None:
    """A key gets its own line, or that of the innermost table that has one."""
    file.write_text('a.b = 1\n["x y".z]\n# k = 0\n"k" = { inner = 1 }\nlist = [\n  1,\n]\n')
    document = tomlfile.read(file)
    assert str(document.place(["a", "b"])) == "mixin.toml:1"
    assert str(document.place(["x y", "z", "k", "inner"])) == "mixin.toml:4"
    assert str(document.place(["x y", "z", "other"])) == "mixin.toml:2"
    assert str(document.place(["nowhere"])) == "mixin.toml"


ON = '[collector]\nsession_endpoint = "127.0.0.1:8890"\n'


@pytest.mark.parametrize("privacy", ["team", "full"])
def test_single_sessions_can_be_switched_on(file: Path, privacy: str) -> None:
    """A session id names nobody; only `full` adds who."""
    file.write_text(f'privacy = "{privacy}"\n{ON}')
    assert config.read(file, {}).drill_down


def test_single_sessions_are_refused_where_nobody_may_be_told_apart(file: Path) -> None:
    """A series a session tells people apart without their names."""
    file.write_text(f'privacy = "strict"\n{ON}')
    assert sentences(file) == [
        'mixin.toml:3 collector.session_endpoint: a session id identifies, and privacy = "strict" keeps no '
        'identifier: leave it empty, or choose privacy = "team" [config/privacy]'
    ]


def test_single_sessions_come_from_the_compiled_collector_alone(file: Path) -> None:
    """In another profile the switch would silently do nothing."""
    file.write_text(f'[meter]\nprofile = "scrape"\n{ON}')
    assert sentences(file) == [
        "mixin.toml:4 collector.session_endpoint: the compiled collector tells sessions apart, and profile "
        '"scrape" does not read it: leave it empty, or choose profile = "collector" [config/privacy]'
    ]


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ('session_endpoint = "8890"', "give empty, or host:port such as 127.0.0.1:8890"),
        ("session_hours = 720", "give 1 to 168"),
        ("session_streams = 10", "give 1000 or more"),
    ],
)
def test_settings_of_single_sessions_are_bounded(file: Path, setting: str, sentence: str) -> None:
    """Hours, not months, and never without a limit."""
    file.write_text(f"[collector]\n{setting}\n")
    (found,) = sentences(file)
    assert sentence in found


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            '[meter]\nprofile = "otlp"\nmemory = "90s"',
            'profile "otlp" remembers a window: give whole minutes, 2m to 30m',
        ),
        (
            '[meter]\ntarget = "victoriametrics"\n[labels]\nconstant = { a = "b" }',
            'meter.target: "victoriametrics" cannot have labels.constant',
        ),
        (
            '[meter]\ntarget = "victoriametrics"\nprofile = "otlp"',
            'profile "otlp" is Prometheus\' own receiver: use target "prometheus-3.5"',
        ),
    ],
)
def test_settings_that_exclude_each_other_are_refused(file: Path, content: str, sentence: str) -> None:
    """What would be wrong only when it runs is told when it is built."""
    file.write_text(content)
    (found,) = sentences(file)
    assert sentence in found


def test_deltas_bring_their_own_defaults(file: Path) -> None:
    """The window that Prometheus' limit on clocks ahead asks for, and the job it makes of the service."""
    file.write_text('[meter]\nprofile = "otlp"\n')
    meter = config.read(file, {}).meter
    assert (meter.memory, meter.job) == ("10m", "claude-code")
