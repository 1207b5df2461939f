"""Failures as breaches: opened when a step fails, closed when it is done, so that people are told once of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from etl_monitor_orm.backends import cleaned
from etl_monitor_orm.deadlines.facts import Late, ProcessFacts, Slot, TaskFacts, identity
from etl_monitor_orm.deadlines.wording import subject, waiting
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Breach, Process, ProcessingStep, Task
from etl_monitor_orm.models.attempts import has_newer, is_taking_part
from etl_monitor_orm.printable import named
from etl_monitor_orm.services import breaches
from etl_monitor_orm.services.context import Context, recent
from etl_monitor_orm.services.parts import parts
from etl_monitor_orm.vocabulary import BreachKind, Outcome, Status

_LONGEST_LINE: Final = 300
"""How much a message shows of the first line of an error."""
_AT_ONCE: Final = 40
"""How many steps one statement looks up: each takes five bound values."""

Step = tuple[ProcessKey, date, Slot]
Tasks = Mapping[ProcessKey, Mapping[Slot, TaskFacts]]


def note(session: Session, context: Context) -> None:
    """Open a breach for each current failure of recent dates, and close those of steps that are done (`ETLbreaches`).

    A step that fails again before it is done has one breach still, whose sentence follows; one that was done in between
    has another. Failures of tasks that are deactivated, and of steps that are left out, are nobody's concern.
    """
    first = recent(context.today)
    standing = select(Breach).where(Breach.kind == BreachKind.FAILED, Breach.closed_on.is_(None))
    stored = {_step_of_breach(one): one for one in session.scalars(standing)}
    failed = list(session.scalars(_failures(first)))
    if not stored and not failed:
        return
    tasks = _active_tasks(session)
    failures = {step: row for row in failed if (step := _step_of(row))[2] in tasks.get(step[0], {})}
    repaired = _done_between(session, {step: (stored[step], row) for step, row in failures.items() if step in stored})
    late = [
        _late(row, None if step in repaired else stored.get(step), tasks[step[0]], context.now)
        for step, row in failures.items()
    ]
    over = {step: breach for step, breach in stored.items() if step not in failures}
    breaches.note(
        session,
        context,
        {one.breach_id: one for one in late},
        {one.breach_id: one for one in stored.values()},
        [
            *((stored[step], Outcome.RESOLVED, max(stored[step].since, at)) for step, at in repaired.items()),
            *_ended(session, over, first, tasks, context.now),
        ],
    )


def _failures(first: date) -> Select[ProcessingStep]:
    steps = ProcessingStep
    conditions = (steps.status == Status.FAIL, steps.processing_date >= first, is_taking_part(), ~has_newer(steps))
    return select(steps).where(*conditions)


def _active_tasks(session: Session) -> Tasks:
    query = select(Task).join(
        Process,
        and_(Process.project_code == Task.project_code, Process.process_load == Task.process_load),
    )
    tasks: dict[ProcessKey, dict[Slot, TaskFacts]] = defaultdict(dict)
    for one in session.scalars(query.where(Task.is_active.is_(True), Process.is_active.is_(True))):
        facts = TaskFacts(one.task_id, one.workflow_id, one.sequence_id, one.task_name or "")
        tasks[ProcessKey(one.project_code, one.process_load)][facts.slot] = facts
    return tasks


def _late(row: ProcessingStep, stored: Breach | None, tasks: Mapping[Slot, TaskFacts], now: datetime) -> Late:
    process, day, slot = _step_of(row)
    later = [one for one in tasks.values() if one.place > tasks[slot].place]
    since = row.end_time or row.last_updated_on or now
    lines = cleaned((row.log_message or "").strip()).splitlines()
    why = f": {named(lines[0], _LONGEST_LINE)}" if lines else "."
    what = subject(ProcessFacts(process, day), tasks[slot], day)
    return Late(
        identity("FAILED", process, slot, day, row.attempts) if stored is None else stored.breach_id,
        BreachKind.FAILED,
        process,
        slot,
        since if stored is None else stored.since,
        None,
        f"{what} failed{why}",
        waiting(later) if row.task_mandatory else None,
        day=day,
        execution_id=row.execution_id,
        number=row.attempts,
    )


def _ended(
    session: Session, standing: Mapping[Step, Breach], first: date, tasks: Tasks, now: datetime
) -> Iterator[tuple[Breach, Outcome, datetime]]:
    """Which failures are over; one whose step was queued again is not over until that attempt is done."""
    current = _current(session, standing)
    for step, breach in standing.items():
        process, day, slot = step
        row = current.get(step)
        if row is not None and row.status == Status.DONE:
            yield breach, Outcome.RESOLVED, max(breach.since, row.end_time or now)
        elif day < first:
            yield breach, Outcome.EXPIRED, now
        elif row is None or row.force_skip or slot not in tasks.get(process, {}):
            yield breach, Outcome.WITHDRAWN, now


def _done_between(session: Session, failures: Mapping[Step, tuple[Breach, ProcessingStep]]) -> Mapping[Step, datetime]:
    """When steps were done that failed again since, after the failure of which there is a breach."""
    again = {step: pair for step, pair in failures.items() if (pair[0].attempts or 0) < pair[1].attempts - 1}
    found: dict[Step, datetime] = {}
    for row in _attempts_of(session, again, ProcessingStep.status == Status.DONE):
        breach, failed = again[_step_of(row)]
        if (breach.attempts or 0) < row.attempts < failed.attempts:
            ended = row.end_time or row.last_updated_on or breach.since
            found[_step_of(row)] = max(ended, found.get(_step_of(row), ended))
    return found


def _current(session: Session, wanted: Collection[Step]) -> Mapping[Step, ProcessingStep]:
    """The current attempts of some steps."""
    return {_step_of(row): row for row in _attempts_of(session, wanted, ~has_newer(ProcessingStep))}


def _attempts_of(session: Session, wanted: Collection[Step], where: ColumnElement[bool]) -> Iterator[ProcessingStep]:
    """Those attempts of some steps for which a condition holds."""
    steps = ProcessingStep
    for part in parts(list(wanted), _AT_ONCE):
        these = (
            and_(
                steps.processing_date == day,
                steps.project_code == process.project_code,
                steps.process_load == process.process_load,
                steps.workflow_id == slot[0],
                steps.task_id == slot[1],
            )
            for process, day, slot in part
        )
        yield from session.scalars(select(steps).where(or_(*these), where))


def _step_of(row: ProcessingStep) -> Step:
    return ProcessKey(row.project_code, row.process_load), row.processing_date, (row.workflow_id, row.task_id)


def _step_of_breach(breach: Breach) -> Step:
    assert breach.processing_date is not None
    assert breach.workflow_id is not None
    assert breach.task_id is not None
    return (
        ProcessKey(breach.project_code, breach.process_load),
        breach.processing_date,
        (breach.workflow_id, breach.task_id),
    )
