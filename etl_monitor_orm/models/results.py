"""The results: what ran. Two tables that the monitor writes."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, Identity, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from etl_monitor_orm.models.base import Base, UTCDateTime, Word, index
from etl_monitor_orm.models.catalogue import Process, SequenceStage, Task
from etl_monitor_orm.vocabulary import QUEUED, LogType, SourceType, Status


class ProcessingStep(Base):
    """One attempt of one step: a task on one date of its process (`ETLProcessingSteps`)."""

    __tablename__ = "ETLProcessingSteps"
    __table_args__ = (
        index("ix_ETLProcessingSteps_ExecutionID", "ExecutionID"),
        index("ix_ETLProcessingSteps_failed", "ProcessingDate", where="\"Status\" = 'FAIL'"),
        {"comment": "Every attempt of every step, with its state, times and message"},
    )

    processing_date: Mapped[date] = mapped_column(
        "ProcessingDate", Date, primary_key=True, comment="Business date that the run works on"
    )
    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True, comment="Project of the process")
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, primary_key=True, comment="Process of the run")
    execution_id: Mapped[str] = mapped_column(
        "ExecutionID", String, primary_key=True, comment="The run: one execution on one date"
    )
    workflow_id: Mapped[int] = mapped_column(
        "WorkFlowID",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Pass over the data; 0 is the initiation",
    )
    task_id: Mapped[int] = mapped_column(
        "TaskID", Integer, primary_key=True, autoincrement=False, comment="Task within process and pass"
    )
    sequence_id: Mapped[int] = mapped_column(
        "SequenceID", Integer, primary_key=True, autoincrement=False, comment="Stage within the pass"
    )
    attempts: Mapped[int] = mapped_column(
        "Attempts",
        Integer,
        primary_key=True,
        autoincrement=False,
        comment="Number of this attempt, counted from 0 per process and date",
    )
    status: Mapped[Status] = mapped_column("Status", Word(Status), comment="NQUE, RQUE, DONE or FAIL")
    task_name: Mapped[str | None] = mapped_column("TaskName", String, comment="The task's name when it was queued")
    sequence_code: Mapped[str | None] = mapped_column(
        "SequenceCode", String, comment="The stage's code when it was queued"
    )
    task_mandatory: Mapped[bool | None] = mapped_column(
        "TaskMandatory", Boolean, comment="Whether failure blocks what follows, as of when it was queued"
    )
    source_system_code: Mapped[str | None] = mapped_column(
        "SourceSystemCode", String, comment="The task's watermark parameter when it was queued"
    )
    start_time: Mapped[datetime | None] = mapped_column(
        "StartTime", UTCDateTime, comment="When the work began (UTC); NULL while queued"
    )
    end_time: Mapped[datetime | None] = mapped_column("EndTime", UTCDateTime, comment="When the work ended (UTC)")
    duration_seconds: Mapped[int | None] = mapped_column(
        "DurationSeconds", Integer, comment="Whole seconds from start to end; NULL when never started"
    )
    log_message: Mapped[str | None] = mapped_column(
        "LogMessage", String, comment="Last word of the job, at most 2,000 characters"
    )
    log_type: Mapped[LogType | None] = mapped_column("LogType", Word(LogType), comment="INFO, WARN or ERROR")
    log_code: Mapped[str | None] = mapped_column("LogCode", String, comment="Code of the message, for programs")
    source_type: Mapped[SourceType | None] = mapped_column("SourceType", Word(SourceType), comment="Kind of job")
    source_run_id: Mapped[str | None] = mapped_column(
        "SourceRunID", String, comment="The job's own run id where it ran"
    )
    cluster_id: Mapped[str | None] = mapped_column("ClusterID", String, comment="Cluster that did the work")
    last_updated_on: Mapped[datetime | None] = mapped_column(
        "LastUpdatedOn", UTCDateTime, comment="When the row last changed, heartbeats included (UTC)"
    )
    last_updated_by: Mapped[str | None] = mapped_column("LastUpdatedBy", String, comment="Who last changed the row")
    expected_duration_seconds: Mapped[int | None] = mapped_column(
        "ExpectedDurationSeconds",
        Integer,
        comment="Longest acceptable duration in seconds when it was queued; NULL means no limit",
    )
    full_file_name: Mapped[str | None] = mapped_column(
        "FullFileName", String, comment="File of this date that the task waits for"
    )
    in_file_path: Mapped[str | None] = mapped_column(
        "InFilePath", String, comment="Folder in which the file arrives, as of when it was queued"
    )
    out_file_path: Mapped[str | None] = mapped_column(
        "OutFilePath", String, comment="Folder for what is made of it, as of when it was queued"
    )
    force_skip: Mapped[bool | None] = mapped_column(
        "ForceSkip", Boolean, comment="Whether this run leaves the task out"
    )

    task: Mapped[Task | None] = relationship(
        primaryjoin="and_(foreign(ProcessingStep.project_code) == Task.project_code,"
        " foreign(ProcessingStep.process_load) == Task.process_load,"
        " foreign(ProcessingStep.workflow_id) == Task.workflow_id,"
        " foreign(ProcessingStep.task_id) == Task.task_id)",
        viewonly=True,
        lazy="raise",
    )
    process: Mapped[Process | None] = relationship(
        primaryjoin="and_(foreign(ProcessingStep.project_code) == Process.project_code,"
        " foreign(ProcessingStep.process_load) == Process.process_load)",
        viewonly=True,
        lazy="raise",
    )
    stage: Mapped[SequenceStage | None] = relationship(
        primaryjoin="foreign(ProcessingStep.sequence_id) == SequenceStage.sequence_id",
        viewonly=True,
        lazy="raise",
    )
    logs: Mapped[list[SysLog]] = relationship(
        primaryjoin="and_(ProcessingStep.processing_date == foreign(SysLog.processing_date),"
        " ProcessingStep.project_code == foreign(SysLog.project_code),"
        " ProcessingStep.process_load == foreign(SysLog.process_load),"
        " ProcessingStep.execution_id == foreign(SysLog.execution_id))",
        viewonly=True,
        lazy="raise",
        uselist=True,
        order_by="SysLog.id",
    )

    @property
    def is_running(self) -> bool:
        """Whether the step is queued, was started and has not ended."""
        return is_at_work(self.status, self.start_time, self.end_time)


def is_at_work(status: Status, start: datetime | None, end: datetime | None) -> bool:
    """Return whether an attempt is queued, was started and has not ended."""
    return status in QUEUED and start is not None and end is None


class SysLog(Base):
    """One run receipt or log record, appended and never changed (`ETLsysLogs`)."""

    __tablename__ = "ETLsysLogs"
    __table_args__ = (
        index("ix_ETLsysLogs_ExecutionID", "ExecutionID", "ProcessingDate"),
        {"comment": "Run receipts and log records, append-only"},
    )

    id: Mapped[int] = mapped_column(
        "_ID",
        BigInteger,
        Identity(always=True),
        primary_key=True,
        comment="Number of the row, given by the database",
    )
    processing_date: Mapped[date | None] = mapped_column("ProcessingDate", Date, comment="Business date of the run")
    project_code: Mapped[str | None] = mapped_column("ProjectCode", String, comment="Project of the process")
    process_load: Mapped[str | None] = mapped_column("ProcessLoad", String, comment="Process of the run")
    source_type: Mapped[str | None] = mapped_column("SourceType", String, comment="Kind of job that reports")
    run_id: Mapped[str | None] = mapped_column("RunID", String, comment="The job's own run id where it ran")
    execution_id: Mapped[str | None] = mapped_column("ExecutionID", String, comment="The run, when there is one")
    correlation_id: Mapped[str | None] = mapped_column(
        "CorrelationID", String, comment="Id that ties records of several systems together"
    )
    pipeline_name: Mapped[str | None] = mapped_column("PipelineName", String, comment="Pipeline, job or logger")
    activity_name: Mapped[str | None] = mapped_column("ActivityName", String, comment="Activity or task within it")
    operation_name: Mapped[str | None] = mapped_column("OperationName", String, comment="What was being done")
    level: Mapped[int | None] = mapped_column("Level", Integer, comment="0 debug, 1 info, 2 warn, 3 error")
    log_time_utc: Mapped[datetime | None] = mapped_column("LogTimeUTC", UTCDateTime, comment="When it happened (UTC)")
    message: Mapped[str | None] = mapped_column("Message", String, comment="The text, whole")
