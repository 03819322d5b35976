"""What is wrong with a configuration, as sentences: key, value, what is allowed, the nearest known key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from claude_code_mixin.durations import seconds
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Place, Problem
from claude_code_mixin.tomlfile import Document

if TYPE_CHECKING:
    from claude_code_mixin.config import Config

Model = type[BaseModel]
_SECRET = re.compile(r"(^|[_-])(passw(or)?d|secret|token|bearer|credentials?|(api|private)_?key)($|[_-])")
_VARIABLE = "CLAUDE_CODE_MIXIN_"
_KINDS = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "float_type": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "mapping_type": "a table",
    "model_type": "a table",
    "string_too_short": "text that is not empty",
    "string_type": "text in quotes",
    "tuple_type": "a list",
}
"""pydantic error type -> what is allowed instead."""


def explained(
    model: Model, error: ValidationError, document: Document, allowed: Mapping[str, str]
) -> Iterator[Problem]:
    """Yield a problem for each fault in `error`; `allowed` describes the patterns that values must match."""
    for fault in error.errors(include_url=False):
        keys = [str(part) for part in fault["loc"] if part != "[key]"]
        place = document.place(keys)
        if fault["type"] == "extra_forbidden":
            yield unknown(_known(model, keys[:-1]), keys, place)
        else:
            value = f"{_shown(fault['input'])} is not allowed; {_allowed(model, keys, fault, allowed)}"
            yield Problem(place, ".".join(keys), value, "config/value")


def from_environment(model: Model, env: Mapping[str, str], document: Document) -> Iterator[Problem]:
    """Yield a problem for each variable of `env` that names a setting: it would silently do nothing."""
    for keys in settings(model):
        variable = _VARIABLE + "_".join(keys).upper()
        if variable in env:
            key = ".".join(keys)
            sentence = f"the environment carries secrets only: unset {variable} and set {key} in the file"
            yield Problem(document.place(()), key, sentence, "config/environment")


def settings(model: Model) -> Iterator[tuple[str, ...]]:
    """Yield the key path of every setting of `model`, tables of free keys as a whole."""
    for name, field in model.model_fields.items():
        key = field.alias or name
        table = _table(model, [key])
        yield from ((key, *rest) for rest in settings(table)) if table else [(key,)]


def contradictions(config: Config, document: Document) -> Iterator[Problem]:
    """Yield a problem for each switch that the rest of `config` forbids or leaves without effect.

    A session id tells people's work apart even without a name, which `strict` promises not to do.
    """
    if config.collector.session_endpoint and not config.drill_down:
        keys = ("collector", "session_endpoint")
        cause = f'the compiled collector tells sessions apart, and profile "{config.meter.profile}" does not '
        cause += 'read it: leave it empty, or choose profile = "collector"'
        if config.privacy == "strict":
            cause = 'a session id identifies, and privacy = "strict" keeps no identifier: leave it empty, or '
            cause += 'choose privacy = "team"'
        yield Problem(document.place(keys), ".".join(keys), cause, "config/privacy")
    for key, cause in _of_meter(config):
        yield Problem(document.place(("meter", key)), f"meter.{key}", cause, "config/value")


def _of_meter(config: Config) -> Iterator[tuple[str, str]]:
    meter = config.meter
    if meter.profile == "otlp" and seconds(meter.memory) not in range(120, 1801, 60):
        yield "memory", 'profile "otlp" remembers a window: give whole minutes, 2m to 30m'
    if meter.target == "victoriametrics" and meter.profile == "otlp":
        yield "target", 'profile "otlp" is Prometheus\' own receiver: use target "prometheus-3.5"'
    if meter.target == "victoriametrics" and config.labels.constant:
        yield (
            "target",
            '"victoriametrics" cannot have labels.constant, which its expressions would not find again: give '
            "them to vmalert as -external.label",
        )


def unknown(known: Sequence[str], keys: Sequence[str], place: Place) -> Problem:
    """Return the problem that the last of `keys`, at `place`, is none of `known`."""
    name, key = keys[-1], ".".join(keys)
    if _SECRET.search(name.lower()):
        sentence = "looks like a secret, and this file is committed: keep secrets in the environment"
        return Problem(place, key, sentence, "config/secret")
    meant = nearest(name, known)
    hint = f'; did you mean "{meant}"?' if meant else ";"
    return Problem(place, key, f"unknown key{hint} known are {', '.join(known) or 'none'}", "config/key")


def _known(model: Model, keys: Sequence[str]) -> list[str]:
    table = _table(model, keys)
    return [field.alias or name for name, field in table.model_fields.items()] if table else []


def _table(model: Model, keys: Sequence[str]) -> Model | None:
    """The model of the table at `keys`; in a mapping such as [alerts.<Name>] the name is skipped."""
    table: Any = model
    for key in keys:
        if _is_model(table):
            field = _field(table, key)
            table = field.annotation if field else None
        else:
            table = get_args(table)[-1] if get_origin(table) else None
    return table if _is_model(table) else None


def _field(model: Model, key: str) -> FieldInfo | None:
    return next((f for name, f in model.model_fields.items() if (f.alias or name) == key), None)


def _is_model(annotation: object) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _shown(value: object) -> str:
    """The value as TOML spells it, shortened, without the user part of a URL."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if isinstance(value, str):
        text = '"' + re.sub(r"//[^/@]*@", "//...@", value) + '"'
    return text if len(text) <= 60 else text[:57] + "..."


def _allowed(model: Model, keys: Sequence[str], fault: ErrorDetails, patterns: Mapping[str, str]) -> str:
    context = fault.get("ctx", {})
    if fault["type"] == "literal_error":
        return _choice(str(fault["input"]), re.findall(r"'([^']*)'", str(context["expected"])))
    if fault["type"] == "string_pattern_mismatch":
        return f"give {patterns[str(context['pattern'])]}"
    if fault["type"] in ("greater_than_equal", "less_than_equal"):
        return f"give {_range(_table(model, keys[:-1]), keys[-1])}"
    if fault["type"] in _KINDS:
        return f"give {_KINDS[fault['type']]}"
    return fault["msg"].removeprefix("Value error, ")


def _choice(value: str, choices: list[str]) -> str:
    meant = nearest(value, choices)
    hint = f'; did you mean "{meant}"?' if meant else ""
    listed = f"give one of {', '.join(choices)}" if len(choices) > 1 else f"only {choices[0]} is"
    return listed + hint


def _range(table: Model | None, key: str) -> str:
    field = _field(table, key) if table else None
    metadata = field.metadata if field else []
    low = next((item.ge for item in metadata if hasattr(item, "ge")), None)
    high = next((item.le for item in metadata if hasattr(item, "le")), None)
    return f"{low} to {high}" if high is not None else f"{low} or more"
