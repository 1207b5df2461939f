"""Copies a whole DuckDB database: tables, views, comments, sequences and rows."""

from __future__ import annotations

import os

from sqlalchemy import DDL, Connection, func, literal, select


def copy_database(file: str | os.PathLike[str], connection: Connection) -> None:
    """Copy everything in a DuckDB file into the empty database of `connection`; many readers may share the file.

    Args:
        file: The file.
        connection: A connection to the database that is filled.
    """
    dialect = connection.dialect
    path = literal(os.fspath(file)).compile(dialect=dialect, compile_kwargs={"literal_binds": True})
    database = connection.scalar(select(func.current_database()))
    names = {"path": path, "database": dialect.identifier_preparer.quote(str(database))}
    _execute(connection, "ATTACH %(path)s AS template (READ_ONLY)", names)
    _execute(connection, "COPY FROM DATABASE template TO %(database)s", names)
    connection.commit()
    # A transaction cannot detach a database that it has read.
    _execute(connection, "DETACH template", {})
    connection.commit()


def _execute(connection: Connection, statement: str, names: dict[str, object]) -> None:
    connection.execute(DDL(statement, context=names))  # type: ignore[no-untyped-call]
