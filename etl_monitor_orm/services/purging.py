"""Purging: what is old goes, part by part.

Runs of one process and date go together or stay together: a later run of the date builds on what an earlier one did.
What runs or waits stays, and so does the latest date on which a process was complete. Each part is deleted by one
statement a table that names its process and its dates, so that on Delta whole partitions go; a purge that was stopped
continues when it is called again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Table, and_, delete, func, literal, or_, select
from sqlalchemy.orm import Session

from etl_monitor_orm import inputs
from etl_monitor_orm.deadlines.evaluating import SEEN_BACK
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Breach, Metric, ProcessingStep, StoredRequest, StoredToken, SysLog
from etl_monitor_orm.services import old_runs
from etl_monitor_orm.services.context import Context, affected, alone
from etl_monitor_orm.services.old_runs import RunsOfDate
from etl_monitor_orm.services.parts import parts
from etl_monitor_orm.vocabulary import OWN_RECEIPTS

SHORTEST: Final = timedelta(days=1)
"""What is younger is never purged."""
_MOST_DATES: Final = 100
"""Dates in one statement: Databricks takes 250 bound values."""
_MOST_STEPS: Final = 20_000
"""Steps that one transaction deletes, about: others do not wait long for it."""

_STEPS: Final = cast(Table, ProcessingStep.__table__)
_LOGS: Final = cast(Table, SysLog.__table__)
_METRICS: Final = cast(Table, Metric.__table__)


@dataclass(frozen=True)
class Receipts:
    """Old receipts of one process or none, on some dates or none.

    Attributes:
        process: The process; None for those that name no whole process.
        dates: The dates; None for those without a date.
        rows: How many there are.
    """

    process: ProcessKey | None
    dates: tuple[date, ...] | None
    rows: int = 0


@dataclass(frozen=True)
class Plan:
    """What a purge deletes and keeps.

    Attributes:
        until: What did not change since then is old (aware UTC).
        old: The runs before that date, those that stay too.
        receipts: The receipts to delete.
        breaches: How many breaches ended before.
        tokens: How many tokens ended before.
        requests: How many answered requests were made before.
    """

    until: datetime
    old: Sequence[RunsOfDate]
    receipts: Sequence[Receipts]
    breaches: int
    tokens: int
    requests: int
    parts: Sequence[tuple[RunsOfDate, ...]] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", [*_parts(one for one in self.old if one.reason is None)])


def plan(session: Session, context: Context, older_than: timedelta) -> Plan:
    """Return what a purge would delete and keep; write nothing.

    Raises:
        InvalidInput: The time is shorter than a day, or longer than the calendar.
    """
    if older_than < SHORTEST:
        raise InvalidInput(f"older_than is {older_than}; it must be at least 1 day. What is younger is never deleted.")
    until = inputs.shifted("older_than", context.now, older_than, back=True)
    old = old_runs.before(session, context, until)
    kept = {(one.process, one.processing_date) for one in old if one.reason}
    ended = (
        (Breach, _closed(context, until)),
        (StoredToken, _ended(until)),
        (StoredRequest, _answered(until)),
    )
    numbers = [session.scalar(select(func.count()).select_from(kind).where(where)) or 0 for kind, where in ended]
    return Plan(until, old, [*_receipts(session, until, kept)], *numbers)


@alone
def delete_runs(session: Session, context: Context, until: datetime, part: Sequence[RunsOfDate]) -> list[RunsOfDate]:
    """Delete the steps of some dates of one process (`ETLProcessingSteps`), and what they measured (`ETLmetrics`).

    They are judged once more: a run of such a date may have begun meanwhile.

    Returns:
        Those that were deleted.
    """
    process, dates = part[0].process, [one.processing_date for one in part]
    still = [one for one in old_runs.on_dates(session, until, process, dates) if one.reason is None]
    if still:
        columns = _STEPS.c
        unchanged = or_(columns.LastUpdatedOn.is_(None), columns.LastUpdatedOn < _bound(columns.LastUpdatedOn, until))
        going = [one.processing_date for one in still]
        # First: where a purge can stop between two statements, the next one finds the steps, and begins again.
        session.execute(delete(_METRICS).where(_METRICS.c.ProcessingDate.in_(going), *_of_table(_METRICS, process)))
        session.execute(delete(_STEPS).where(columns.ProcessingDate.in_(going), *_of_table(_STEPS, process), unchanged))
    return still


def delete_receipts(session: Session, context: Context, until: datetime, receipts: Receipts) -> int:
    """Delete old receipts (`ETLsysLogs`); return how many."""
    where: list[ColumnElement[bool]] = [_LOGS.c.ProcessingDate.is_(None)]
    if receipts.dates is not None:
        where = [_LOGS.c.ProcessingDate.in_(receipts.dates)]
    if receipts.process is not None:
        where += _of_table(_LOGS, receipts.process)
    elif receipts.dates is not None:
        where.append(or_(_LOGS.c.ProjectCode.is_(None), _LOGS.c.ProcessLoad.is_(None)))
    return affected(session.execute(delete(_LOGS).where(*where, _is_old(until))))


def delete_breaches(session: Session, context: Context, until: datetime) -> int:
    """Delete breaches that ended before, and that no evaluation would find again (`ETLbreaches`); return how many."""
    going = delete(Breach).where(_closed(context, until)).execution_options(synchronize_session=False)
    return affected(session.execute(going))


def delete_access(session: Session, context: Context, until: datetime) -> tuple[int, int]:
    """Delete tokens that ended and requests that were answered before (`ETLtokens`, `ETLrequests`); return how many."""
    tokens = session.execute(delete(StoredToken).where(_ended(until)).execution_options(synchronize_session=False))
    requests = session.execute(
        delete(StoredRequest).where(_answered(until)).execution_options(synchronize_session=False)
    )
    return affected(tokens), affected(requests)


def _receipts(session: Session, until: datetime, kept: set[tuple[ProcessKey, date]]) -> Iterator[Receipts]:
    place = (_LOGS.c.ProjectCode, _LOGS.c.ProcessLoad, _LOGS.c.ProcessingDate)
    query = select(*place, func.count().label("Rows")).where(_is_old(until)).group_by(*place)
    whole: dict[ProcessKey | None, dict[date, int]] = {}
    undated = 0
    for project, load, day, rows in session.execute(query):
        key = None if project is None or load is None else ProcessKey(project, load)
        if day is None:
            undated += rows
        elif key is None or (key, day) not in kept:
            of_day = whole.setdefault(key, {})
            of_day[day] = of_day.get(day, 0) + rows
    for key, days in sorted(whole.items(), key=lambda one: str(one[0])):
        for dates in parts(sorted(days), _MOST_DATES):
            yield Receipts(key, tuple(dates), sum(days[one] for one in dates))
    if undated:
        yield Receipts(None, None, undated)


def _is_old(until: datetime) -> ColumnElement[bool]:
    """Receipts of no date or an old one, written before; not those that the monitor reads again."""
    day = _LOGS.c.ProcessingDate
    written = _LOGS.c.LogTimeUTC
    dated_before = or_(day.is_(None), day < _bound(day, until.date()))
    written_before = or_(written < _bound(written, until), and_(written.is_(None), day.is_not(None)))
    operation = _LOGS.c.OperationName
    others = or_(operation.is_(None), operation.not_in([_bound(operation, own) for own in OWN_RECEIPTS]))
    return and_(dated_before, written_before, others)


def _closed(context: Context, until: datetime) -> ColumnElement[bool]:
    before = min(until, inputs.shifted("older_than", context.now, SEEN_BACK, back=True))
    return and_(Breach.closed_on < before, Breach.since < before)


def _ended(until: datetime) -> ColumnElement[bool]:
    return or_(StoredToken.revoked_on < until, StoredToken.expires_on < until)


def _answered(until: datetime) -> ColumnElement[bool]:
    return and_(StoredRequest.created_on < until, or_(StoredRequest.claim.is_(None), StoredRequest.claimed_on < until))


def _of_table(table: Table, process: ProcessKey) -> list[ColumnElement[bool]]:
    return [table.c[name] == value for name, value in process.columns.items()]


def _bound(column: Any, value: object) -> ColumnElement[Any]:
    return literal(value, column.type)


def _parts(runs: Iterable[RunsOfDate]) -> Iterator[tuple[RunsOfDate, ...]]:
    """Cut runs into parts of one process each: not too many dates, and not too many steps."""
    part: list[RunsOfDate] = []
    for one in runs:
        full = len(part) >= _MOST_DATES or sum(each.steps for each in part) + one.steps > _MOST_STEPS
        if part and (full or part[0].process != one.process):
            yield tuple(part)
            part = []
        part.append(one)
    if part:
        yield tuple(part)
