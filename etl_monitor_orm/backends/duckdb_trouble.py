"""What DuckDB's errors mean."""

from __future__ import annotations

import re
from typing import Final

import duckdb
from sqlalchemy.engine import URL, Engine
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.backends.duckdb_turns import holder_of, is_locked
from etl_monitor_orm.backends.wording import lacking, place, shown
from etl_monitor_orm.errors import (
    ConfigurationError,
    DatabaseError,
    DatabaseGone,
    DatabaseLocked,
    EtlMonitorError,
    SchemaMissing,
)

_QUOTED: Final = re.compile(r'"[^"]*"')
"""Names and paths, which may hold any word."""
_CONFLICT: Final = re.compile(r"conflict|duplicate key", re.IGNORECASE)
_FULL: Final = re.compile(r"No space left|File too large|quota exceeded|not enough space", re.IGNORECASE)
_READ_ONLY: Final = re.compile(r"read-only mode|Read-only file system", re.IGNORECASE)
_IN_USE: Final = re.compile(r"Unique file handle conflict")


def is_conflict(cause: BaseException | None) -> bool:
    """Whether a transaction failed only because of what others wrote meanwhile.

    DuckDB also raises a TransactionException if it cannot write at COMMIT, or if there is no transaction to commit.
    """
    if isinstance(cause, duckdb.TransactionException | duckdb.ConstraintException):
        pattern = _CONFLICT if isinstance(cause, duckdb.TransactionException) else _DUPLICATE
        return pattern.search(plain(cause)) is not None
    return False


_DUPLICATE: Final = re.compile("duplicate key", re.IGNORECASE)


def is_column_missing(cause: BaseException | None) -> bool:
    """Whether a statement names a column that is not there; DuckDB says so in several ways."""
    return isinstance(cause, duckdb.BinderException)


def is_closing(cause: BaseException) -> bool:
    """Whether a file cannot be opened because it is open under the same name: another thread is closing it.

    DuckDB 2 waits until it is closed. 1.5 does not.
    """
    return _SAME_NAME.search(str(cause)) is not None


def is_configured_differently(cause: BaseException | None) -> bool:
    """Whether this process has the file open with another configuration."""
    return isinstance(cause, duckdb.ConnectionException) and "different configuration" in str(cause)


_SAME_NAME: Final = re.compile(r'Cannot attach "([^"]*)" - .* by database "\1"')


def is_fatal(cause: BaseException | None) -> bool:
    """Whether DuckDB refuses everything until the database is opened again."""
    return isinstance(cause, duckdb.FatalException) or "database has been invalidated" in str(cause)


def plain(cause: BaseException) -> str:
    """DuckDB's words without what stands in quotes."""
    return _QUOTED.sub("", str(cause))


def explained(error: DBAPIError, engine: Engine, *, lock_wait: float = 0, ended: bool = False) -> EtlMonitorError:
    """Return our error for DuckDB's.

    Args:
        error: SQLAlchemy's error around it.
        engine: Where it happened.
        lock_wait: Seconds that were waited for the file, if another process holds it.
        ended: Whether the database was in memory, and its engine was disposed.
    """
    cause, words = error.orig, shown(str(error.orig), engine.url)
    where, said = place(engine.url), plain(cause) if cause is not None else ""
    if is_locked(cause):
        return DatabaseLocked(
            f"Another process holds {where}: {holder_of(cause) or 'it'} did not let go of it within {lock_wait:g} s, "
            "and nothing was written. Make the call again, wait longer with lock_wait= or ETL_MONITOR_LOCK_WAIT, "
            f"or end that process. DuckDB says: {words}"
        )
    if _IN_USE.search(said) or is_configured_differently(cause):
        how = "under another name" if _IN_USE.search(said) else "with another configuration"
        return ConfigurationError(
            f"This process has {where} open {how}, as by duckdb.connect(). Close that "
            "connection, or use one engine for both: monitor.engine, or etl_monitor_orm.create_engine(url). "
            f"DuckDB says: {words}"
        )
    return (
        _about_writing(cause, where, said, words)
        or _about_files(cause, where, said, words)
        or _about_options(cause, error, engine.url, words)
        or _about_tables(cause, engine, words, ended=ended)
        or DatabaseError(f"DuckDB refused a statement on {where}: {words}")
    )


def _about_writing(cause: BaseException | None, where: str, said: str, words: str) -> EtlMonitorError | None:
    again = "" if not is_fatal(cause) else " Close your own sessions too: DuckDB must open the file again."
    if _FULL.search(said):
        return DatabaseError(
            f"The disk of {where} is full; nothing was written. Free space and make the call again.{again} "
            f"DuckDB says: {words}"
        )
    if is_fatal(cause):
        return DatabaseError(
            f"DuckDB stopped using {where} after an error, and opens it again once all connections to it in this "
            "process are closed. Call monitor.close(), close your own sessions and engines, and make the call again. "
            f"DuckDB says: {words}"
        )
    if _READ_ONLY.search(said):
        return ConfigurationError(
            f"{where} is read-only. Take access_mode or read_only out of its URL or engine, or make the file writable. "
            f"DuckDB says: {words}"
        )
    if isinstance(cause, duckdb.TransactionException) and "Failed to commit" in said:
        return DatabaseError(f"{where} could not be written; the whole call was rolled back. DuckDB says: {words}")
    return None


def _about_files(cause: BaseException | None, where: str, said: str, words: str) -> EtlMonitorError | None:
    about_file = isinstance(cause, duckdb.IOException) or said.startswith("Corrupt database")
    for pattern, happened in _ABOUT_FILES:
        if about_file and pattern.search(said):
            return ConfigurationError(f"{happened.format(where=where)} DuckDB says: {words}")
    if isinstance(cause, duckdb.IOException):
        return DatabaseGone(
            f"{where} cannot be opened or written. Check that its disk works and that this user may write the file and "
            f"its folder, and make the call again. DuckDB says: {words}"
        )
    return None


_ABOUT_FILES: Final = tuple(
    (re.compile(pattern, re.IGNORECASE), happened)
    for pattern, happened in (
        (
            r"Permission denied|Access is denied|Operation not permitted",
            "This user may not open or write {where}. Make the file and its folder writable for this user, as DuckDB "
            "writes a .wal file beside it; or only read the file, with ?access_mode=READ_ONLY.",
        ),
        (
            "No such file or directory|cannot find the path|Not a directory",
            "The folder of {where} does not exist. Make the folder, or correct the path in the URL.",
        ),
        ("Is a directory", "{where} is a folder. Name a file in it."),
        ("name too long", "The name of {where} is too long for this system. Choose a shorter one."),
        (
            "not a valid DuckDB database file|download extension|extension .*not (?:found|installed)",
            "{where} is not a DuckDB database. Name another file, or move this one away.",
        ),
        (
            "version number|newer version of DuckDB|storage version",
            "Another release of DuckDB wrote {where}. Install that one or a later one: pip install --upgrade duckdb.",
        ),
        (
            "Corrupt database|Could not read enough bytes|checksum|replaying WAL",
            "{where} is damaged. Restore it from a backup, or name another file.",
        ),
    )
)
"""What DuckDB says of a file that it cannot use; what is in quotes was left out."""


def _about_options(cause: BaseException | None, error: DBAPIError, url: URL, words: str) -> EtlMonitorError | None:
    options = _refused_options(cause, error, url)
    if not options:
        return None
    return ConfigurationError(
        f"{place(url)} cannot be opened with {options} in its URL. Correct it or leave it out. DuckDB says: {words}"
    )


def _about_tables(cause: BaseException | None, engine: Engine, words: str, *, ended: bool) -> EtlMonitorError | None:
    if not (isinstance(cause, duckdb.CatalogException) and "does not exist" in words):
        return None
    if ended:
        return SchemaMissing(
            "This database was in memory: it ended with close(), or with dispose() on its engine, and all its rows "
            "with it. Call monitor.setup() to begin with an empty one; a file, such as duckdb:///etl_monitor.duckdb, "
            "keeps its rows."
        )
    return lacking(words, engine, "DuckDB")


def _refused_options(cause: BaseException | None, error: DBAPIError, url: URL) -> str:
    """The options of a URL that DuckDB did not accept: the ones that it names, or else all."""
    unknown = isinstance(cause, duckdb.CatalogException) and "configuration parameter" in str(cause)
    unfit = isinstance(cause, duckdb.InvalidInputException) and error.statement is None
    if not (unknown or unfit):
        return ""
    named = [name for name in url.query if f'"{name}"' in str(cause)]
    return ", ".join(named or url.query)
