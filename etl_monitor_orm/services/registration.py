"""The catalogue: processes, stages, tasks and parameters. Idempotent, one statement each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Executable, exists, select, update
from sqlalchemy.orm import Session

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import ProcessKey, TaskKey
from etl_monitor_orm.models import Holiday, Parameter, Process, SequenceStage, Task
from etl_monitor_orm.models.selecting import Conditions, of_process, of_task
from etl_monitor_orm.printable import named
from etl_monitor_orm.services.context import Context, affected
from etl_monitor_orm.services.entries import Columns, Entry
from etl_monitor_orm.services.refusals import unknown_process, unknown_stage, unknown_task
from etl_monitor_orm.services.upsert import upsert
from etl_monitor_orm.vocabulary import ParameterType

VALUE_COLUMN: Final = {
    ParameterType.DELTA_DATE: "value_datetime",
    ParameterType.DELTA_ID: "value_int",
    ParameterType.FLAG: "value_bit",
    ParameterType.SYSTEM: "value_datetime",
}
"""The attribute that holds a parameter's active value."""


@dataclass(frozen=True)
class ParameterValue:
    """A value in the column for its parameter's type; the other columns stay NULL."""

    value_int: int | None = None
    value_datetime: datetime | None = None
    value_bit: bool | None = None

    @classmethod
    def read(
        cls, value_int: int | None, value_datetime: datetime | date | str | None, value_bit: bool | None
    ) -> ParameterValue:
        """Read a caller's value.

        Args:
            value_int: Whole number.
            value_datetime: Time; naive means UTC.
            value_bit: Flag.

        Raises:
            InvalidInput: A value cannot be read.
        """
        return cls(
            inputs.optional_integer("value_int", value_int, least=-inputs.BIGINT_MAX, most=inputs.BIGINT_MAX),
            inputs.optional_moment("value_datetime", value_datetime),
            None if value_bit is None else inputs.boolean("value_bit", value_bit),
        )

    def given(self) -> list[str]:
        """Names of the columns that have a value."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]


def register(session: Session, context: Context, entry: Entry) -> None:
    """Insert a row of the catalogue, or let it follow its description; a parameter's existing value stays.

    Raises:
        ProcessNotFound: The process of a task or a parameter is not registered.
        StageNotFound: The stage of a task is not registered.
        InvalidInput: The parameter exists with another type, or no holidays have the name that the calendar gives.
    """
    written = upsert(
        session,
        context,
        entry.kind,
        key=entry.key,
        describing=entry.given,
        fixed=entry.fixed,
        initial={**entry.defaults, **first_value(context, entry)},
        guard=_guard(entry),
    )
    if written or not _known(entry):
        return
    known = [expression.label(name) for name, expression in _known(entry).items()]
    found = session.execute(select(*known)).one()
    refuse_unknown(
        entry,
        has_process=getattr(found, "process", True),
        has_stage=getattr(found, "stage", True),
        has_holidays=getattr(found, "holidays", True),
    )
    if entry.kind is Parameter:
        refuse_other_type(entry, found.type)


def first_value(context: Context, entry: Entry) -> Columns:
    """A new parameter's value, and when it was set."""
    given = any(value is not None for value in entry.first.values())
    return {**entry.first, "SetOn": context.now if given else None} if entry.first else {}


def refuse_unknown(entry: Entry, *, has_process: bool, has_stage: bool, has_holidays: bool) -> None:
    """Refuse a row that belongs to nothing.

    Raises:
        ProcessNotFound: Its process is not registered.
        StageNotFound: Its stage is not registered.
        InvalidInput: No holidays have the name that its calendar gives.
    """
    if not has_process and entry.process is not None:
        raise unknown_process(entry.process)
    if not has_stage and entry.stage is not None and entry.task is not None:
        raise unknown_stage(entry.stage, entry.task)
    if not has_holidays and entry.holidays is not None:
        raise InvalidInput(
            f"The calendar of {entry.task or entry.process} leaves out the holidays {named(entry.holidays)}, which are "
            "not registered. Register them first: monitor.register_holidays(name, days), "
            "`etl-monitor register holidays NAME DAY`."
        )


def refuse_other_type(entry: Entry, registered: object) -> None:
    """Refuse a parameter that is registered with another type.

    Raises:
        InvalidInput: It is.
    """
    kind, name = entry.fixed["ParameterType"], entry.key["ParameterName"]
    if registered != kind:
        raise InvalidInput(
            f"Parameter {named(name)} of {entry.process} is registered as {registered}, not {kind}. "
            "A parameter keeps its type. Register the new one under another name."
        )


def _known(entry: Entry) -> dict[str, ColumnElement[Any]]:
    """What a row needs, and the type under which a parameter is registered."""
    process, known = entry.process, dict[str, ColumnElement[Any]]()
    if entry.kind in (Task, Parameter) and process is not None:
        known["process"] = exists().where(*of_process(process, Process))
    if entry.kind is Task:
        known["stage"] = exists().where(SequenceStage.sequence_id == entry.stage)
    if entry.holidays is not None:
        known["holidays"] = exists().where(Holiday.calendar_name == entry.holidays)
    if entry.kind is Parameter and process is not None:
        same_name = Parameter.parameter_name == entry.key["ParameterName"]
        known["type"] = (
            select(Parameter.parameter_type).where(*of_process(process, Parameter), same_name).scalar_subquery()
        )
    return known


def _guard(entry: Entry) -> tuple[ColumnElement[bool], ...]:
    return tuple(expression for name, expression in _known(entry).items() if name != "type")


def set_process_active(session: Session, context: Context, process: ProcessKey, active: bool) -> None:
    """Set a process's IsActive; write nothing when it has that value already.

    Raises:
        ProcessNotFound: The process is not registered.
    """
    changed = _flip(session, context, Process, of_process(process, Process), active)
    if not changed and not session.scalar(select(exists().where(*of_process(process, Process)))):
        raise unknown_process(process)


def set_task_active(session: Session, context: Context, task: TaskKey, active: bool) -> None:
    """Set a task's IsActive; write nothing when it has that value already.

    Raises:
        TaskNotFound: The task is not registered.
    """
    changed = _flip(session, context, Task, of_task(task), active)
    if not changed and not session.scalar(select(exists().where(*of_task(task)))):
        raise unknown_task(task)


def _flip(session: Session, context: Context, kind: type[Process | Task], where: Conditions, active: bool) -> bool:
    statement: Executable = (
        update(kind)
        .where(*where, kind.is_active.is_distinct_from(active))
        .values(is_active=active, active_set_on=context.now, last_updated_on=context.now, last_updated_by=context.actor)
        .execution_options(synchronize_session=False)
    )
    return affected(session.execute(statement)) > 0
