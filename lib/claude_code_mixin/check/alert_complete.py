"""Every alert has severity, summary, description, owner, what it does without data, and a full runbook."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from claude_code_mixin import durations
from claude_code_mixin.check.context import Context, Expression
from claude_code_mixin.model import Alert, Severity, Threshold
from claude_code_mixin.nearest import nearest
from claude_code_mixin.problems import Problem

ID = "alert/complete"
SECTIONS = ("Meaning", "Impact", "Diagnosis", "Mitigation")
SEVERITIES: tuple[str, ...] = get_args(Severity)


def check(context: Context) -> Iterator[Problem]:
    """Yield each part that an alert lacks."""
    for found in context.expressions:
        if isinstance(found.item, Alert):
            yield from _texts(found, found.item)
            yield from _durations(found, found.item)
            yield from _runbook(context, found, found.item)
            if not context.mixin.config.owner.strip():
                yield found.problem(ID, "has no owner; set owner in mixin.toml")
    yield from _thresholds(context)


def _thresholds(context: Context) -> Iterator[Problem]:
    names = {alert.name for _, alert in context.mixin.alerts()}
    for _, threshold in context.mixin.thresholds():
        yield from _negative(threshold)
        if threshold.alert not in names | context.mixin.config.alerts.keys() | context.mixin.reasons.keys():
            meant = nearest(threshold.alert, names)
            hint = f"; perhaps {meant}" if meant else ""
            sentence = f'threshold "{threshold.key}" belongs to an alert that does not exist{hint}'
            yield Problem(threshold.place, threshold.alert, sentence, ID)


def _negative(threshold: Threshold) -> Iterator[Problem]:
    value = threshold.resolved()
    if value < 0:
        sentence = f'threshold "{threshold.key}" is {value:g}, and nothing measured here falls below 0'
        yield Problem(threshold.place, threshold.alert, f"{sentence}; give 0 or more", ID)


def _texts(found: Expression, alert: Alert) -> Iterator[Problem]:
    for name in ("summary", "description", "no_data"):
        if not getattr(alert, name).strip():
            yield found.problem(ID, f"{name} is empty; say it in one sentence")
    if alert.no_data.strip() and not alert.no_data.strip().startswith(("fires", "silent")):
        yield found.problem(ID, 'no_data begins with neither "fires" nor "silent"; say which of them it does')
    if "{{" in alert.summary:
        yield found.problem(
            ID, "summary holds a template; keep it stable and put values into the description"
        )
    if alert.severity not in SEVERITIES:
        yield found.problem(ID, f'severity "{alert.severity}" is none of {", ".join(SEVERITIES)}')


def _durations(found: Expression, alert: Alert) -> Iterator[Problem]:
    for name, duration in (("for_", alert.for_), ("keep_firing_for", alert.keep_firing_for)):
        error = durations.fault(duration) if duration is not None else None
        if error:
            yield found.problem(ID, f"{name} {error}")


def _runbook(context: Context, found: Expression, alert: Alert) -> Iterator[Problem]:
    mine = [runbook for runbook in context.mixin.runbooks if runbook.alert == alert.name]
    if not mine:
        yield found.problem(
            ID, f'has no runbook; write a section "## {alert.name}" into the .md beside its file'
        )
        return
    if len(mine) > 1:
        places = " and ".join(str(runbook.place) for runbook in mine)
        yield found.problem(ID, f"has two runbook sections, {places}; keep one")
    for section in SECTIONS:
        if not mine[0].sections.get(section, "").strip():
            yield found.problem(ID, f'runbook {mine[0].place} lacks "### {section}" or has nothing under it')
