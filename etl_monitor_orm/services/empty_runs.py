"""A run that finds nothing to do leaves a trace, by which it is recognised when the same id is asked for again.

The trace is the run's initiation step, written DONE, or a receipt in `ETLsysLogs` where the process has no initiation.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy.orm import Session

from etl_monitor_orm.keys import ProcessKey, RunKey
from etl_monitor_orm.models import SysLog
from etl_monitor_orm.models.selecting import Conditions
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.logs import LogEntry, append

REMARK: Final = "Nothing to do: every step of the date is done, running elsewhere, or not due"
"""Message of the trace."""

OPERATION: Final = "start_run: nothing to do"
"""OperationName of the receipt."""


def of_empty_run(process: ProcessKey, execution_id: str) -> Conditions:
    """Select the receipts of a run that found nothing to do, on whatever date."""
    return (
        SysLog.project_code == process.project_code,
        SysLog.process_load == process.process_load,
        SysLog.execution_id == execution_id,
        SysLog.operation_name == OPERATION,
    )


def receipt_of(run: RunKey) -> Conditions:
    """Select the receipt of a run that found nothing to do on its date."""
    return (SysLog.processing_date == run.processing_date, *of_empty_run(run.process, run.execution_id))


def leave_receipt(session: Session, context: Context, run: RunKey) -> None:
    """Append the receipt (`ETLsysLogs`)."""
    entry = LogEntry(
        REMARK,
        project_code=run.process.project_code,
        process_load=run.process.process_load,
        processing_date=run.processing_date,
        execution_id=run.execution_id,
        operation_name=OPERATION,
    )
    append(session, context, [entry])
