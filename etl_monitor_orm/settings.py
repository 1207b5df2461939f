"""The monitor's settings: read once from arguments and `ETL_MONITOR_*` variables, then frozen."""

from __future__ import annotations

import math
import os
import threading
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.foreign import plain_text
from etl_monitor_orm.schemas import DEFAULT_SCHEMA

DEFAULT_URL = "duckdb:///etl_monitor.duckdb"
DEFAULT_LOCK_WAIT = 30.0
"""Seconds."""

_UNSEEN: Final = frozenset({"Cc", "Cs"})
"""Unicode's categories of control characters and surrogates."""


class Layout(StrEnum):
    """The layout of the results tables on Delta."""

    PARTITIONED = "partitioned"
    """A folder for each processing date, as in the Spark edition; any reader of Delta can read it."""
    CLUSTERED = "clustered"
    """Sorted by date and process: writers of different rows do not conflict."""


class WhenAway(StrEnum):
    """How a call that reports goes on while the database is away."""

    RAISE = "raise"
    """It raises, like any other call."""
    WARN = "warn"
    """It goes on with one warning an outage; what it reports is not recorded."""
    JOURNAL = "journal"
    """It goes on; what it reports is kept in a file, and sent when the database is back."""


@dataclass(frozen=True)
class Settings:
    """Settings of one monitor.

    Attributes:
        url: The database; it may hold a password, so no representation shows it.
        schema: The schema of the tables.
        views_schema: Another schema for the views; None means beside the tables.
        catalog: The Unity Catalog catalog, for databases that have catalogs.
        actor: The name for `CreatedBy` and `LastUpdatedBy`; None means the database's user, else the OS user.
        lock_wait: Seconds to wait while another process holds a DuckDB file.
        when_away: How calls go on while the database is away.
        journal: A file or a folder for the journal; None means the user's state folder.
    """

    url: URL = field(repr=False)
    schema: str = DEFAULT_SCHEMA
    views_schema: str | None = None
    catalog: str | None = None
    actor: str | None = None
    lock_wait: float = DEFAULT_LOCK_WAIT
    when_away: WhenAway = WhenAway.RAISE
    journal: str | None = None

    @classmethod
    def read(
        cls,
        url: str | URL | None = None,
        *,
        schema: str | None = None,
        views_schema: str | None = None,
        catalog: str | None = None,
        actor: str | None = None,
        lock_wait: float | str | None = None,
        when_away: str | None = None,
        journal: str | os.PathLike[str] | None = None,
    ) -> Settings:
        """Combine arguments with the environment; an argument wins over its variable.

        White space around a value is left out, such as the line break at the end of a secret that was read from a file.

        Args:
            url: A SQLAlchemy URL; else `ETL_MONITOR_URL`, else `duckdb:///etl_monitor.duckdb`.
            schema: Else the URL's, else `ETL_MONITOR_SCHEMA`, else `etl`.
            views_schema: Else `ETL_MONITOR_VIEWS_SCHEMA`, else none.
            catalog: Else the URL's, else `ETL_MONITOR_CATALOG`.
            actor: Else `ETL_MONITOR_ACTOR`.
            lock_wait: Seconds; else the option of a DuckDB URL, else `ETL_MONITOR_LOCK_WAIT`, else 30.
            when_away: `raise`, `warn` or `journal`; else `ETL_MONITOR_WHEN_AWAY`, else `raise`.
            journal: Else `ETL_MONITOR_JOURNAL`.

        Raises:
            ConfigurationError: The URL cannot be read, a name is empty, a value has a control character, or a time is
                no number of seconds.
        """
        if url is not None and not isinstance(url, str | URL):
            raise ConfigurationError(_no_database(url))
        if isinstance(url, str) and not (url := url.strip()):
            raise ConfigurationError(
                f"The database URL is empty. Write one, such as {DEFAULT_URL}, or leave it out for ETL_MONITOR_URL."
            )
        try:
            parsed = make_url(
                url.strip() if isinstance(url, str) else url or variable("ETL_MONITOR_URL") or DEFAULT_URL
            )
        except (ArgumentError, ValueError):
            # The text itself may hold a password, so it is not repeated.
            raise ConfigurationError(
                "The database URL cannot be read. Write it like duckdb:///etl_monitor.duckdb, or like "
                "databricks://token:TOKEN@HOST?http_path=/sql/1.0/warehouses/ID&catalog=main with a host without "
                "https://, and pass it as an argument, as --url, or in ETL_MONITOR_URL."
            ) from None
        if "@" in f"{parsed.host}{parsed.database if parsed.password else ''}":
            # The first @ ends the password. What follows would be shown as the host, or as the database.
            raise ConfigurationError(
                "The database URL has an @ too many. Write %40 for an @ in the user or the password, and %2F for a /."
            )
        _refuse_unseen_in(parsed)
        name = schema if schema is not None else _named(parsed, "schema") or variable("ETL_MONITOR_SCHEMA")
        name = name if schema is not None else name or DEFAULT_SCHEMA
        apart = views_schema if views_schema is not None else variable("ETL_MONITOR_VIEWS_SCHEMA")
        home = catalog or _named(parsed, "catalog") or variable("ETL_MONITOR_CATALOG")
        who = actor or variable("ETL_MONITOR_ACTOR")
        patience = lock_wait if lock_wait is not None else _lock_wait_of(parsed) or variable("ETL_MONITOR_LOCK_WAIT")
        return cls(
            url=parsed.difference_update_query(["lock_wait"]) if parsed.get_backend_name() == "duckdb" else parsed,
            schema=schema_name(name),
            views_schema=None if apart is None else schema_name(apart, "views schema"),
            catalog=None if home is None else _plain("catalog", home),
            actor=None if who is None else _plain("actor", who),
            lock_wait=DEFAULT_LOCK_WAIT if patience is None else _seconds(patience),
            when_away=_read_when_away(when_away),
            journal=_read_journal(journal),
        )


def _read_when_away(word: str | None) -> WhenAway:
    asked = word or variable("ETL_MONITOR_WHEN_AWAY")
    try:
        return WhenAway.RAISE if asked is None else WhenAway(asked.strip() if isinstance(asked, str) else asked)
    except ValueError:
        raise ConfigurationError(
            f"when_away is {asked!a}. Set when_away= or ETL_MONITOR_WHEN_AWAY to {', '.join(WhenAway)}; the default is "
            f"{WhenAway.RAISE}."
        ) from None


def _read_journal(path: str | os.PathLike[str] | None) -> str | None:
    given = variable("ETL_MONITOR_JOURNAL") if path is None else path
    if given is None:
        return None
    if not isinstance(given, str | os.PathLike):
        raise ConfigurationError(f"journal must be a path, not {type(given).__name__}.")
    text = os.fspath(given)
    if not isinstance(text, str) or not text.strip() or _has_unseen(text):
        raise ConfigurationError(f"journal is {text!a}. Name a file, or a folder that exists.")
    # A relative path means the folder at the time the monitor was made; a separator at its end, that it is a folder.
    path = os.path.abspath(os.path.expanduser(text.strip()))
    return os.path.join(path, "") if text.strip().endswith(("/", os.sep)) else path


def variable(name: str) -> str | None:
    """Return a variable without the white space around it; None if it is unset or empty."""
    return os.environ.get(name, "").strip() or None


def _refuse_unseen_in(url: URL) -> None:
    """Refuse control characters in any part of a URL, where they stand escaped. No message repeats a value."""
    parts = [("user", url.username), ("password", url.password), ("host", url.host), ("path", url.database)]
    for name, value in url.query.items():
        parts += [
            ("name of an option", name),
            (f"option {name!a}", value if isinstance(value, str) else "".join(value)),
        ]
    for part, text in parts:
        if text is not None and _has_unseen(text):
            raise ConfigurationError(
                f"The {part} in the database URL has a control character, such as a line break. Write the URL without "
                "it; a secret that was read from a file often ends with one."
            )


def _has_unseen(text: str) -> bool:
    return any(unicodedata.category(character) in _UNSEEN for character in text)


def schema_name(name: object, what: str = "schema") -> str:
    """Return the name of a schema.

    Args:
        name: The name.
        what: What to call the schema in messages.

    Raises:
        ConfigurationError: No database can have such a schema.
    """
    plain = _plain(what, name)
    if "[" in plain or "]" in plain:
        raise ConfigurationError(f"The {what}'s name is {plain}; SQLAlchemy allows no square brackets in it.")
    return plain


def _plain(what: str, name: object) -> str:
    """Return a name without white space around it: text, not empty, no characters that nobody can see or store."""
    if not isinstance(name, str):
        raise ConfigurationError(f"The {what}'s name must be text, not {type(name).__name__}.")
    if not name.strip():
        raise ConfigurationError(
            f"The {what}'s name must not be empty" + ("; the default is etl." if what == "schema" else ".")
        )
    name = plain_text(name.strip())
    if _has_unseen(name):
        raise ConfigurationError(f"The {what}'s name is {name!a}; it must not have control characters or surrogates.")
    return name


def _no_database(given: object) -> str:
    kind = type(given)
    return (
        f"A {kind.__module__}.{kind.__qualname__} is not a database. Pass a URL such as {DEFAULT_URL}, or an Engine: "
        "one from etl_monitor_orm.create_engine(url) always works."
    )


def _named(url: URL, what: str) -> str | None:
    """The catalog or schema in a Databricks URL; DuckDB does not know these words."""
    value = url.query.get(what) if url.get_backend_name() == "databricks" else None
    return value.strip() or None if isinstance(value, str) else None


def _lock_wait_of(url: URL) -> str | None:
    value = url.query.get("lock_wait") if url.get_backend_name() == "duckdb" else None
    if isinstance(value, tuple):
        raise ConfigurationError("The database URL has lock_wait more than once. Write it once: ?lock_wait=30.")
    return None if value is None else value.strip() or None


def _seconds(given: object) -> float:
    """Return how long to wait for a file."""
    try:
        seconds = float(given) if isinstance(given, str | int | float) and not isinstance(given, bool) else math.nan
    except (ValueError, OverflowError):
        seconds = math.nan
    if not 0 <= seconds <= threading.TIMEOUT_MAX:
        raise ConfigurationError(
            f"lock_wait is {given!a}; it must be a number of seconds, and 0 means not to wait. Set lock_wait=, "
            "?lock_wait= in the URL or ETL_MONITOR_LOCK_WAIT, such as to 30."
        )
    return seconds


def read_layout(word: str | None = None) -> Layout | None:
    """Return the layout of the argument, or else of `ETL_MONITOR_LAYOUT`; None without either.

    Raises:
        ConfigurationError: There is no such layout.
    """
    asked = word or variable("ETL_MONITOR_LAYOUT")
    try:
        return None if asked is None else Layout(asked.strip() if isinstance(asked, str) else asked)
    except ValueError:
        raise ConfigurationError(
            f"There is no layout {asked!a}. Set layout=, --layout or ETL_MONITOR_LAYOUT to {' or '.join(Layout)}; "
            f"the default is {Layout.PARTITIONED}."
        ) from None
