"""What to ask for on a PostgreSQL server that refuses something: the grant, for this schema and this role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy.engine import Engine

from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.schemas import schema_of, views_schema_of

_OF_A_SERVER: Final = {"ETLrequests": "SELECT, INSERT, UPDATE, DELETE", "ETLtokens": "SELECT, INSERT, UPDATE"}
"""Tables that a pipeline has no need of, and what a server, and who makes its tokens, does to them."""


def missing_privilege(where: str, words: str, engine: Engine, *, statement: str = "") -> ConfigurationError:
    """Return the error for a privilege that is missing.

    Args:
        where: The database, for the message.
        words: What the server says.
        engine: Knows the schema and the role.
        statement: What was refused: only a statement that deletes needs that privilege.
    """
    ask = next(grants for pattern, grants in _asks(engine) if pattern in words)
    if statement.startswith("DELETE") and "UPDATE ON" in ask:
        ask = ask.replace("UPDATE ON", "UPDATE, DELETE ON", 1)
    return ConfigurationError(f"Missing privilege on {where}: {words}. {ask}.")


def _asks(engine: Engine) -> Iterator[tuple[str, str]]:
    quote = engine.dialect.identifier_preparer.quote
    role = quote(engine.url.username) if engine.url.username else "your role"
    database = quote(engine.url.database) if engine.url.database else "your database"
    schema = ", ".join(dict.fromkeys(map(quote, (schema_of(engine), views_schema_of(engine)))))
    use, tables = f"GRANT USAGE ON SCHEMA {schema} TO {role}", f"ALL TABLES IN SCHEMA {schema} TO {role}"
    yield "must be owner of", f"Sign in as the owner, or ask for: GRANT the owner's role TO {role}"
    yield "for schema", f"Ask for: {use}; to migrate: {use.replace('USAGE', 'USAGE, CREATE', 1)}"
    yield "to create temporary", f"Ask for: GRANT TEMPORARY ON DATABASE {database} TO {role}"
    yield (
        "for database",
        f"Ask for: GRANT CREATE ON DATABASE {database} TO {role}, or for schema {schema} to be created",
    )
    yield "for sequence", f"Ask for: GRANT USAGE ON {tables.replace('TABLES', 'SEQUENCES', 1)}"
    for table, needed in _OF_A_SERVER.items():
        yield table, f"Ask for: GRANT {needed} ON {quote(schema_of(engine))}.{quote(table)} TO {role}"
    yield "", f"Ask for: GRANT SELECT, INSERT, UPDATE ON {tables}; to read only: GRANT SELECT ON {tables}"
