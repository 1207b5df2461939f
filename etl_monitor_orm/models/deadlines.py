"""Deadlines: the days on which nothing is due, what was late, and what attempts measured. Three tables."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Date, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from etl_monitor_orm.models.base import Audited, Base, UTCDateTime, Word, index
from etl_monitor_orm.vocabulary import BreachKind, Outcome


class Holiday(Audited, Base):
    """A day on which nothing is due, in a list that has a name (`ETLholidays`)."""

    __tablename__ = "ETLholidays"
    __table_args__ = {"comment": "Holidays, in lists that have names"}  # noqa: RUF012

    calendar_name: Mapped[str] = mapped_column(
        "CalendarName", String, primary_key=True, comment="Name of the list; calendars refer to it"
    )
    day: Mapped[date] = mapped_column("Day", Date, primary_key=True, comment="Day on which nothing is due")
    holiday_name: Mapped[str | None] = mapped_column("HolidayName", String, comment="Name of the day, for people")
    is_active: Mapped[bool | None] = mapped_column("IsActive", Boolean, comment="Whether the day counts")


class Breach(Base):
    """Something that was late, or a failure that people are told of, from when to when (`ETLbreaches`)."""

    __tablename__ = "ETLbreaches"
    __table_args__ = (
        index("ix_ETLbreaches_open", "Since", where='"ClosedOn" IS NULL'),
        {"comment": "What was late, and for how long; one row each"},
    )

    breach_id: Mapped[str] = mapped_column(
        "BreachID", String, primary_key=True, comment="Made of what is late, so that it has one row"
    )
    kind: Mapped[BreachKind] = mapped_column(
        "Kind", Word(BreachKind), comment="What is wrong, such as NOT_STARTED or NO_SUCCESS"
    )
    project_code: Mapped[str] = mapped_column("ProjectCode", String, comment="Project of the process")
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, comment="The process")
    workflow_id: Mapped[int | None] = mapped_column(
        "WorkFlowID", Integer, comment="Pass of the task; NULL means the whole process"
    )
    task_id: Mapped[int | None] = mapped_column("TaskID", Integer, comment="The task; NULL means the whole process")
    parameter_name: Mapped[str | None] = mapped_column(
        "ParameterName", String, comment="The watermark, if it stands still"
    )
    processing_date: Mapped[date | None] = mapped_column("ProcessingDate", Date, comment="Business date that is late")
    execution_id: Mapped[str | None] = mapped_column(
        "ExecutionID", String, comment="The run of the attempt that is late"
    )
    attempts: Mapped[int | None] = mapped_column("Attempts", Integer, comment="Number of the attempt that is late")
    since: Mapped[datetime] = mapped_column("Since", UTCDateTime, comment="Since when it is late (UTC)")
    until: Mapped[datetime | None] = mapped_column("Until", UTCDateTime, comment="When it was late no more (UTC)")
    opened_on: Mapped[datetime] = mapped_column("OpenedOn", UTCDateTime, comment="When an evaluation found it (UTC)")
    closed_on: Mapped[datetime | None] = mapped_column(
        "ClosedOn", UTCDateTime, comment="When an evaluation found its end (UTC); NULL while it is open"
    )
    outcome: Mapped[Outcome | None] = mapped_column(
        "Outcome", Word(Outcome), comment="How it ended: RESOLVED, WITHDRAWN or EXPIRED"
    )
    message: Mapped[str | None] = mapped_column("Message", String, comment="What is late, as a sentence")
    blocks: Mapped[str | None] = mapped_column("Blocks", String, comment="Tasks that wait for it")
    notified_on: Mapped[datetime | None] = mapped_column(
        "NotifiedOn", UTCDateTime, comment="When people were told of it (UTC)"
    )
    closure_notified_on: Mapped[datetime | None] = mapped_column(
        "ClosureNotifiedOn", UTCDateTime, comment="When people were told of its end (UTC)"
    )
    notify_claim: Mapped[str | None] = mapped_column(
        "NotifyClaim", String, comment="Who is at work on telling people; NULL when nobody is"
    )
    notify_claimed_on: Mapped[datetime | None] = mapped_column(
        "NotifyClaimedOn", UTCDateTime, comment="Since when (UTC)"
    )
    notified_targets: Mapped[str | None] = mapped_column(
        "NotifiedTargets", String, comment="What each target of messages was told, such as mail=opened"
    )
    last_updated_on: Mapped[datetime | None] = mapped_column(
        "LastUpdatedOn", UTCDateTime, comment="When the row last changed (UTC)"
    )
    last_updated_by: Mapped[str | None] = mapped_column("LastUpdatedBy", String, comment="Who last changed the row")


class Metric(Base):
    """What one attempt measured of one thing (`ETLmetrics`)."""

    __tablename__ = "ETLmetrics"
    __table_args__ = {"comment": "What attempts measured, one row an attempt and measure"}  # noqa: RUF012

    processing_date: Mapped[date] = mapped_column(
        "ProcessingDate", Date, primary_key=True, comment="Business date of the attempt"
    )
    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True, comment="Project of the process")
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, primary_key=True, comment="Process of the run")
    execution_id: Mapped[str] = mapped_column("ExecutionID", String, primary_key=True, comment="The run")
    workflow_id: Mapped[int] = mapped_column(
        "WorkFlowID", Integer, primary_key=True, autoincrement=False, comment="Pass of the task"
    )
    task_id: Mapped[int] = mapped_column("TaskID", Integer, primary_key=True, autoincrement=False, comment="The task")
    sequence_id: Mapped[int] = mapped_column(
        "SequenceID", Integer, primary_key=True, autoincrement=False, comment="Stage of the task"
    )
    attempts: Mapped[int] = mapped_column(
        "Attempts", Integer, primary_key=True, autoincrement=False, comment="Number of the attempt"
    )
    metric_name: Mapped[str] = mapped_column(
        "MetricName", String, primary_key=True, comment="What was measured, such as rows or bytes"
    )
    metric_value: Mapped[int | None] = mapped_column("MetricValue", BigInteger, comment="How much")
    set_on: Mapped[datetime | None] = mapped_column("SetOn", UTCDateTime, comment="When it was measured (UTC)")
    last_updated_by: Mapped[str | None] = mapped_column("LastUpdatedBy", String, comment="Who reported it")
