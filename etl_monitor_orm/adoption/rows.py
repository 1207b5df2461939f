"""The changes of rows, each a statement that guards itself: executed again, it changes nothing.

Each names its dates, so that a database reads and locks no others, and each is atomic where nothing else is: a run that
stopped after any of them continues with the next.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Date,
    Executable,
    FromClause,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    and_,
    case,
    cast,
    func,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)

from etl_monitor_orm.models import Base
from etl_monitor_orm.schemas import DEFAULT_SCHEMA
from etl_monitor_orm.sql.merge import Merge
from etl_monitor_orm.vocabulary import INITIATION_ID, QUEUED, LogType, Status

KEY: Final = (
    "ProcessingDate",
    "ProjectCode",
    "ProcessLoad",
    "ExecutionID",
    "WorkFlowID",
    "TaskID",
    "SequenceID",
    "Attempts",
)
"""The natural key of a step's attempt."""
_ON_DATE: Final = KEY[:3]
_RUN: Final = KEY[:4]
_STEP: Final = KEY[:7]

_CARRIED: Final = (
    "TaskName",
    "SequenceCode",
    "TaskMandatory",
    "SourceSystemCode",
    "SourceType",
    "ExpectedDurationSeconds",
    "FullFileName",
    "InFilePath",
    "OutFilePath",
    "ForceSkip",
    "LogMessage",
    "LastUpdatedOn",
    "LastUpdatedBy",
)
"""What the queued attempt has of the row that was queued again in place. LogMessage is the remark of who did so."""


@dataclass(frozen=True)
class Rule:
    """One change of rows of `ETLProcessingSteps`.

    Attributes:
        about: A word for programs.
        words: What it does, in one sentence.
        dates: Selects the dates that it concerns, and how many rows of each.
        statement: Returns the statement for some dates.
    """

    about: str
    words: str
    dates: Callable[[Table], Select[Any]]
    statement: Callable[[Table, Sequence[date]], Executable]


def table_in(schema: str, name: str, only: Collection[str] | None = None) -> Table:
    """Return a mapped table under its name in the database's schema; with `only` those columns, in lower case."""
    table = Base.metadata.tables[f"{DEFAULT_SCHEMA}.{name}"]
    columns = [column._copy() for column in table.c if only is None or column.name.lower() in only]
    return Table(name, MetaData(), *columns, schema=schema, comment=table.comment)


def on(steps: FromClause, dates: Sequence[date]) -> ColumnElement[bool]:
    """The row is of one of the dates."""
    return steps.c.ProcessingDate.in_([cast(literal(str(day), String), Date) for day in dates])


def is_open(steps: FromClause) -> ColumnElement[bool]:
    """Waiting or running."""
    return or_(*(steps.c.Status == literal(word.value, String) for word in QUEUED))


def is_unstarted(steps: FromClause) -> ColumnElement[bool]:
    """Queued and never started, although it has a StartTime: the Spark edition writes one when it queues.

    Its insert leaves the three columns of the source NULL; its start always sets SourceType.
    """
    empty = (steps.c[name].is_(None) for name in ("EndTime", "SourceType", "SourceRunID", "ClusterID"))
    return and_(is_open(steps), steps.c.StartTime.is_not(None), *empty)


def _is_reopened(steps: FromClause) -> ColumnElement[bool]:
    """The run's marker, put back to NQUE in place when a step failed. A reset would have left RQUE."""
    return and_(
        steps.c.WorkFlowID == INITIATION_ID,
        steps.c.TaskID == INITIATION_ID,
        steps.c.Status == literal(Status.NQUE.value, String),
        steps.c.EndTime.is_not(None),
    )


def _is_queued_in_place(steps: FromClause) -> ColumnElement[bool]:
    return and_(is_open(steps), steps.c.EndTime.is_not(None), ~_is_reopened(steps))


def is_restarted(steps: FromClause) -> ColumnElement[bool]:
    """Started again in place: the end is of the try before."""
    return and_(steps.c.EndTime.is_not(None), steps.c.StartTime > steps.c.EndTime)


def _per_date(steps: Table, condition: ColumnElement[bool]) -> Select[Any]:
    return select(steps.c.ProcessingDate, func.count().label("Rows")).where(condition).group_by(steps.c.ProcessingDate)


def _forget_start(steps: Table, dates: Sequence[date]) -> Executable:
    return update(steps).where(on(steps, dates), is_unstarted(steps)).values(StartTime=null())


def _open_marker(steps: Table, dates: Sequence[date]) -> Executable:
    started = case((is_restarted(steps), steps.c.StartTime), else_=null())
    return (
        update(steps)
        .where(on(steps, dates), _is_reopened(steps))
        .values(StartTime=started, EndTime=null(), DurationSeconds=null())
    )


def numbered(steps: FromClause, *within: ColumnElement[bool]) -> Select[Any]:
    """Select all attempts `within`, each with its number after the runs of each date are numbered in their order.

    Only dates where several runs begin with attempt 0 get other numbers. A run's attempts stay in their order.
    """
    runs = (
        select(
            *(steps.c[name] for name in _RUN),
            func.min(steps.c.LastUpdatedOn).label("First"),
            func.min(steps.c.Attempts).label("Lowest"),
            func.max(steps.c.Attempts).label("Highest"),
        )
        .where(*within)
        .group_by(*(steps.c[name] for name in _RUN))
        .subquery("runs")
    )
    of_date = [runs.c[name] for name in _ON_DATE]
    before = func.sum(runs.c.Highest - runs.c.Lowest + 1).over(
        partition_by=of_date, order_by=[runs.c.First.asc().nulls_last(), runs.c.ExecutionID], rows=(None, -1)
    )
    firsts = func.sum(case((runs.c.Lowest == 0, 1), else_=0)).over(partition_by=of_date)
    ordered = select(
        *(runs.c[name] for name in _RUN),
        runs.c.Lowest,
        func.coalesce(before, 0).label("Before"),
        firsts.label("Firsts"),
    ).subquery("ordered")
    number = case(
        (ordered.c.Firsts > 1, ordered.c.Before + steps.c.Attempts - ordered.c.Lowest), else_=steps.c.Attempts
    )
    same = and_(*(steps.c[name] == ordered.c[name] for name in _RUN))
    return (
        select(
            *(column for column in steps.c if column.name != "Attempts"),
            steps.c.Attempts.label("OldAttempts"),
            cast(number, Integer).label("Attempts"),
        )
        .join_from(steps, ordered, same)
        .where(*within)
    )


def _to_number(steps: Table) -> Select[Any]:
    all_of_them = numbered(steps).subquery("numbered")
    return (
        select(all_of_them.c.ProcessingDate, func.count().label("Rows"))
        .where(all_of_them.c.Attempts != all_of_them.c.OldAttempts)
        .group_by(all_of_them.c.ProcessingDate)
    )


def _number(steps: Table, dates: Sequence[date]) -> Executable:
    attempt = steps.alias("attempt")
    attempts = numbered(attempt, on(attempt, dates)).subquery("numbered")
    source = (
        select(*(attempts.c[name] for name in _STEP), attempts.c.OldAttempts, attempts.c.Attempts.label("NewAttempts"))
        .where(attempts.c.Attempts != attempts.c.OldAttempts)
        .subquery("source")
    )
    same = [steps.c[name] == source.c[name] for name in _STEP]
    match = and_(on(steps, dates), *same, steps.c.Attempts == source.c.OldAttempts)
    return Merge(steps, source, match).update({steps.c.Attempts: source.c.NewAttempts})


def queued_in_place(steps: FromClause, *within: ColumnElement[bool]) -> Select[Any]:
    """Select the rows that were queued again in place, each with the number of the attempt that it queues.

    As a reset numbers it: one above the highest attempt of the process and date.
    """
    highest = func.max(steps.c.Attempts).over(partition_by=[steps.c[name] for name in _ON_DATE])
    marked = (
        select(*steps.c, highest.label("Highest"), case((_is_queued_in_place(steps), 1), else_=0).label("IsMeant"))
        .where(*within)
        .subquery("marked")
    )
    place = func.row_number().over(partition_by=[marked.c[name] for name in _STEP], order_by=marked.c.Attempts)
    return select(
        *(marked.c[column.name] for column in steps.c),
        cast(marked.c.Highest + place, Integer).label("NextAttempts"),
        case((is_restarted(marked), 1), else_=0).label("IsRestarted"),
    ).where(marked.c.IsMeant == 1)


def two_rows() -> CompoundSelect[Any]:
    """Select two rows, 0 and 1, to make two of each row of something else."""
    return union_all(select(cast(literal(0), Integer).label("Half")), select(cast(literal(1), Integer).label("Half")))


def _split(steps: Table, dates: Sequence[date]) -> Executable:
    attempt = steps.alias("attempt")
    queued = queued_in_place(attempt, on(attempt, dates)).subquery("queued")
    halves = two_rows().subquery("halves")
    is_next, restarted = halves.c.Half == 1, queued.c.IsRestarted == 1
    failed = and_(restarted, queued.c.LogType == literal(LogType.ERROR.value, String))
    before = {
        "Attempts": queued.c.Attempts,
        "Status": case((failed, literal(Status.FAIL.value, String)), else_=literal(Status.DONE.value, String)),
        # Started again in place, the start and the job's ids are of the new try already.
        "StartTime": case((restarted, null()), else_=queued.c.StartTime),
        "EndTime": queued.c.EndTime,
        "DurationSeconds": queued.c.DurationSeconds,
        "LogType": queued.c.LogType,
        "LogCode": queued.c.LogCode,
        "SourceRunID": case((restarted, null()), else_=queued.c.SourceRunID),
        "ClusterID": case((restarted, null()), else_=queued.c.ClusterID),
    }
    after = {
        "Attempts": queued.c.NextAttempts,
        "Status": literal(Status.RQUE.value, String),
        "StartTime": case((restarted, queued.c.StartTime), else_=null()),
        **{name: cast(null(), steps.c[name].type) for name in ("EndTime", "DurationSeconds", "LogType", "LogCode")},
        "SourceRunID": case((restarted, queued.c.SourceRunID), else_=null()),
        "ClusterID": case((restarted, queued.c.ClusterID), else_=null()),
    }
    carried: dict[str, ColumnElement[Any]] = {name: queued.c[name] for name in (*_STEP, *_CARRIED)}
    carried["LogMessage"] = case((and_(is_next, restarted), null()), else_=queued.c.LogMessage)
    both = {name: case((is_next, after[name]), else_=before.get(name, queued.c[name])) for name in after}
    # Each row is read once, and all of them before the first is changed: a database may show a statement its own work.
    source = (
        select(*(value.label(name) for name, value in {**carried, **both}.items()))
        .join_from(queued, halves, literal(1) == 1)
        .subquery("source")
    )
    match = and_(on(steps, dates), *(steps.c[name] == source.c[name] for name in KEY))
    changed = ("Status", "StartTime", "SourceRunID", "ClusterID")
    return (
        Merge(steps, source, match)
        .update({steps.c[name]: source.c[name] for name in changed})
        .insert({steps.c[name]: source.c[name] for name in (*_STEP, *_CARRIED, *after)})
    )


def _emptied_of_steps(steps: Table) -> ColumnElement[bool]:
    return or_(*(_is_empty(steps, name) for name in ("SourceSystemCode", "LogType", "LogCode", "SourceType")))


def _is_empty(steps: Table, name: str) -> ColumnElement[bool]:
    empty = steps.c[name] == literal("", String)
    # An open step's SourceType says that it was started, so it keeps what it has.
    return empty & ~is_open(steps) if name == "SourceType" else empty


def _empty_steps(steps: Table, dates: Sequence[date]) -> Executable:
    names = ("SourceSystemCode", "LogType", "LogCode", "SourceType")
    values = {name: case((_is_empty(steps, name), null()), else_=steps.c[name]) for name in names}
    return update(steps).where(on(steps, dates), _emptied_of_steps(steps)).values(values)


NUMBERED: Final = Rule(
    "numbered",
    "Runs of one date that all had attempt 0 are numbered in their order",
    _to_number,
    _number,
)
SPLIT: Final = Rule(
    "split",
    "Steps queued again in place become two attempts: the try that ended, and the queued one without times",
    lambda steps: _per_date(steps, _is_queued_in_place(steps)),
    _split,
)
REOPENED: Final = Rule(
    "reopened",
    "Initiation steps that a failure put back to NQUE lose the times of the try before",
    lambda steps: _per_date(steps, _is_reopened(steps)),
    _open_marker,
)
UNSTARTED: Final = Rule(
    "unstarted",
    "Queued steps that never started lose their StartTime",
    lambda steps: _per_date(steps, is_unstarted(steps)),
    _forget_start,
)
EMPTIED: Final = Rule(
    "emptied",
    "Empty text in steps becomes NULL",
    lambda steps: _per_date(steps, _emptied_of_steps(steps)),
    _empty_steps,
)


def empty_texts(table: Table, names: Sequence[str]) -> tuple[ColumnElement[bool], Executable]:
    """Return which rows of a table have an empty text in one of the columns, and the statement that makes it NULL."""
    condition = or_(*(table.c[name] == literal("", String) for name in names))
    values = {name: func.nullif(table.c[name], literal("", String)) for name in names}
    return condition, update(table).where(condition).values(values)
