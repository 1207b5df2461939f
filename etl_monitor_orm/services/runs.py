"""A run: which date it works on, and the steps that it queues."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, Subquery, and_, case, exists, func, insert, literal, or_, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm.errors import ProcessInactive, ProcessNotFound
from etl_monitor_orm.models import Parameter, Process, ProcessingStep, SequenceStage, Task
from etl_monitor_orm.services.call import Call, affected
from etl_monitor_orm.services.keys import ProcessKey, RunKey
from etl_monitor_orm.views.attempts import ranked
from etl_monitor_orm.vocabulary import SYSTEM_DATE, LoadFrequency, ParameterType, Status


def system_date(process: ProcessKey) -> Select[datetime | None]:
    """Select the value of the process's SYSDT parameter: the date of historic mode, NULL when live."""
    return select(Parameter.value_datetime).where(
        *process.matches(Parameter),
        Parameter.parameter_name == SYSTEM_DATE,
        Parameter.parameter_type == ParameterType.SYSTEM,
    )


def current_date(session: Session, call: Call, process: ProcessKey) -> date:
    """Return the date that the process works on: SYSDT's, else today (`ETLconfigParameters`)."""
    value = session.scalar(system_date(process))
    return value.date() if value is not None else call.today


def date_of(session: Session, call: Call, process: ProcessKey, execution_id: str) -> date:
    """Return the latest date that a run works on; the process's current date when it has no steps yet."""
    own = session.scalar(
        select(func.max(ProcessingStep.processing_date)).where(
            *process.matches(ProcessingStep), ProcessingStep.execution_id == execution_id
        )
    )
    return own if own is not None else current_date(session, call, process)


def generate(session: Session, call: Call, run: RunKey, *, resume: bool, only_due: bool) -> None:
    """Queue the run's steps in `ETLProcessingSteps`: one NQUE row per active task, as the catalogue has it now.

    A run that has steps already gets no more. All of a run's steps bear one attempt number, one above the
    highest of the process and date.

    Args:
        session: The unit of work.
        call: The call's circumstances.
        run: The run.
        resume: Leave out steps whose current attempt is DONE on that date.
        only_due: Leave out W, M and Y tasks that are DONE in the date's ISO week, month or year.

    Raises:
        ProcessNotFound: The process is not registered.
        ProcessInactive: It is deactivated, or has no active task.
    """
    columns = {
        ProcessingStep.processing_date: literal(run.processing_date),
        ProcessingStep.project_code: Task.project_code,
        ProcessingStep.process_load: Task.process_load,
        ProcessingStep.execution_id: literal(run.execution_id),
        ProcessingStep.workflow_id: Task.workflow_id,
        ProcessingStep.task_id: Task.task_id,
        ProcessingStep.sequence_id: Task.sequence_id,
        ProcessingStep.status: literal(Status.NQUE.value),
        ProcessingStep.task_name: Task.task_name,
        ProcessingStep.sequence_code: SequenceStage.sequence_code,
        ProcessingStep.task_mandatory: Task.task_mandatory,
        ProcessingStep.source_system_code: Task.source_system_code,
        ProcessingStep.source_type: Task.source_type,
        ProcessingStep.last_updated_on: literal(call.now, ProcessingStep.last_updated_on.type),
        ProcessingStep.last_updated_by: literal(call.actor) if isinstance(call.actor, str) else call.actor,
    }
    date_so_far = _date_so_far(run)
    queue = (
        select(*columns.values(), date_so_far.c.NextAttempt)
        .select_from(Task)
        .join(Process, (Process.project_code == Task.project_code) & (Process.process_load == Task.process_load))
        .outerjoin(SequenceStage, SequenceStage.sequence_id == Task.sequence_id)
        .join(date_so_far, date_so_far.c.OfThisRun == 0)
        .where(*run.process.matches(Task), Task.is_active.is_(True), Process.is_active.is_(True))
    )
    if resume:
        queue = queue.where(~_done_on(run))
    if only_due:
        queue = queue.where(~_done_in_period(run))
    statement = insert(ProcessingStep).from_select([*columns, ProcessingStep.attempts], queue)
    written = affected(session.execute(statement))
    if not call.capabilities.counts_inserts:
        # The read that counts them also saves the calls to come a read of their step each.
        steps = session.scalars(select(ProcessingStep).where(*run.matches())).all()
        call.seen.note(steps)
        written = len(steps)
    if written == 0:
        _refuse_empty(session, run)


def _date_so_far(run: RunKey) -> Subquery:
    """One row: the next attempt number of the process and date, and how many steps the run has already."""
    own = case((ProcessingStep.execution_id == run.execution_id, 1), else_=0)
    return (
        select(
            func.coalesce(func.max(ProcessingStep.attempts) + 1, 0).label("NextAttempt"),
            func.coalesce(func.sum(own), 0).label("OfThisRun"),
        )
        .where(ProcessingStep.processing_date == run.processing_date, *run.process.matches(ProcessingStep))
        .subquery("date_so_far")
    )


def _done_on(run: RunKey) -> ColumnElement[bool]:
    """The task's step is DONE on the run's date."""
    return _is_done(run, ProcessingStep.processing_date == run.processing_date)


def _done_in_period(run: RunKey) -> ColumnElement[bool]:
    """The task is due once in a longer period, and one of its steps in the run's period is DONE."""
    day = run.processing_date
    monday = day - timedelta(days=day.weekday())
    periods = {
        LoadFrequency.WEEKLY: (monday, monday + timedelta(days=6)),
        LoadFrequency.MONTHLY: (day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])),
        LoadFrequency.YEARLY: (date(day.year, 1, 1), date(day.year, 12, 31)),
    }
    done = or_(
        *(
            and_(
                Task.load_frequency == frequency,
                _is_done(run, ProcessingStep.processing_date.between(first, last)),
            )
            for frequency, (first, last) in periods.items()
        )
    )
    # Without a frequency the comparisons are NULL, and so would be the negation that the caller asks for.
    return and_(Task.load_frequency.is_not(None), done)


def _is_done(run: RunKey, when: ColumnElement[bool]) -> ColumnElement[bool]:
    """The task has a step in this time whose current attempt is DONE."""
    attempts = ranked(*run.process.matches(ProcessingStep), when)
    steps = aliased(ProcessingStep, attempts)
    return exists().where(
        attempts.c.Recency == 1,
        steps.status == Status.DONE,
        steps.workflow_id == Task.workflow_id,
        steps.task_id == Task.task_id,
    )


def _refuse_empty(session: Session, run: RunKey) -> None:
    """Return when there was rightly nothing to queue; raise when there should have been something."""
    active = select(Process.is_active).where(*run.process.matches(Process)).scalar_subquery()
    registered = exists().where(*run.process.matches(Process))
    tasks = exists().where(*run.process.matches(Task), Task.is_active.is_(True))
    queued = exists().where(*run.matches())
    is_registered, is_active, has_tasks, has_steps = session.execute(select(registered, active, tasks, queued)).one()
    if has_steps:
        return
    if not is_registered:
        raise ProcessNotFound(f"Process {run.process} is not registered. Register it first with register_process().")
    if not is_active:
        raise ProcessInactive(f"Process {run.process} is deactivated. Run activate_process() before it may run again.")
    if not has_tasks:
        raise ProcessInactive(
            f"Process {run.process} has no active task, so there is nothing to run. "
            "Register one with register_task(), or use activate_task()."
        )
