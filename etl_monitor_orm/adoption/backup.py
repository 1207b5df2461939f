"""The definitions of the views that an adoption replaces, as statements in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, inspect

from etl_monitor_orm.errors import ConfigurationError, InvalidInput
from etl_monitor_orm.migrations.names import VIEW_NAMES, same


def write(connection: Connection, schema: str, file: str) -> None:
    """Write a new file.

    Raises:
        InvalidInput: The file exists.
        ConfigurationError: It cannot be written.
    """
    text = "\n".join(_lines(connection, schema))
    try:
        with Path(file).open("x", encoding="utf-8") as opened:
            opened.write(text + "\n")
    except FileExistsError:
        raise InvalidInput(
            f"The backup {file} exists, and may hold the only copy of the views. Pass another name as backup="
        ) from None
    except OSError as error:
        raise ConfigurationError(
            f"The backup {file} cannot be written: {error.strerror}. Nothing was changed; pass another name as backup="
        ) from error


def _lines(connection: Connection, schema: str) -> Iterator[str]:
    inspector, plain = inspect(connection), same(connection.engine)
    quote = connection.dialect.identifier_preparer.quote
    there = {plain(name): name for name in inspector.get_view_names(schema=schema)}
    yield f"-- Views of schema {' '.join(schema.split())} before it was adopted. Run this to have them back."
    for name in sorted(VIEW_NAMES):
        if plain(name) not in there:
            continue
        kept = there[plain(name)]
        query = (inspector.get_view_definition(kept, schema=schema) or "").strip().rstrip(";")
        if not query:
            yield f"-- {kept}: the database does not show you its query."
            continue
        view = f"{quote(schema)}.{quote(kept)}"
        yield " ".join(["DROP VIEW IF EXISTS", view]) + ";"  # the monitor's has more columns: it cannot be replaced
        yield (query if query[:6].upper() == "CREATE" else " ".join(["CREATE VIEW", view, "AS", query])) + ";"
