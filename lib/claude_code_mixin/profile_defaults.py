"""What an ingest profile has otherwise, where mixin.toml does not say."""

from __future__ import annotations

from collections.abc import Mapping

OF_PROFILE: Mapping[str, Mapping[str, str]] = {
    # Scraped machines sleep over night, and the processes on them go on where they were.
    "scrape": {"memory": "24h"},
    # Prometheus refuses deltas of clocks more than 10 minutes ahead: as far behind is remembered. Its job is
    # the clients' service.
    "otlp": {"memory": "10m", "job": "claude-code"},
}


def filled(meter: object) -> object:
    """Return the table [meter] with the defaults of its profile; what is no table is returned as it is."""
    if not isinstance(meter, Mapping):
        return meter
    return {**OF_PROFILE.get(str(meter.get("profile")), {}), **meter}
