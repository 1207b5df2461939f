"""Reads what an evaluation of deadlines must know: what is promised, what ran lately, and what stands open."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, TypeVar

from sqlalchemy import ColumnElement, Row, and_, false, or_, select, true
from sqlalchemy.orm import Session

from etl_monitor_orm.deadlines.calendars import Calendar, read_calendar
from etl_monitor_orm.deadlines.due_times import read_due_time
from etl_monitor_orm.deadlines.evaluating import Evaluation
from etl_monitor_orm.deadlines.facts import Attempt, Mark, ProcessFacts, Promise, Slot, Standing, TaskFacts
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import ProcessKey, TaskKey
from etl_monitor_orm.models import Breach, Holiday, Parameter, Process, ProcessingStep, Task
from etl_monitor_orm.models.attempts import identity, is_highest, is_running
from etl_monitor_orm.vocabulary import SYSTEM_DATE, BreachKind, ParameterType

T = TypeVar("T")

_MOST_NAMES: Final = 100
"""More processes than this are not named in a question: it reads them all."""
_HOLIDAYS_BACK: Final = timedelta(days=450)
"""Holidays before that count for nothing that is evaluated."""

log = logging.getLogger("etl_monitor_orm")


@dataclass(frozen=True)
class Described:
    """The active part of the catalogue.

    Attributes:
        processes: Active processes.
        tasks: Active tasks of each.
        holidays: The days of each list that a calendar names.
        marks: The watermarks of each process that should move, by name.
    """

    processes: Mapping[ProcessKey, Process]
    tasks: Mapping[ProcessKey, Sequence[Task]]
    holidays: Mapping[str, frozenset[date]]
    marks: Mapping[ProcessKey, Mapping[str, Mark]]


def facts(session: Session, evaluation: Evaluation, stored: Iterable[Breach]) -> list[ProcessFacts]:
    """Return what is known of each active process.

    Reads the catalogue, and the steps of recent dates only: how much history there is costs nothing.

    Args:
        session: The unit of work.
        evaluation: When is evaluated.
        stored: The breaches that are open.
    """
    promised, first = _known_from(session, evaluation)
    attempts = _attempts(session, evaluation.first, first)
    standing: dict[ProcessKey, list[Standing]] = defaultdict(list)
    for breach in stored:
        if breach.kind == BreachKind.NO_SUCCESS and breach.closed_on is None:
            key = ProcessKey(breach.project_code, breach.process_load)
            slot = None if breach.task_id is None else (breach.workflow_id or 0, breach.task_id)
            standing[key].append(Standing(breach.breach_id, slot, breach.since, breach.message or ""))
    return [
        ProcessFacts(
            key,
            first.get(key, evaluation.first),
            promise,
            tuple(tasks),
            tuple(attempts[key]),
            tuple(standing[key]),
        )
        for key, promise, tasks, _ in promised
    ]


def asked_from(session: Session, evaluation: Evaluation) -> Mapping[ProcessKey, date]:
    """Return from which processing date on each process with a deadline must keep its steps, to be judged by them."""
    return _known_from(session, evaluation)[1]


def _known_from(session: Session, evaluation: Evaluation) -> tuple[list[Promised], dict[ProcessKey, date]]:
    """What each active process promises, and from which date on its attempts must be known, if it promises anything."""
    described = _described(session, evaluation.now)
    promised = [_promises(key, described) for key in described.processes]
    return promised, {key: evaluation.first_known(*promises) for key, _, _, promises in promised if promises}


def _described(session: Session, now: datetime) -> Described:
    active = session.scalars(select(Process).where(Process.is_active.is_(True)))
    processes = {ProcessKey(one.project_code, one.process_load): one for one in active}
    tasks: dict[ProcessKey, list[Task]] = defaultdict(list)
    for task in session.scalars(select(Task).where(Task.is_active.is_(True))):
        tasks[ProcessKey(task.project_code, task.process_load)].append(task)
    every: list[Process | Task] = [*processes.values(), *(task for of_process in tasks.values() for task in of_process)]
    names = {calendar.holidays for one in every if (calendar := _calendar_of(one)) and calendar.holidays}
    waits = any(task.late_after_seconds for of_process in tasks.values() for task in of_process)
    return Described(processes, tasks, _holidays(session, now, names), _marks(session) if waits else {})


def _holidays(session: Session, now: datetime, names: Collection[str | None]) -> Mapping[str, frozenset[date]]:
    if not names:
        return {}
    query = select(Holiday.calendar_name, Holiday.day).where(
        Holiday.calendar_name.in_(sorted(filter(None, names))),
        Holiday.is_active.is_(True),
        Holiday.day >= now.date() - min(_HOLIDAYS_BACK, now.date() - date.min),
    )
    days: dict[str, set[date]] = defaultdict(set)
    for name, day in session.execute(query):
        days[name].add(day)
    return {name: frozenset(found) for name, found in days.items()}


def _marks(session: Session) -> Mapping[ProcessKey, Mapping[str, Mark]]:
    """The watermarks of processes in live mode: in historic mode none moves."""
    kinds = (ParameterType.DELTA_DATE, ParameterType.DELTA_ID, ParameterType.SYSTEM)
    marks: dict[ProcessKey, dict[str, Mark]] = defaultdict(dict)
    historic: set[ProcessKey] = set()
    for one in session.scalars(select(Parameter).where(Parameter.parameter_type.in_(kinds))):
        key = ProcessKey(one.project_code, one.process_load)
        if one.parameter_name == SYSTEM_DATE:
            if one.value_datetime is not None:
                historic.add(key)
        else:
            marks[key][one.parameter_name] = Mark(one.parameter_name, one.last_updated_on or one.created_on)
    return {key: found for key, found in marks.items() if key not in historic}


Promised = tuple[ProcessKey, Promise, list[TaskFacts], list[Promise]]


def _promises(key: ProcessKey, described: Described) -> Promised:
    """What a process and its tasks promise; last, the promises by which something can be late."""
    process = described.processes[key]
    active = _latest(process.created_on, process.active_set_on)
    promise = _promise(process, described, _calendar_of(process), active, process.deadline_set_on)
    tasks = []
    for task in described.tasks.get(key, ()):
        since = _latest(task.created_on, task.active_set_on)
        own = _calendar_of(task)
        inherited = process.deadline_set_on if own is None and promise.calendar is not None else None
        promised = _promise(task, described, own or promise.calendar, since, active, task.deadline_set_on, inherited)
        mark = described.marks.get(key, {}).get(task.source_system_code or "") if promised.late_after else None
        tasks.append(
            TaskFacts(task.task_id, task.workflow_id, task.sequence_id, task.task_name or "", promised, since, mark)
        )
    every = [promise, *(task.promise for task in tasks)]
    return key, promise, tasks, [one for one in every if one.due is not None or one.late_after is not None]


def _promise(row: Process | Task, described: Described, calendar: Calendar | None, *since: datetime | None) -> Promise:
    holidays = described.holidays.get(calendar.holidays, frozenset()) if calendar and calendar.holidays else frozenset()
    return Promise(
        _readable(row, lambda: read_due_time("DueBy", row.due_by)),
        timedelta(seconds=row.late_after_seconds) if row.late_after_seconds else None,
        calendar,
        holidays,
        row.load_frequency,
        _latest(*since),
    )


def _calendar_of(row: Process | Task) -> Calendar | None:
    return _readable(row, lambda: read_calendar("Calendar", row.calendar))


def key_of(row: Process | Task) -> ProcessKey | TaskKey:
    """What a row of the catalogue is about."""
    process = ProcessKey(row.project_code, row.process_load)
    return TaskKey(process, row.task_id, row.workflow_id) if isinstance(row, Task) else process


def _readable(row: Process | Task, read: Callable[[], T | None]) -> T | None:
    """What a row says, or nothing where another tool wrote what nobody can read: the others are evaluated still."""
    try:
        return read()
    except InvalidInput as error:
        log.warning("%s has a deadline that is not evaluated. %s", key_of(row), error)
        return None


def _latest(*times: datetime | None) -> datetime | None:
    return max((at for at in times if at is not None), default=None)


def _attempts(
    session: Session, first: date, known_from: Mapping[ProcessKey, date]
) -> Mapping[ProcessKey, list[Attempt]]:
    """The attempts that count: all of processes that promise something; of others what runs, or ran too long."""
    steps = ProcessingStep
    too_long = steps.duration_seconds > steps.expected_duration_seconds
    recent = steps.processing_date >= first
    others = and_(recent, is_running(), is_highest(identity, since=first))
    questions = [and_(recent, or_(_of(known_from), too_long)), and_(others, ~_of(known_from)) if known_from else others]
    for earlier in sorted({since for since in known_from.values() if since < first}):
        longer = [key for key, since in known_from.items() if since == earlier]
        questions.append(and_(steps.processing_date >= earlier, steps.processing_date < first, _of(longer)))
    found: dict[ProcessKey, list[Attempt]] = defaultdict(list)
    wanted = set(known_from)
    for number, question in enumerate(questions):
        for row in session.execute(select(*_COLUMNS).where(question)):
            key = ProcessKey(row.project_code, row.process_load)
            if number < 2 or key in wanted:
                found[key].append(_attempt(row))
    return found


_COLUMNS: Final = (
    ProcessingStep.processing_date,
    ProcessingStep.project_code,
    ProcessingStep.process_load,
    ProcessingStep.workflow_id,
    ProcessingStep.task_id,
    ProcessingStep.execution_id,
    ProcessingStep.attempts,
    ProcessingStep.status,
    ProcessingStep.start_time,
    ProcessingStep.end_time,
    ProcessingStep.last_updated_on,
    ProcessingStep.task_mandatory,
    ProcessingStep.expected_duration_seconds,
    ProcessingStep.force_skip,
)


def _attempt(row: Row[*tuple[object, ...]]) -> Attempt:
    expected = row.expected_duration_seconds
    slot: Slot = (row.workflow_id, row.task_id)
    return Attempt(
        row.processing_date,
        slot,
        row.execution_id,
        row.attempts,
        row.status,
        row.start_time,
        row.end_time,
        row.last_updated_on,
        row.task_mandatory is True,
        None if expected is None else timedelta(seconds=expected),
        row.force_skip is True,
    )


def _of(processes: Collection[ProcessKey]) -> ColumnElement[bool]:
    """The steps of some processes; of all where they are many."""
    if not processes:
        return false()
    if len(processes) > _MOST_NAMES:
        return true()
    loads: dict[str, list[str]] = defaultdict(list)
    for key in processes:
        loads[key.project_code].append(key.process_load)
    steps = ProcessingStep
    return or_(*((steps.project_code == code) & steps.process_load.in_(names) for code, names in loads.items()))
