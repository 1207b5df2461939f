"""Calls that describe what should run: each says all of a row, so what is left out is empty."""

from __future__ import annotations

from typing import Self

from etl_monitor_orm.models import SequenceStage
from etl_monitor_orm.services import catalogue
from etl_monitor_orm.services.entries import Entry
from etl_monitor_orm.spark_edition.base import EditionCalls
from etl_monitor_orm.vocabulary import BUILT_IN_STAGES


class RegisteringCalls(EditionCalls):
    """Registers organisations, projects, processes, tasks and parameters. Each call can be repeated and chained."""

    def seed_sequence_data(self) -> None:
        """Add those of the seven stages that are missing; what is there stays (`ETLconfigSequence`)."""
        stages = [
            Entry(
                SequenceStage,
                key={"SequenceID": stage.sequence_id},
                given={},
                defaults={
                    "SequenceCode": stage.code,
                    "SequenceName": stage.name,
                    "SequenceDescription": stage.description,
                    "SortOrder": stage.sequence_id,
                    "IsActive": True,
                },
                fixed={},
                first={},
            )
            for stage in BUILT_IN_STAGES
        ]
        self._runtime.run(catalogue.register_all, stages)

    def register_organisation(
        self, organisation_code: str, organisation_name: str, organisation_description: str = ""
    ) -> Self:
        """Register an organisation, or update its description (`ETLOrganisation`).

        Args:
            organisation_code: Short code, such as CORP.
            organisation_name: Name for people.
            organisation_description: What it does.

        Raises:
            InvalidInput: An argument cannot be read.
        """
        self.monitor.register_organisation(organisation_code, organisation_name, organisation_description)
        return self

    def register_project(
        self, project_code: str, project_name: str, project_description: str = "", organisation_code: str = ""
    ) -> Self:
        """Register a project, or update its description (`ETLconfigProject`).

        Args:
            project_code: Short code, such as HR.
            project_name: Name for people.
            project_description: What it covers.
            organisation_code: Organisation that owns it.

        Raises:
            InvalidInput: An argument cannot be read.
        """
        self.monitor.register_project(project_code, project_name, project_description, organisation_code)
        return self

    def register_process(
        self,
        project_code: str,
        process_load: str,
        name: str = "",
        description: str = "",
        owner: str = "",
        load_frequency: str = "D",
    ) -> Self:
        """Register a process, or update its description (`ETLconfigProcess`).

        Args:
            project_code: Project that owns the load.
            process_load: Name of the load within its project.
            name: Name for people.
            description: What the load delivers.
            owner: Person or team to ask.
            load_frequency: D, W, M, Y, or A for ad hoc.

        Raises:
            InvalidInput: An argument cannot be read.
        """
        self.monitor.register_process(
            project_code, process_load, name or None, description or None, owner or None, load_frequency
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
        source_type: str = "",
        source_identifier: str = "",
        source_system_code: str = "",
        task_description: str = "",
        load_frequency: str = "D",
        task_mandatory: bool = True,
        file_name_mask: str = "",
        file_extension: str = "",
        in_file_path: str = "",
        out_file_path: str = "",
    ) -> Self:
        """Register a task, or update its description (`ETLconfigTasks`).

        Args:
            project_code: Project of the process.
            process_load: The process.
            task_id: Number within the pass; 0 is the initiation.
            workflow_id: The pass; 0 is the initiation's.
            sequence_id: The stage; 0 is the initiation's.
            task_name: Name for people.
            source_type: ADF_PIPELINE, DBX_JOB, DBX_NOTEBOOK or DATAFLOW.
            source_identifier: Which job: a pipeline's name, a notebook's path, a job's id.
            source_system_code: Name of the parameter that holds the task's watermark.
            task_description: What the task does.
            load_frequency: D, W, M, Y, or A for ad hoc.
            task_mandatory: Whether its failure blocks what follows.
            file_name_mask: Name of the file that it waits for, without date and extension.
            file_extension: Extension of the file, with its dot.
            in_file_path: Folder in which the file arrives.
            out_file_path: Folder for what is made of it.

        Raises:
            InvalidInput: An argument cannot be read, or only some of the three ids are 0.
            ProcessNotFound: The process is not registered.
            StageNotFound: The stage is not registered.
        """
        self.monitor.register_task(
            project_code,
            process_load,
            task_id,
            workflow_id,
            sequence_id,
            task_name,
            source_type,
            source_identifier or None,
            source_system_code,
            task_description or None,
            load_frequency,
            task_mandatory,
            file_name_mask=file_name_mask,
            file_extension=file_extension,
            in_file_path=in_file_path,
            out_file_path=out_file_path,
        )
        return self

    def register_parameter(
        self,
        project_code: str,
        process_load: str,
        parameter_name: str,
        parameter_type: str,
        description: str = "",
        value_datetime: str | None = None,
        value_int: int | None = None,
        value_bit: bool | None = None,
    ) -> Self:
        """Register a parameter with its first value, or update its description (`ETLconfigParameters`).

        Args:
            project_code: Project of the process.
            process_load: The process.
            parameter_name: Name; tasks refer to it in `source_system_code`.
            parameter_type: DELTA_DATE, DELTA_ID, FLAG, or SYSTEM for SYSDT alone.
            description: What the value means.
            value_datetime: First value of a DELTA_DATE (naive means UTC).
            value_int: First value of a DELTA_ID.
            value_bit: First value of a FLAG.

        Raises:
            InvalidInput: An argument cannot be read or does not fit the type, or the parameter exists with another.
            ProcessNotFound: The process is not registered.
        """
        self.monitor.register_parameter(
            project_code,
            process_load,
            parameter_name,
            parameter_type,
            description or None,
            value_datetime,
            value_int,
            value_bit,
        )
        return self
