"""What is usual for the tasks of a process, and which of its steps are not (`ETLProcessingSteps`, `ETLmetrics`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil, floor
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from etl_monitor_orm.baselines import judging
from etl_monitor_orm.baselines.results import Baseline, ComparedStep
from etl_monitor_orm.baselines.usual import Usual, by_weekday, usual_on
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Metric, ProcessingStep
from etl_monitor_orm.models.attempts import is_initiation
from etl_monitor_orm.models.selecting import of_process
from etl_monitor_orm.services import status
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.queries import require_registered
from etl_monitor_orm.services.scopes import Narrowing, Processes, Scope
from etl_monitor_orm.vocabulary import Status

if TYPE_CHECKING:
    from etl_monitor_orm.views import TaskDetail

Slot = tuple[int, int]
"""Pass and number of a task within its process."""
Number = tuple[Slot, str | None]
"""A number of a task: what it measures; None is its duration."""
Counts = Mapping[tuple[str, Slot, int], Mapping[str, int]]
"""What attempts of a date measured, by run, task and number of the attempt."""

_KEY: Final = ("processing_date", "project_code", "process_load", "execution_id", "workflow_id", "task_id")
_MEASURED_ON: Final = Metric.processing_date
_OF_ATTEMPT: Final = (*_KEY, "sequence_id", "attempts")


@dataclass
class _History:
    """What is known of a process: what is usual, and what the attempts of the date itself measured."""

    known: Mapping[Number, Mapping[int | None, Usual]]
    names: Mapping[Slot, str | None]
    counts: Counts = field(default_factory=dict)


def baselines(
    session: Session, context: Context, process: ProcessKey, only: Narrowing, before: date | None, weeks: int
) -> list[Baseline]:
    """Return what is usual for each task by the runs of some weeks, up to the day before a date.

    Reads the steps and the measures of these weeks only.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        process: The process.
        only: Which tasks.
        before: The date; else today by the clock.
        weeks: How many weeks count.

    Raises:
        ProcessNotFound: There is no such process.
    """
    history = _history(session, process, only, context.now.date() if before is None else before, weeks)
    if not history.names:
        require_registered(session, context, Processes(process.project_code, process.process_load))
    return [
        _row(process, number, history.names.get(number[0]), weekday, usual)
        for number, known in sorted(history.known.items(), key=lambda one: (one[0][0], one[0][1] or ""))
        for weekday, usual in sorted(known.items(), key=lambda one: one[0] or 0)
    ]


def compare(session: Session, context: Context, scope: Scope, weeks: int | None) -> list[ComparedStep]:
    """Return the current attempts of a scope, each with what is usual for it by the weeks before its date.

    Without weeks, nobody looks up what is usual.

    Raises:
        ProcessNotFound: There is no such process.
    """
    steps = status.detail(session, context, scope, None)
    if not steps:
        require_registered(session, context, Processes(scope.process.project_code, scope.process.process_load))
        return []
    history = _History({}, {})
    if weeks is not None:
        history = _history(session, scope.process, scope.only, steps[0].processing_date, weeks, counts=True)
    return [_compared(step, history, context.now) for step in steps]


def _row(process: ProcessKey, number: Number, name: str | None, weekday: int | None, usual: Usual) -> Baseline:
    (workflow_id, task_id), metric = number
    return Baseline(
        process.project_code,
        process.process_load,
        workflow_id,
        task_id,
        name,
        metric,
        weekday,
        usual.runs,
        round(usual.median),
        round(usual.lower),
        round(usual.upper),
        None if metric is None else ceil(usual.low),
        judging.longest(usual) if metric is None else floor(usual.high),
    )


def _compared(step: TaskDetail, history: _History, now: datetime) -> ComparedStep:
    slot, day = (step.workflow_id, step.task_id), step.processing_date
    usual = usual_on(day, history.known.get((slot, None), {}))
    expected = None
    took = step.duration_seconds
    if step.is_running and step.start_time is not None:
        took = max(0, (now - step.start_time) // timedelta(seconds=1))
        expected = None if usual is None else step.start_time + timedelta(seconds=round(usual.median))
    return ComparedStep(
        step.project_code,
        step.process_load,
        day,
        step.execution_id,
        step.workflow_id,
        step.sequence_id,
        step.task_id,
        step.task_name,
        step.attempts,
        step.status,
        step.is_running,
        step.start_time,
        took,
        None if usual is None else round(usual.median),
        expected,
        "; ".join(_unusual(step, took, usual, history)) or None,
    )


def _unusual(step: TaskDetail, took: int | None, usual: Usual | None, history: _History) -> Iterator[str]:
    """What is unusual of a step that runs or is done; what a step that failed took or counted says nothing."""
    done = step.status == Status.DONE
    if took is not None and (done or step.is_running) and (words := judging.duration(took, usual)):
        yield words
    slot = (step.workflow_id, step.task_id)
    measured = history.counts.get((step.execution_id, slot, step.attempts), {}) if done else {}
    for name, value in sorted(measured.items()):
        known = usual_on(step.processing_date, history.known.get((slot, name), {}))
        if words := judging.count(name, value, known):
            yield words


def _history(
    session: Session, process: ProcessKey, only: Narrowing, before: date, weeks: int, *, counts: bool = False
) -> _History:
    """Read the attempts that were DONE in the weeks before a date; with `counts`, also what that date measured."""
    steps = ProcessingStep
    first = before - min(timedelta(weeks=weeks), before - date.min)
    done = (*of_process(process, steps), steps.status == Status.DONE, ~is_initiation(), *only.conditions(steps))
    samples: dict[Number, list[tuple[date, int]]] = defaultdict(list)
    names: dict[Slot, str | None] = {}
    day = steps.processing_date
    durations = (
        select(day, steps.workflow_id, steps.task_id, steps.task_name, steps.duration_seconds)
        .where(*done, day >= first, day < before)
        .order_by(day)
    )
    for on, workflow_id, task_id, name, seconds in session.execute(durations):
        names[(workflow_id, task_id)] = name
        if seconds is not None:
            samples[((workflow_id, task_id), None)].append((on, seconds))
    measured = (
        select(*(getattr(Metric, name) for name in (*_OF_ATTEMPT, "metric_name", "metric_value")))
        .join(steps, _same_attempt())
        # Of both tables, so that Delta looks at few partitions of each.
        .where(*done, *((on >= first) & (on <= before if counts else on < before) for on in (day, _MEASURED_ON)))
    )
    of_date: dict[tuple[str, Slot, int], dict[str, int]] = defaultdict(dict)
    for one in session.execute(measured):
        slot = (one.workflow_id, one.task_id)
        if one.metric_value is None:
            continue
        if one.processing_date < before:
            samples[(slot, one.metric_name)].append((one.processing_date, one.metric_value))
        else:
            of_date[(one.execution_id, slot, one.attempts)][one.metric_name] = one.metric_value
    known = {number: by_weekday(values) for number, values in samples.items()}
    return _History(known, names, of_date)


def _same_attempt() -> ColumnElement[bool]:
    return and_(*(getattr(Metric, name) == getattr(ProcessingStep, name) for name in _OF_ATTEMPT))
