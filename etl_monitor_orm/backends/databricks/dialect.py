"""Databricks for SQLAlchemy: databricks-sqlalchemy's dialect, with statements that survive conflicts and lost replies.

The warehouse has no rollback: each statement is a transaction of its own. So it is the statement that is tried again,
here, and not the work around it.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Result, types
from sqlalchemy.engine import URL
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.engine.interfaces import DBAPIConnection, DBAPICursor, ExecutionContext

from etl_monitor_orm.backends.base import REPEATABLE
from etl_monitor_orm.backends.databricks.connection import connect_arguments, connect_safely
from etl_monitor_orm.backends.databricks.ddl import TABLE_OPTIONS, WarehouseDDLCompiler
from etl_monitor_orm.backends.databricks.reflection import WarehouseReflection
from etl_monitor_orm.backends.databricks.trouble import ConnectionLost, is_conflict, is_lost, session_is_gone, was_sent
from etl_monitor_orm.backends.databricks.types import Instant
from etl_monitor_orm.backends.retry import RetryPolicy


class WarehouseExecutionContext(DefaultExecutionContext):
    """One execution of a statement.

    Attributes:
        sent_again: Whether it was sent once more because its reply was lost; the count of rows is the last sending's.
    """

    sent_again = False

    @property
    def repeatable(self) -> bool:
        """Whether the statement may be sent again although it may have been executed."""
        return not (self.isinsert or self.isupdate or self.isdelete or self.isddl or self.is_text) or bool(
            self.execution_options.get(REPEATABLE)
        )


class WarehouseDialect(WarehouseReflection):
    """The SQLAlchemy dialect behind `databricks://` URLs.

    Attributes:
        conflicts: How long a statement is repeated that others were in the way of.
        breaks: How long one is repeated whose connection broke.
        alone: Held by work of this engine that would only collide.
    """

    supports_statement_cache = True
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = False
    execution_ctx_cls = WarehouseExecutionContext
    ddl_compiler = WarehouseDDLCompiler
    construct_arguments = TABLE_OPTIONS
    colspecs = {  # noqa: RUF012 # as in its parent
        **WarehouseReflection.colspecs,
        types.TIMESTAMP: Instant,
    }

    conflicts = RetryPolicy(first=0.1, longest=8.0, patience=180.0)
    breaks = RetryPolicy(first=0.2, longest=5.0, patience=60.0)

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.alone = threading.RLock()

    def create_connect_args(self, url: URL) -> tuple[list[str], dict[str, Any]]:
        """Read a URL: `databricks://token:…@host?http_path=…&catalog=…`."""
        super().create_connect_args(url)  # type: ignore[no-untyped-call]
        return [], connect_arguments(url)

    def connect(self, *args: object, **kwargs: object) -> DBAPIConnection:
        """Open a session, with credentials that are found now, and limits that do not hang a pipeline."""
        return connect_safely(super().connect, kwargs)

    def do_execute(
        self,
        cursor: DBAPICursor,
        statement: str,
        parameters: Any,
        context: ExecutionContext | None = None,
    ) -> None:
        """Run a statement; again after a conflict, and after a lost reply where a second execution changes nothing."""
        for attempt in self.conflicts.retrying(is_conflict):
            with attempt:
                self._survive_breaks(cursor, statement, parameters, context)

    def do_execute_no_params(
        self, cursor: DBAPICursor, statement: str, context: ExecutionContext | None = None
    ) -> None:
        """As `do_execute`."""
        self.do_execute(cursor, statement, None, context)

    def is_disconnect(self, error: Exception, connection: object, cursor: object) -> bool:
        """Whether the pool must open another session."""
        return session_is_gone(error)  # the session of a connection that broke is still there

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
            for attempt in self.breaks.retrying(again):
                with attempt:
                    cursor.execute(statement, parameters)
        except Exception as error:
            if is_lost(error):
                raise ConnectionLost(error, sent=was_sent(error)) from error
            raise


def was_sent_again(result: Result[Any]) -> bool:
    """Whether the statement behind a result was sent more than once, its first reply lost."""
    return bool(getattr(getattr(result, "context", None), "sent_again", False))


dialect = WarehouseDialect
