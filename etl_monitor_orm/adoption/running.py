"""Executes the statements of an adoption: all or none where DDL is transactional, else one after the other."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.adoption.plan import Statement
from etl_monitor_orm.backends import REPEATABLE, Backend, backend_of
from etl_monitor_orm.errors import ConflictError, Retryable, SchemaError
from etl_monitor_orm.schemas import in_schema

_NOT_TWICE = ("columns", "receipts", "keys")
"""What a database refuses, or doubles, when a statement whose reply was lost is sent again."""


def execute(connection: Connection, schema: str, statements: Sequence[Statement]) -> list[str]:
    """Execute statements; return what was left out, one sentence each.

    Raises:
        SchemaError: The database refused one.
        ConflictError: Others were changing the same tables.
    """
    backend, left_out = backend_of(connection.engine), list[str]()
    for number, statement in enumerate(statements, 1):
        options = {"no_parameters": True, REPEATABLE: statement.about not in _NOT_TWICE}
        try:
            connection.exec_driver_sql(statement.sql, execution_options=options)
        except DBAPIError as error:
            if statement.optional and not backend.capabilities.transactional_ddl:
                left_out.append(f"{statement.words}: the database refused that.")
                continue
            raise _stopped(backend, connection.engine, schema, number, statements, error) from error
    return left_out


def _stopped(
    backend: Backend, engine: Engine, schema: str, number: int, statements: Sequence[Statement], error: DBAPIError
) -> SchemaError | ConflictError:
    whole = backend.capabilities.transactional_ddl
    if backend.is_conflict(error):
        rest = "Nothing was changed" if whole else "Finished statements stay"
        return ConflictError(f"Others were changing the tables at the same time. {rest}; make the call again.")
    reason = backend.explain(error, in_schema(engine, schema))
    if isinstance(reason, Retryable):
        return ConflictError(str(reason))
    state = "Nothing was changed" if whole or number == 1 else "What was done stays, and the Spark edition works on it"
    return SchemaError(
        f"The adoption stopped at statement {number} of {len(statements)} ({statements[number - 1].words}): "
        f"{str(reason).rstrip('.')}. {state}; remove the cause, then run `etl-monitor adopt` again: it continues."
    )
