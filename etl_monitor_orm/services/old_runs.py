"""Which runs are old, and why some of them stay: what is unfinished, last good, changed since, or asked for still."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, Literal

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from etl_monitor_orm import views
from etl_monitor_orm.deadlines.due import period
from etl_monitor_orm.deadlines.evaluating import Evaluation
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.models.attempts import count_where, is_running, on_date
from etl_monitor_orm.models.selecting import task_of
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.deadline_facts import asked_from
from etl_monitor_orm.services.runs import PERIODS
from etl_monitor_orm.vocabulary import RunState, Status

if TYPE_CHECKING:
    from etl_monitor_orm.views import ProcessStatus

Reason = Literal["unfinished", "last good", "changed since", "deadline", "this period"]

_UNFINISHED: Final = (RunState.RUNNING, RunState.WAITING)
"""A date whose mandatory failure was never put right is over, although steps still wait behind it."""


@dataclass(frozen=True)
class RunsOfDate:
    """All runs of one process and date.

    Attributes:
        project_code: The project.
        process_load: The process.
        processing_date: The date.
        runs: How many runs it has.
        steps: How many attempts of steps.
        reason: Why they stay: `unfinished` (running or waiting, not failed), `last good`, `changed since`, or
            `deadline`, where an evaluation still asks whether they were in time, or `this period`, where a weekly,
            monthly or yearly task is done in its period; None when they may go.
    """

    project_code: str
    process_load: str
    processing_date: date
    runs: int
    steps: int
    reason: Reason | None = None

    @property
    def process(self) -> ProcessKey:
        """The process."""
        return ProcessKey(self.project_code, self.process_load)


def before(session: Session, context: Context, until: datetime) -> list[RunsOfDate]:
    """Return the runs of all dates before a time, in the order of process and date, each with why it stays, if it does.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        until: What did not change since then is old (aware UTC).
    """
    asked = asked_from(session, Evaluation(context.now))
    counting = _done_in_their_period(session, context, until.date())
    found: list[RunsOfDate] = []
    for one in _judged(session, until, _Within(before=until.date())):
        reason = one.reason
        if reason is None and one.process in asked and one.processing_date >= asked[one.process]:
            reason = "deadline"
        elif reason is None and (one.process, one.processing_date) in counting:
            reason = "this period"
        found.append(replace(one, reason=reason))
    return found


def on_dates(session: Session, until: datetime, process: ProcessKey, dates: Sequence[date]) -> list[RunsOfDate]:
    """Return the runs of some dates of a process, judged by what changes while a purge is at work."""
    return _judged(session, until, _Within(process, dates))


@dataclass(frozen=True)
class _Within:
    """Which dates are judged: those of a process, or all before a date."""

    process: ProcessKey | None = None
    dates: Sequence[date] = ()
    before: date | None = None

    def conditions(self, kind: type[ProcessingStep | ProcessStatus]) -> list[ColumnElement[bool]]:
        if self.before is not None:
            return [kind.processing_date < self.before]
        assert self.process is not None
        of_process = (kind.project_code == self.process.project_code, kind.process_load == self.process.process_load)
        return [*of_process, kind.processing_date.in_(self.dates)]


def _judged(session: Session, until: datetime, within: _Within) -> list[RunsOfDate]:
    """Return the runs of some dates, in the order of process and date, each with the reason why it stays, if any."""
    last_good, states = _last_good(session, within.process), _states(session, within)
    last = func.max(func.coalesce(ProcessingStep.last_updated_on, ProcessingStep.end_time, ProcessingStep.start_time))
    query = (
        select(
            *on_date(),
            func.count(ProcessingStep.execution_id.distinct()).label("Runs"),
            func.count().label("Steps"),
            count_where(is_running()).label("Running"),
            last.label("LastChange"),
        )
        .where(*within.conditions(ProcessingStep))
        .group_by(*on_date())
        .order_by(ProcessingStep.project_code, ProcessingStep.process_load, ProcessingStep.processing_date)
    )
    found = []
    for row in session.execute(query):
        key = ProcessKey(row.project_code, row.process_load)
        reason: Reason | None = None
        if row.Running or states.get((key, row.processing_date)) in _UNFINISHED:
            reason = "unfinished"
        elif last_good.get(key) == row.processing_date:
            reason = "last good"
        elif row.LastChange is not None and row.LastChange >= until:
            reason = "changed since"
        found.append(RunsOfDate(row.project_code, row.process_load, row.processing_date, row.Runs, row.Steps, reason))
    return found


def _done_in_their_period(session: Session, context: Context, before: date) -> set[tuple[ProcessKey, date]]:
    """The dates on which a task is done that is due once in a longer period, which is not over: `only_due` asks."""
    steps = ProcessingStep
    began = {each: period(each, context.today)[0] for each in PERIODS}
    within = or_(*(and_(Task.load_frequency == each, steps.processing_date >= first) for each, first in began.items()))
    query = (
        select(*on_date())
        .join(Task, task_of(steps))
        .where(Task.is_active.is_(True), steps.status == Status.DONE, within)
        .where(steps.processing_date.between(min(began.values()), before))
        .distinct()
    )
    return {(ProcessKey(str(row[1]), str(row[2])), row[0]) for row in session.execute(query)}


def _states(session: Session, within: _Within) -> dict[tuple[ProcessKey, date], RunState]:
    """How each process stands on each of the dates (`v_processStatus`)."""
    view = views.ProcessStatus
    query = select(view.project_code, view.process_load, view.processing_date, view.run_state)
    found = session.execute(query.where(*within.conditions(view)))
    return {(ProcessKey(project, load), day): state for project, load, day, state in found}


def _last_good(session: Session, process: ProcessKey | None) -> dict[ProcessKey, date]:
    """The latest date on which a process was complete; of each one without a process (`v_processStatus`)."""
    view = views.ProcessStatus
    latest = func.max(view.processing_date).label("Latest")
    query = (
        select(view.project_code, view.process_load, latest)
        .where(view.run_state == RunState.COMPLETE)
        .group_by(view.project_code, view.process_load)
    )
    if process is not None:
        query = query.where(view.project_code == process.project_code, view.process_load == process.process_load)
    return {ProcessKey(row[0], row[1]): row.Latest for row in session.execute(query)}
