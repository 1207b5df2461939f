"""Types whose values the stock dialect changes on their way."""

from __future__ import annotations

from sqlalchemy import types


class Instant(types.TIMESTAMP):
    """A time as the driver reads it, with its zone; the stock dialect drops the zone, whatever the session's is."""
