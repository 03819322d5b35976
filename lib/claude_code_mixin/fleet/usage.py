"""What requests to the model use, and what the simulated client says that they cost."""

from __future__ import annotations

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens by type; fast mode costs `fast` times as much."""

    input: float
    output: float
    cache_read: float
    cache_creation_5m: float
    cache_creation_1h: float
    fast: float = 6.0


PRICES = {
    OPUS: Price(3, 12, 0.3, 3.75, 6),
    SONNET: Price(1.5, 6, 0.15, 1.875, 3),
    HAIKU: Price(0.1, 0.5, 0.01, 0.125, 0.2),
    OTHER_MODEL: Price(2, 8, 0.2, 2.5, 4),
}
"""Made up, and such that the captured usage costs what was captured. Nothing is billed by these."""


def cost_micros(model: str, usage: Usage, *, fast: bool = False) -> float:
    """Return the cost in millionths of a US dollar; raise ValueError for a model without a price."""
    if model not in PRICES:
        raise ValueError(f"the simulated client has no price for {model}, only for {', '.join(PRICES)}")
    price = PRICES[model]
    cost = (
        usage.input * price.input
        + usage.output * price.output
        + usage.cache_read * price.cache_read
        + usage.cache_creation_5m * price.cache_creation_5m
        + usage.cache_creation_1h * price.cache_creation_1h
    )
    return cost * (price.fast if fast else 1)
