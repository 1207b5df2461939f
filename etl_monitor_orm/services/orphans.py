"""Rows that belong to nothing: tasks and parameters without their process, tasks without their stage or watermark."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Row, Select, and_, exists, func, select
from sqlalchemy.orm import Session

from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Parameter, Process, ProcessingStep, SequenceStage, Task
from etl_monitor_orm.models.selecting import task_of
from etl_monitor_orm.printable import named, one_line
from etl_monitor_orm.services.context import Context, recent


@dataclass(frozen=True)
class Orphans:
    """Rows of one table that lack the same thing.

    Attributes:
        words: How many, what they lack, and the first of them.
        command: The command that gives the first of them what it lacks.
    """

    words: str
    command: str


@dataclass(frozen=True)
class _Check:
    """A query for rows that lack something, with their number as `Rows`; and what is said of the first."""

    query: Select[*tuple[Any, ...]]
    words: Callable[[_Row], str]
    command: Callable[[_Row], list[object]]


_Row = Row[*tuple[Any, ...]]
_ROWS: Final = func.count().over().label("Rows")


def found(session: Session, context: Context) -> list[Orphans]:
    """Return the orphans of the catalogue, and those among the steps of recent dates.

    Reads `ETLconfigTasks`, `ETLconfigParameters` and `ETLProcessingSteps`.
    """
    checks = (
        _without_a_process(Task, "Tasks"),
        _without_a_process(Parameter, "Parameters"),
        _without_a_stage(),
        _without_a_watermark(),
        _without_a_task(recent(context.today)),
    )
    answers = ((check, session.execute(check.query.limit(1)).first()) for check in checks)
    return [
        Orphans(check.words(row), shlex.join(one_line(str(word)) for word in ("etl-monitor", *check.command(row))))
        for check, row in answers
        if row is not None
    ]


def _without_a_process(kind: type[Task | Parameter], what: str) -> _Check:
    same = and_(Process.project_code == kind.project_code, Process.process_load == kind.process_load)
    query = select(kind.project_code, kind.process_load, _ROWS).where(~exists().where(same))
    return _Check(
        query.order_by(kind.project_code, kind.process_load),
        lambda row: f"{what} of a process that is not registered: {row.Rows}, such as {_process(row)}.",
        lambda row: ["register", "process", row.project_code, row.process_load],
    )


def _without_a_stage() -> _Check:
    registered = exists().where(SequenceStage.sequence_id == Task.sequence_id)
    query = select(*_task_key(Task), Task.sequence_id, _ROWS).where(Task.is_active.is_not(False), ~registered)
    return _Check(
        query.order_by(Task.sequence_id, *_task_key(Task)),
        lambda row: f"Tasks of a stage that is not registered: {row.Rows}, such as {row.sequence_id} of {_task(row)}.",
        lambda row: ["register", "stage", row.sequence_id, "CODE"],
    )


def _without_a_watermark() -> _Check:
    same = and_(
        Parameter.project_code == Task.project_code,
        Parameter.process_load == Task.process_load,
        Parameter.parameter_name == Task.source_system_code,
    )
    names_one = (Task.source_system_code.is_not(None), Task.is_active.is_not(False))
    query = select(*_task_key(Task), Task.source_system_code, _ROWS).where(*names_one, ~exists().where(same))
    return _Check(
        query.order_by(*_task_key(Task)),
        lambda row: (
            f"Tasks whose watermark is not registered: {row.Rows}, such as {named(row.source_system_code)} "
            f"of {_task(row)}."
        ),
        lambda row: ["register", "parameter", row.project_code, row.process_load, row.source_system_code, "TYPE"],
    )


def _without_a_task(first: date) -> _Check:
    key, on = _task_key(ProcessingStep), ProcessingStep.processing_date
    query = select(*key, ProcessingStep.sequence_id, on, _ROWS).where(
        on >= first, ~exists().where(task_of(ProcessingStep))
    )
    return _Check(
        query.order_by(on.desc(), *key),
        lambda row: (
            f"Steps since {first} whose task is not registered: {row.Rows}, such as {_task(row)} "
            f"on {row.processing_date}."
        ),
        lambda row: [
            *("register", "task", row.project_code, row.process_load, f"{row.workflow_id}.{row.task_id}"),
            *("--sequence", row.sequence_id, "--name", "TEXT"),
        ],
    )


def _task_key(kind: type[Task | ProcessingStep]) -> tuple[Any, ...]:
    return (kind.project_code, kind.process_load, kind.workflow_id, kind.task_id)


def _process(row: _Row) -> ProcessKey:
    return ProcessKey(row.project_code, row.process_load)


def _task(row: _Row) -> str:
    return f"task {row.workflow_id}.{row.task_id} of {_process(row)}"
