"""What a DuckDB URL's database is: a path, in memory or elsewhere; and what DuckDB calls it."""

from __future__ import annotations

import os
import re
from typing import Final

from sqlalchemy.engine import URL

from etl_monitor_orm.errors import ConfigurationError

MEMORY: Final = ":memory:"

OF_MEMORY: Final = "memory"
"""What DuckDB calls every database in memory."""
_RESERVED: Final = frozenset({"system", "temp"})
"""Databases that DuckDB has beside every other."""

_REMOTE: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""How a name begins that is no path: `md:`, `s3:`, and so on."""

_PATHS: Final = (
    "extension_directory",
    "extension_repository_directory",
    "home_directory",
    "log_query_path",
    "profile_output",
    "secret_directory",
    "temp_directory",
)
"""Options of DuckDB that name a file or a folder."""


def absolute(database: str) -> str:
    """Return a path from the root, for a file's; anything else as it is."""
    if not is_file(database):
        return database
    try:
        return os.path.abspath(database)
    except OSError:  # the current folder was removed
        return database


def with_whole_paths(url: URL) -> URL:
    """Return a URL whose options that name folders mean them from the root, wherever the process goes later."""
    there = {name: url.query.get(name) for name in _PATHS}
    return url.update_query_dict(
        {name: absolute(path) for name, path in there.items() if path and isinstance(path, str)}
    )


def is_file(database: str) -> bool:
    """Whether a URL's database is a path, and not in memory or somewhere remote."""
    return not (database.startswith(MEMORY) or _REMOTE.match(database))


def is_ambiguous(url: URL, schema: str) -> bool:
    """Whether DuckDB would call the database like the schema.

    Raises:
        ConfigurationError: The schema has a name that DuckDB needs, in any database.
    """
    plain = schema.lower()
    if plain in _RESERVED:
        raise ConfigurationError(
            f"The schema cannot be called {schema} on DuckDB, which has a database of that name. Choose another name: "
            "--schema, schema=, or ETL_MONITOR_SCHEMA."
        )
    database = str(url.database)
    if database.startswith(MEMORY):
        return plain == OF_MEMORY
    if not is_file(database):
        return False
    # DuckDB takes the first part; which one that is depends on its release. More than needed may be attached.
    file = re.split(r"[/\\]", database)[-1]
    parts = {part.lower() for part in re.split(r"[.?]", file) if part}
    return plain in parts | {f"{part}_db" for part in parts}
