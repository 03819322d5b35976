"""The configuration, the budgets and the prices in force while content is imported."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from claude_code_mixin.config import Config

if TYPE_CHECKING:
    from claude_code_mixin.budgets import Budget
    from claude_code_mixin.prices import Price

_ACTIVE: ContextVar[Config | None] = ContextVar("claude_code_mixin_config", default=None)
_BUDGETS: ContextVar[tuple[Budget, ...]] = ContextVar("claude_code_mixin_budgets", default=())
_PRICES: ContextVar[tuple[Price, ...]] = ContextVar("claude_code_mixin_prices", default=())


def active() -> Config:
    """Return the configuration in force; outside of `using()` that is every default."""
    config = _ACTIVE.get()
    if config is None:
        config = Config()
        _ACTIVE.set(config)
    return config


def active_budgets() -> tuple[Budget, ...]:
    """Return the budgets in force; outside of `using()` there are none."""
    return _BUDGETS.get()


def active_prices() -> tuple[Price, ...]:
    """Return the prices in force; outside of `using()` there are none."""
    return _PRICES.get()


@contextmanager
def using(
    config: Config, budgets: tuple[Budget, ...] = (), prices: tuple[Price, ...] = ()
) -> Iterator[Config]:
    """Put `config`, `budgets` and `prices` in force for the block: content imported inside is under them."""
    tokens = _ACTIVE.set(config), _BUDGETS.set(budgets), _PRICES.set(prices)
    try:
        yield config
    finally:
        _ACTIVE.reset(tokens[0])
        _BUDGETS.reset(tokens[1])
        _PRICES.reset(tokens[2])
