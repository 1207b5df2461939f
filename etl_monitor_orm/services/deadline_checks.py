"""Deadlines that tell nobody: what another tool wrote and nobody can read, and lists of holidays that have ended."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.orm import Session

from etl_monitor_orm.deadlines.calendars import read_calendar
from etl_monitor_orm.deadlines.due_times import read_due_time
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models import Holiday, Process, Task
from etl_monitor_orm.printable import named, one_line
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.deadline_facts import key_of

SOON: Final = timedelta(days=30)
"""How long before the last day of a list somebody should add the next ones."""


@dataclass(frozen=True)
class BadDeadline:
    """A deadline, or a list of holidays, that needs somebody.

    Attributes:
        words: What is wrong.
        command: The command that puts it right.
        is_urgent: Whether something is wrong now, not only soon.
    """

    words: str
    command: str
    is_urgent: bool = True


def bad_deadlines(session: Session, context: Context) -> list[BadDeadline]:
    """Return what is wrong with the deadlines of active processes and tasks.

    Reads `ETLconfigProcess`, `ETLconfigTasks` and `ETLholidays`.
    """
    found: list[BadDeadline] = []
    lists: set[str] = set()
    for row in _promising(session):
        try:
            read_due_time("DueBy", row.due_by)
        except InvalidInput as error:
            found.append(_unreadable(row, error, ["--due-by", "06:00 Europe/Berlin"]))
        try:
            calendar = read_calendar("Calendar", row.calendar)
        except InvalidInput as error:
            found.append(_unreadable(row, error, ["--calendar", "Mon-Fri"]))
        else:
            lists |= {calendar.holidays} if calendar is not None and calendar.holidays is not None else set()
    return [*found, *_without_tasks(session), *_ending(session, context.today, sorted(lists))]


_Row = TypeVar("_Row", Process, Task)


def _promising(session: Session) -> Iterator[Process | Task]:
    yield from sorted(session.scalars(_saying(Process)), key=_place)
    yield from sorted(session.scalars(_saying(Task)), key=_place)


def _saying(kind: type[_Row]) -> Select[_Row]:
    """The active ones that say something."""
    return select(kind).where(kind.is_active.is_(True), or_(kind.due_by.is_not(None), kind.calendar.is_not(None)))


def _place(row: Process | Task) -> tuple[str, ...]:
    return tuple(_registered(row))


def _unreadable(row: Process | Task, error: InvalidInput, example: list[str]) -> BadDeadline:
    words = f"{key_of(row)} has a deadline that nobody can read, so it is never late. {error}"
    return BadDeadline(words, _command(["etl-monitor", "register", *_registered(row), *example]))


def _registered(row: Process | Task) -> list[str]:
    """What `etl-monitor register` needs to find a row, and what it has to repeat."""
    place = [row.project_code, row.process_load]
    if isinstance(row, Process):
        return ["process", *place]
    number = f"{row.workflow_id}.{row.task_id}"
    return ["task", *place, number, "--name", row.task_name or "", "--sequence", str(row.sequence_id)]


def _without_tasks(session: Session) -> Iterator[BadDeadline]:
    task = exists().where(
        Task.project_code == Process.project_code, Task.process_load == Process.process_load, Task.is_active.is_(True)
    )
    idle = select(Process).where(Process.is_active.is_(True), Process.due_by.is_not(None), ~task)
    for row in sorted(session.scalars(idle), key=_place):
        words = f"{key_of(row)} has a deadline and no active task, so it is never late."
        way = ["etl-monitor", "register", "task", row.project_code, row.process_load, "ID", "--name", "NAME"]
        yield BadDeadline(words, _command([*way, "--sequence", "2"]))


def _ending(session: Session, today: date, names: list[str]) -> Iterator[BadDeadline]:
    if not names:
        return
    query = (
        select(Holiday.calendar_name, func.max(Holiday.day))
        .where(Holiday.calendar_name.in_(names), Holiday.is_active.is_(True))
        .group_by(Holiday.calendar_name)
    )
    last: dict[str, date] = {}
    for name, day in session.execute(query):
        last[name] = day
    for name in names:
        way = _command(["etl-monitor", "register", "holidays", name, f"{today.year + 1}-01-01"])
        if name not in last:
            yield BadDeadline(f"Holidays {named(name)} have no day, so calendars leave out nothing.", way)
        elif last[name] - today < SOON:
            ends = "ended" if last[name] < today else "end"
            words = f"Holidays {named(name)} {ends} on {last[name]}: add the days that follow."
            yield BadDeadline(words, way, is_urgent=last[name] < today)


def _command(words: list[str]) -> str:
    return shlex.join(one_line(word) for word in words)
