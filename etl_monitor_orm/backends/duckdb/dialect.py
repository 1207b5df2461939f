"""DuckDB for SQLAlchemy: duckdb-engine's dialect, made safe.

duckdb-engine 0.17 brings connections, configuration and DuckDB's own types. What it lacks, or gets wrong on current
SQLAlchemy, is here: cursors that own their rows, row counts, reflection, isolation levels, sequences behind
autoincrementing columns.
"""

from __future__ import annotations

import duckdb
import duckdb_engine
from packaging.version import Version
from sqlalchemy import Column, types, util
from sqlalchemy.dialects.postgresql.base import PGExecutionContext
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.engine.interfaces import ExecuteStyle
from sqlalchemy.engine.reflection import Inspector

from etl_monitor_orm.backends.duckdb.compiler import DuckDBCompiler, DuckDBTypeCompiler
from etl_monitor_orm.backends.duckdb.cursor import BufferedConnection, BufferedCursor, Parameters
from etl_monitor_orm.backends.duckdb.ddl import DuckDBDDLCompiler
from etl_monitor_orm.backends.duckdb.identity import identity_sequence
from etl_monitor_orm.backends.duckdb.preparer import DuckDBIdentifierPreparer
from etl_monitor_orm.backends.duckdb.reflection import ReflectionMixin
from etl_monitor_orm.backends.duckdb.table_reflection import TableReflectionMixin
from etl_monitor_orm.backends.duckdb.types import DuckDBInterval, DuckDBNumeric, JSONKey, JSONPath


class DuckDBExecutionContext(PGExecutionContext):
    """One execution of a statement."""

    def get_insert_default(self, column: Column[object]) -> object:
        """The number that an autoincrementing column takes, where it must be known before the INSERT."""
        sequence = identity_sequence(column)
        if sequence is None:
            return super().get_insert_default(column)
        return self.fire_sequence(sequence, column.type)


class DuckDBDialect(ReflectionMixin, TableReflectionMixin, duckdb_engine.Dialect):
    """The SQLAlchemy dialect behind `duckdb://` URLs."""

    supports_statement_cache = True
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

    def connect(self, *args: object, **kwargs: object) -> BufferedConnection:
        """Open a connection; arguments as for `duckdb.connect`."""
        # duckdb-engine hides the driver's connection in its wrapper.
        return BufferedConnection(super().connect(*args, **kwargs)._ConnectionWrapper__c)

    def do_execute(
        self,
        cursor: BufferedCursor,
        statement: str,
        parameters: Parameters,
        context: DefaultExecutionContext | None = None,
    ) -> None:
        """Run a statement; of an INSERT that SQLAlchemy splits into batches, count the rows of all of them."""
        is_batch = context is not None and context.execute_style is ExecuteStyle.INSERTMANYVALUES
        before = max(cursor.rowcount, 0) if is_batch else 0
        cursor.execute(statement, parameters)
        cursor.rowcount += before

    def get_isolation_level_values(self, dbapi_connection: BufferedConnection) -> list[str]:
        """Snapshot isolation is all that DuckDB has; AUTOCOMMIT is a commit after each statement."""
        return ["SNAPSHOT", "AUTOCOMMIT"]

    def get_default_isolation_level(self, dbapi_connection: BufferedConnection) -> str:
        """The isolation of a new connection."""
        return "SNAPSHOT"

    def get_isolation_level(self, dbapi_connection: BufferedConnection) -> str:
        """The isolation of this connection."""
        return "AUTOCOMMIT" if dbapi_connection.autocommit else "SNAPSHOT"

    def set_isolation_level(self, dbapi_connection: BufferedConnection, level: str) -> None:
        """Switch between transactions and a commit after each statement."""
        dbapi_connection.autocommit = level == "AUTOCOMMIT"

    def do_begin(self, dbapi_connection: BufferedConnection) -> None:
        """Begin a transaction, unless each statement is one."""
        if not dbapi_connection.autocommit:
            dbapi_connection.begin()

    def do_commit(self, dbapi_connection: BufferedConnection) -> None:
        """Commit the transaction, if there is one."""
        if not dbapi_connection.autocommit:
            dbapi_connection.commit()

    def _get_server_version_info(self, connection: object) -> tuple[int, ...]:
        return Version(duckdb.__version__).release


dialect = DuckDBDialect
