"""`v_watermarks`: how far each source was read, as text that any tool can use."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, ColumnElement, Select, String, case, func, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from etl_monitor_orm.models import Parameter, Task
from etl_monitor_orm.models.base import UTCDateTime, Word
from etl_monitor_orm.sql.functions import boolean_text, integer_text, utc_text
from etl_monitor_orm.views.base import Query, ViewBase
from etl_monitor_orm.vocabulary import ParameterType


def active_value(parameter: type[Parameter] = Parameter) -> ColumnElement[str | None]:
    """A `Parameter`'s active value, as the same text on every database."""
    return case(
        (parameter.parameter_type == ParameterType.DELTA_ID, integer_text(parameter.value_int)),
        (parameter.parameter_type == ParameterType.FLAG, boolean_text(parameter.value_bit)),
        else_=utc_text(parameter.value_datetime),
    )


def _state(parameter: type[Parameter]) -> ColumnElement[str | None]:
    kind, instant, number = parameter.parameter_type, parameter.value_datetime, parameter.value_int
    return case(
        (kind == ParameterType.DELTA_DATE, func.coalesce("DELTA: " + utc_text(instant), "BULK MODE")),
        ((kind == ParameterType.DELTA_ID) & (number > 0), "DELTA: " + integer_text(number)),
        (kind == ParameterType.DELTA_ID, "BULK MODE"),
        (kind == ParameterType.SYSTEM, func.coalesce("HISTORIC: " + utc_text(instant), "LIVE DATE")),
        else_=boolean_text(parameter.value_bit),
    )


def _definition() -> Select[*tuple[object, ...]]:
    parameter, task = aliased(Parameter, name="parameter"), aliased(Task, name="task")
    # Several tasks can share a watermark. The first by name represents them, so the parameter is one row.
    sharing = (task.project_code, task.process_load, task.source_system_code)
    linked = (
        select(*sharing, func.min(task.task_name).label("LinkedTaskName"))
        .where(task.source_system_code.is_not(None))
        .group_by(*sharing)
        .subquery("linked")
    )
    return (
        select(
            parameter.project_code,
            parameter.process_load,
            parameter.parameter_name,
            parameter.parameter_type,
            parameter.parameter_description,
            parameter.value_int,
            parameter.value_datetime,
            parameter.value_bit,
            active_value(parameter).label("ActiveValue"),
            _state(parameter).label("WatermarkState"),
            linked.c.LinkedTaskName,
            parameter.last_updated_on,
            parameter.last_updated_by,
            parameter.set_on,
        )
        .select_from(parameter)
        .outerjoin(
            linked,
            (linked.c.project_code == parameter.project_code)
            & (linked.c.process_load == parameter.process_load)
            & (linked.c.source_system_code == parameter.parameter_name),
        )
    )


class Watermark(ViewBase):
    """One parameter with its active value as text, and its state (`v_watermarks`)."""

    __tablename__ = "v_watermarks"
    definition = Query(_definition)

    project_code: Mapped[str] = mapped_column("ProjectCode", String, primary_key=True)
    process_load: Mapped[str] = mapped_column("ProcessLoad", String, primary_key=True)
    parameter_name: Mapped[str] = mapped_column("ParameterName", String, primary_key=True)
    parameter_type: Mapped[ParameterType] = mapped_column("ParameterType", Word(ParameterType))
    parameter_description: Mapped[str | None] = mapped_column("ParameterDescription", String)
    value_int: Mapped[int | None] = mapped_column("ValueINT", BigInteger)
    value_datetime: Mapped[datetime | None] = mapped_column("ValueDateTime", UTCDateTime)
    value_bit: Mapped[bool | None] = mapped_column("ValueBIT", Boolean)
    active_value: Mapped[str | None] = mapped_column(
        "ActiveValue", String, doc="The parameter's value as text, the same on every database"
    )
    watermark_state: Mapped[str | None] = mapped_column(
        "WatermarkState", String, doc="DELTA or HISTORIC with the value, BULK MODE, LIVE DATE, or a flag's value"
    )
    linked_task_name: Mapped[str | None] = mapped_column(
        "LinkedTaskName", String, doc="Task that uses the watermark; of several, the first by name"
    )
    last_updated_on: Mapped[datetime | None] = mapped_column("LastUpdatedOn", UTCDateTime)
    last_updated_by: Mapped[str | None] = mapped_column("LastUpdatedBy", String)
    set_on: Mapped[datetime | None] = mapped_column("SetOn", UTCDateTime)
