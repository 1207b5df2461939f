"""What changed since the last good run: in the catalogue, of the parameters, and in what the step was queued with."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, TypeVar

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from etl_monitor_orm import views
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Parameter, Process, ProcessingStep, Task
from etl_monitor_orm.models.attempts import current_attempts
from etl_monitor_orm.models.selecting import of_process
from etl_monitor_orm.printable import named
from etl_monitor_orm.services.context import recent
from etl_monitor_orm.services.explaining.explanations import Explanation, about, at, started, task
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.vocabulary import RunState, Status

if TYPE_CHECKING:
    from etl_monitor_orm.views import ProcessStatus

_SNAPSHOT: Final = {
    "task_name": "TaskName",
    "sequence_id": "SequenceID",
    "task_mandatory": "TaskMandatory",
    "source_system_code": "SourceSystemCode",
    "source_type": "SourceType",
    "expected_duration_seconds": "ExpectedDurationSeconds",
    "in_file_path": "InFilePath",
    "out_file_path": "OutFilePath",
    "last_updated_by": "LastUpdatedBy",
}
"""What a step was queued with, or written by, that can differ between two dates for a reason."""
_MOST: Final = 10
"""Changes of the catalogue that are told."""
_Row = TypeVar("_Row", Process, Task)


def last_good(session: Session, process: ProcessKey, on: date) -> ProcessStatus | None:
    """Return the latest of the 35 dates before one on which the process was complete (`v_processStatus`)."""
    view = views.ProcessStatus
    query = select(view).where(
        view.project_code == process.project_code,
        view.process_load == process.process_load,
        view.processing_date >= recent(on),
        view.processing_date < on,
        view.run_state == RunState.COMPLETE.value,
        view.failed == 0,
    )
    return session.scalars(query.order_by(view.processing_date.desc()).limit(1)).first()


def changes(
    session: Session, process: ProcessKey, good: ProcessStatus, cause: ProcessingStep | None, until: datetime
) -> list[Explanation]:
    """Return what changed between the end of the last good run and a moment, the latest change first."""
    since = good.run_end
    of = Processes(process.project_code, process.process_load)
    found: list[Explanation] = [] if since is None else changes_of_catalogue(session, of, since, until)
    then = None if cause is None else _step_on(session, process, good.processing_date, cause)
    return found[:_MOST] + ([] if then is None or cause is None else [*_snapshot(then, cause)])


def changes_of_catalogue(session: Session, processes: Processes, since: datetime, until: datetime) -> list[Explanation]:
    """Return what changed in the catalogue and was set by hand between two moments, the latest change first."""
    found: list[tuple[datetime, Explanation]] = []
    for one in session.scalars(_changed(Task, processes, since)):
        name = task(one.workflow_id, one.task_id, one.task_name)
        found.extend(_of_catalogue(one, name, since, until))
    for described in session.scalars(_changed(Process, processes, since)):
        name = f"process {ProcessKey(described.project_code, described.process_load)}"
        found.extend(_of_catalogue(described, name, since, until))
    for parameter in session.scalars(_set_by_hand(processes, since)):
        if parameter.set_on is not None and since < parameter.set_on <= until:
            words = f"Parameter {named(parameter.parameter_name)} was set by hand at {at(parameter.set_on)}"
            found.append((parameter.set_on, about("changed", f"{words}{_by(parameter)}.", parameter)))
    found.sort(key=lambda one: one[0], reverse=True)
    return [finding for _, finding in found]


def _set_by_hand(processes: Processes, since: datetime) -> Select[Parameter]:
    """The parameters that were set since; not those that a step set by being DONE, as each load moves its watermark."""
    by_step = select(ProcessingStep.execution_id).where(
        ProcessingStep.project_code == Parameter.project_code,
        ProcessingStep.process_load == Parameter.process_load,
        ProcessingStep.last_updated_on == Parameter.set_on,
        ProcessingStep.status == Status.DONE,
        ProcessingStep.processing_date >= recent(since.date()),
    )
    return select(Parameter).where(*processes.narrow(Parameter), Parameter.set_on > since, ~by_step.exists())


def _changed(kind: type[_Row], processes: Processes, since: datetime) -> Select[_Row]:
    return select(kind).where(*processes.narrow(kind), or_(kind.created_on > since, kind.last_updated_on > since))


def _of_catalogue(
    row: Task | Process, name: str, since: datetime, until: datetime
) -> Iterator[tuple[datetime, Explanation]]:
    created, updated = row.created_on, row.last_updated_on
    if created is not None and since < created <= until:
        yield created, about("changed", f"{started(name)} was registered at {at(created)}.", row)
    elif updated is not None and since < updated <= until:
        yield updated, about("changed", f"The registration of {name} changed at {at(updated)}{_by(row)}.", row)


def _by(row: Task | Process | Parameter) -> str:
    return "" if row.last_updated_by is None else f" by {named(row.last_updated_by)}"


def _step_on(session: Session, process: ProcessKey, on: date, like: ProcessingStep) -> ProcessingStep | None:
    """The same task's current attempt on another date."""
    of_task = (
        ProcessingStep.processing_date == on,
        *of_process(process, ProcessingStep),
        ProcessingStep.workflow_id == like.workflow_id,
        ProcessingStep.task_id == like.task_id,
    )
    step, current = current_attempts(*of_task)
    return session.scalars(select(step).where(current)).first()


def _snapshot(then: ProcessingStep, now: ProcessingStep) -> Iterator[Explanation]:
    for attribute, column in _SNAPSHOT.items():
        before, after = getattr(then, attribute), getattr(now, attribute)
        if before != after:
            words = f"{column} of the task was {_value(before)} in the last good run, and is {_value(after)}."
            yield about("changed", words, then)


def _value(value: object) -> str:
    return "empty" if value is None else named(value)
