"""Names in [alerts] and [dashboards] of the configuration that the content does not have."""

from __future__ import annotations

from collections.abc import Iterator

from claude_code_mixin.config import Config
from claude_code_mixin.config_problems import unknown
from claude_code_mixin.loader import Mixin
from claude_code_mixin.model import Alert
from claude_code_mixin.problems import Problem
from claude_code_mixin.tomlfile import Document


def unknown_overrides(config: Config, mixin: Mixin, document: Document) -> Iterator[Problem]:
    """Yield a problem for each name in [alerts] and [dashboards] of `config` that `mixin` does not have.

    `document` is the file that `config` was read from.
    """
    declared = [item for module in (*mixin.modules, *mixin.left_out) for item in module.declared]
    alerts = {item.name for item in declared if isinstance(item, Alert)}
    dashboards = {module.stem for module in mixin.modules if module.room == "dashboards"}
    thresholds: dict[str, set[str]] = {}
    for _, threshold in mixin.thresholds():
        thresholds.setdefault(threshold.alert, set()).add(threshold.key)
    named = [(["alerts", name], alerts) for name in config.alerts]
    named += [(["dashboards", stem], dashboards) for stem in config.dashboards]
    for name in config.alerts.keys() & alerts:
        known = thresholds.get(name, set())
        named += [(["alerts", name, "thresholds", key], known) for key in config.alerts[name].thresholds]
    for keys, known in named:
        if keys[-1] not in known:
            yield unknown(sorted(known), keys, document.place(keys))
