"""Where the monitor lives: read once from arguments and `ETL_MONITOR_*` variables, then frozen."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from etl_monitor_orm.errors import ConfigurationError

DEFAULT_URL = "duckdb:///etl_monitor.duckdb"
DEFAULT_SCHEMA = "etl"


class Layout(StrEnum):
    """How Delta lays out the files of the two results tables, where what ran is written."""

    PARTITIONED = "partitioned"
    """A folder for each processing date, as the Spark edition has it; any reader of Delta can read it."""
    CLUSTERED = "clustered"
    """Sorted by date and process: writers of different rows do not get in each other's way."""


@dataclass(frozen=True)
class Settings:
    """Settings of one monitor.

    Attributes:
        url: The database; it may hold a password, so it is in no representation.
        schema: The schema of the tables and views.
        catalog: The Unity Catalog catalog, for databases that have catalogs.
        actor: The name for `CreatedBy` and `LastUpdatedBy`; None means the database's user, else the OS user.
    """

    url: URL = field(repr=False)
    schema: str = DEFAULT_SCHEMA
    catalog: str | None = None
    actor: str | None = None

    @classmethod
    def read(
        cls,
        url: str | URL | None = None,
        *,
        schema: str | None = None,
        catalog: str | None = None,
        actor: str | None = None,
    ) -> Settings:
        """Combine arguments with the environment; an argument wins over its variable.

        Args:
            url: A SQLAlchemy URL; else `ETL_MONITOR_URL`, else `duckdb:///etl_monitor.duckdb`.
            schema: Else the URL's, else `ETL_MONITOR_SCHEMA`, else `etl`.
            catalog: Else the URL's, else `ETL_MONITOR_CATALOG`.
            actor: Else `ETL_MONITOR_ACTOR`.

        Raises:
            ConfigurationError: The URL cannot be read, or a name is empty.
        """
        try:
            parsed = make_url(url or os.environ.get("ETL_MONITOR_URL") or DEFAULT_URL)
        except (ArgumentError, ValueError):
            # The text itself may hold a password, so it is not repeated.
            raise ConfigurationError(
                "The database URL cannot be read. Write it like duckdb:///etl_monitor.duckdb, or like "
                "databricks://token:TOKEN@HOST?http_path=/sql/1.0/warehouses/ID&catalog=main with a host that begins "
                "without https://, as an argument, as --url, or in ETL_MONITOR_URL."
            ) from None
        name = schema if schema is not None else _named(parsed, "schema") or os.environ.get("ETL_MONITOR_SCHEMA")
        name = name if schema is not None else name or DEFAULT_SCHEMA
        if not isinstance(name, str) or not name.strip():
            raise ConfigurationError("The schema's name must not be empty; the default is etl.")
        if "[" in name or "]" in name:
            raise ConfigurationError(f"The schema's name is {name}; SQLAlchemy allows no square brackets in it.")
        return cls(
            url=parsed,
            schema=name,
            catalog=catalog or _named(parsed, "catalog") or os.environ.get("ETL_MONITOR_CATALOG") or None,
            actor=actor or os.environ.get("ETL_MONITOR_ACTOR") or None,
        )


def _named(url: URL, what: str) -> str | None:
    """The catalog or schema that a Databricks URL names; to DuckDB these words mean nothing."""
    value = url.query.get(what) if url.get_backend_name() == "databricks" else None
    return value if isinstance(value, str) and value else None


def read_layout(word: str | None = None) -> Layout | None:
    """Return the layout that is asked for: the argument's, else that of `ETL_MONITOR_LAYOUT`; None when there is none.

    Raises:
        ConfigurationError: There is no such layout.
    """
    asked = word or os.environ.get("ETL_MONITOR_LAYOUT") or None
    try:
        return None if asked is None else Layout(asked)
    except ValueError:
        raise ConfigurationError(
            f"There is no layout {asked!r}. As layout=, --layout or ETL_MONITOR_LAYOUT, say {' or '.join(Layout)}; "
            f"the default is {Layout.PARTITIONED}."
        ) from None
