"""The one distinction between DuckDB releases that the dialect makes."""

from __future__ import annotations

from typing import Final

import duckdb
from packaging.version import Version

SINCE_2_0: Final = Version(duckdb.__version__) >= Version("2.0.dev0")
"""Whether the driver counts changed rows, reads decimal exponents and distinguishes generated columns."""
