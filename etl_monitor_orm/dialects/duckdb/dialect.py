"""DuckDB for SQLAlchemy: duckdb-engine's dialect, made safe.

duckdb-engine 0.17 brings connections, configuration and DuckDB's own types. This dialect adds or corrects the rest for
current SQLAlchemy: cursors with their own rows, streams, row counts, reflection, isolation levels, sequences behind
autoincrementing columns. It also works on connections from a pool of duckdb-engine's dialect.
"""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from typing import Final

import duckdb
import duckdb_engine
from packaging.version import Version
from sqlalchemy import Column, types, util
from sqlalchemy.dialects.postgresql.base import PGExecutionContext
from sqlalchemy.engine.cursor import BufferedRowCursorFetchStrategy
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.engine.interfaces import DBAPIConnection, ExecuteStyle
from sqlalchemy.engine.reflection import Inspector

from etl_monitor_orm.dialects.duckdb.compiler import DuckDBCompiler, DuckDBTypeCompiler
from etl_monitor_orm.dialects.duckdb.connection import DuckDBConnection, cursor_on, results_of
from etl_monitor_orm.dialects.duckdb.constructs import compile_for
from etl_monitor_orm.dialects.duckdb.cursor import DuckDBCursor, Parameters
from etl_monitor_orm.dialects.duckdb.ddl import DuckDBDDLCompiler
from etl_monitor_orm.dialects.duckdb.identity import identity_sequence
from etl_monitor_orm.dialects.duckdb.interrupts import interruptible
from etl_monitor_orm.dialects.duckdb.preparer import DuckDBIdentifierPreparer
from etl_monitor_orm.dialects.duckdb.reflection import ReflectionMixin
from etl_monitor_orm.dialects.duckdb.table_reflection import TableReflectionMixin
from etl_monitor_orm.dialects.duckdb.types import DuckDBInterval, DuckDBNumeric, JSONKey, JSONPath

NAME: Final = "duckdb+monitor"
"""The dialect's name: a distinct one, so that it does not touch what others register for `duckdb`."""

compile_for(NAME)


class DuckDBExecutionContext(PGExecutionContext):
    """One execution of a statement."""

    def create_default_cursor(self) -> DuckDBCursor:
        """A cursor with its own rows, also on connections of duckdb-engine's pools."""
        return cursor_on(self._dbapi_connection)

    def create_server_side_cursor(self) -> DuckDBCursor:
        """Like `create_default_cursor`, for `stream_results` and `yield_per`."""
        return cursor_on(self._dbapi_connection, streams=True)

    def post_exec(self) -> None:
        """Leave all rows of a stream in the driver until they are read, even the first one."""
        if self._is_server_side:
            self.cursor_fetch_strategy = BufferedRowCursorFetchStrategy(
                self.cursor, self.execution_options, initial_buffer=deque()
            )

    def get_insert_default(self, column: Column[object]) -> object:
        """The number of an autoincrementing column, if it must be known before the INSERT."""
        sequence = identity_sequence(column)
        if sequence is None:
            return super().get_insert_default(column)
        return self.fire_sequence(sequence, column.type)


class DuckDBDialect(ReflectionMixin, TableReflectionMixin, duckdb_engine.Dialect):
    """The SQLAlchemy dialect behind `duckdb+monitor://` URLs."""

    name = NAME
    driver = "monitor"
    supports_statement_cache = True
    supports_server_side_cursors = True
    supports_sane_rowcount = True
    supports_sane_multi_rowcount = True
    supports_constraint_comments = False
    supports_native_decimal = True
    supports_identity_columns = False
    supports_alter = False
    max_identifier_length = 9_999
    _backslash_escapes = False

    colspecs = util.update_copy(
        duckdb_engine.Dialect.colspecs,
        {
            types.Float: types.Float,
            types.Interval: DuckDBInterval,
            types.JSON.JSONPathType: JSONPath,
            types.JSON.JSONStrIndexType: JSONKey,
            types.Numeric: DuckDBNumeric,
        },
    )
    inspector = Inspector
    preparer = DuckDBIdentifierPreparer
    statement_compiler = DuckDBCompiler
    type_compiler_cls = DuckDBTypeCompiler
    ddl_compiler = DuckDBDDLCompiler
    execution_ctx_cls = DuckDBExecutionContext

    def connect(self, *args: object, **kwargs: object) -> DuckDBConnection:
        """Open a connection; arguments as for `duckdb.connect`."""
        # duckdb-engine hides the driver's connection in its wrapper.
        with interruptible:
            return DuckDBConnection(super().connect(*args, **kwargs)._ConnectionWrapper__c)

    def do_execute(
        self,
        cursor: DuckDBCursor,
        statement: str,
        parameters: Parameters,
        context: DefaultExecutionContext | None = None,
    ) -> None:
        """Run a statement. When SQLAlchemy splits an INSERT into batches, count the rows of all batches."""
        if context is None or context.execute_style is not ExecuteStyle.INSERTMANYVALUES:
            cursor.execute(statement, parameters)
            return
        before = max(cursor.rowcount, 0)
        cursor.execute(statement, parameters)
        cursor.rowcount += before

    def get_isolation_level_values(self, dbapi_connection: DBAPIConnection) -> list[str]:
        """DuckDB has only snapshot isolation; AUTOCOMMIT is a commit after each statement."""
        return ["SNAPSHOT", "AUTOCOMMIT"]

    def get_default_isolation_level(self, dbapi_connection: DBAPIConnection) -> str:
        """The isolation of a new connection."""
        return "SNAPSHOT"

    def get_isolation_level(self, dbapi_connection: DBAPIConnection) -> str:
        """The isolation of this connection."""
        return "AUTOCOMMIT" if results_of(dbapi_connection).autocommit else "SNAPSHOT"

    def set_isolation_level(self, dbapi_connection: DBAPIConnection, level: str) -> None:
        """Switch between transactions and a commit after each statement."""
        results_of(dbapi_connection).autocommit = level == "AUTOCOMMIT"

    def detect_autocommit_setting(self, dbapi_conn: DBAPIConnection) -> bool:
        """Whether each statement is a transaction."""
        return results_of(dbapi_conn).autocommit

    def do_begin(self, dbapi_connection: DBAPIConnection) -> None:
        """Begin a transaction, except in AUTOCOMMIT."""
        results = results_of(dbapi_connection)
        if not results.autocommit:
            results.begin()

    def do_commit(self, dbapi_connection: DBAPIConnection) -> None:
        """Commit the transaction, if there is one. Unread rows can still be read afterwards."""
        results = results_of(dbapi_connection)
        if not results.autocommit:
            results.commit()

    def do_rollback(self, dbapi_connection: DBAPIConnection) -> None:
        """Roll the transaction back, which ends its streams."""
        results_of(dbapi_connection).roll_back()
        with interruptible, suppress(duckdb.FatalException):  # a database that DuckDB stopped using has no transaction
            super().do_rollback(dbapi_connection)

    def is_disconnect(self, e: Exception, connection: object, cursor: object) -> bool:
        """Whether the connection is of no more use: closed, or on a database that DuckDB must open again."""
        return isinstance(e, duckdb.FatalException) or bool(super().is_disconnect(e, connection, cursor))

    def _get_server_version_info(self, connection: object) -> tuple[int, ...]:
        return Version(duckdb.__version__).release


dialect = DuckDBDialect
