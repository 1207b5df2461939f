"""What was not done when it was due: not started, or not done by then."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta

from etl_monitor_orm.deadlines import wording
from etl_monitor_orm.deadlines.calendars import days_from
from etl_monitor_orm.deadlines.done import LONG_AGO, OfDay, is_left_out, process_done, task_done, was_started
from etl_monitor_orm.deadlines.due_times import DueTime
from etl_monitor_orm.deadlines.facts import Late, ProcessFacts, Promise, TaskFacts, identity
from etl_monitor_orm.vocabulary import BreachKind, LoadFrequency

Days = Mapping[date, OfDay]


def late_dates(process: ProcessFacts, days: Days, now: datetime, first: date) -> Iterator[Late]:
    """Yield what was late on the dates from `first` on: of the process as a whole, and of each task.

    Args:
        process: The process.
        days: Its attempts.
        now: The time of the evaluation.
        first: The first date.
    """
    for task in (None, *process.tasks):
        promise = process.promise if task is None else task.promise
        if promise.due is None:
            continue
        for day in days_from(first, now.date() + timedelta(days=1)):
            at = promise.due.instant(day)
            in_force = at is not None and at < now and (promise.since is None or at > promise.since)
            if in_force and at is not None and is_due(promise, day, days):
                dates = [days[one] for one in days_from(*period(promise.frequency, day)) if one in days]
                yield from _late(process, task, promise.due, dates, day, at, now)


def is_due(promise: Promise, day: date, days: Days) -> bool:
    """Return whether something is due on a date, by its calendar, or else by its frequency."""
    if promise.calendar is not None:
        return promise.calendar.includes(day, promise.holidays)
    if promise.frequency == LoadFrequency.AD_HOC:
        return day in days
    return period(promise.frequency, day)[1] == day


def period(frequency: LoadFrequency | None, day: date) -> tuple[date, date]:
    """Return the first and the last date that are one to a frequency: done on one of them is done on all."""
    match frequency:
        case LoadFrequency.WEEKLY:
            monday = day - timedelta(days=min(day.weekday(), (day - date.min).days))
            return monday, monday + timedelta(days=6)
        case LoadFrequency.MONTHLY:
            return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
        case LoadFrequency.YEARLY:
            return day.replace(month=1, day=1), day.replace(month=12, day=31)
        case _:
            return day, day


def _late(
    process: ProcessFacts,
    task: TaskFacts | None,
    due: DueTime,
    dates: Sequence[OfDay],
    day: date,
    at: datetime,
    now: datetime,
) -> Iterator[Late]:
    slots = {task.slot} if task is not None else {one.slot for one in _members(process, at)}
    if not slots:
        return
    ends = (process_done(of_day, slots) if task is None else _task_end(of_day, task) for of_day in dates)
    done = min((end for end in ends if end is not None and end <= now), default=None)
    if done is not None and done <= at:
        return
    started = any(was_started(one) for of_day in dates for slot in slots for one in of_day.get(slot, ()))
    state = "is not done" if started else "has not started"
    yield Late(
        identity("DUE", process.key, None if task is None else task.slot, day, at),
        BreachKind.NOT_DONE if started else BreachKind.NOT_STARTED,
        process.key,
        None if task is None else task.slot,
        at,
        done,
        f"{wording.subject(process, task, day)} was due by {due.told(day)} and {state}.",
        wording.waiting([one for one in _members(process, at) if _waits(one, task, dates)]),
        day=day,
    )


def _members(process: ProcessFacts, at: datetime) -> list[TaskFacts]:
    """The tasks that were part of runs at a time: one that came later makes nothing late that was done."""
    return [one for one in process.tasks if one.active_since is None or one.active_since < at]


def _waits(one: TaskFacts, late: TaskFacts | None, dates: Sequence[OfDay]) -> bool:
    comes_later = late is None or one.place > late.place
    return comes_later and not any(task_done(of_day.get(one.slot, ())) for of_day in dates)


def _task_end(of_day: OfDay, task: TaskFacts) -> datetime | None:
    attempts = of_day.get(task.slot)
    if not attempts:
        return None
    return LONG_AGO if is_left_out(attempts) else task_done(attempts)
