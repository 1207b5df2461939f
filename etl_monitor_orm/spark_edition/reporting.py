"""Calls that report, reset, and set watermarks and modes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal, overload

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput, ParameterNotFound
from etl_monitor_orm.services.scopes import Narrowing, Scope
from etl_monitor_orm.spark_edition import reading
from etl_monitor_orm.spark_edition.base import EditionCalls
from etl_monitor_orm.spark_edition.frames import Frame
from etl_monitor_orm.spark_edition.rows import Setting, Step, Summary


class ReportingCalls(EditionCalls):
    """Reads and sets watermarks and modes; reports the status of steps, and resets them."""

    def advance_watermark(
        self,
        project_code: str,
        process_load: str,
        parameter_name: str,
        new_datetime_value: datetime | date | str | None = None,
        new_int_value: int | None = None,
    ) -> None:
        """Move a watermark by hand, in either direction (`ETLconfigParameters`).

        Args:
            project_code: The project.
            process_load: The process.
            parameter_name: The watermark.
            new_datetime_value: New value of a DELTA_DATE (naive means UTC).
            new_int_value: New value of a DELTA_ID.

        Raises:
            ParameterNotFound: The parameter is not registered.
            InvalidInput: The value does not fit the parameter's type, or not one value was given.
        """
        self.monitor.advance_watermark(
            project_code, process_load, parameter_name, new_datetime_value, new_int_value, allow_rewind=True
        )

    def get_active_watermark(
        self, project_code: str, process_load: str, parameter_name: str
    ) -> datetime | int | bool | None:
        """Return a parameter's active value, by its type; a time is UTC, without saying so (`ETLconfigParameters`).

        Args:
            project_code: The project.
            process_load: The process.
            parameter_name: The parameter.

        Returns:
            The value; None if it is NULL, or there is no such parameter.
        """
        try:
            value = self.monitor.get_active_watermark(project_code, process_load, parameter_name)
        except ParameterNotFound:
            return None
        return value.replace(tzinfo=None) if isinstance(value, datetime) else value

    @overload
    def get_status(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        task_id: int | None = None,
        attempts: int | None = None,
        summary_mode: Literal[False] = False,
    ) -> Frame[Step]: ...

    @overload
    def get_status(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        task_id: int | None = None,
        attempts: int | None = None,
        *,
        summary_mode: Literal[True],
    ) -> Frame[Summary]: ...

    def get_status(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        task_id: int | None = None,
        attempts: int | None = None,
        summary_mode: bool = False,
    ) -> Frame[Step] | Frame[Summary]:
        """Return the steps of a process on a date, or one row for each attempt of the date (`ETLProcessingSteps`).

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date; else the run's latest, else the SYSDT parameter's, else the latest that has
                steps.
            execution_id: Only this run: the attempts that are current in it. Without it: all attempts of the date.
            workflow_id: Only this pass.
            sequence_id: Only this stage.
            task_id: Only this task.
            attempts: Only attempts with this number.
            summary_mode: Return one row for each number, with times and the initiation's status; the arguments after
                the date choose nothing then, except that a run says which date.

        Raises:
            InvalidInput: An argument cannot be read.
        """
        scope = Scope.read(
            inputs.process(project_code, process_load),
            processing_date=processing_date or None,
            execution_id=execution_id or None,
            only=Narrowing.read(workflow_id=workflow_id, sequence_id=sequence_id, task_id=task_id),
        )
        number = inputs.optional_integer("attempts", attempts)
        if inputs.boolean("summary_mode", summary_mode):
            return Frame(Summary, self._runtime.run(reading.summary, scope))
        return Frame(Step, self._runtime.run(reading.status, scope, number))

    def status_reset(
        self,
        project_code: str,
        process_load: str,
        processing_date: date | str | None = None,
        execution_id: str | None = None,
        workflow_id: int | None = None,
        sequence_id: int | None = None,
        task_id: int | None = None,
        attempts: int | None = None,
        remark: str | None = None,
    ) -> None:
        """Queue a date, or a run, to be done again: DONE, failed and skipped steps as new attempts.

        The attempts so far stay as they were (`ETLProcessingSteps`).

        Args:
            project_code: The project.
            process_load: The process.
            processing_date: The date; else the run's latest, else the SYSDT parameter's, else today (UTC).
            execution_id: Only this run.
            workflow_id: Only this pass.
            sequence_id: Only this stage.
            task_id: Only this task.
            attempts: Only steps whose current attempt has this number.
            remark: Message of the new attempts.

        Raises:
            NotFoundError: There is no such process, run or task; or nobody named the date, and it has no steps.
        """
        self.monitor.status_reset(
            project_code,
            process_load,
            processing_date or None,
            execution_id or None,
            workflow_id,
            sequence_id,
            task_id,
            attempts,
            remark or None,
            replay=True,
        )

    def set_processing_mode(
        self,
        project_code: str,
        process_load: str,
        is_bulk_mode: bool = False,
        is_historic_mode: bool = False,
        processing_date: date | str | None = None,
        parameter_name: str | None = None,
        value_datetime: datetime | date | str | None = None,
        value_int: int | None = None,
        value_bit: bool | None = None,
    ) -> None:
        """Make a process historic or live, and then bulk, or change one parameter; print the parameters.

        Every call sets SYSDT: to the date in historic mode, else to NULL, which is live. Bulk mode sets every
        DELTA_DATE to NULL and every DELTA_ID to 0 (`ETLconfigParameters`).

        Args:
            project_code: The project.
            process_load: The process.
            is_bulk_mode: Read all data again.
            is_historic_mode: Work on a past date.
            processing_date: That date.
            parameter_name: Change this parameter too, to one of the values below; not in bulk mode.
            value_datetime: New value of a DELTA_DATE or SYSTEM parameter (naive means UTC).
            value_int: New value of a DELTA_ID.
            value_bit: New value of a FLAG.

        Raises:
            ProcessNotFound: The process is not registered.
            ParameterNotFound: The parameter is not registered.
            InvalidInput: Historic mode lacks its date, or a value does not fit its parameter.
        """
        process = inputs.process(project_code, process_load)
        historic = inputs.boolean("is_historic_mode", is_historic_mode)
        if historic and not processing_date:
            raise InvalidInput("is_historic_mode=True needs the date to work on. Pass processing_date= too.")
        self.monitor.set_processing_mode(
            project_code,
            process_load,
            is_historic_mode=historic,
            historic_date=processing_date if historic else None,
        )
        if inputs.boolean("is_bulk_mode", is_bulk_mode):
            self.monitor.set_processing_mode(project_code, process_load, is_bulk_mode=True)
        elif parameter_name:
            self.monitor.set_processing_mode(
                project_code,
                process_load,
                parameter_name=parameter_name,
                value_datetime=value_datetime,
                value_int=value_int,
                value_bit=value_bit,
            )
        Frame(Setting, self._runtime.run(reading.settings, process)).show(truncate=False)
