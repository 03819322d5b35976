"""Every threshold is part of its alert's expression, so that overriding it changes when the alert fires."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from claude_code_mixin.check.context import Context
from claude_code_mixin.config import AlertOverride, Config
from claude_code_mixin.loader import Mixin, reloaded
from claude_code_mixin.model import Threshold
from claude_code_mixin.problems import Problem, ProblemsError

ID = "threshold/unused"
_STEP = 0.000131
"""What tells the values of several thresholds apart in one import, and from any number written by hand."""


def check(context: Context) -> Iterator[Problem]:
    """Yield each threshold whose value neither its alert's expression nor any record depends on.

    The content is declared anew with other values. That tells a threshold from the same number written out.
    """
    alerts = {alert.name for _, alert in context.mixin.alerts()}
    mine = [threshold for _, threshold in context.mixin.thresholds() if threshold.alert in alerts]
    marks = {one: one.resolved() + _STEP * number for number, one in enumerate(mine, 1)}
    texts = _expressions(context.mixin, marks) if marks else None
    for threshold, mark in marks.items():
        used = texts is None or f"{mark:.12g}" in texts.get(threshold.alert, "")
        if not used and not _matters(context.mixin, threshold):
            sentence = (
                f'threshold "{threshold.key}" is no part of the alert\'s expression, so that overriding'
            )
            way_out = "write it there as {NAME} in an f-string, or remove it"
            yield Problem(threshold.place, threshold.alert, f"{sentence} it does nothing; {way_out}", ID)


def _matters(mixin: Mixin, threshold: Threshold) -> bool:
    """Whether twice the value changes the alert or, for a threshold that a record compares with, a record."""
    changed = _expressions(mixin, {threshold: 2 * threshold.resolved() + 1})
    before = _expressions(mixin, {})
    if changed is None or before is None:
        return True
    return any(changed.get(name) != before[name] for name in before if name == threshold.alert or ":" in name)


def _expressions(mixin: Mixin, values: Mapping[Threshold, float]) -> dict[str, str] | None:
    """Expressions by alert and record under other values of thresholds; None where content refuses them."""
    try:
        found = reloaded(mixin, _with(mixin.config, values))
    except ProblemsError:
        return None
    return {
        **{f"{record.name}:{number}": record.expr for number, (_, record) in enumerate(found.records())},
        **{alert.name: alert.expr for _, alert in found.alerts()},
    }


def _with(config: Config, values: Mapping[Threshold, float]) -> Config:
    alerts = dict(config.alerts)
    for threshold, value in values.items():
        override = alerts.get(threshold.alert, AlertOverride())
        changed = {"thresholds": {**override.thresholds, threshold.key: value}}
        alerts[threshold.alert] = override.model_copy(update=changed)
    return config.model_copy(update={"alerts": alerts})
