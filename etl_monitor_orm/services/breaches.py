"""Breaches of deadlines: opened once and closed once, by whoever evaluates first (`ETLbreaches`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import Column, ColumnElement, Table, and_, case, column, literal, null, or_, select, values
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from etl_monitor_orm import views
from etl_monitor_orm.deadlines.evaluating import SEEN_BACK, Evaluation
from etl_monitor_orm.deadlines.facts import Late, ProcessFacts, without_beginning
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Breach
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.deadline_facts import facts
from etl_monitor_orm.services.parts import by_statement
from etl_monitor_orm.services.queries import require_registered
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.sql.merge import Merge
from etl_monitor_orm.vocabulary import BreachKind, Outcome

if TYPE_CHECKING:
    from etl_monitor_orm.views import Overdue

_BREACHES: Final = cast(Table, Breach.__table__)
_FOLLOWED: Final = ("Kind", "Message", "Blocks", "Until", "ClosedOn", "Outcome")
"""What an open breach follows."""
_TOLD: Final = ("NotifiedOn", "ClosureNotifiedOn", "NotifyClaim", "NotifyClaimedOn", "NotifiedTargets")
"""What people know of a breach."""
_LASTING: Final = (BreachKind.NOT_STARTED, BreachKind.NOT_DONE, BreachKind.GONE_QUIET)
"""What stays true until something is done, whatever is promised from now on."""
_WRITTEN: Final = (
    *("BreachID", "ProjectCode", "ProcessLoad", "WorkFlowID", "TaskID", "ParameterName", "ProcessingDate"),
    *("ExecutionID", "Attempts", "Since", "OpenedOn"),
    *_FOLLOWED,
)
_ATTRIBUTES: Final = {attribute.columns[0].name: attribute.key for attribute in Breach.__mapper__.column_attrs}
"""The attribute of each column."""

Row = dict[str, object]


def evaluate(session: Session, context: Context, quiet_after: timedelta) -> list[Breach]:
    """Open and close breaches (`ETLbreaches`); return those that this call opened or closed.

    One statement writes them, and contains its own condition: two evaluations at once open one row. It reads no steps
    but those of recent dates.
    """
    rows, _ = _look(session, context, quiet_after)
    if not rows:
        return []
    _write(session, context, rows)
    session.expire_all()
    return _changed(session, context, [str(row["BreachID"]) for row in rows])


@dataclass(frozen=True)
class LateNow:
    """Something that is late.

    Attributes:
        process: The process.
        since: Since when it is late (UTC).
        message: What is late, as a sentence.
        is_task: Whether it is a task, or something of a task; else the whole process.
        waiting: Tasks that wait for it; of a process, those that are not done.
    """

    process: ProcessKey
    since: datetime
    message: str
    is_task: bool
    waiting: str | None


def late_now(session: Session, context: Context, processes: Processes, quiet_after: timedelta) -> list[LateNow]:
    """Return what is late now, longest first, as `evaluate` would leave it; nothing is written.

    It reads what `evaluate` reads.
    """
    rows, stored = _look(session, context, quiet_after)
    late = {breach.breach_id: _late(breach) for breach in stored if breach.closed_on is None}
    for row in rows:
        breach = Breach(**{_ATTRIBUTES[name]: value for name, value in row.items()})
        late.pop(breach.breach_id, None)
        if breach.closed_on is None:
            late[breach.breach_id] = _late(breach)
    wanted = [one for one in late.values() if processes.has(one.process)]
    return sorted(wanted, key=lambda one: (one.since, str(one.process), one.message))


def _late(breach: Breach) -> LateNow:
    key = ProcessKey(breach.project_code, breach.process_load)
    return LateNow(key, breach.since, breach.message or "", breach.task_id is not None, breach.blocks)


def _look(session: Session, context: Context, quiet_after: timedelta) -> tuple[list[Row], Sequence[Breach]]:
    """Return what an evaluation has to write, and what is stored."""
    evaluation = Evaluation(context.now, quiet_after)
    since = context.now - min(SEEN_BACK, context.now.replace(tzinfo=None) - datetime.min)
    known = or_(Breach.closed_on.is_(None), Breach.since >= since)
    lateness = Breach.kind != BreachKind.FAILED  # failures are `failing`'s
    stored = {breach.breach_id: breach for breach in session.scalars(select(Breach).where(known, lateness))}
    processes = facts(session, evaluation, stored.values())
    late = {one.breach_id: one for process in processes for one in evaluation.late(process)}
    rows = [row for one in late.values() if (row := _told(one, stored.get(one.breach_id), context.now)) is not None]
    standing = [breach for breach in stored.values() if breach.closed_on is None and breach.breach_id not in late]
    rows += _of_standing(standing, processes, evaluation) if standing else []
    return rows, [*stored.values()]


def _of_standing(
    standing: Sequence[Breach], processes: Sequence[ProcessFacts], evaluation: Evaluation
) -> Iterator[Row]:
    """Yield what to write of open breaches that this evaluation does not find by itself.

    It leaves alone what is still true: a step whose last sign of life is the same, although this evaluation would wait
    longer for another; a time that was missed before another part of the deadline changed; and what began, by the clock
    of another machine, in a moment that has not come here.
    """
    asked = replace(evaluation, quiet_after=timedelta(0))
    named = {ProcessKey(breach.project_code, breach.process_load) for breach in standing}
    concerned = (without_beginning(process) for process in processes if process.key in named)
    anyway = {one.breach_id: one for process in concerned for one in asked.late(process) if one.kind in _LASTING}
    in_force = _in_force(processes)
    for breach in standing:
        if breach.breach_id in anyway:
            row = _told(anyway[breach.breach_id], breach, evaluation.now)
            if row is not None:
                yield row
        elif breach.since <= evaluation.now:
            yield _ended(breach, _outcome(breach, evaluation.first, in_force), evaluation.now)


def overdue(session: Session, context: Context, processes: Processes) -> list[Overdue]:
    """Return what is late as of the last evaluation, longest first (`v_overdue`).

    Raises:
        ProcessNotFound: There is no such process, or the project has no process.
    """
    view = views.Overdue
    order = (view.since, view.project_code, view.process_load, view.workflow_id, view.task_id, view.breach_id)
    found = list(session.scalars(select(view).where(*processes.narrow(view)).order_by(*order)))
    if not found:
        require_registered(session, context, processes)
    return found


def note(
    session: Session,
    context: Context,
    found: Mapping[str, Late],
    stored: Mapping[str, Breach],
    ended: Iterable[tuple[Breach, Outcome, datetime]],
) -> None:
    """Open, follow and close breaches that others than `evaluate` find (`ETLbreaches`).

    Args:
        session: The unit of work.
        context: The call's circumstances.
        found: What is so now, by its key.
        stored: What was found before, by the same keys.
        ended: What is so no more, how it ended, and when.
    """
    rows = [row for key, one in found.items() if (row := _told(one, stored.get(key), context.now)) is not None]
    rows += [{**_ended(breach, outcome, context.now), "Until": until} for breach, outcome, until in ended]
    _write(session, context, rows)


def _told(late: Late, stored: Breach | None, now: datetime) -> Row | None:
    """What to write of something late; None if that is written already."""
    if stored is not None:
        same = (stored.kind, stored.message, stored.blocks) == (late.kind, late.message, late.blocks)
        if stored.closed_on is None and same and late.until is None:
            return None
        if stored.closed_on is not None and (stored.outcome != Outcome.WITHDRAWN or late.until is not None):
            return None
    closed = late.until is not None
    return {
        "BreachID": late.breach_id,
        "ProjectCode": late.process.project_code,
        "ProcessLoad": late.process.process_load,
        "WorkFlowID": None if late.slot is None else late.slot[0],
        "TaskID": None if late.slot is None else late.slot[1],
        "ParameterName": late.parameter_name,
        "ProcessingDate": late.day,
        "ExecutionID": late.execution_id,
        "Attempts": late.number,
        "Since": late.since,
        "OpenedOn": now,
        "Kind": late.kind,
        "Message": late.message,
        "Blocks": late.blocks,
        "Until": late.until,
        "ClosedOn": now if closed else None,
        "Outcome": Outcome.RESOLVED if closed else None,
    }


def _ended(stored: Breach, outcome: Outcome, now: datetime) -> Row:
    row: Row = {name: getattr(stored, _ATTRIBUTES[name]) for name in _WRITTEN}
    return {**row, "Until": now, "ClosedOn": now, "Outcome": outcome}


def _in_force(processes: Sequence[ProcessFacts]) -> set[tuple[ProcessKey, object]]:
    """The processes and the tasks that are active."""
    return {(process.key, slot) for process in processes for slot in (None, *(task.slot for task in process.tasks))}


def _outcome(breach: Breach, first: date, in_force: set[tuple[ProcessKey, object]]) -> Outcome:
    """How something ended that is late no more, and of which nothing says when it was done."""
    if breach.processing_date is not None and breach.processing_date < first:
        return Outcome.EXPIRED
    slot = None if breach.task_id is None else (breach.workflow_id, breach.task_id)
    by_itself = breach.kind in (BreachKind.GONE_QUIET, BreachKind.WATERMARK_STILL)
    active = (ProcessKey(breach.project_code, breach.process_load), slot) in in_force
    return Outcome.RESOLVED if by_itself and active else Outcome.WITHDRAWN


def _write(session: Session, context: Context, rows: Sequence[Row]) -> None:
    for part in by_statement(context, rows, values=len(_WRITTEN)):
        session.execute(_merge(context, part))


def _merge(context: Context, rows: Sequence[Row]) -> Merge:
    table = _BREACHES
    data = values(*(column(name, table.c[name].type) for name in _WRITTEN), name="found").data(
        [tuple(row[name] for name in _WRITTEN) for row in rows]
    )
    # A column without any value has no type of its own.
    source = select(*(sql_cast(data.c[name], table.c[name].type).label(name) for name in _WRITTEN)).subquery("source")
    stamp = {table.c.LastUpdatedOn: context.now, table.c.LastUpdatedBy: context.actor}
    is_open, differs = (
        table.c.ClosedOn.is_(None),
        [table.c[name].is_distinct_from(source.c[name]) for name in _FOLLOWED],
    )
    # What was withdrawn, and is so again, is opened again, and told again.
    again = and_(table.c.Outcome == literal(Outcome.WITHDRAWN, table.c.Outcome.type), source.c.ClosedOn.is_(None))
    anew: dict[Column[Any], ColumnElement[Any]] = {
        table.c[name]: case((is_open, table.c[name]), else_=null()) for name in _TOLD
    }
    anew[table.c.OpenedOn] = case((is_open, table.c.OpenedOn), else_=source.c.OpenedOn)
    return (
        Merge(table, source, table.c.BreachID == source.c.BreachID)
        .update(
            {**{table.c[name]: source.c[name] for name in _FOLLOWED}, **anew, **stamp},
            where=or_(and_(is_open, or_(*differs)), again),
        )
        .insert({**{table.c[name]: source.c[name] for name in _WRITTEN}, **stamp})
    )


def _changed(session: Session, context: Context, ids: Sequence[str]) -> list[Breach]:
    """The breaches that this call opened or closed."""
    now = context.now
    found: list[Breach] = []
    for part in by_statement(context, ids):
        query = select(Breach).where(Breach.breach_id.in_(part))
        found += session.scalars(query.where(or_(Breach.opened_on == now, Breach.closed_on == now)))
    return sorted(found, key=lambda breach: (breach.since, breach.breach_id))
