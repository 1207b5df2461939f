"""The one line between the DuckDB releases that the dialect tells apart."""

from __future__ import annotations

from typing import Final

import duckdb
from packaging.version import Version

SINCE_2_0: Final = Version(duckdb.__version__) >= Version("2.0.dev0")
"""Whether the driver counts changed rows, reads a decimal's exponent and tells generated columns from defaults."""
