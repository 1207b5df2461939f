"""The state machine of a step: start, end, fail, heartbeat.

Each transition is one guarded MERGE on `ETLProcessingSteps`: its source finds the attempt, its condition
states what may change. When two workers try, one statement changes a row and the other changes none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Column, ColumnElement, Select, Table, case, exists, func, literal, null, select
from sqlalchemy.orm import Session

from etl_monitor_orm import inputs
from etl_monitor_orm.models import Parameter, ProcessingStep, Task
from etl_monitor_orm.services.call import Call, changed
from etl_monitor_orm.services.keys import StepKey
from etl_monitor_orm.services.refusals import refuse
from etl_monitor_orm.services.watermarks import Move, advance_on_done, find, move
from etl_monitor_orm.sql.functions import seconds_between
from etl_monitor_orm.sql.merge import Merge
from etl_monitor_orm.vocabulary import QUEUED, LogType, SourceType, Status
from etl_monitor_orm.whereabouts import whereabouts

_steps = cast(Table, ProcessingStep.__table__)
_queued = _steps.c.Status.in_(QUEUED)
_running = _queued & _steps.c.StartTime.is_not(None) & _steps.c.EndTime.is_(None)
_waiting = _queued & _steps.c.StartTime.is_(None) & _steps.c.EndTime.is_(None)
_open = _queued & _steps.c.EndTime.is_(None)


@dataclass(frozen=True)
class Claim:
    """A started attempt, as its worker knows it.

    Attributes:
        started: The start time that the claim wrote: whoever took the step over wrote another.
        attempts: Number of the attempt; None where the database could not hand it back.
        source_system_code: Name of the watermark parameter.
        task_mandatory: Whether its failure blocks what follows.
        known: Whether the database handed the attempt's columns back.
    """

    started: datetime
    attempts: int | None = None
    source_system_code: str | None = None
    task_mandatory: bool | None = None
    known: bool = False


@dataclass(frozen=True)
class Where:
    """Where the work of a step is done; None leaves what is known."""

    source_type: SourceType | None = None
    source_run_id: str | None = None
    cluster_id: str | None = None

    @classmethod
    def read(cls, source_type: SourceType | str | None, source_run_id: str | None, cluster_id: str | None) -> Where:
        """Read a caller's arguments; inside Databricks, its run and its cluster stand for those that are not given.

        Raises:
            InvalidInput: One of them cannot be read.
        """
        here = whereabouts()
        return cls(
            inputs.optional_choice("source_type", SourceType, source_type),
            inputs.optional_text("source_run_id", source_run_id) or here.run_id,
            inputs.optional_text("cluster_id", cluster_id) or here.cluster_id,
        )


@dataclass(frozen=True)
class Ending:
    """How a step ended.

    Attributes:
        status: DONE or FAIL.
        at: When the work ended (aware UTC); None means now.
        message: Last word of the job.
        log_type: Severity of the message; FAIL is always ERROR.
        log_code: Code of the message.
    """

    status: Status
    at: datetime | None
    message: str | None = None
    log_type: LogType | None = None
    log_code: str | None = None


def start(session: Session, call: Call, step: StepKey, at: datetime | None, where: Where, *, takeover: bool) -> Claim:
    """Turn a queued step into a running one; with `takeover`, a running one too.

    Args:
        session: The unit of work.
        call: The call's circumstances.
        step: The step.
        at: When the work began (aware UTC); None means now.
        where: Where it is done.
        takeover: Whether a running step may be started again.

    Raises:
        StepNotFound: The task is not registered, or the run does not hold it.
        InvalidTransition: The step is running, DONE or FAIL, or its task is inactive.
    """
    began = at or call.now
    active_task = exists().where(*step.task.matches(), Task.is_active.is_(True))
    values = {
        _steps.c.StartTime: began,
        **{
            column: value
            for column, value in (
                (_steps.c.SourceType, where.source_type),
                (_steps.c.SourceRunID, where.source_run_id),
                (_steps.c.ClusterID, where.cluster_id),
            )
            if value is not None
        },
    }
    merge = _transition(call, step, values, _open if takeover else _waiting, active_task)
    if not call.capabilities.returning:
        if not changed(session, call, merge, _own(call, step, values)):
            refuse(session, step, "start")
        seen = call.seen.of(step)
        return Claim(began) if seen is None else Claim(began, None, seen.source_system_code, seen.task_mandatory, True)
    returned = (_steps.c.Attempts, _steps.c.SourceSystemCode, _steps.c.TaskMandatory)
    row = session.execute(merge.returning(*returned)).one_or_none()
    if row is None:
        refuse(session, step, "start")
    attempts, source_system_code, task_mandatory = row
    return Claim(began, attempts, source_system_code, task_mandatory, known=True)


def finish(
    session: Session,
    call: Call,
    step: StepKey,
    ending: Ending,
    claim: Claim | None = None,
    staged: Move | None = None,
) -> None:
    """End an open step: DONE moves its watermark, a mandatory FAIL re-opens the run's initiation step.

    The order is safe to stop after any statement: the initiation is re-opened before the failure that calls
    for it is written, and a watermark moves only after the DONE that allows it.

    Args:
        session: The unit of work.
        call: The call's circumstances.
        step: The step; it need not have been started.
        ending: How it ended.
        claim: The claim of the worker that started it; the step ends only if it is still that worker's.
        staged: A watermark value to write with DONE, in place of the automatic one.

    Raises:
        StepNotFound: The task is not registered, or the run does not hold it.
        InvalidTransition: The step has ended already, or another worker took it over.
    """
    ended = ending.at or call.now
    asked = "end" if ending.status is Status.DONE else "fail"
    seen = claim if claim is not None and claim.known else call.seen.of(step)
    known_optional = seen is not None and not seen.task_mandatory
    if ending.status is Status.FAIL and not step.task.is_initiation and not known_optional:
        _reopen_initiation(session, call, step, claim)
    guard = _open if claim is None else _open & (_steps.c.StartTime == claim.started)
    elapsed = func.greatest(0, seconds_between(_steps.c.StartTime, literal(ended, ProcessingStep.end_time.type)))
    values = {
        _steps.c.Status: ending.status,
        _steps.c.EndTime: ended,
        _steps.c.DurationSeconds: case((_steps.c.StartTime.is_(None), null()), else_=elapsed),
        _steps.c.LogMessage: ending.message,
        _steps.c.LogType: LogType.ERROR if ending.status is Status.FAIL else ending.log_type or LogType.INFO,
        _steps.c.LogCode: ending.log_code,
    }
    merge = _transition(call, step, values, guard)
    name: str | ColumnElement[str | None] | None
    if call.capabilities.returning:
        row = session.execute(merge.returning(_steps.c.SourceSystemCode)).one_or_none()
        is_changed, name = row is not None, None if row is None else row[0]
    else:
        is_changed = changed(session, call, merge, _own(call, step, values)) > 0
        if seen is not None:
            name = seen.source_system_code
        elif staged is not None:
            name = session.scalar(_watermark_name(step))
        else:
            name = _watermark_name(step).scalar_subquery()
    if not is_changed:
        if ending.status is Status.DONE and name is not None and not call.capabilities.transactions:
            # It may have ended in a call that was cut off before the watermark. Moving it twice changes nothing.
            advance_on_done(session, call, step, name)
        refuse(session, step, asked)
    if ending.status is Status.DONE and name is not None:
        if staged is not None and isinstance(name, str):
            move(session, call, step.run.process, name, staged)
        else:
            advance_on_done(session, call, step, name)


def heartbeat(session: Session, call: Call, step: StepKey, claim: Claim) -> None:
    """Refresh LastUpdatedOn of a running step.

    Raises:
        InvalidTransition: The step has ended, or another worker took it over.
    """
    if not _make(session, call, step, {}, _running & (_steps.c.StartTime == claim.started)):
        refuse(session, step, "heartbeat")


def _make(
    session: Session,
    call: Call,
    step: StepKey,
    values: Mapping[Column[Any], object],
    guard: ColumnElement[bool],
    *conditions: ColumnElement[bool],
) -> bool:
    """Make a transition; return whether it changed a row.

    Each transition has the row handed back where the database can, wanted or not: DuckDB writes such a row anew, and
    overlooks a conflict between that and a change in place.
    """
    merge = _transition(call, step, values, guard, *conditions)
    if call.capabilities.returning:
        return session.execute(merge.returning(_steps.c.Attempts)).one_or_none() is not None
    return changed(session, call, merge, _own(call, step, values)) > 0


def _own(call: Call, step: StepKey, values: Mapping[Column[Any], object]) -> Select[*tuple[object, ...]]:
    """Find the attempt that this very call changed: it bears the call's time, and the values that were written."""
    written = [
        column.is_not_distinct_from(value) for column, value in values.items() if not isinstance(value, ColumnElement)
    ]
    return select(_steps.c.Attempts).where(*step.matches(), _steps.c.LastUpdatedOn == call.now, *written)


def _transition(
    call: Call,
    step: StepKey,
    values: Mapping[Column[Any], object],
    guard: ColumnElement[bool],
    *conditions: ColumnElement[bool],
) -> Merge:
    """Change the step's current attempt in its run, or the one that is named, if it satisfies the guard."""
    source = (
        select(func.max(ProcessingStep.attempts).label("Attempts"))
        .where(*step.matches(), *conditions)
        .subquery("attempt")
    )
    run = step.run
    target = (
        (_steps.c.ProcessingDate == run.processing_date)
        & (_steps.c.ProjectCode == run.process.project_code)
        & (_steps.c.ProcessLoad == run.process.process_load)
        & (_steps.c.ExecutionID == run.execution_id)
        & (_steps.c.WorkFlowID == step.workflow_id)
        & (_steps.c.TaskID == step.task_id)
        & (_steps.c.Attempts == source.c.Attempts)
    )
    changes = {**values, _steps.c.LastUpdatedOn: call.now, _steps.c.LastUpdatedBy: call.actor}
    return Merge(_steps, source, target).update(changes, where=guard)


def _reopen_initiation(session: Session, call: Call, step: StepKey, claim: Claim | None) -> None:
    """Put the run's initiation step, when it is DONE, back to NQUE: a mandatory step is about to fail.

    It is the one row that changes in place, because it is the run's marker. A worker whose step was taken over fails
    nothing, so it re-opens nothing.
    """
    latest = select(func.max(ProcessingStep.attempts)).where(*step.matches()).scalar_subquery()
    about_to_fail = exists().where(
        *step.matches(),
        ProcessingStep.attempts == latest,
        ProcessingStep.status.in_(QUEUED),
        ProcessingStep.end_time.is_(None),
        ProcessingStep.task_mandatory.is_(True),
        *([] if claim is None else [ProcessingStep.start_time == claim.started]),
    )
    cleared = {
        _steps.c.Status: Status.NQUE,
        **dict.fromkeys((_steps.c.StartTime, _steps.c.EndTime, _steps.c.DurationSeconds)),
    }
    _make(session, call, step.initiation, cleared, _steps.c.Status == Status.DONE, about_to_fail)


def attempt(session: Session, call: Call, step: StepKey, claim: Claim) -> int | None:
    """Return the number of the attempt that a worker started; None when another took it over meanwhile."""
    started = select(func.max(ProcessingStep.attempts)).where(
        *step.matches(), ProcessingStep.start_time == claim.started
    )
    return session.scalar(started)


def watermark(session: Session, call: Call, step: StepKey, claim: Claim) -> Parameter | None:
    """Return the watermark parameter of a started step; None when its task names none.

    Raises:
        ParameterNotFound: The task names a parameter that is not registered.
    """
    name = claim.source_system_code if claim.known else session.scalar(_watermark_name(step))
    return None if name is None else find(session, call, step.run.process, name)


def _watermark_name(step: StepKey) -> Select[str | None]:
    """Select which parameter the step names; all of its attempts in a run name the same."""
    return select(func.max(ProcessingStep.source_system_code)).where(*step.matches())
