"""The catalogue: processes, stages, tasks and parameters. Idempotent, one statement each."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final

from sqlalchemy import Executable, exists, select, update
from sqlalchemy.orm import Session

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput, ProcessNotFound, StageNotFound, TaskNotFound
from etl_monitor_orm.models import Parameter, Process, SequenceStage, Task
from etl_monitor_orm.services.call import Call, affected
from etl_monitor_orm.services.keys import Conditions, ProcessKey, TaskKey
from etl_monitor_orm.services.upsert import upsert
from etl_monitor_orm.vocabulary import LoadFrequency, ParameterType, SourceType


@dataclass(frozen=True)
class TaskDescription:
    """What `register_task` says about a task."""

    sequence_id: int
    task_name: str
    task_description: str | None
    source_type: SourceType | None
    source_identifier: str | None
    source_system_code: str | None
    load_frequency: LoadFrequency | None
    task_mandatory: bool
    expected_duration_seconds: int | None


VALUE_COLUMN: Final = {
    ParameterType.DELTA_DATE: "value_datetime",
    ParameterType.DELTA_ID: "value_int",
    ParameterType.FLAG: "value_bit",
    ParameterType.SYSTEM: "value_datetime",
}
"""Which attribute holds a parameter's active value."""


@dataclass(frozen=True)
class ParameterValue:
    """A value in the column that its parameter's type selects; the other columns stay NULL."""

    value_int: int | None = None
    value_datetime: datetime | None = None
    value_bit: bool | None = None

    @classmethod
    def read(
        cls,
        kind: ParameterType | None,
        value_int: int | None,
        value_datetime: datetime | date | str | None,
        value_bit: bool | None,
    ) -> ParameterValue:
        """Read a caller's value.

        Args:
            kind: The parameter's type; None when it is not known yet.
            value_int: Whole number.
            value_datetime: Time; naive means UTC.
            value_bit: Switch.

        Raises:
            InvalidInput: A value cannot be read, or lies in a column that the type does not use.
        """
        value = cls(
            inputs.optional_integer("value_int", value_int, least=-inputs.BIGINT_MAX, most=inputs.BIGINT_MAX),
            inputs.optional_moment("value_datetime", value_datetime),
            None if value_bit is None else inputs.boolean("value_bit", value_bit),
        )
        for column in value.given():
            if kind is not None and column != VALUE_COLUMN[kind]:
                raise InvalidInput(f"{column} does not fit a {kind} parameter; its value is {VALUE_COLUMN[kind]}.")
        return value

    def given(self) -> list[str]:
        """Names of the columns that have a value."""
        return [field.name for field in fields(self) if getattr(self, field.name) is not None]


def register_process(
    session: Session,
    call: Call,
    process: ProcessKey,
    *,
    name: str | None,
    description: str | None,
    owner: str | None,
    load_frequency: LoadFrequency | None,
) -> None:
    """Insert or describe a process in `ETLconfigProcess`."""
    upsert(
        session,
        call,
        Process,
        key=process.columns,
        describing={
            "ProcessName": name,
            "ProcessDescription": description,
            "ProcessOwner": owner,
            "LoadFrequency": load_frequency,
        },
        initial={"IsActive": True},
    )


def register_stage(
    session: Session,
    call: Call,
    sequence_id: int,
    *,
    code: str,
    name: str | None,
    description: str | None,
    sort_order: int,
) -> None:
    """Insert or describe a custom stage in `ETLconfigSequence`."""
    upsert(
        session,
        call,
        SequenceStage,
        key={"SequenceID": sequence_id},
        describing={
            "SequenceCode": code,
            "SequenceName": name,
            "SequenceDescription": description,
            "SortOrder": sort_order,
        },
        initial={"IsActive": True},
    )


def register_task(session: Session, call: Call, task: TaskKey, description: TaskDescription) -> None:
    """Insert or describe a task in `ETLconfigTasks`.

    Raises:
        ProcessNotFound: The process is not registered.
        StageNotFound: The stage is not registered.
    """
    known_process = exists().where(*task.process.matches(Process))
    known_stage = exists().where(SequenceStage.sequence_id == description.sequence_id)
    written = upsert(
        session,
        call,
        Task,
        key={**task.process.columns, "TaskID": task.task_id, "WorkFlowID": task.workflow_id},
        describing={
            "SequenceID": description.sequence_id,
            "TaskName": description.task_name,
            "TaskDescription": description.task_description,
            "SourceType": description.source_type,
            "SourceIdentifier": description.source_identifier,
            "SourceSystemCode": description.source_system_code,
            "LoadFrequency": description.load_frequency,
            "TaskMandatory": description.task_mandatory,
            "ExpectedDurationSeconds": description.expected_duration_seconds,
        },
        initial={"IsActive": True},
        guard=(known_process, known_stage),
    )
    if written:
        return
    has_process, has_stage = session.execute(select(known_process, known_stage)).one()
    if not has_process:
        raise _unknown_process(task.process)
    if not has_stage:
        raise StageNotFound(
            f"Stage {description.sequence_id} is not registered, so {task} cannot stand in it. "
            "Use 0 to 6, or register a stage of your own first with register_sequence()."
        )


def register_parameter(
    session: Session,
    call: Call,
    process: ProcessKey,
    name: str,
    kind: ParameterType,
    description: str | None,
    value: ParameterValue,
) -> None:
    """Insert a parameter, or describe an existing one, in `ETLconfigParameters`; a live value stays.

    Raises:
        ProcessNotFound: The process is not registered.
        InvalidInput: The parameter exists with another type.
    """
    known_process = exists().where(*process.matches(Process))
    written = upsert(
        session,
        call,
        Parameter,
        key={**process.columns, "ParameterName": name},
        describing={"ParameterDescription": description},
        fixed={"ParameterType": kind},
        initial={
            "ValueINT": value.value_int,
            "ValueDateTime": value.value_datetime,
            "ValueBIT": value.value_bit,
        },
        guard=(known_process,),
    )
    if written:
        return
    registered = select(Parameter.parameter_type).where(*process.matches(Parameter), Parameter.parameter_name == name)
    has_process, other = session.execute(select(known_process, registered.scalar_subquery())).one()
    if not has_process:
        raise _unknown_process(process)
    if other != kind:
        raise InvalidInput(
            f"Parameter {name} of {process} is registered as {other}, not {kind}. "
            "A parameter keeps its type: register the new one under another name."
        )


def set_process_active(session: Session, call: Call, process: ProcessKey, active: bool) -> None:
    """Flip a process's IsActive; nothing is written when it stands so already.

    Raises:
        ProcessNotFound: The process is not registered.
    """
    changed = _flip(session, call, Process, process.matches(Process), active)
    if not changed and not session.scalar(select(exists().where(*process.matches(Process)))):
        raise _unknown_process(process)


def set_task_active(session: Session, call: Call, task: TaskKey, active: bool) -> None:
    """Flip a task's IsActive; nothing is written when it stands so already.

    Raises:
        TaskNotFound: The task is not registered.
    """
    changed = _flip(session, call, Task, task.matches(), active)
    if not changed and not session.scalar(select(exists().where(*task.matches()))):
        raise TaskNotFound(f"{task} is not registered. Register it with register_task().")


def _flip(session: Session, call: Call, kind: type[Process | Task], where: Conditions, active: bool) -> bool:
    statement: Executable = (
        update(kind)
        .where(*where, kind.is_active.is_distinct_from(active))
        .values(is_active=active, last_updated_on=call.now, last_updated_by=call.actor)
        .execution_options(synchronize_session=False)
    )
    return affected(session.execute(statement)) > 0


def _unknown_process(process: ProcessKey) -> ProcessNotFound:
    return ProcessNotFound(f"Process {process} is not registered. Register it first with register_process().")
