"""What a person should know of tables before they are adopted. Nothing is changed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Select, String, Table, and_, exists, func, literal, or_, select

from etl_monitor_orm.adoption.duplicates import key_of, keys_twice
from etl_monitor_orm.adoption.report import Finding
from etl_monitor_orm.adoption.rows import is_open, is_restarted
from etl_monitor_orm.models.base import UTCDateTime
from etl_monitor_orm.printable import named
from etl_monitor_orm.vocabulary import (
    FIRST_CUSTOM_STAGE,
    INITIATION_ID,
    SYSTEM_DATE,
    LoadFrequency,
    LogType,
    ParameterType,
    SourceType,
    Status,
)

_YOUNG: Final = timedelta(hours=1)
_MOST: Final = 5
"""How many examples a finding names."""
_LAST_OF_THEIRS: Final = 6

_WORDS: Final[Mapping[str, Mapping[str, type[StrEnum]]]] = {
    "ETLconfigProcess": {"LoadFrequency": LoadFrequency},
    "ETLconfigTasks": {"LoadFrequency": LoadFrequency, "SourceType": SourceType},
    "ETLconfigParameters": {"ParameterType": ParameterType},
    "ETLProcessingSteps": {"Status": Status, "LogType": LogType},
}
"""The columns that hold words of a closed set. A step's SourceType is what a job calls itself."""

Tables = Mapping[str, Table]


def findings(connection: Connection, tables: Tables, now: datetime) -> Iterator[Finding]:
    """Yield what is odd, what stops the adoption first.

    Args:
        connection: The database.
        tables: The tables that exist, each with the columns that it has.
        now: The time of the call.
    """
    yield from _duplicates(connection, tables)
    yield from _running(connection, tables["ETLProcessingSteps"], now)
    yield from _orphans(connection, tables)
    yield from _refused(connection, tables)
    yield from _unknown_words(connection, tables)


def _duplicates(connection: Connection, tables: Tables) -> Iterator[Finding]:
    for name, table in tables.items():
        if name == "ETLsysLogs":
            continue  # its number is the database's
        if rows := connection.execute(keys_twice(table)).all():
            examples = _examples(rows, key_of(table))
            yield Finding(
                "duplicate",
                f"{name} has several rows for one key: {examples}.",
                sum(row.TooMany for row in rows),
                stops=True,
            )


def _running(connection: Connection, steps: Table, now: datetime) -> Iterator[Finding]:
    young = steps.c.StartTime > literal(now - _YOUNG, UTCDateTime)
    condition = and_(
        is_open(steps),
        steps.c.SourceType.is_not(None),
        young,
        or_(steps.c.EndTime.is_(None), is_restarted(steps)),
    )
    names = ("ProcessingDate", "ProjectCode", "ProcessLoad", "ExecutionID", "WorkFlowID", "TaskID")
    yield from _found(connection, steps, condition, names, "running", "Steps are running", stops=True)


def _orphans(connection: Connection, tables: Tables) -> Iterator[Finding]:
    tasks, process, stages = (tables[name] for name in ("ETLconfigTasks", "ETLconfigProcess", "ETLconfigSequence"))
    of = and_(process.c.ProjectCode == tasks.c.ProjectCode, process.c.ProcessLoad == tasks.c.ProcessLoad)
    key = ("ProjectCode", "ProcessLoad", "WorkFlowID", "TaskID")
    yield from _found(
        connection, tasks, ~exists().where(of), key, "unknown_process", "Tasks are of a process that is not registered"
    )
    # The framework's stages are added where they are missing.
    known = or_(
        exists().where(stages.c.SequenceID == tasks.c.SequenceID), tasks.c.SequenceID.between(0, _LAST_OF_THEIRS)
    )
    yield from _found(
        connection,
        tasks,
        ~known,
        (*key, "SequenceID"),
        "unknown_stage",
        "Tasks are of a stage that is not registered",
    )


def _refused(connection: Connection, tables: Tables) -> Iterator[Finding]:
    tasks, parameters, stages = (
        tables[name] for name in ("ETLconfigTasks", "ETLconfigParameters", "ETLconfigSequence")
    )
    zeros = [tasks.c[name] == INITIATION_ID for name in ("TaskID", "WorkFlowID", "SequenceID")]
    half = and_(or_(zeros[1], zeros[2]), ~and_(*zeros))
    yield from _found(
        connection,
        tasks,
        half,
        ("ProjectCode", "ProcessLoad", "WorkFlowID", "TaskID", "SequenceID"),
        "code",
        "Tasks have WorkFlowID 0 or SequenceID 0 without being the initiation, which the monitor refuses to register",
    )
    own = and_(stages.c.SequenceID > _LAST_OF_THEIRS, stages.c.SequenceID < FIRST_CUSTOM_STAGE)
    yield from _found(
        connection,
        stages,
        own,
        ("SequenceID", "SequenceCode"),
        "code",
        f"Stages have a number from 7 to 9; the monitor registers your own from {FIRST_CUSTOM_STAGE} on",
    )
    system = and_(
        parameters.c.ParameterType == literal(ParameterType.SYSTEM.value, String),
        parameters.c.ParameterName != literal(SYSTEM_DATE, String),
    )
    key = ("ProjectCode", "ProcessLoad", "ParameterName")
    yield from _found(
        connection, parameters, system, key, "code", f"Parameters of type SYSTEM are not called {SYSTEM_DATE}"
    )
    for name in ("ETLconfigProcess", "ETLconfigTasks", "ETLconfigParameters"):
        table = tables[name]
        codes = [column for column in key_of(table) if isinstance(table.c[column].type, String)]
        empty = or_(*(func.trim(table.c[column]) == literal("", String) for column in codes))
        yield from _found(connection, table, empty, key_of(table), "code", f"{name} has empty codes")


def _unknown_words(connection: Connection, tables: Tables) -> Iterator[Finding]:
    for name, columns in _WORDS.items():
        for column, words in columns.items():
            known = ["", *(word.value for word in words)]
            value = tables[name].c[column]
            unknown = value.is_not(None) & value.not_in([literal(word, String) for word in known])
            query: Select[Any] = select(value, func.count().label("Rows")).where(unknown).group_by(value)
            if rows := connection.execute(query).all():
                examples = ", ".join(named(row[0]) for row in rows[:_MOST])
                yield Finding(
                    "word",
                    f"{name}.{column} has words that the monitor does not know, and leaves as they are: {examples}.",
                    sum(row[1] for row in rows),
                )


def _found(
    connection: Connection,
    table: Table,
    condition: ColumnElement[bool],
    names: Collection[str],
    about: str,
    words: str,
    *,
    stops: bool = False,
) -> Iterator[Finding]:
    columns = [table.c[name] for name in names]
    count = connection.scalar(select(func.count()).select_from(table).where(condition))
    if count:
        rows = connection.execute(select(*columns).where(condition).order_by(*columns).limit(_MOST)).all()
        yield Finding(about, f"{words}: {_examples(rows, names)}.", count, stops=stops)


def _examples(rows: Collection[Row[Any]], names: Collection[str]) -> str:
    shown = [" ".join(f"{name}={named(row._mapping[name])}" for name in names) for row in list(rows)[:_MOST]]
    return "; ".join(shown) + (f"; and {len(rows) - _MOST} more" if len(rows) > _MOST else "")
