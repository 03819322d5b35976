"""Everything the client sends, per version and ingest profile: `load()` gives the catalogue."""

from claude_code_mixin.catalogue.catalogue import Catalogue, load
from claude_code_mixin.catalogue.compare import unknowns
from claude_code_mixin.catalogue.model import (
    Attribute,
    Attributes,
    Cardinality,
    Event,
    Kind,
    LabelValues,
    Metric,
    Privacy,
    Profile,
    Series,
    Span,
    WireType,
)
from claude_code_mixin.catalogue.read import CatalogueError
from claude_code_mixin.catalogue.series import histogram_parts

__all__ = [
    "Attribute",
    "Attributes",
    "Cardinality",
    "Catalogue",
    "CatalogueError",
    "Event",
    "Kind",
    "LabelValues",
    "Metric",
    "Privacy",
    "Profile",
    "Series",
    "Span",
    "WireType",
    "histogram_parts",
    "load",
    "unknowns",
]
