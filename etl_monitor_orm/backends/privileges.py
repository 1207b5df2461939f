"""What to ask for on a PostgreSQL server that refuses something: the grant, for this schema and this role."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.engine import Engine

from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.schemas import schema_of, views_schema_of


def missing_privilege(where: str, words: str, engine: Engine) -> ConfigurationError:
    """Return the error for a privilege that is missing.

    Args:
        where: The database, for the message.
        words: What the server says.
        engine: Knows the schema and the role.
    """
    ask = next(grants for pattern, grants in _asks(engine) if pattern in words)
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
    yield "", f"Ask for: GRANT SELECT, INSERT, UPDATE ON {tables}; to read only: GRANT SELECT ON {tables}"
