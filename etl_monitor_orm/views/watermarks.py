"""`v_watermarks`: up to where each source was read, as one text that any tool can use."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ColumnElement, Select, String, case, func, select
from sqlalchemy.orm import Mapped, mapped_column

from etl_monitor_orm.models import Parameter, Task
from etl_monitor_orm.models.base import UTCDateTime, Word
from etl_monitor_orm.sql.functions import boolean_text, integer_text, utc_text
from etl_monitor_orm.views.base import ViewBase
from etl_monitor_orm.vocabulary import ParameterType


def active_value() -> ColumnElement[str | None]:
    """The value of a `Parameter` that its type selects, as the same text on every database."""
    return case(
        (Parameter.parameter_type == ParameterType.DELTA_ID, integer_text(Parameter.value_int)),
        (Parameter.parameter_type == ParameterType.FLAG, boolean_text(Parameter.value_bit)),
        else_=utc_text(Parameter.value_datetime),
    )


def _state() -> ColumnElement[str | None]:
    nothing_read = Parameter.value_int.is_(None) | (Parameter.value_int <= 0)
    return case(
        (
            Parameter.parameter_type == ParameterType.DELTA_DATE,
            case(
                (Parameter.value_datetime.is_(None), "BULK MODE"),
                else_="DELTA: " + utc_text(Parameter.value_datetime),
            ),
        ),
        (
            Parameter.parameter_type == ParameterType.DELTA_ID,
            case((nothing_read, "BULK MODE"), else_="DELTA: " + integer_text(Parameter.value_int)),
        ),
        (
            Parameter.parameter_type == ParameterType.SYSTEM,
            case(
                (Parameter.value_datetime.is_(None), "LIVE DATE"),
                else_="HISTORIC: " + utc_text(Parameter.value_datetime),
            ),
        ),
        else_=boolean_text(Parameter.value_bit),
    )


def _definition() -> Select[*tuple[object, ...]]:
    # Several tasks may share a watermark; the first by name stands for them, so the parameter stays one row.
    linked = (
        select(
            Task.project_code,
            Task.process_load,
            Task.source_system_code,
            func.min(Task.task_name).label("LinkedTaskName"),
        )
        .where(Task.source_system_code.is_not(None))
        .group_by(Task.project_code, Task.process_load, Task.source_system_code)
        .subquery("linked")
    )
    return (
        select(
            Parameter.project_code,
            Parameter.process_load,
            Parameter.parameter_name,
            Parameter.parameter_type,
            Parameter.parameter_description,
            Parameter.value_int,
            Parameter.value_datetime,
            Parameter.value_bit,
            active_value().label("ActiveValue"),
            _state().label("WatermarkState"),
            linked.c.LinkedTaskName,
            Parameter.last_updated_on,
            Parameter.last_updated_by,
        )
        .select_from(Parameter)
        .outerjoin(
            linked,
            (linked.c.project_code == Parameter.project_code)
            & (linked.c.process_load == Parameter.process_load)
            & (linked.c.source_system_code == Parameter.parameter_name),
        )
    )


class Watermark(ViewBase):
    """One parameter with its active value as text, and how it stands (`v_watermarks`)."""

    __tablename__ = "v_watermarks"
    definition = _definition()

    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True)
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, primary_key=True)
    parameter_name: Mapped[str] = mapped_column("ParameterName", String, primary_key=True)
    parameter_type: Mapped[ParameterType] = mapped_column("ParameterType", Word(ParameterType))
    parameter_description: Mapped[str | None] = mapped_column("ParameterDescription", String)
    value_int: Mapped[int | None] = mapped_column("ValueINT", BigInteger)
    value_datetime: Mapped[datetime | None] = mapped_column("ValueDateTime", UTCDateTime)
    value_bit: Mapped[bool | None] = mapped_column("ValueBIT", Boolean)
    active_value: Mapped[str | None] = mapped_column("ActiveValue", String)
    watermark_state: Mapped[str | None] = mapped_column("WatermarkState", String)
    linked_task_name: Mapped[str | None] = mapped_column("LinkedTaskName", String)
    last_updated_on: Mapped[datetime | None] = mapped_column("LastUpdatedOn", UTCDateTime)
    last_updated_by: Mapped[str | None] = mapped_column("LastUpdatedBy", String)
