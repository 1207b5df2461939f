"""Receipts and log records, read again: the latest ones of a process, a run, a date or a time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl_monitor_orm.models import SysLog
from etl_monitor_orm.services.conditions import Where, conditions
from etl_monitor_orm.services.context import Context, recent
from etl_monitor_orm.services.periods import Moments
from etl_monitor_orm.services.queries import require_registered
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.vocabulary import LogLevel


def latest(
    session: Session,
    context: Context,
    processes: Processes,
    on: date | None,
    execution_id: str | None,
    moments: Moments,
    where: Where | None,
    *,
    least: LogLevel,
    limit: int,
) -> list[SysLog]:
    """Return the latest receipts, at most `limit`, oldest first (`ETLsysLogs`).

    Where neither a date, a run nor a time is named, those of the last 35 days are looked through.

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    since, until = moments.at(context.now)
    if since is None and on is None and execution_id is None:
        since = datetime.combine(recent((until or context.now).date()), time(), UTC)
    wanted = (
        (SysLog.processing_date, on),
        (SysLog.execution_id, execution_id),
    )
    query = select(SysLog).where(
        *processes.narrow(SysLog),
        *(column == value for column, value in wanted if value is not None),
        *conditions(where, SysLog),
    )
    if since is not None:
        query = query.where(SysLog.log_time_utc >= since)
    if until is not None:
        query = query.where(SysLog.log_time_utc < until)
    if least is not LogLevel.DEBUG:
        query = query.where(SysLog.level >= int(least))
    order = (SysLog.log_time_utc.desc().nulls_last(), SysLog.id.desc())
    found = list(session.scalars(query.order_by(*order).limit(limit)))
    if not found:
        require_registered(session, context, processes)
    return found[::-1]
