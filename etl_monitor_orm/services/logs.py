"""Receipts: appended to `ETLsysLogs`, many in one statement, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, cast

from sqlalchemy import Table, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from etl_monitor_orm.backends import REPEATABLE, Capabilities
from etl_monitor_orm.models import SysLog
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.parts import parts
from etl_monitor_orm.vocabulary import LogLevel

# A Core insert: the ORM would ask for the new _ID, which not every database can return.
_logs = cast(Table, SysLog.__table__)


@dataclass(frozen=True)
class LogEntry:
    """One row for `ETLsysLogs`.

    Attributes:
        message: The text, of any length.
        project_code: The project.
        process_load: The process.
        processing_date: The run's date.
        execution_id: The run.
        source_type: Kind of job that reports.
        run_id: The job's own run id.
        correlation_id: Ties records of several systems together.
        pipeline_name: Pipeline, job or logger.
        activity_name: Activity or task within it.
        operation_name: What was being done.
        level: Severity.
        log_time_utc: When it happened; None means the time of the call.
    """

    message: str
    project_code: str | None = None
    process_load: str | None = None
    processing_date: date | None = None
    execution_id: str | None = None
    source_type: str | None = None
    run_id: str | None = None
    correlation_id: str | None = None
    pipeline_name: str | None = None
    activity_name: str | None = None
    operation_name: str | None = None
    level: LogLevel = LogLevel.INFO
    log_time_utc: datetime | None = None


def append(session: Session, context: Context, entries: Sequence[LogEntry]) -> int:
    """Append entries in as few statements as the database's limit on bound values allows.

    Returns:
        How many rows were appended.
    """
    for part in parts(entries, rows_per_statement(context.capabilities)):
        _append(session, context, [_row(context, entry) for entry in part])
    return len(entries)


def rows_per_statement(capabilities: Capabilities) -> int:
    """Return how many entries one statement can append."""
    return max(1, capabilities.max_bound_values // len(_COLUMNS))


def _append(session: Session, context: Context, rows: list[dict[str, object]]) -> None:
    """Insert rows. After a lost reply, insert again only if they are missing: otherwise they would be doubled."""
    statement = insert(_logs).values(rows)
    try:
        session.execute(statement, execution_options={REPEATABLE: False})
    except DBAPIError as error:
        if not context.backend.is_reply_lost(error):
            raise
        same = (_logs.c[column].is_not_distinct_from(value) for column, value in rows[0].items())
        if session.execute(select(_logs.c["_ID"]).where(*same).limit(1)).first() is None:
            session.execute(statement)


_COLUMNS: Final = {
    "ProcessingDate": "processing_date",
    "ProjectCode": "project_code",
    "ProcessLoad": "process_load",
    "SourceType": "source_type",
    "RunID": "run_id",
    "ExecutionID": "execution_id",
    "CorrelationID": "correlation_id",
    "PipelineName": "pipeline_name",
    "ActivityName": "activity_name",
    "OperationName": "operation_name",
    "Level": "level",
    "Message": "message",
    "LogTimeUTC": "log_time_utc",
}


def _row(context: Context, entry: LogEntry) -> dict[str, object]:
    row = {column: getattr(entry, name) for column, name in _COLUMNS.items()}
    row["Level"] = int(entry.level)
    row["LogTimeUTC"] = entry.log_time_utc or context.now
    return row
