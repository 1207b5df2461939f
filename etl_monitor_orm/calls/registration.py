"""Calls that describe what should run."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Self

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.described import NOT_GIVEN, NotGiven, entry
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.calls.listed import read_list
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.models import Holiday, Organisation, Parameter, Process, Project, SequenceStage, Task
from etl_monitor_orm.services import catalogue, registration
from etl_monitor_orm.services.entries import Kind
from etl_monitor_orm.vocabulary import AdvanceMode, LoadFrequency, ParameterType, SourceType


class RegistrationCalls(Calls):
    """Registers processes, stages, tasks, parameters, and who owns them. Each call can be repeated and chained.

    An argument that is left out leaves what is stored; None clears it.
    """

    def register(
        self, objects: Iterable[Organisation | Project | Process | SequenceStage | Task | Parameter | Holiday]
    ) -> Self:
        """Register a whole catalogue at once, or update it: much cheaper than a call for each row.

        Where nothing changed, this costs at most one statement a table, however many tasks there are. The rules are
        those of the single calls. An attribute that was never set leaves what is stored; None clears it. `is_active`
        switches a row on or off if it is set. Audit columns are the monitor's: what they say is ignored. Writes
        `ETLconfigProcess`, `ETLconfigSequence`, `ETLconfigTasks`, `ETLconfigParameters`, `ETLconfigProject`,
        `ETLOrganisation` and `ETLholidays`; where the database has transactions, all of it or nothing.

        Args:
            objects: New `Process`, `SequenceStage`, `Task`, `Parameter`, `Project`, `Organisation` and `Holiday`
                objects, in any order. Processes, stages and holidays that are registered already need not be among
                them.

        Raises:
            InvalidInput: An object cannot be read, or two of them describe one row differently; the error says which.
            ProcessNotFound: The process of a task or a parameter is neither registered nor among the objects.
            StageNotFound: The stage of a task is neither registered nor among the objects.

        Example:
            ```python
            monitor.register([
                Process(project_code="CORP", process_load="HR_DAILY", process_owner="HR team"),
                Task(project_code="CORP", process_load="HR_DAILY", task_id=1, workflow_id=1, sequence_id=2,
                     task_name="Load employees"),
            ])
            ```
        """
        self._runtime.run(catalogue.register_all, read_list(objects))
        return self

    def _register(self, kind: Kind, **said: object) -> Self:
        self._runtime.run(registration.register, entry(kind, said, arguments=True))
        return self

    def register_holidays(self, calendar_name: str, days: Iterable[date | str]) -> Self:
        """Add days on which nothing is due to a list of holidays (`ETLholidays`); calendars name the list.

        To take a day off the list, register it as `Holiday(..., is_active=False)` in a call of `register`.

        Args:
            calendar_name: Name of the list, such as germany.
            days: The days; ISO text is a date. Each can be registered again.

        Raises:
            InvalidInput: An argument cannot be read, or there is no day.

        Example:
            `monitor.register_holidays("germany", ["2026-12-25", "2026-12-26"])`
        """
        name = inputs.text("calendar_name", calendar_name)
        if isinstance(days, str) or not isinstance(days, Iterable):
            raise InvalidInput(f"days must be a list of dates, not {type(days).__name__}.")
        listed = sorted({inputs.day("days", day) for day in days})
        if not listed:
            raise InvalidInput("days has no day. Give at least one.")
        said = ({"calendar_name": name, "day": day, "is_active": True} for day in listed)
        self._runtime.run(catalogue.register_all, [entry(Holiday, one, arguments=True) for one in said])
        return self

    def register_organisation(
        self,
        organisation_code: str,
        organisation_name: str,
        organisation_description: str | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """Register an organisation, or update its description (`ETLOrganisation`).

        Args:
            organisation_code: Short code, such as CORP.
            organisation_name: Name for people.
            organisation_description: What it does.

        Raises:
            InvalidInput: An argument cannot be read.
        """
        return self._register(
            Organisation,
            organisation_code=organisation_code,
            organisation_name=organisation_name,
            organisation_description=organisation_description,
        )

    def register_project(
        self,
        project_code: str,
        project_name: str,
        project_description: str | NotGiven | None = NOT_GIVEN,
        organisation_code: str | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """Register a project, or update its description (`ETLconfigProject`).

        Processes name their project by its code, whether it is registered or not.

        Args:
            project_code: Short code, such as HR.
            project_name: Name for people.
            project_description: What it covers.
            organisation_code: Organisation that owns it; it need not be registered.

        Raises:
            InvalidInput: An argument cannot be read.
        """
        return self._register(
            Project,
            project_code=project_code,
            project_name=project_name,
            project_description=project_description,
            organisation_code=organisation_code,
        )

    def register_process(
        self,
        project_code: str,
        process_load: str,
        name: str | NotGiven | None = NOT_GIVEN,
        description: str | NotGiven | None = NOT_GIVEN,
        owner: str | NotGiven | None = NOT_GIVEN,
        load_frequency: LoadFrequency | str | NotGiven | None = NOT_GIVEN,
        *,
        due_by: str | NotGiven | None = NOT_GIVEN,
        late_after: int | NotGiven | None = NOT_GIVEN,
        calendar: str | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """Register a process, or update its description (`ETLconfigProcess`).

        Args:
            project_code: Project that owns the load.
            process_load: Name of the load within its project.
            name: Name for people.
            description: What the load delivers.
            owner: Person or team to ask.
            load_frequency: D, W, M, Y, or A for ad hoc; a new one is D.
            due_by: Local time and zone by which each processing date must be done, such as `06:00 Europe/Berlin`;
                `01:30 +1 Europe/Berlin` is on the day after the date.
            late_after: Longest acceptable time without a success, in seconds.
            calendar: Processing dates on which it is due, such as `Mon-Fri except germany` or
                `last workday of the month`; None means those of its frequency.

        Raises:
            InvalidInput: An argument cannot be read, or the calendar names holidays that are not registered.

        Example:
            `monitor.register_process("CORP", "HR_DAILY", name="HR daily load", owner="HR team")`
        """
        return self._register(
            Process,
            project_code=project_code,
            process_load=process_load,
            process_name=name,
            process_description=description,
            process_owner=owner,
            load_frequency=load_frequency,
            due_by=due_by,
            late_after_seconds=late_after,
            calendar=calendar,
        )

    def register_sequence(
        self,
        sequence_id: int,
        sequence_code: str,
        name: str | NotGiven | None = NOT_GIVEN,
        description: str | NotGiven | None = NOT_GIVEN,
        sort_order: int | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """Register your own stage, or update its description (`ETLconfigSequence`).

        Args:
            sequence_id: Position of the stage, 10 or above; 0 to 6 are the framework's.
            sequence_code: Short code.
            name: Name for people.
            description: What tasks of this stage do.
            sort_order: Order in listings; None, and a new stage without one: its position.

        Raises:
            InvalidInput: An argument cannot be read, or the position is below 10.
        """
        return self._register(
            SequenceStage,
            sequence_id=sequence_id,
            sequence_code=sequence_code,
            sequence_name=name,
            sequence_description=description,
            sort_order=sort_order,
        )

    def register_task(
        self,
        project_code: str,
        process_load: str,
        task_id: int,
        workflow_id: int,
        sequence_id: int,
        task_name: str,
        source_type: SourceType | str | NotGiven | None = NOT_GIVEN,
        source_identifier: str | NotGiven | None = NOT_GIVEN,
        source_system_code: str | NotGiven | None = NOT_GIVEN,
        task_description: str | NotGiven | None = NOT_GIVEN,
        load_frequency: LoadFrequency | str | NotGiven | None = NOT_GIVEN,
        task_mandatory: bool | NotGiven = NOT_GIVEN,
        expected_duration_seconds: int | NotGiven | None = NOT_GIVEN,
        *,
        file_name_mask: str | NotGiven | None = NOT_GIVEN,
        file_extension: str | NotGiven | None = NOT_GIVEN,
        in_file_path: str | NotGiven | None = NOT_GIVEN,
        out_file_path: str | NotGiven | None = NOT_GIVEN,
        due_by: str | NotGiven | None = NOT_GIVEN,
        late_after: int | NotGiven | None = NOT_GIVEN,
        calendar: str | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """Register a task, or update its description (`ETLconfigTasks`).

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
            load_frequency: D, W, M, Y, or A for ad hoc; a new one is D.
            task_mandatory: Whether its failure blocks what follows; a new one's does.
            expected_duration_seconds: Longest acceptable duration in seconds; None means no limit.
            file_name_mask: Name of the file that the task waits for, without date and extension. The file of a date is
                called `MASK_YYYYMMDD`, `MASK_YYYYMM` or `MASK_YYYY` and its extension, for a task that is due D, M or
                Y; a step has that name in `FullFileName`.
            file_extension: Extension of the file, with its dot.
            in_file_path: Folder in which the file arrives.
            out_file_path: Folder for what is made of it.
            due_by: Local time and zone by which each processing date must be done, such as `06:00 Europe/Berlin`;
                `01:30 +1 Europe/Berlin` is on the day after the date.
            late_after: Longest acceptable time in seconds without a success, and without its watermark moving.
            calendar: Processing dates on which it is due, such as `Mon-Fri except germany` or
                `last workday of the month`; None means those of the process.

        Raises:
            InvalidInput: An argument cannot be read, only some of the three ids are 0, or the calendar names holidays
                that are not registered.
            ProcessNotFound: The process is not registered.
            StageNotFound: The stage is not registered.
        """
        return self._register(
            Task,
            project_code=project_code,
            process_load=process_load,
            task_id=task_id,
            workflow_id=workflow_id,
            sequence_id=sequence_id,
            task_name=task_name,
            source_type=source_type,
            source_identifier=source_identifier,
            source_system_code=source_system_code,
            task_description=task_description,
            load_frequency=load_frequency,
            task_mandatory=task_mandatory,
            expected_duration_seconds=expected_duration_seconds,
            file_name_mask=file_name_mask,
            file_extension=file_extension,
            in_file_path=in_file_path,
            out_file_path=out_file_path,
            due_by=due_by,
            late_after_seconds=late_after,
            calendar=calendar,
        )

    def register_parameter(
        self,
        project_code: str,
        process_load: str,
        parameter_name: str,
        parameter_type: ParameterType | str,
        description: str | NotGiven | None = NOT_GIVEN,
        value_datetime: datetime | date | str | None = None,
        value_int: int | None = None,
        value_bit: bool | None = None,
        *,
        advance_mode: AdvanceMode | str | NotGiven | None = NOT_GIVEN,
        lag_seconds: int | NotGiven | None = NOT_GIVEN,
    ) -> Self:
        """Register a parameter with its first value, or update its description (`ETLconfigParameters`).

        A parameter that exists keeps its value, whatever is passed here. `advance_mode` and `lag_seconds` are part of
        the description: left out, they stay as they are; None clears them.

        Args:
            project_code: Project of the process.
            process_load: The process.
            parameter_name: Name; tasks refer to it in `source_system_code`.
            parameter_type: DELTA_DATE, DELTA_ID, FLAG, or SYSTEM for SYSDT alone.
            description: What the value means.
            value_datetime: First value of a DELTA_DATE or SYSTEM parameter (naive means UTC).
            value_int: First value of a DELTA_ID.
            value_bit: First value of a FLAG.
            advance_mode: AUTOMATIC (also None): DONE moves a DELTA_DATE; MANUAL: only an explicit call or a value
                staged in a task does.
            lag_seconds: Seconds by which DONE leaves a DELTA_DATE behind the step's start, for rows that are
                committed late; None means 0.

        Raises:
            InvalidInput: An argument cannot be read or does not fit the type, the parameter exists with
                another type, or only one of SYSTEM and SYSDT is given.
            ProcessNotFound: The process is not registered.
        """
        return self._register(
            Parameter,
            project_code=project_code,
            process_load=process_load,
            parameter_name=parameter_name,
            parameter_type=parameter_type,
            parameter_description=description,
            value_datetime=value_datetime,
            value_int=value_int,
            value_bit=value_bit,
            advance_mode=advance_mode,
            lag_seconds=lag_seconds,
        )

    def activate_process(self, project_code: str, process_load: str) -> Self:
        """Let a process run again (`ETLconfigProcess.IsActive`).

        Args:
            project_code: The project.
            process_load: The process.

        Raises:
            ProcessNotFound: The process is not registered.
        """
        self._runtime.run(registration.set_process_active, inputs.process(project_code, process_load), True)
        return self

    def deactivate_process(self, project_code: str, process_load: str) -> Self:
        """Refuse new runs of a process; its history stays (`ETLconfigProcess.IsActive`).

        Args:
            project_code: The project.
            process_load: The process.

        Raises:
            ProcessNotFound: The process is not registered.
        """
        self._runtime.run(registration.set_process_active, inputs.process(project_code, process_load), False)
        return self

    def activate_task(self, project_code: str, process_load: str, task_id: int, workflow_id: int) -> Self:
        """Include a task in runs again (`ETLconfigTasks.IsActive`).

        Args:
            project_code: The project.
            process_load: The process.
            task_id: The task within process and pass.
            workflow_id: The pass.

        Raises:
            TaskNotFound: The task is not registered.
        """
        self._runtime.run(
            registration.set_task_active, inputs.task(project_code, process_load, task_id, workflow_id), True
        )
        return self

    def deactivate_task(self, project_code: str, process_load: str, task_id: int, workflow_id: int) -> Self:
        """Leave a task out of runs; its history stays (`ETLconfigTasks.IsActive`).

        Args:
            project_code: The project.
            process_load: The process.
            task_id: The task within process and pass.
            workflow_id: The pass.

        Raises:
            TaskNotFound: The task is not registered.
        """
        self._runtime.run(
            registration.set_task_active, inputs.task(project_code, process_load, task_id, workflow_id), False
        )
        return self
