"""The rows that calls return, with the Spark edition's columns in its order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import TypeVar, cast

from etl_monitor_orm.models import Parameter, ProcessingStep
from etl_monitor_orm.services.dispatch import PendingTask
from etl_monitor_orm.spark_edition.frames import Row, as_there
from etl_monitor_orm.spark_edition.guard import NOTHING_TO_DO
from etl_monitor_orm.vocabulary import ParameterType

R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Pending(Row):
    """A row of `get_pending_tasks()`."""

    Status: str
    ExecutionID: str
    ProjectCode: str
    ProcessLoad: str
    WorkFlowID: int | None = None
    SequenceID: int | None = None
    TaskID: int | None = None
    TaskName: str | None = None
    SequenceCode: str | None = None
    TaskMandatory: bool | None = None
    SourceSystemCode: str | None = None
    SourceType: str | None = None
    Attempts: int | None = None
    StartTime: datetime | None = None
    ForceSkip: bool | None = None
    FullFileName: str | None = None
    InFilePath: str | None = None
    OutFilePath: str | None = None
    WatermarkType: str | None = None
    WatermarkValue: str | None = None

    @classmethod
    def of(cls, task: PendingTask) -> Pending:
        """Return the row of a step that is not DONE."""
        has_value = task.watermark_type is not ParameterType.SYSTEM  # the process's date is no watermark
        others = {
            "ForceSkip": False,
            "WatermarkType": as_there(task.watermark_type),
            "WatermarkValue": task.active_value if has_value else None,
        }
        return _row(cls, lambda name: others[name] if name in others else _attribute(task, name))

    @classmethod
    def nothing(cls, execution_id: str, project_code: str, process_load: str) -> Pending:
        """Return the row of a task that has nothing to do in a run."""
        return cls(NOTHING_TO_DO, execution_id, project_code, process_load)


@dataclass(frozen=True)
class Step(Row):
    """A row of `get_status()`."""

    ProcessingDate: date
    ProjectCode: str
    ProcessLoad: str
    ExecutionID: str
    Attempts: int
    TaskName: str | None
    Status: str
    WorkFlowID: int
    SequenceID: int
    TaskID: int
    TaskMandatory: bool | None
    SourceSystemCode: str | None
    SourceType: str | None
    StartTime: datetime | None
    EndTime: datetime | None
    DurationSeconds: int | None
    LogMessage: str | None
    LogType: str | None
    LogCode: str | None
    LastUpdatedOn: datetime | None

    @classmethod
    def of(cls, step: ProcessingStep) -> Step:
        """Return the row of an attempt."""
        return _row(cls, lambda name: _attribute(step, name))


@dataclass(frozen=True)
class Summary(Row):
    """A row of `get_status(summary_mode=True)`."""

    ProjectCode: str
    ProcessLoad: str
    ProcessingDate: date
    Attempts: int
    StartTime: datetime | None
    EndTime: datetime | None
    DurationSeconds: int | None
    OverallStatus: str | None
    Remark: str | None


@dataclass(frozen=True)
class Setting(Row):
    """A row of `ETLconfigParameters`, as `set_processing_mode()` prints it."""

    ProjectCode: str
    ProcessLoad: str
    ParameterName: str
    ParameterDescription: str | None
    ParameterType: str
    ValueINT: int | None
    ValueDateTime: datetime | None
    ValueBIT: bool | None
    CreatedOn: datetime | None
    CreatedBy: str | None
    LastUpdatedOn: datetime | None
    LastUpdatedBy: str | None

    @classmethod
    def of(cls, parameter: Parameter) -> Setting:
        """Return the row of a parameter."""
        return _row(cls, lambda name: _attribute(parameter, name))


_ATTRIBUTES = {
    column.name: attribute
    for kind in (ProcessingStep, Parameter)
    for attribute, column in kind.__mapper__.columns.items()
}
"""Python's names of columns."""


def _attribute(found: object, column: str) -> object:
    return cast(object, getattr(found, _ATTRIBUTES[column]))


def _row(kind: type[R], value: Callable[[str], object]) -> R:
    return kind(**{field.name: as_there(value(field.name)) for field in fields(kind)})
