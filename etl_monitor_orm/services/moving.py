"""Moving everything to another database: the rows of all tables, read in parts, and written into empty tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from typing import Any, Final, Protocol

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    Float,
    Integer,
    MetaData,
    String,
    Table,
    delete,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from etl_monitor_orm.backends import REPEATABLE
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models import Base, StoredRequest, StoredToken
from etl_monitor_orm.models.base import UTCDateTime, Word
from etl_monitor_orm.services.context import Context, alone
from etl_monitor_orm.services.logs import LogEntry, append
from etl_monitor_orm.vocabulary import FIRST_CUSTOM_STAGE, IMPORT, OWN_RECEIPTS

Row = Sequence[Any]
"""The values of a row, in the order of `columns_of`."""

_NOT_MOVED: Final = (StoredToken.__table__, StoredRequest.__table__)
"""Who may use a database over HTTP is its own affair."""
_DATE: Final = "ProcessingDate"
_LOGS: Final = "ETLsysLogs"
_STAGES: Final = "ETLconfigSequence"
_BEGUN, _ENDED = "begun", "ended"


class Sink(Protocol):
    """Where rows go."""

    def table(self, name: str, columns: Sequence[str]) -> AbstractContextManager[Callable[[Row], None]]:
        """Begin a table; yield what takes its rows."""
        ...


class Archive(Protocol):
    """Where rows come from; it was checked before."""

    digest: str
    """Tells this archive from others."""

    def rows(self, name: str) -> Iterator[Row]:
        """Yield the rows of a table, from the first on."""
        ...

    def columns(self, name: str) -> Sequence[str]:
        """Return the columns of a table's rows; none if it has no such table."""
        ...


@dataclass(frozen=True)
class MovedTable:
    """A table that was exported or imported.

    Attributes:
        table: Its name.
        rows: How many rows.
    """

    table: str
    rows: int


@lru_cache(1)
def tables() -> Mapping[str, Table]:
    """Return the tables that are moved, by name.

    Words of the domain are plain text in them: what another tool wrote there moves too.
    """
    found = {}
    for table in Base.metadata.sorted_tables:
        if table not in _NOT_MOVED:
            plain = table.to_metadata(MetaData(naming_convention=Base.metadata.naming_convention))
            for column in plain.columns:
                if isinstance(column.type, Word):
                    column.type = String()
            found[table.name] = plain
    return found


def columns_of(table: Table) -> list[str]:
    """Return the columns of a table that are moved: all but those that the database numbers by itself."""
    return [column.name for column in table.columns if column.identity is None]


def kind_of(table: Table, column: str) -> type[str | bool | int | float | date | datetime]:
    """Return what a column holds."""
    kind = table.columns[column].type
    kinds = ((UTCDateTime, datetime), (Boolean, bool), (Date, date), (Integer, int), (Float, float))
    return next((python for sql, python in kinds if isinstance(kind, sql)), str)


def read(session: Session, context: Context, begin: Callable[[], Sink]) -> list[MovedTable]:
    """Hand out all rows of all tables but tokens, requests, the framework's stages and receipts about the tables.

    Steps and receipts are read date by date. Where the database has transactions, all of it is of one moment.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        begin: Makes an empty sink.
    """
    sink, moved = begin(), []
    for name, table in tables().items():
        columns, rows = columns_of(table), 0
        with sink.table(name, columns) as take:
            for where in _parts(session, table):
                query = select(*(table.c[one] for one in columns)).where(*where).order_by(*table.primary_key.columns)
                for row in session.execute(query):
                    take(row)
                    rows += 1
        moved.append(MovedTable(name, rows))
    return moved


def _parts(session: Session, table: Table) -> list[list[ColumnElement[bool]]]:
    own = _own(table)
    if _DATE not in table.columns:
        return [own]
    day = table.c[_DATE]
    dates = session.scalars(select(day).where(*own).distinct().order_by(day)).all()
    return [[day.is_(None) if one is None else day == one, *own] for one in dates]


def _own(table: Table) -> list[ColumnElement[bool]]:
    """Which rows of a table are moved."""
    if table.name == _STAGES:
        return [table.c.SequenceID >= FIRST_CUSTOM_STAGE]
    if table.name == _LOGS:
        operation = table.c.OperationName
        return [or_(operation.is_(None), operation.not_in(OWN_RECEIPTS))]
    return []


@alone
def write(session: Session, context: Context, archive: Archive) -> list[MovedTable]:
    """Write all rows of an archive into empty tables.

    Where the database has no transactions, a receipt says that it began; an import that was stopped is begun anew by
    the next one of the same archive.

    Raises:
        InvalidInput: The tables have rows.
    """
    full = [name for name, table in tables().items() if _has_rows(session, table)]
    if full and not _was_stopped(session, archive):
        raise InvalidInput(
            f"{', '.join(full)} have rows, and an import needs empty tables. Name another schema with schema=, and "
            "make its tables with `etl-monitor db upgrade`."
        )
    leaves_parts = not context.capabilities.transactions
    for name in full:
        session.execute(delete(tables()[name]).where(*_own(tables()[name])))
    if leaves_parts and not full:
        _note(session, context, _BEGUN, archive)
    moved = [MovedTable(name, _write_table(session, context, archive, table)) for name, table in tables().items()]
    if leaves_parts:
        _note(session, context, _ENDED, archive)
    return moved


def _write_table(session: Session, context: Context, archive: Archive, table: Table) -> int:
    columns, written = archive.columns(table.name), 0
    if not columns:
        return 0
    most = max(1, context.capabilities.max_bound_values // len(columns))
    rows = archive.rows(table.name)
    while part := [dict(zip(columns, row, strict=True)) for row in islice(rows, most)]:
        _insert(session, context, table, part, written)
        written += len(part)
    return written


def _insert(session: Session, context: Context, table: Table, rows: list[dict[str, Any]], before: int) -> None:
    """Insert rows. After a lost reply, insert again only if they are not there: nobody else writes these tables."""
    statement = insert(table).values(rows)
    try:
        session.execute(statement, execution_options={REPEATABLE: False})
    except DBAPIError as error:
        if not context.backend.is_reply_lost(error):
            raise
        if session.scalar(select(func.count()).select_from(table).where(*_own(table))) == before:
            session.execute(statement)


def _has_rows(session: Session, table: Table) -> bool:
    column = next(iter(table.primary_key.columns))
    return session.execute(select(column).where(*_own(table)).limit(1)).first() is not None


def _was_stopped(session: Session, archive: Archive) -> bool:
    logs = tables()[_LOGS]
    ours = (logs.c.OperationName == IMPORT, logs.c.CorrelationID == archive.digest)
    noted = {str(one) for one in session.scalars(select(logs.c.ActivityName).where(*ours))}
    return noted == {_BEGUN}


def _note(session: Session, context: Context, activity: str, archive: Archive) -> None:
    words = f"The import of an archive {activity}."
    entry = LogEntry(
        words,
        pipeline_name="etl-monitor",
        activity_name=activity,
        operation_name=IMPORT,
        correlation_id=archive.digest,
        processing_date=context.today,
    )
    append(session, context, [entry])
