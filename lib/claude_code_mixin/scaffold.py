"""First files: a private repository, and the stubs of a new topic. Nothing that exists is overwritten."""

from __future__ import annotations

import json
import keyword
import re
import sys
from collections.abc import Mapping
from importlib.resources import files as resources
from pathlib import Path
from string import Template

import claude_code_mixin
from claude_code_mixin import config as configuration
from claude_code_mixin.compile.prometheus import PREFIX, RUNBOOKS
from claude_code_mixin.config import Config
from claude_code_mixin.loader import ROOMS, bundled_root
from claude_code_mixin.problems import Place, Problem, ProblemsError, relative

CHECK = "new/stem"
EXAMPLE = "example"
UID_LENGTH = 40
"""Grafana's limit."""
_REPOSITORY = {
    "README.md": "README.md.tmpl",
    ".gitignore": "gitignore.tmpl",
    "requirements.txt": "requirements.txt.tmpl",
    ".github/workflows/mixin.yaml": "workflow.yaml.tmpl",
}
_RECORDS = "claude_code_mixin.content.recording_rules"


class _Stub(Template):
    """Holes are written @name: $ and braces belong to Prometheus' templates."""

    delimiter = "@"


def init(folder: Path) -> list[Path]:
    """Write a private repository with an example topic into `folder` and return its files.

    Raises ProblemsError, with nothing written, if one of them exists.
    """
    values = {"version": claude_code_mixin.__version__}
    files = {folder / path: _filled(f"init/{name}", values) for path, name in _REPOSITORY.items()}
    settings = _text("init/mixin.toml").replace("\n# roots = []\n", '\nroots = ["."]\n')
    files[folder / "mixin.toml"] = settings
    files[folder / "budgets.toml"] = _text("init/budgets.toml")
    files |= _topic(EXAMPLE, folder, Config(), private=True, record=True, alert=True, dashboard=True)
    return _written(files)


def new(
    stem: str, path: Path, env: Mapping[str, str], *, record: bool, alert: bool, dashboard: bool
) -> list[Path]:
    """Write the stubs of the topic `stem` into the content root of the configuration at `path`; return them.

    `record`, `alert` and `dashboard` choose among them; `env` is the environment. Raises ProblemsError, with
    nothing written, for a stem that cannot be used and for files that exist.
    """
    config = configuration.read(path, env)
    base = path.resolve().parent
    root = (base / config.content.roots[0]).resolve() if config.content.roots else base
    _refuse(stem, root, config, path)
    private = root != bundled_root()
    return _written(
        _topic(stem, root, config, private=private, record=record, alert=alert, dashboard=dashboard)
    )


def _refuse(stem: str, root: Path, config: Config, path: Path) -> None:
    found = [Problem(Place("new"), stem, sentence, CHECK) for sentence in _unusable(stem, config)]
    place = Place(relative(str(path)))
    if not config.content.roots and root != bundled_root():
        sentence = 'names no folder of own content: set content.roots, for example roots = ["."]'
        found.append(Problem(place, "content.roots", sentence, CHECK))
    if not config.content.bundled:
        sentence = "is false, but stubs read the bundled records: set it to true"
        found.append(Problem(place, "content.bundled", sentence, CHECK))
    if root != bundled_root() and any((bundled_root() / room / f"{stem}.py").exists() for room in ROOMS):
        sentence = "is a topic of the bundled content: choose another stem"
        found.append(Problem(Place("new"), stem, sentence, CHECK))
    if found:
        raise ProblemsError(found)


def _unusable(stem: str, config: Config) -> list[str]:
    sentences = []
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", stem) or keyword.iskeyword(stem):
        sentences.append("is no module name: use lower-case words of letters and digits joined by _")
    if stem in sys.stdlib_module_names:
        sentences.append(f'shadows a standard-library module: choose another stem, for example "{stem}s"')
    if len(config.prefixes.uid + stem) > UID_LENGTH:
        longest = UID_LENGTH - len(config.prefixes.uid)
        sentences.append(f"is too long for a dashboard uid: use at most {longest} characters")
    return sentences


def _topic(
    stem: str, root: Path, config: Config, *, private: bool, record: bool, alert: bool, dashboard: bool
) -> dict[Path, str]:
    values = _values(stem, config, private=private, record=record)
    values["allow"] = "" if alert or dashboard else _UNREAD
    values["order"] = _ORDER.format(**values) if record and alert else ""
    rules = root / "tests" / "rules" / f"{stem}.yaml"
    chosen = {
        root / "recording_rules" / f"{stem}.py": ["new/record.py.tmpl"] * record,
        root / "alerts" / f"{stem}.py": ["new/alert.py.tmpl"] * alert,
        root / "alerts" / f"{stem}.md": ["new/runbook.md.tmpl"] * alert,
        root / "dashboards" / f"{stem}.py": ["new/dashboard.py.tmpl"] * dashboard,
        rules: ["new/test.yaml.tmpl"] * (record or alert)
        + ["new/test_record.yaml.tmpl"] * record
        + ["new/test_alert.yaml.tmpl"] * alert,
    }
    return {path: "".join(_filled(name, values) for name in names) for path, names in chosen.items() if names}


_ORDER = "group_eval_order: [claude-code-{dashed}, claude-code-{stem}-alerts]\n"
"""Without it promtool may evaluate an alert before the record that it reads."""
_UNREAD = '\n    allow=(("record/unused", "read by nothing yet: say here for whom it is kept"),),'


def _values(stem: str, config: Config, *, private: bool, record: bool) -> dict[str, str]:
    """What fills the holes of the stubs of `stem`, names under the configured prefixes."""
    name = "SPEND" if record else "TOTAL_COST_1H"
    words = stem.split("_")
    alert = f"{PREFIX}{''.join(word.capitalize() for word in words)}SpendHigh"
    total, constant = f"{config.prefixes.record}total:claude_code", dict(config.labels.constant)
    recorded = f"{total}_{stem}_cost_usd:increase6h"
    source, hourly = f"{total}_cost_usd:increase1m", f"{total}_cost_usd:increase1h"
    runbooks = config.runbook_url.rstrip("/") + "/" if config.runbook_url else RUNBOOKS
    return {
        "stem": stem,
        "dashed": "-".join(words),
        "title": " ".join(words).capitalize(),
        "own_import": f"\nfrom ..recording_rules.{stem} import {name}\n" if private and record else "",
        "bundled_import": ""
        if private and record
        else f"from {_RECORDS}.{stem if record else 'cost'} import {name}\n",
        "record": name,
        "record_name": recorded if record else hourly,
        "record_labels": "{" + ", ".join(f"{key}={json.dumps(text)}" for key, text in constant.items()) + "}",
        "source_name": source,
        "input_name": source if record else hourly,
        "high": "1x600" if record else "360x600",
        "low": "0.1x600" if record else "36x600",
        "alert": alert,
        "alert_name": config.prefixes.alert + alert.removeprefix(PREFIX),
        "alert_labels": json.dumps({"severity": "warning", "owner": config.owner} | constant),
        "runbook_url": f"{runbooks}{stem}.md#{alert.lower()}",
    }


def _text(name: str) -> str:
    return (resources(claude_code_mixin) / "templates" / name).read_text(encoding="utf-8")


def _filled(name: str, values: Mapping[str, str]) -> str:
    return _Stub(_text(name)).substitute(values)


def _written(files: Mapping[Path, str]) -> list[Path]:
    """Write `files`, all or none, and return their paths in order."""
    taken = [path for path in sorted(files) if path.exists()]
    if taken:
        sentence = "exists: move it away, or choose another stem or folder"
        raise ProblemsError(Problem(Place(relative(str(path))), "", sentence, "new/exists") for path in taken)
    made: list[Path] = []
    try:
        for path in sorted(files):
            path.parent.mkdir(parents=True, exist_ok=True)
            made.append(path)
            path.write_text(files[path], encoding="utf-8")
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        sentence = f"cannot be written: {(error.strerror or str(error)).lower()}; nothing was left behind"
        raise ProblemsError([Problem(Place(relative(str(made[-1]))), "", sentence, "new/write")]) from error
    return made
