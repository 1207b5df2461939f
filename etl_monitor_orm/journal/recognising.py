"""Whether a call is in the tables already: its reply may have been lost, or who sent it may have died before noting it.

A start is known by its time, to the microsecond, and an end by its start and its end. Receipts have no key, so those
that are the same in every column are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from etl_monitor_orm.journal.kinds import END, Made
from etl_monitor_orm.keys import StepKey
from etl_monitor_orm.models import ProcessingStep, SysLog
from etl_monitor_orm.models.selecting import of_step
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.logs import LogEntry


def is_recorded(session: Session, context: Context, made: Made) -> bool:
    """Return whether a start or an end is in the tables (`ETLProcessingSteps`)."""
    step, arguments = made.step, made.arguments
    if step is None:
        return False
    if made.is_start:
        return _exists(session, step, start_time=arguments["at"] or made.now)
    if made.kind.name == END:
        ending, claim = arguments["ending"], arguments.get("claim")
        start = {} if claim is None else {"start_time": claim.started}
        return _exists(session, step, status=ending.status, end_time=ending.at or made.now, **start)
    return False


def _exists(session: Session, step: StepKey, **values: object) -> bool:
    found = select(ProcessingStep.attempts).where(*of_step(step)).filter_by(**values).limit(1)
    return session.execute(found).first() is not None


def missing(
    session: Session, context: Context, entries: Sequence[LogEntry], before: Counter[LogEntry]
) -> list[LogEntry]:
    """Return the receipts that are not in `ETLsysLogs`, by how many are there that are the same.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        entries: The receipts of a call that may have been sent.
        before: How many of each were sent before it.
    """
    there: Counter[LogEntry] = Counter()
    for entry in {timed(entry, context.now): None for entry in entries}:
        there[entry] = max(0, _count(session, entry) - before[entry])
    left = []
    for entry in entries:
        same = timed(entry, context.now)
        if there[same]:
            there[same] -= 1
        else:
            left.append(entry)
    return left


def timed(entry: LogEntry, now: datetime) -> LogEntry:
    """The receipt with the time that its row has."""
    return replace(entry, log_time_utc=entry.log_time_utc or now)


def _count(session: Session, entry: LogEntry) -> int:
    texts = ("project_code", "process_load", "execution_id", "source_type", "run_id", "correlation_id")
    names = (*texts, "pipeline_name", "activity_name", "operation_name", "processing_date", "log_time_utc")
    same = [getattr(SysLog, name).is_not_distinct_from(getattr(entry, name)) for name in names]
    rows = select(func.count()).select_from(SysLog).where(*same, SysLog.level == int(entry.level))
    return session.scalar(rows.where(SysLog.message == entry.message)) or 0
