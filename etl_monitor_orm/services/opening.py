"""Which run an id means."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import ProcessKey, RunKey, named_run
from etl_monitor_orm.models import ProcessingStep, SysLog
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.empty_runs import OPERATION
from etl_monitor_orm.services.refusals import unknown_run, unknown_run_of
from etl_monitor_orm.services.scopes import Processes


def find_run(session: Session, context: Context, execution_id: str, processes: Processes, on: date | None) -> RunKey:
    """Return the run of an id, on its latest date unless one is named; one that found nothing to do is a run too.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        execution_id: The id.
        processes: The processes that it may be of.
        on: The date.

    Raises:
        NotFoundError: There is no such run.
        InvalidInput: Several processes have one.
    """
    found = [
        RunKey(ProcessKey(project, process), execution_id, latest)
        for project, process, latest in _found(session, execution_id, processes, on)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        owners = ", ".join(sorted(str(run.process) for run in found))
        raise InvalidInput(
            f"Run {named_run(execution_id)} is a run of {len(found)} processes: {owners}. "
            "Pass project_code and process_load."
        )
    if processes.project_code is not None and processes.process_load is not None:
        process = ProcessKey(processes.project_code, processes.process_load)
        raise unknown_run_of(session, process, execution_id, on)
    raise unknown_run(execution_id)


def _found(session: Session, execution_id: str, processes: Processes, on: date | None) -> list[tuple[str, str, date]]:
    """Each process that has such a run, with the run's latest date; receipts are read only if no step has the id."""
    for kind in (ProcessingStep, SysLog):
        wanted = (
            (kind.execution_id, execution_id),
            (kind.project_code, processes.project_code),
            (kind.process_load, processes.process_load),
            (kind.processing_date, on),
        )
        query = (
            select(kind.project_code, kind.process_load, func.max(kind.processing_date))
            .where(*(column == value for column, value in wanted if value is not None))
            .group_by(kind.project_code, kind.process_load)
        )
        if kind is SysLog:
            query = query.where(SysLog.operation_name == OPERATION)
        found = [
            (project, process, latest)
            for project, process, latest in session.execute(query)
            if project is not None and process is not None and latest is not None
        ]
        if found:
            return found
    return []
