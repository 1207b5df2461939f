"""Watermarks: reading them, moving them by hand, and moving them when their step is DONE."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import cast

from sqlalchemy import ColumnElement, Subquery, Table, case, exists, func, or_, select, true, update
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput, ParameterNotFound
from etl_monitor_orm.inputs import BIGINT_MAX
from etl_monitor_orm.models import Parameter, ProcessingStep
from etl_monitor_orm.services.call import Call, affected
from etl_monitor_orm.services.keys import ProcessKey, StepKey
from etl_monitor_orm.sql.merge import Merge
from etl_monitor_orm.vocabulary import SYSTEM_DATE, ParameterType, Status

_parameters = cast(Table, Parameter.__table__)


@dataclass(frozen=True)
class Move:
    """A new value for a watermark.

    Attributes:
        value: A datetime for a DELTA_DATE, a whole number for a DELTA_ID.
        allow_rewind: Whether it may lie before the present one.
    """

    value: datetime | int
    allow_rewind: bool = False

    @classmethod
    def read(cls, value: datetime | date | int | str, *, allow_rewind: bool) -> Move:
        """Read a caller's value: a whole number, or a time (naive means UTC; ISO text is fine).

        Raises:
            InvalidInput: It is neither.
        """
        if isinstance(value, int):
            return cls(inputs.integer("The watermark", value, least=-BIGINT_MAX, most=BIGINT_MAX), allow_rewind)
        return cls(inputs.moment("The watermark", value), allow_rewind)

    @property
    def kind(self) -> ParameterType:
        """The type of parameter that the value fits."""
        return ParameterType.DELTA_ID if isinstance(self.value, int) else ParameterType.DELTA_DATE

    def check(self, parameter: Parameter) -> None:
        """Refuse a move that the parameter cannot make.

        Raises:
            InvalidInput: The parameter has another type, or the value lies before the present one.
        """
        process = ProcessKey(parameter.project_code, parameter.process_load)
        name = f"Parameter {parameter.parameter_name} of {process}"
        if parameter.parameter_type not in (ParameterType.DELTA_DATE, ParameterType.DELTA_ID):
            raise InvalidInput(
                f"{name} is a {parameter.parameter_type}, not a watermark. Change it with set_processing_mode()."
            )
        if parameter.parameter_type != self.kind:
            wanted = "a whole number" if parameter.parameter_type is ParameterType.DELTA_ID else "a datetime"
            raise InvalidInput(f"{name} is a {parameter.parameter_type}: it takes {wanted}, not {self.value!r}.")
        present = parameter.value
        if present is not None and self.value < present and not self.allow_rewind:  # type: ignore[operator]
            raise InvalidInput(
                f"{name} stands at {present}; {self.value} lies before it. "
                "To read data again on purpose, pass allow_rewind=True."
            )


def find(session: Session, call: Call, process: ProcessKey, name: str) -> Parameter:
    """Return a parameter (`ETLconfigParameters`).

    Raises:
        ParameterNotFound: It is not registered.
    """
    found = session.scalars(
        select(Parameter).where(*process.matches(Parameter), Parameter.parameter_name == name)
    ).one_or_none()
    if found is None:
        raise ParameterNotFound(
            f"Parameter {name} of {process} is not registered. Register it with register_parameter()."
        )
    return found


def advance(session: Session, call: Call, process: ProcessKey, name: str, to: Move) -> None:
    """Move a watermark by hand.

    Raises:
        ParameterNotFound: The parameter is not registered.
        InvalidInput: The value does not fit its type, or lies before the present one.
    """
    if not move(session, call, process, name, to):
        to.check(find(session, call, process, name))


def move(session: Session, call: Call, process: ProcessKey, name: str, to: Move) -> bool:
    """Write a watermark if the value fits and does not lie before the present one; return whether it was written."""
    column = Parameter.value_int if to.kind is ParameterType.DELTA_ID else Parameter.value_datetime
    statement = (
        update(Parameter)
        .where(*process.matches(Parameter), Parameter.parameter_name == name, Parameter.parameter_type == to.kind)
        .values({column: to.value, Parameter.last_updated_on: call.now, Parameter.last_updated_by: call.actor})
        .execution_options(synchronize_session=False)
    )
    if not to.allow_rewind:
        statement = statement.where(or_(column.is_(None), column <= to.value))
    return affected(session.execute(statement)) > 0


def advance_on_done(session: Session, call: Call, step: StepKey, name: str | ColumnElement[str | None]) -> None:
    """Move a DELTA_DATE to where its sources were read, now that `step` is DONE. One MERGE.

    The value is the earliest start among the steps that share the watermark, once all of them are DONE.
    Nothing moves in historic mode, backwards, or over a value that was set by hand since then.
    """
    group = _group(step, name)
    historic = aliased(Parameter, name="historic")  # joined: Delta finds the target in no subquery beside a join
    candidate = (
        select(Parameter.project_code, Parameter.process_load, Parameter.parameter_name, group.c.Earliest)
        .join(group, true())
        .outerjoin(
            historic,
            (historic.project_code == Parameter.project_code)
            & (historic.process_load == Parameter.process_load)
            & (historic.parameter_name == SYSTEM_DATE)
            & (historic.parameter_type == ParameterType.SYSTEM)
            & historic.value_datetime.is_not(None),
        )
        .where(
            *step.run.process.matches(Parameter),
            Parameter.parameter_name == name,
            Parameter.parameter_type == ParameterType.DELTA_DATE,
            or_(Parameter.value_datetime.is_(None), Parameter.value_datetime < group.c.Earliest),
            historic.parameter_name.is_(None),
            _untouched_since(group.c.Earliest, step, name),
        )
        .subquery("candidate")
    )
    on = (
        (_parameters.c.ProjectCode == candidate.c.project_code)
        & (_parameters.c.ProcessLoad == candidate.c.process_load)
        & (_parameters.c.ParameterName == candidate.c.parameter_name)
    )
    session.execute(
        Merge(_parameters, candidate, on).update(
            {
                _parameters.c.ValueDateTime: candidate.c.Earliest,
                _parameters.c.LastUpdatedOn: call.now,
                _parameters.c.LastUpdatedBy: call.actor,
            }
        )
    )


def _group(step: StepKey, name: str | ColumnElement[str | None]) -> Subquery:
    """The earliest start of the steps that share the watermark; no row while one of them is not DONE.

    The run's own steps count by their current attempt. A resumed run lacks the steps that an earlier run
    finished: those read their source too, so they count by what that run did; else the watermark would pass over
    what changed between their start and this run's. A step without a start time says nothing about
    how far it read, so the watermark waits.
    """
    run = step.run
    own = case((ProcessingStep.execution_id == run.execution_id, 1), else_=0)
    preferred = func.row_number().over(
        partition_by=(ProcessingStep.workflow_id, ProcessingStep.task_id),
        order_by=(own.desc(), ProcessingStep.attempts.desc(), ProcessingStep.last_updated_on.desc()),
    )
    attempts = (
        select(ProcessingStep, preferred.label("Preference"))
        .where(ProcessingStep.processing_date == run.processing_date, *run.process.matches(ProcessingStep))
        .subquery("attempts")
    )
    member = aliased(ProcessingStep, attempts)
    unfinished = case((member.status == Status.DONE, 0), else_=1)
    return (
        select(func.min(member.start_time).label("Earliest"))
        .where(
            attempts.c.Preference == 1,
            member.source_system_code == name,
            or_(member.execution_id == run.execution_id, member.status == Status.DONE),
        )
        .having(func.sum(unfinished) == 0, func.count(member.start_time) == func.count(member.task_id))
        .subquery("group_")
    )


def _untouched_since(
    moment: ColumnElement[datetime | None], step: StepKey, name: str | ColumnElement[str | None]
) -> ColumnElement[bool]:
    """Nobody set the parameter by hand since `moment`.

    An automatic advance bears the same time as the DONE step that caused it, and its value is a DONE step's start;
    a parameter as it was registered bears the same time as its creation: those two are not by hand. The time alone
    would not do: a value that was staged by a task is written together with its DONE.
    """
    cause = aliased(ProcessingStep)
    this_step = (
        (cause.processing_date == step.run.processing_date)
        & (cause.execution_id == step.run.execution_id)
        & (cause.workflow_id == step.workflow_id)
        & (cause.task_id == step.task_id)
    )
    caused_by_done = exists().where(
        cause.project_code == Parameter.project_code,
        cause.process_load == Parameter.process_load,
        cause.source_system_code == name,
        cause.status == Status.DONE,
        cause.last_updated_on == Parameter.last_updated_on,
        ~this_step,
    )
    reader = aliased(ProcessingStep)
    is_a_start = exists().where(
        reader.project_code == Parameter.project_code,
        reader.process_load == Parameter.process_load,
        reader.source_system_code == name,
        reader.status == Status.DONE,
        reader.start_time == Parameter.value_datetime,
    )
    automatic = caused_by_done & is_a_start
    as_registered = (Parameter.last_updated_on == Parameter.created_on) & Parameter.value_datetime.is_(None)
    return or_(Parameter.last_updated_on.is_(None), Parameter.last_updated_on < moment, automatic, as_registered)
