"""A real PostgreSQL for the tests: its binaries come from PyPI, and it is gone when the tests are, however they end."""

from __future__ import annotations

from tests.postgres.binaries import VERSIONS, missing
from tests.postgres.server import Server, start_server

__all__ = ["VERSIONS", "Server", "missing", "start_server"]
