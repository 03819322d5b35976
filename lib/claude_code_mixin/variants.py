"""The bundled content under configurations that others run it with: what breaks there and only there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from claude_code_mixin import check
from claude_code_mixin.check.context import is_bundled
from claude_code_mixin.config import Config
from claude_code_mixin.loader import Mixin, bundled_root, reloaded
from claude_code_mixin.problems import Problem, ProblemsError
from claude_code_mixin.settings import using

_CONSTANT = {"installation": "any"}
_OF_ONE_CONFIGURATION = frozenset({check.ESCAPE, "threshold/unused"})
"""Checks that need no second look: an escape may cover what only one configuration has, and a threshold's
place in an expression hardly depends on any."""


def applies(mixin: Mixin) -> bool:
    """Whether `mixin` builds the bundled content from a checkout; an installed one was judged at release."""
    return mixin.config.content.bundled and (bundled_root() / "tests" / "rules").is_dir()


def problems(mixin: Mixin, found: Iterable[Problem]) -> Iterator[Problem]:
    """Yield each problem of the bundled content under another privacy profile or with a constant label.

    Left out are problems in `found`, those under the configuration of `mixin`, and those that an escape
    covers. One's own content is written for one's own configuration and is not judged.
    """
    known = {(one.place, one.subject, one.check) for one in found}
    for variant, config in _variants(mixin.config).items():
        for one in _judged(mixin, config):
            new = (one.place, one.subject, one.check) not in known and one.allowed is None
            if new and one.check not in _OF_ONE_CONFIGURATION and is_bundled(Path(one.place.path)):
                known.add((one.place, one.subject, one.check))
                yield replace(one, sentence=f"under {variant}: {one.sentence}")


def _judged(mixin: Mixin, config: Config) -> list[Problem]:
    try:
        variant = reloaded(mixin, config)
    except ProblemsError as error:
        return list(error.problems)
    with using(config, variant.budgets):
        return check.run(variant, skipped=_OF_ONE_CONFIGURATION)


def _variants(config: Config) -> Mapping[str, Config]:
    profiles = [profile for profile in ("strict", "team", "full") if profile != config.privacy]
    found = {f"privacy = {profile}": config.model_copy(update={"privacy": profile}) for profile in profiles}
    constant = {**config.labels.constant, **_CONSTANT}
    labels = config.labels.model_copy(update={"constant": constant})
    return {**found, "labels.constant": config.model_copy(update={"labels": labels})}
