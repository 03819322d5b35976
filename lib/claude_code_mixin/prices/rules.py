"""Prices as PromQL: constants, each present only while it holds. See `budget_rules.py` for why one rule."""

from __future__ import annotations

from collections.abc import Iterable

from claude_code_mixin.event_meters import CONTEXT_BANDS, PRICED_TOKENS, context_bands
from claude_code_mixin.model import Record
from claude_code_mixin.prices import SUFFIXES, Price
from claude_code_mixin.settings import active_prices

NEVER = "vector(0) > 0"
"""No sample: what a table without such prices compiles to."""


def price_records() -> tuple[Record, Record, Record]:
    """Return the records of the prices in force: a million tokens, factors of fast mode and long prompts."""
    table = active_prices()
    return (
        Record(
            name="price:claude_code_token_usd:per_million",
            expr=price_expr(table),
            unit="USD/tokens",
            help="List price of a million tokens by type and model, as the price table names it; "
            "a model that the table lacks has none",
        ),
        Record(
            name="price:claude_code_fast:factor",
            expr=fast_expr(table),
            unit="1",
            help="What fast mode multiplies the list price by; a model without it has no known price there",
        ),
        Record(
            name="price:claude_code_long_context:factor",
            expr=long_context_expr(table),
            unit="1",
            help="What a long prompt multiplies the list price by, for the bands of context that are long",
        ),
    )


def price_expr(table: Iterable[Price]) -> str:
    """US dollars per million tokens by `listed_as` and `type`."""
    return _any(
        _while_it_holds(price, *(_labelled(price.per_million(kind), type=kind) for kind in PRICED_TOKENS))
        for price in table
    )


def fast_expr(table: Iterable[Price]) -> str:
    """Factor of fast mode by `listed_as`."""
    return _any(
        _while_it_holds(price, f"vector({price.fast:.12g})") for price in table if price.fast is not None
    )


def long_context_expr(table: Iterable[Price]) -> str:
    """Factor of long prompts by `listed_as` and `context`, for the bands above the bound only."""
    return _any(
        _while_it_holds(price, *(_labelled(price.long_context, context=band) for band in _long_bands(price)))
        for price in table
        if price.long_context is not None
    )


def listed_expr(tokens: str) -> str:
    """`tokens` with the label `listed_as`: the model without date and [1m], as the price table names it."""
    pattern = f"(.+?){SUFFIXES}".replace("\\", "\\\\")
    return f'label_replace({tokens}, "listed_as", "$1", "model", "{pattern}")'


def _long_bands(price: Price) -> tuple[str, ...]:
    bands = dict(zip(CONTEXT_BANDS, context_bands()[1:], strict=True))
    return tuple(band for bound, band in bands.items() if bound >= (price.long_context_tokens or 0))


def _labelled(value: float, **label: str) -> str:
    ((name, text),) = label.items()
    return f'label_replace(vector({value:.12g}), "{name}", "{text}", "", "")'


def _while_it_holds(price: Price, *amounts: str) -> str:
    alternatives = "\n    or ".join(amounts)
    ends = price.ends()
    until = "" if ends is None else f"\n  and on () (vector(time()) < {ends})"
    return f"""(
  label_replace(
    {alternatives},
    "listed_as", "{price.model}", "", ""
  )
  and on () (vector(time()) >= {price.starts()}){until}
)"""


def _any(terms: Iterable[str]) -> str:
    return "\nor\n".join(terms) or NEVER
