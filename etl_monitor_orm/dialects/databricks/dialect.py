"""Databricks for SQLAlchemy: databricks-sqlalchemy's dialect, whose statements can survive conflicts and lost replies.

The warehouse has no rollback: each statement is a separate transaction. So the dialect retries the statement, not the
work around it. The creator of an engine asks for that; otherwise each statement is sent once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from sqlalchemy import Result, types
from sqlalchemy.engine import URL
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, ExecutionContext

from etl_monitor_orm.dialects.databricks.connection import connect_arguments, refuse_other_protocols, resend_nothing
from etl_monitor_orm.dialects.databricks.ddl import WarehouseDDLCompiler
from etl_monitor_orm.dialects.databricks.reflection import WarehouseReflection
from etl_monitor_orm.dialects.databricks.trouble import (
    ConnectionLost,
    is_busy,
    is_conflict,
    is_lost,
    session_is_gone,
    was_sent,
)
from etl_monitor_orm.dialects.databricks.types import Instant, WarehouseTypeCompiler
from etl_monitor_orm.dialects.retrying import ONCE, REPEATABLE, RetryPolicy


class WarehouseExecutionContext(DefaultExecutionContext):
    """One execution of a statement.

    Attributes:
        sent_again: Whether it was resent because its reply was lost; the row count is that of the last sending.
    """

    sent_again = False

    @property
    def repeatable(self) -> bool:
        """Whether the statement may be resent although it may have been executed."""
        return not (self.isinsert or self.isupdate or self.isdelete or self.isddl or self.is_text) or bool(
            self.execution_options.get(REPEATABLE)
        )


class WarehouseDialect(WarehouseReflection):
    """The SQLAlchemy dialect behind `databricks+monitor://` URLs.

    Args:
        conflicts: How long a conflicting statement is retried; None means that it is sent once.
        breaks: How long a statement is retried after its connection broke; None means that it is sent once.
        opening: How long opening a session is retried while the warehouse is starting; None means one try.
        prepare: Takes the driver's arguments before each session opens, and returns the ones to use.
        arguments: Arguments for SQLAlchemy's dialect.
    """

    name = "databricks+monitor"
    driver = "monitor"
    supports_statement_cache = True
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = False
    execution_ctx_cls = WarehouseExecutionContext
    ddl_compiler = WarehouseDDLCompiler
    type_compiler_cls = WarehouseTypeCompiler
    colspecs = {  # noqa: RUF012 # as in its parent
        **WarehouseReflection.colspecs,
        types.TIMESTAMP: Instant,
    }

    def __init__(  # SQLAlchemy's create_engine overlooks keyword-only arguments
        self,
        conflicts: RetryPolicy | None = None,
        breaks: RetryPolicy | None = None,
        opening: RetryPolicy | None = None,
        prepare: Callable[[Mapping[str, Any]], Mapping[str, Any]] = dict,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.conflicts = conflicts or ONCE
        self.breaks = breaks or ONCE
        self.opening = opening or ONCE
        self._prepare = prepare

    def create_connect_args(self, url: URL) -> tuple[list[str], dict[str, Any]]:
        """Read a URL: `databricks+monitor://token:…@host?http_path=…&catalog=…`."""
        arguments = connect_arguments(url)
        super().create_connect_args(url)  # type: ignore[no-untyped-call]
        return [], arguments

    def connect(self, *args: object, **kwargs: object) -> DBAPIConnection:
        """Open a session that never resends a statement by itself."""
        arguments = self._prepare(kwargs)
        refuse_other_protocols(arguments)
        try:
            connection: DBAPIConnection = self.opening.run(partial(super().connect, *args, **arguments), is_busy)
        except Exception as error:
            if is_lost(error):
                raise ConnectionLost(error, sent=False) from error
            raise
        resend_nothing(connection)
        return connection

    def do_execute(
        self,
        cursor: DBAPICursor,
        statement: str,
        parameters: Any,
        context: ExecutionContext | None = None,
    ) -> None:
        """Run a statement, and retry it after a conflict for as long as the policies allow.

        After a lost reply it runs again only where a second execution changes nothing.
        """
        self.conflicts.run(lambda: self._survive_breaks(cursor, statement, parameters, context), is_conflict)

    def do_execute_no_params(
        self, cursor: DBAPICursor, statement: str, context: ExecutionContext | None = None
    ) -> None:
        """Like `do_execute`."""
        self.do_execute(cursor, statement, None, context)

    def is_disconnect(self, error: Exception, connection: object, cursor: object) -> bool:
        """Whether the pool must open another session."""
        return session_is_gone(error)  # the session of a broken connection still exists

    def _survive_breaks(
        self,
        cursor: DBAPICursor,
        statement: str,
        parameters: Mapping[str, object] | None,
        context: ExecutionContext | None,
    ) -> None:
        ours = context if isinstance(context, WarehouseExecutionContext) else None

        def again(error: BaseException) -> bool:
            if not is_lost(error):
                return False
            sent = was_sent(error)
            if sent and (ours is None or not ours.repeatable):
                return False
            if sent and ours is not None:
                ours.sent_again = True
            return True

        try:
            self.breaks.run(lambda: cursor.execute(statement, parameters), again)
        except Exception as error:
            if is_lost(error):
                raise ConnectionLost(error, sent=was_sent(error)) from error
            raise


def was_sent_again(result: Result[Any]) -> bool:
    """Whether the statement behind a result was resent because its first reply was lost."""
    return bool(getattr(getattr(result, "context", None), "sent_again", False))
