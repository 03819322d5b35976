"""What requests to the model use, and what the simulated client says that they cost: list prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from claude_code_mixin.prices import Price, bundled, priced

OPUS, SONNET, HAIKU = "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5"
OTHER_MODEL = "claude-next-6-0"


@dataclass(frozen=True)
class Usage:
    """Tokens of one request by type; the default is what every request of the captures used."""

    input: int = 100
    output: int = 50
    cache_read: int = 30_000
    cache_creation_5m: int = 2_000
    cache_creation_1h: int = 0

    @property
    def cache_creation(self) -> int:
        """Tokens written to the cache, however long they stay there."""
        return self.cache_creation_5m + self.cache_creation_1h


SEEN = date(2026, 11, 22)
"""The day whose list prices the simulated client knows: that of the captures."""
MADE_UP = Price.model_validate(
    {
        "model": OTHER_MODEL,
        "from": SEEN,
        "input": 2.0,
        "output": 8.0,
        "cache_read": 0.2,
        "cache_write_5m": 2.5,
        "cache_write_1h": 4.0,
        "source": "made up: a model that the price table does not know",
        "checked": SEEN,
    }
)


def cost_micros(model: str, usage: Usage, *, fast: bool = False) -> float:
    """Return the cost at list price in millionths of a US dollar.

    Raises ValueError for a model without a price, or without one in fast mode.
    """
    price = MADE_UP if model == OTHER_MODEL else priced(bundled(), model, SEEN)
    if price is None or (fast and price.fast is None):
        mode = " in fast mode" if fast else ""
        raise ValueError(f"the simulated client has no price for {model}{mode}")
    cost = (
        usage.input * price.input
        + usage.output * price.output
        + usage.cache_read * price.cache_read
        + usage.cache_creation_5m * price.cache_write_5m
        + usage.cache_creation_1h * price.cache_write_1h
    )
    prompt = usage.input + usage.cache_read + usage.cache_creation
    bound = price.long_context_tokens
    long_context = price.long_context if bound is not None and prompt > bound else None
    return cost * (price.fast or 1 if fast else 1) * (long_context or 1)
