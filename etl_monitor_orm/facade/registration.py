"""Calls that describe what should run."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.facade.calls import Calls
from etl_monitor_orm.services import registration
from etl_monitor_orm.services.keys import TaskKey, process_key
from etl_monitor_orm.services.registration import ParameterValue, TaskDescription
from etl_monitor_orm.vocabulary import (
    FIRST_CUSTOM_STAGE,
    INITIATION_ID,
    SYSTEM_DATE,
    LoadFrequency,
    ParameterType,
    SourceType,
)


class RegistrationCalls(Calls):
    """Registers processes, stages, tasks and parameters. Each call may be repeated, and chained."""

    def register_process(
        self,
        project_code: str,
        process_load: str,
        name: str | None = None,
        description: str | None = None,
        owner: str | None = None,
        load_frequency: LoadFrequency | str | None = LoadFrequency.DAILY,
    ) -> Self:
        """Register a process, or describe it anew (`ETLconfigProcess`).

        Args:
            project_code: Project that owns the load.
            process_load: Name of the load within its project.
            name: Name for people.
            description: What the load delivers.
            owner: Person or team to ask.
            load_frequency: D, W, M, Y, or A for ad hoc.

        Raises:
            InvalidInput: An argument cannot be read.

        Example:
            `monitor.register_process("CORP", "HR_DAILY", name="HR daily load", owner="HR team")`
        """
        self._runtime.run(
            registration.register_process,
            process_key(project_code, process_load),
            name=inputs.optional_text("name", name),
            description=inputs.optional_text("description", description),
            owner=inputs.optional_text("owner", owner),
            load_frequency=inputs.optional_choice("load_frequency", LoadFrequency, load_frequency),
        )
        return self

    def register_sequence(
        self,
        sequence_id: int,
        sequence_code: str,
        name: str | None = None,
        description: str | None = None,
        sort_order: int | None = None,
    ) -> Self:
        """Register a stage of one's own, or describe it anew (`ETLconfigSequence`).

        Args:
            sequence_id: Position of the stage, 10 or above; 0 to 6 are the framework's.
            sequence_code: Short code.
            name: Name for people.
            description: What tasks of this stage do.
            sort_order: Order in listings; else the position.

        Raises:
            InvalidInput: An argument cannot be read, or the position is below 10.
        """
        position = inputs.integer("sequence_id", sequence_id)
        if position < FIRST_CUSTOM_STAGE:
            raise InvalidInput(
                f"sequence_id is {position}; stages below {FIRST_CUSTOM_STAGE} belong to the framework. "
                f"Use {FIRST_CUSTOM_STAGE} or above."
            )
        order = inputs.optional_integer("sort_order", sort_order)
        self._runtime.run(
            registration.register_stage,
            position,
            code=inputs.text("sequence_code", sequence_code),
            name=inputs.optional_text("name", name),
            description=inputs.optional_text("description", description),
            sort_order=position if order is None else order,
        )
        return self

    def register_task(
        self,
        project_code: str,
        process_load: str,
        task_id: int,
        workflow_id: int,
        sequence_id: int,
        task_name: str,
        source_type: SourceType | str | None = None,
        source_identifier: str | None = None,
        source_system_code: str | None = None,
        task_description: str | None = None,
        load_frequency: LoadFrequency | str | None = LoadFrequency.DAILY,
        task_mandatory: bool = True,
        expected_duration_seconds: int | None = None,
    ) -> Self:
        """Register a task, or describe it anew (`ETLconfigTasks`).

        Args:
            project_code: Project of the process.
            process_load: The process.
            task_id: Number within the pass; 0 is the initiation.
            workflow_id: The pass; 0 is the initiation's.
            sequence_id: The stage; 0 is the initiation's.
            task_name: Name for people.
            source_type: ADF_PIPELINE, DBX_JOB, DBX_NOTEBOOK or DATAFLOW; None for any other kind.
            source_identifier: Which job: a pipeline's name, a notebook's path, a job's id.
            source_system_code: Name of the parameter that holds the task's watermark.
            task_description: What the task does.
            load_frequency: D, W, M, Y, or A for ad hoc.
            task_mandatory: Whether its failure blocks what follows.
            expected_duration_seconds: Longest acceptable duration in seconds; None means no limit.

        Raises:
            InvalidInput: An argument cannot be read, or only some of the three ids are 0.
            ProcessNotFound: The process is not registered.
            StageNotFound: The stage is not registered.
        """
        ids = (
            inputs.integer("task_id", task_id),
            inputs.integer("workflow_id", workflow_id),
            inputs.integer("sequence_id", sequence_id),
        )
        if INITIATION_ID in ids and any(part != INITIATION_ID for part in ids):
            raise InvalidInput(
                f"task_id={task_id}, workflow_id={workflow_id}, sequence_id={sequence_id}: 0 marks the initiation, "
                "so either all three are 0 or none is."
            )
        self._runtime.run(
            registration.register_task,
            TaskKey(process_key(project_code, process_load), ids[0], ids[1]),
            TaskDescription(
                sequence_id=ids[2],
                task_name=inputs.text("task_name", task_name),
                task_description=inputs.optional_text("task_description", task_description),
                source_type=inputs.optional_choice("source_type", SourceType, source_type),
                source_identifier=inputs.optional_text("source_identifier", source_identifier) or None,
                source_system_code=inputs.optional_text("source_system_code", source_system_code) or None,
                load_frequency=inputs.optional_choice("load_frequency", LoadFrequency, load_frequency),
                task_mandatory=inputs.boolean("task_mandatory", task_mandatory),
                expected_duration_seconds=inputs.optional_integer(
                    "expected_duration_seconds", expected_duration_seconds
                ),
            ),
        )
        return self

    def register_parameter(
        self,
        project_code: str,
        process_load: str,
        parameter_name: str,
        parameter_type: ParameterType | str,
        description: str | None = None,
        value_datetime: datetime | date | str | None = None,
        value_int: int | None = None,
        value_bit: bool | None = None,
    ) -> Self:
        """Register a parameter with its first value, or describe it anew (`ETLconfigParameters`).

        A value that is live already stays, whatever is passed here.

        Args:
            project_code: Project of the process.
            process_load: The process.
            parameter_name: Name; tasks refer to it in `source_system_code`.
            parameter_type: DELTA_DATE, DELTA_ID, FLAG, or SYSTEM for SYSDT alone.
            description: What the value means.
            value_datetime: First value of a DELTA_DATE or SYSTEM parameter (naive means UTC).
            value_int: First value of a DELTA_ID.
            value_bit: First value of a FLAG.

        Raises:
            InvalidInput: An argument cannot be read, a value does not fit the type, the parameter exists with
                another type, or SYSTEM and SYSDT do not go together.
            ProcessNotFound: The process is not registered.
        """
        name = inputs.text("parameter_name", parameter_name)
        kind = inputs.choice("parameter_type", ParameterType, parameter_type)
        if (kind is ParameterType.SYSTEM) != (name == SYSTEM_DATE):
            raise InvalidInput(
                f"Parameter {name} cannot be a {kind}: SYSTEM is the type of {SYSTEM_DATE}, and of nothing else."
            )
        self._runtime.run(
            registration.register_parameter,
            process_key(project_code, process_load),
            name,
            kind,
            inputs.optional_text("description", description),
            ParameterValue.read(kind, value_int, value_datetime, value_bit),
        )
        return self

    def activate_process(self, project_code: str, process_load: str) -> Self:
        """Let a process run again (`ETLconfigProcess.IsActive`).

        Raises:
            ProcessNotFound: The process is not registered.
        """
        self._runtime.run(registration.set_process_active, process_key(project_code, process_load), True)
        return self

    def deactivate_process(self, project_code: str, process_load: str) -> Self:
        """Refuse new runs of a process; its history stays (`ETLconfigProcess.IsActive`).

        Raises:
            ProcessNotFound: The process is not registered.
        """
        self._runtime.run(registration.set_process_active, process_key(project_code, process_load), False)
        return self

    def activate_task(self, project_code: str, process_load: str, task_id: int, workflow_id: int) -> Self:
        """Include a task in runs again (`ETLconfigTasks.IsActive`).

        Raises:
            TaskNotFound: The task is not registered.
        """
        self._runtime.run(registration.set_task_active, _task(project_code, process_load, task_id, workflow_id), True)
        return self

    def deactivate_task(self, project_code: str, process_load: str, task_id: int, workflow_id: int) -> Self:
        """Leave a task out of runs; its history stays (`ETLconfigTasks.IsActive`).

        Raises:
            TaskNotFound: The task is not registered.
        """
        self._runtime.run(registration.set_task_active, _task(project_code, process_load, task_id, workflow_id), False)
        return self


def _task(project_code: str, process_load: str, task_id: int, workflow_id: int) -> TaskKey:
    return TaskKey(
        process_key(project_code, process_load),
        inputs.integer("task_id", task_id),
        inputs.integer("workflow_id", workflow_id),
    )
