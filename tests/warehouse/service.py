"""The warehouse's side of the Thrift interface: what the connector's own generated processor calls."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from databricks.sql.thrift_api.TCLIService import ttypes as t

from tests.warehouse import wire
from tests.warehouse.engine import Engine, Result, Session
from tests.warehouse.errors import StatementFailed
from tests.warehouse.faults import Fault
from tests.warehouse.metadata import Metadata
from tests.warehouse.parameters import as_text
from tests.warehouse.settings import session_settings
from tests.warehouse.statements import Entry, Log

AT_ONCE = 5.0  # seconds that the warehouse waits for a result before it lets the client ask again
POLL = 0.2  # seconds that an answer to "is it done?" waits for a better one
_VERSION = t.TProtocolVersion.SPARK_CLI_SERVICE_PROTOCOL_V8


@dataclass
class Operation:
    """Something that runs, or its result.

    Attributes:
        handle: What the client calls it.
        future: Its result.
        cancelled: Whether the client does not want it any more.
        sent: How many rows were fetched.
    """

    handle: t.TOperationHandle
    future: Future[Result]
    cancelled: threading.Event
    sent: int = 0

    def state(self, wait: float) -> t.TGetOperationStatusResp:
        """Return its state, after waiting some seconds at most."""
        if self.cancelled.is_set():
            return _state(t.TOperationState.CANCELED_STATE)
        try:
            result = self.future.result(wait)
        except TimeoutError:
            return _state(t.TOperationState.RUNNING_STATE)
        except StatementFailed as error:
            return _state(
                t.TOperationState.ERROR_STATE,
                errorMessage=f"org.apache.hive.service.cli.HiveSQLException: Error running query: {error.message}",
                displayMessage=error.message,
                diagnosticInfo=error.trace,
                sqlState=error.state,
            )
        return _state(t.TOperationState.FINISHED_STATE, numModifiedRows=result.changed, hasResultSet=True)


class Service:
    """What the connector calls, method by method.

    Args:
        engine: Runs statements.
        log: Notes them.
        workers: How many statements run at once.
    """

    def __init__(self, engine: Engine, log: Log, workers: int = 8) -> None:
        self._engine, self._log = engine, log
        self._metadata = Metadata(engine.spark, engine.catalog)
        self._workers = ThreadPoolExecutor(workers, thread_name_prefix="statement")
        self._sessions: dict[bytes, Session] = {}
        self._operations: dict[bytes, Operation] = {}
        self.fault: ContextVar[Fault | None] = ContextVar("fault", default=None)

    def OpenSession(self, request: t.TOpenSessionReq) -> t.TOpenSessionResp:
        space = request.initialNamespace
        self._log.sessions.append(dict(request.configuration or {}))
        try:
            settings = session_settings(request.configuration or {})
            catalog, schema = (space.catalogName, space.schemaName) if space else (None, None)
            session = self._workers.submit(self._engine.open, catalog, schema, settings).result()
        except StatementFailed as error:
            return t.TOpenSessionResp(status=_failed(error), serverProtocolVersion=_VERSION)
        handle = t.TSessionHandle(sessionId=_identifier())
        self._sessions[handle.sessionId.guid] = session
        return t.TOpenSessionResp(
            status=_ok(),
            serverProtocolVersion=_VERSION,
            sessionHandle=handle,
            canUseMultipleCatalogs=True,
            initialNamespace=space,
            configuration={},
        )

    def CloseSession(self, request: t.TCloseSessionReq) -> t.TCloseSessionResp:
        found = self._sessions.pop(request.sessionHandle.sessionId.guid, None)
        return t.TCloseSessionResp(status=_ok() if found else _failed(_no_session()))

    def ExecuteStatement(self, request: t.TExecuteStatementReq) -> t.TExecuteStatementResp:
        parameters = request.parameters or []
        types = {one.name: one.type for one in parameters}
        entry = self._log.add(Entry(request.statement, as_text(parameters), types))
        fault = self.fault.get() or Fault(executed=True)

        def work(session: Session) -> Result:
            try:
                if fault.delay:
                    threading.Event().wait(fault.delay)
                if fault.error is not None and not fault.executed:
                    raise StatementFailed(fault.error)
                result = self._engine.execute(session, request.statement, parameters)
                if fault.error is not None:
                    raise StatementFailed(fault.error)
            except StatementFailed as error:
                entry.error = error.message
                raise
            finally:
                entry.done = True
            entry.changed = result.changed
            return result

        return self._start(request, t.TExecuteStatementResp, t.TOperationType.EXECUTE_STATEMENT, work)

    def GetCatalogs(self, request: t.TGetCatalogsReq) -> t.TGetCatalogsResp:
        return self._tell(request, t.TGetCatalogsResp, t.TOperationType.GET_CATALOGS, self._metadata.catalogs)

    def GetTableTypes(self, request: t.TGetTableTypesReq) -> t.TGetTableTypesResp:
        return self._tell(request, t.TGetTableTypesResp, t.TOperationType.GET_TABLE_TYPES, self._metadata.table_types)

    def GetSchemas(self, request: t.TGetSchemasReq) -> t.TGetSchemasResp:
        return self._tell(
            request,
            t.TGetSchemasResp,
            t.TOperationType.GET_SCHEMAS,
            lambda: self._metadata.schemas(request.catalogName, request.schemaName),
        )

    def GetTables(self, request: t.TGetTablesReq) -> t.TGetTablesResp:
        asked = (request.catalogName, request.schemaName, request.tableName, request.tableTypes)
        return self._tell(request, t.TGetTablesResp, t.TOperationType.GET_TABLES, lambda: self._metadata.tables(*asked))

    def GetColumns(self, request: t.TGetColumnsReq) -> t.TGetColumnsResp:
        asked = (request.catalogName, request.schemaName, request.tableName, request.columnName)
        return self._tell(
            request, t.TGetColumnsResp, t.TOperationType.GET_COLUMNS, lambda: self._metadata.columns(*asked)
        )

    def GetOperationStatus(self, request: t.TGetOperationStatusReq) -> t.TGetOperationStatusResp:
        operation = self._operations.get(request.operationHandle.operationId.guid)
        return _state(t.TOperationState.CLOSED_STATE) if operation is None else operation.state(POLL)

    def GetResultSetMetadata(self, request: t.TGetResultSetMetadataReq) -> t.TGetResultSetMetadataResp:
        return wire.metadata(self._operations[request.operationHandle.operationId.guid].future.result().table)

    def FetchResults(self, request: t.TFetchResultsReq) -> t.TFetchResultsResp:
        operation = self._operations[request.operationHandle.operationId.guid]
        fetched = wire.rows(operation.future.result().table, operation.sent, request.maxRows)
        operation.sent += sum(batch.rowCount for batch in fetched.results.arrowBatches)
        return fetched

    def CancelOperation(self, request: t.TCancelOperationReq) -> t.TCancelOperationResp:
        operation = self._operations.get(request.operationHandle.operationId.guid)
        if operation is not None and not operation.future.done():
            operation.cancelled.set()
        return t.TCancelOperationResp(status=_ok())

    def CloseOperation(self, request: t.TCloseOperationReq) -> t.TCloseOperationResp:
        self._operations.pop(request.operationHandle.operationId.guid, None)
        return t.TCloseOperationResp(status=_ok())

    def stop(self) -> None:
        """Let nothing new begin."""
        self._workers.shutdown(wait=True, cancel_futures=True)

    def _tell(self, request: Any, response: Any, kind: int, read: Callable[[], pa.Table]) -> Any:
        return self._start(request, response, kind, lambda session: Result(read()))

    def _start(self, request: Any, response: Any, kind: int, work: Callable[[Session], Result]) -> Any:
        """Begin an operation; a client that wants its result at once gets it if it comes soon."""
        session = self._sessions.get(request.sessionHandle.sessionId.guid)
        if session is None:
            return response(status=_failed(_no_session()))
        handle = t.TOperationHandle(operationId=_identifier(), operationType=kind, hasResultSet=True)
        operation = Operation(handle, self._workers.submit(work, session), threading.Event())
        self._operations[handle.operationId.guid] = operation
        wanted = request.getDirectResults
        if wanted is None:
            return response(status=_ok(), operationHandle=handle)
        state = operation.state(AT_ONCE)
        direct = t.TSparkDirectResults(operationStatus=state)
        if state.operationState == t.TOperationState.FINISHED_STATE:
            table = operation.future.result().table
            direct.resultSetMetadata = wire.metadata(table)
            direct.resultSet = wire.rows(table, 0, wanted.maxRows)
            operation.sent = sum(batch.rowCount for batch in direct.resultSet.results.arrowBatches)
        if state.operationState != t.TOperationState.RUNNING_STATE and not (
            direct.resultSet and direct.resultSet.hasMoreRows
        ):
            direct.closeOperation = t.TCloseOperationResp(status=_ok())
            self._operations.pop(handle.operationId.guid)
        return response(status=_ok(), operationHandle=handle, directResults=direct)


def _identifier() -> t.THandleIdentifier:
    return t.THandleIdentifier(guid=uuid.uuid4().bytes, secret=uuid.uuid4().bytes)


def _ok() -> t.TStatus:
    return t.TStatus(statusCode=t.TStatusCode.SUCCESS_STATUS)


def _failed(error: StatementFailed) -> t.TStatus:
    return t.TStatus(statusCode=t.TStatusCode.ERROR_STATUS, errorMessage=error.message, sqlState=error.state)


def _no_session() -> StatementFailed:
    return StatementFailed("Invalid SessionHandle: the session is closed", "08003")


def _state(state: int, **more: Any) -> t.TGetOperationStatusResp:
    return t.TGetOperationStatusResp(status=_ok(), operationState=state, **more)
