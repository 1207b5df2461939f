"""The catalogue: what should run. Four tables that people register into."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from etl_monitor_orm.models.base import Audited, Base, UTCDateTime, Word
from etl_monitor_orm.vocabulary import AdvanceMode, LoadFrequency, ParameterType, SourceType

if TYPE_CHECKING:
    from etl_monitor_orm.models.results import ProcessingStep


class SequenceStage(Audited, Base):
    """A stage: tasks of one stage can run in parallel, stages run in order (`ETLconfigSequence`)."""

    __tablename__ = "ETLconfigSequence"
    __table_args__ = {"comment": "Stages that order the tasks of a pass; 0 to 6 belong to the framework"}  # noqa: RUF012

    sequence_id: Mapped[int] = mapped_column(
        "SequenceID",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Position of the stage; custom ones start at 10",
    )
    sequence_code: Mapped[str] = mapped_column("SequenceCode", String, comment="Short code of the stage")
    sequence_name: Mapped[str | None] = mapped_column("SequenceName", String, comment="Name for people")
    sequence_description: Mapped[str | None] = mapped_column(
        "SequenceDescription", String, comment="What tasks of this stage do"
    )
    sort_order: Mapped[int | None] = mapped_column("SortOrder", Integer, comment="Order in listings")
    is_active: Mapped[bool | None] = mapped_column("IsActive", Boolean, comment="Whether the stage is in use")

    tasks: Mapped[list[Task]] = relationship(
        primaryjoin="SequenceStage.sequence_id == foreign(Task.sequence_id)",
        viewonly=True,
        lazy="raise",
        uselist=True,
    )


class Organisation(Audited, Base):
    """An organisation or division that owns projects (`ETLOrganisation`)."""

    __tablename__ = "ETLOrganisation"
    __table_args__ = {"comment": "Organisations and divisions that own projects"}  # noqa: RUF012

    organisation_code: Mapped[str] = mapped_column(
        "OrganisationCode", String, primary_key=True, comment="Short code of the organisation"
    )
    organisation_name: Mapped[str] = mapped_column("OrganisationName", String, comment="Name for people")
    organisation_description: Mapped[str] = mapped_column(
        "OrganisationDescription", String, comment="What the organisation does"
    )
    is_active: Mapped[bool | None] = mapped_column("IsActive", Boolean, comment="Whether the organisation is in use")

    projects: Mapped[list[Project]] = relationship(
        primaryjoin="Organisation.organisation_code == foreign(Project.organisation_code)",
        viewonly=True,
        lazy="raise",
        uselist=True,
        order_by="Project.project_code",
    )


class Project(Audited, Base):
    """A project that owns processes (`ETLconfigProject`)."""

    __tablename__ = "ETLconfigProject"
    __table_args__ = {"comment": "Projects that own processes"}  # noqa: RUF012

    project_code: Mapped[str] = mapped_column(
        "ProjectCode", String, primary_key=True, comment="Short code; processes name it"
    )
    organisation_code: Mapped[str | None] = mapped_column(
        "OrganisationCode", String, comment="Organisation that owns the project"
    )
    project_name: Mapped[str] = mapped_column("ProjectName", String, comment="Name for people")
    project_description: Mapped[str] = mapped_column("ProjectDescription", String, comment="What the project covers")
    is_active: Mapped[bool | None] = mapped_column("IsActive", Boolean, comment="Whether the project is in use")

    organisation: Mapped[Organisation | None] = relationship(
        primaryjoin="foreign(Project.organisation_code) == Organisation.organisation_code",
        viewonly=True,
        lazy="raise",
    )
    processes: Mapped[list[Process]] = relationship(
        primaryjoin="Project.project_code == foreign(Process.project_code)",
        viewonly=True,
        lazy="raise",
        uselist=True,
        order_by="Process.process_load",
    )


class Dated:
    """By when a process or a task is due, and on which days: last among its columns."""

    due_by: Mapped[str | None] = mapped_column(
        "DueBy", String, sort_order=204, comment="Local time and zone by which a date must be done"
    )
    late_after_seconds: Mapped[int | None] = mapped_column(
        "LateAfterSeconds", Integer, sort_order=205, comment="Longest acceptable time without a success, in seconds"
    )
    calendar: Mapped[str | None] = mapped_column(
        "Calendar", String, sort_order=206, comment="Processing dates on which it is due; NULL means all"
    )
    deadline_set_on: Mapped[datetime | None] = mapped_column(
        "DeadlineSetOn", UTCDateTime, sort_order=207, comment="When one of these last changed (UTC)"
    )
    active_set_on: Mapped[datetime | None] = mapped_column(
        "ActiveSetOn", UTCDateTime, sort_order=208, comment="When IsActive last changed (UTC)"
    )


class Process(Dated, Audited, Base):
    """A domain load, such as CORP / HR_DAILY (`ETLconfigProcess`)."""

    __tablename__ = "ETLconfigProcess"
    __table_args__ = {"comment": "Registered domain loads, one row each"}  # noqa: RUF012

    project_code: Mapped[str] = mapped_column(
        "ProjectCode", String, primary_key=True, comment="Project that owns the load"
    )
    process_load: Mapped[str] = mapped_column(
        "ProcessLoad", String, primary_key=True, comment="Name of the load within its project"
    )
    process_name: Mapped[str | None] = mapped_column("ProcessName", String, comment="Name for people")
    process_description: Mapped[str | None] = mapped_column(
        "ProcessDescription", String, comment="What the load delivers"
    )
    process_owner: Mapped[str | None] = mapped_column("ProcessOwner", String, comment="Person or team to ask")
    load_frequency: Mapped[LoadFrequency | None] = mapped_column(
        "LoadFrequency", Word(LoadFrequency), comment="How often it is due: D, W, M, Y, or A for ad hoc"
    )
    is_active: Mapped[bool | None] = mapped_column(
        "IsActive", Boolean, comment="Whether new runs may start; history stays either way"
    )

    tasks: Mapped[list[Task]] = relationship(
        primaryjoin="and_(Process.project_code == foreign(Task.project_code),"
        " Process.process_load == foreign(Task.process_load))",
        viewonly=True,
        lazy="raise",
        uselist=True,
        order_by="[Task.workflow_id, Task.sequence_id, Task.task_id]",
    )
    parameters: Mapped[list[Parameter]] = relationship(
        primaryjoin="and_(Process.project_code == foreign(Parameter.project_code),"
        " Process.process_load == foreign(Parameter.process_load))",
        viewonly=True,
        lazy="raise",
        uselist=True,
        order_by="Parameter.parameter_name",
    )


class Task(Dated, Audited, Base):
    """One unit of work of a process (`ETLconfigTasks`)."""

    __tablename__ = "ETLconfigTasks"
    __table_args__ = {"comment": "Units of work of each process, and where in its order they stand"}  # noqa: RUF012

    task_id: Mapped[int] = mapped_column(
        "TaskID",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Number within process and pass; 0 is the initiation",
    )
    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True, comment="Project of the process")
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, primary_key=True, comment="Process of the task")
    workflow_id: Mapped[int] = mapped_column(
        "WorkFlowID",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Pass over the data; 0 is the initiation",
    )
    sequence_id: Mapped[int] = mapped_column("SequenceID", Integer, comment="Stage within the pass")
    task_name: Mapped[str] = mapped_column("TaskName", String, comment="Name for people")
    task_description: Mapped[str | None] = mapped_column("TaskDescription", String, comment="What the task does")
    source_type: Mapped[SourceType | None] = mapped_column(
        "SourceType", Word(SourceType), comment="Kind of job: ADF_PIPELINE, DBX_JOB, DBX_NOTEBOOK or DATAFLOW"
    )
    source_identifier: Mapped[str | None] = mapped_column(
        "SourceIdentifier", String, comment="Which job: a pipeline's name, a notebook's path, a job's id"
    )
    source_system_code: Mapped[str | None] = mapped_column(
        "SourceSystemCode", String, comment="Name of the parameter that holds the task's watermark"
    )
    load_frequency: Mapped[LoadFrequency | None] = mapped_column(
        "LoadFrequency", Word(LoadFrequency), comment="How often it is due: D, W, M, Y, or A for ad hoc"
    )
    task_mandatory: Mapped[bool | None] = mapped_column(
        "TaskMandatory", Boolean, comment="Whether its failure blocks what follows"
    )
    expected_duration_seconds: Mapped[int | None] = mapped_column(
        "ExpectedDurationSeconds",
        Integer,
        comment="Longest acceptable duration in seconds; NULL means no limit",
    )
    is_active: Mapped[bool | None] = mapped_column(
        "IsActive", Boolean, comment="Whether runs include the task; history stays either way"
    )

    file_name_mask: Mapped[str | None] = mapped_column(
        "FileNameMask", String, sort_order=200, comment="Name of the file that it waits for, without date and extension"
    )
    file_extension: Mapped[str | None] = mapped_column(
        "FileExtension", String, sort_order=201, comment="Extension of that file, with its dot"
    )
    in_file_path: Mapped[str | None] = mapped_column(
        "InFilePath", String, sort_order=202, comment="Folder in which that file arrives"
    )
    out_file_path: Mapped[str | None] = mapped_column(
        "OutFilePath", String, sort_order=203, comment="Folder for what is made of it"
    )

    process: Mapped[Process | None] = relationship(
        primaryjoin="and_(foreign(Task.project_code) == Process.project_code,"
        " foreign(Task.process_load) == Process.process_load)",
        viewonly=True,
        lazy="raise",
    )
    stage: Mapped[SequenceStage | None] = relationship(
        primaryjoin="foreign(Task.sequence_id) == SequenceStage.sequence_id", viewonly=True, lazy="raise"
    )
    parameter: Mapped[Parameter | None] = relationship(
        primaryjoin="and_(foreign(Task.project_code) == Parameter.project_code,"
        " foreign(Task.process_load) == Parameter.process_load,"
        " foreign(Task.source_system_code) == Parameter.parameter_name)",
        viewonly=True,
        lazy="raise",
    )
    steps: Mapped[list[ProcessingStep]] = relationship(
        primaryjoin="and_(Task.project_code == foreign(ProcessingStep.project_code),"
        " Task.process_load == foreign(ProcessingStep.process_load),"
        " Task.workflow_id == foreign(ProcessingStep.workflow_id),"
        " Task.task_id == foreign(ProcessingStep.task_id))",
        viewonly=True,
        lazy="raise",
        uselist=True,
        order_by="[ProcessingStep.processing_date, ProcessingStep.attempts]",
    )


class Parameter(Audited, Base):
    """A watermark, a flag or the process's date (`ETLconfigParameters`)."""

    __tablename__ = "ETLconfigParameters"
    __table_args__ = {"comment": "Watermarks and settings of each process, typed"}  # noqa: RUF012

    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True, comment="Project of the process")
    process_load: Mapped[str] = mapped_column(
        "ProcessLoad", String, primary_key=True, comment="Process of the parameter"
    )
    parameter_name: Mapped[str] = mapped_column(
        "ParameterName", String, primary_key=True, comment="Name; tasks refer to it in SourceSystemCode"
    )
    parameter_description: Mapped[str | None] = mapped_column(
        "ParameterDescription", String, comment="What the value means"
    )
    parameter_type: Mapped[ParameterType] = mapped_column(
        "ParameterType",
        Word(ParameterType),
        comment="DELTA_DATE, DELTA_ID, FLAG or SYSTEM: which value counts",
    )
    value_int: Mapped[int | None] = mapped_column("ValueINT", BigInteger, comment="Value of a DELTA_ID")
    value_datetime: Mapped[datetime | None] = mapped_column(
        "ValueDateTime", UTCDateTime, comment="Value of a DELTA_DATE or SYSTEM parameter (UTC)"
    )
    value_bit: Mapped[bool | None] = mapped_column("ValueBIT", Boolean, comment="Value of a FLAG")
    set_on: Mapped[datetime | None] = mapped_column(
        "SetOn", UTCDateTime, sort_order=200, comment="When the value was last set explicitly (UTC)"
    )
    automatic_value: Mapped[datetime | None] = mapped_column(
        "AutomaticValue",
        UTCDateTime,
        sort_order=201,
        comment="What the last automatic advance wrote (UTC); another value was set from outside",
    )
    advance_mode: Mapped[AdvanceMode | None] = mapped_column(
        "AdvanceMode",
        Word(AdvanceMode),
        sort_order=202,
        comment="Whether DONE moves a DELTA_DATE: AUTOMATIC (also NULL) or MANUAL",
    )
    lag_seconds: Mapped[int | None] = mapped_column(
        "LagSeconds",
        Integer,
        sort_order=203,
        comment="Seconds by which an automatic advance stays behind the start, for rows that are committed late",
    )

    process: Mapped[Process | None] = relationship(
        primaryjoin="and_(foreign(Parameter.project_code) == Process.project_code,"
        " foreign(Parameter.process_load) == Process.process_load)",
        viewonly=True,
        lazy="raise",
    )
    tasks: Mapped[list[Task]] = relationship(
        primaryjoin="and_(Parameter.project_code == foreign(Task.project_code),"
        " Parameter.process_load == foreign(Task.process_load),"
        " Parameter.parameter_name == foreign(Task.source_system_code))",
        viewonly=True,
        lazy="raise",
        uselist=True,
    )

    @property
    def value(self) -> datetime | int | bool | None:
        """The active value: the one of the three value columns that the type selects."""
        return active_value(self.parameter_type, self.value_int, self.value_datetime, self.value_bit)


def active_value(
    kind: ParameterType, number: int | None, instant: datetime | None, switch: bool | None
) -> datetime | int | bool | None:
    """Return the one of a parameter's three values that its type selects."""
    match kind:
        case ParameterType.DELTA_ID:
            return number
        case ParameterType.FLAG:
            return switch
        case _:
            return instant
