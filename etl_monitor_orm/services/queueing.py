"""Steps that are put into the queue of a run: copies of what the catalogue says of their tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Insert, Select, SQLColumnExpression, Subquery, case, func, insert, literal, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from etl_monitor_orm.keys import RunKey
from etl_monitor_orm.models import Process, ProcessingStep, SequenceStage, Task
from etl_monitor_orm.models.attempts import next_number
from etl_monitor_orm.models.selecting import of_process, of_run
from etl_monitor_orm.services.context import Context, reported
from etl_monitor_orm.services.file_names import full_name
from etl_monitor_orm.vocabulary import Status

Values = Mapping[InstrumentedAttribute[Any], SQLColumnExpression[Any]]


def queue(session: Session, context: Context, run: RunKey, rows: Select[*tuple[object, ...]]) -> int:
    """Insert steps of the run; return how many it has got, or 0 where it had some before."""
    result = session.execute(insertion(rows))
    written = reported(result) if context.capabilities.counts_inserts else None
    if written is None:
        # The read that counts them also saves each later call a read of its step.
        steps = session.scalars(select(ProcessingStep).where(*of_run(run))).all()
        context.seen.note(steps)
        written = len(steps)
    if written:
        context.seen.note_run(run)
    return written


def insertion(rows: Select[*tuple[object, ...]]) -> Insert:
    """Return the statement that inserts selected rows."""
    return insert(ProcessingStep).from_select(rows.selected_columns.keys(), rows)


def rows(context: Context, run: RunKey, values: Values, *, late: bool = False) -> Select[*tuple[object, ...]]:
    """Select the rows to insert: the active process's active tasks.

    Args:
        context: The call's circumstances.
        run: The run.
        values: Columns with other values than a step that waits.
        late: The run has steps already, and gets more of its latest attempt; else none are selected if it has any.
    """
    date_so_far = _date_so_far(run)
    columns: dict[InstrumentedAttribute[Any], SQLColumnExpression[Any]] = {
        ProcessingStep.processing_date: literal(run.processing_date),
        ProcessingStep.project_code: Task.project_code,
        ProcessingStep.process_load: Task.process_load,
        ProcessingStep.execution_id: literal(run.execution_id),
        ProcessingStep.workflow_id: Task.workflow_id,
        ProcessingStep.task_id: Task.task_id,
        ProcessingStep.sequence_id: Task.sequence_id,
        ProcessingStep.task_name: Task.task_name,
        ProcessingStep.sequence_code: SequenceStage.sequence_code,
        ProcessingStep.task_mandatory: Task.task_mandatory,
        ProcessingStep.source_system_code: Task.source_system_code,
        ProcessingStep.source_type: Task.source_type,
        ProcessingStep.expected_duration_seconds: Task.expected_duration_seconds,
        ProcessingStep.full_file_name: full_name(Task, run.processing_date),
        ProcessingStep.in_file_path: Task.in_file_path,
        ProcessingStep.out_file_path: Task.out_file_path,
        ProcessingStep.last_updated_on: literal(context.now, ProcessingStep.last_updated_on.type),
        ProcessingStep.last_updated_by: literal(context.actor) if isinstance(context.actor, str) else context.actor,
        ProcessingStep.attempts: date_so_far.c.OwnAttempt if late else date_so_far.c.NextAttempt,
        ProcessingStep.status: literal(Status.NQUE.value),
        **values,
    }
    return (
        select(*(value.label(column.property.columns[0].name) for column, value in columns.items()))
        .select_from(Task)
        .join(Process, (Process.project_code == Task.project_code) & (Process.process_load == Task.process_load))
        .outerjoin(SequenceStage, SequenceStage.sequence_id == Task.sequence_id)
        .join(date_so_far, date_so_far.c.OfThisRun > 0 if late else date_so_far.c.OfThisRun == 0)
        .where(*of_process(run.process, Task), Task.is_active.is_(True), Process.is_active.is_(True))
    )


def _date_so_far(run: RunKey) -> Subquery:
    """One row: the next attempt number of the process and date, the run's own latest, and how many steps it has."""
    is_own = ProcessingStep.execution_id == run.execution_id
    own = case((is_own, 1), else_=0)
    return (
        select(
            next_number().label("NextAttempt"),
            func.max(case((is_own, ProcessingStep.attempts))).label("OwnAttempt"),
            func.coalesce(func.sum(own), 0).label("OfThisRun"),
        )
        .where(ProcessingStep.processing_date == run.processing_date, *of_process(run.process, ProcessingStep))
        .subquery("date_so_far")
    )
