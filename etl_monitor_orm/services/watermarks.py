"""Watermarks: reading them, and moving them by hand. `advancing.py` moves them when their step is DONE."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Column, Table, or_, select, update
from sqlalchemy.orm import Session

from etl_monitor_orm import foreign, inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.inputs import BIGINT_MAX
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Parameter
from etl_monitor_orm.models.selecting import of_process
from etl_monitor_orm.printable import named, one_line
from etl_monitor_orm.services.context import Context, affected
from etl_monitor_orm.services.refusals import unknown_parameter
from etl_monitor_orm.vocabulary import ParameterType

PARAMETERS: Final = cast(Table, Parameter.__table__)
WATERMARKS: Final = (ParameterType.DELTA_DATE, ParameterType.DELTA_ID)
"""The types of parameters that say how far a source was read."""

_AHEAD: Final = timedelta(days=1)
"""A source's clock may be ahead by minutes, and its dates by a time zone; what is further ahead is hardly meant."""


Value = datetime | int | bool | None
"""The active value of a parameter."""


def shown(value: Value) -> str:
    """A value as receipts write it: times in UTC, without saying so."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(sep=" ")
    return "NULL" if value is None else str(value).lower()


@dataclass(frozen=True)
class Move:
    """A new value for a watermark.

    Attributes:
        value: A datetime for a DELTA_DATE, a whole number for a DELTA_ID.
        allow_rewind: Whether it may be before the current one.
    """

    value: datetime | int
    allow_rewind: bool = False

    @classmethod
    def read(cls, value: datetime | date | int | str, *, allow_rewind: bool, kind: ParameterType) -> Move:
        """Read a caller's value: a whole number of any make, or a time (naive means UTC; ISO text is fine).

        Args:
            value: The value; text of digits is a number for a DELTA_ID, else a time.
            allow_rewind: Whether it may be before the current one.
            kind: The parameter's type.

        Raises:
            InvalidInput: It is not what a parameter of this type takes.
        """
        allow_rewind = inputs.boolean("allow_rewind", allow_rewind)
        of_the_other_type = inputs.is_time if kind is ParameterType.DELTA_ID else inputs.is_plain_number
        if (kind is ParameterType.DELTA_ID) is not of_the_other_type(value):
            return cls(inputs.integer("The watermark", value, least=-BIGINT_MAX, most=BIGINT_MAX), allow_rewind)
        return cls(inputs.moment("The watermark", value), allow_rewind)

    @property
    def kind(self) -> ParameterType:
        """The type of parameter that the value fits."""
        return ParameterType.DELTA_ID if isinstance(self.value, int) else ParameterType.DELTA_DATE

    @property
    def column(self) -> Column[Any]:
        """The column that holds such a value."""
        return PARAMETERS.c.ValueINT if isinstance(self.value, int) else PARAMETERS.c.ValueDateTime

    def check_type(self, parameter: Parameter) -> None:
        """Refuse a value of another type than the parameter's.

        Raises:
            InvalidInput: The parameter has another type.
        """
        check_is_watermark(parameter)
        name = titled(parameter)
        if parameter.parameter_type != self.kind:
            wanted = "a whole number" if parameter.parameter_type is ParameterType.DELTA_ID else "a datetime"
            raise InvalidInput(f"{name} is a {parameter.parameter_type}. Pass {wanted}, not {self.value}.")

    def is_behind(self, parameter: Parameter) -> bool:
        """Return whether the value is before the parameter's current one."""
        present = parameter.value
        return present is not None and self.value < present  # type: ignore[operator]

    def check(self, parameter: Parameter) -> None:
        """Refuse an invalid move of the parameter.

        Raises:
            InvalidInput: The parameter has another type, or the value is before the current one.
        """
        self.check_type(parameter)
        if self.is_behind(parameter) and not self.allow_rewind:
            raise InvalidInput(
                f"{titled(parameter)} is at {parameter.value}; {self.value} is before it. "
                "To read data again on purpose, pass allow_rewind=True."
            )


def kind_of(value: object) -> ParameterType:
    """Return the type of watermark that a value seems to be for: text of digits is a number."""
    return ParameterType.DELTA_DATE if foreign.whole_number(value) is None else ParameterType.DELTA_ID


def titled(parameter: Parameter) -> str:
    """What messages call a parameter."""
    process = ProcessKey(parameter.project_code, parameter.process_load)
    return f"Parameter {named(parameter.parameter_name)} of {process}"


def check_is_watermark(parameter: Parameter) -> None:
    """Refuse a parameter that is no watermark.

    Raises:
        InvalidInput: It is a FLAG, or SYSDT.
    """
    if parameter.parameter_type not in WATERMARKS:
        raise InvalidInput(
            f"{titled(parameter)} is a {parameter.parameter_type}, not a watermark. "
            "Change it with set_processing_mode()."
        )


def find(session: Session, context: Context, process: ProcessKey, name: str) -> Parameter:
    """Return a parameter (`ETLconfigParameters`).

    Raises:
        ParameterNotFound: It is not registered.
    """
    found = session.scalars(
        select(Parameter).where(*of_process(process, Parameter), Parameter.parameter_name == name)
    ).one_or_none()
    if found is None:
        raise unknown_parameter(process, name)
    return found


def advance(session: Session, context: Context, process: ProcessKey, name: str, to: Move) -> None:
    """Move a watermark by hand.

    Raises:
        ParameterNotFound: The parameter is not registered.
        InvalidInput: The value does not fit the parameter's type, or is before the current one.
    """
    statement = (
        update(Parameter)
        .where(*of_process(process, Parameter), Parameter.parameter_name == name, Parameter.parameter_type == to.kind)
        .values({to.column: to.value, **set_explicitly(context)})
        .execution_options(synchronize_session=False)
    )
    if not to.allow_rewind:
        statement = statement.where(or_(to.column.is_(None), to.column <= to.value))
    if affected(session.execute(statement)) <= 0:
        to.check(find(session, context, process, name))


def set_explicitly(context: Context) -> dict[Column[Any], object]:
    """What each explicit setting writes beside the value: who set it and when. AutomaticValue stays."""
    return {
        PARAMETERS.c.SetOn: context.now,
        PARAMETERS.c.LastUpdatedOn: context.now,
        PARAMETERS.c.LastUpdatedBy: context.actor,
    }


def warn_if_ahead(process: ProcessKey, name: str, value: Value, now: datetime) -> None:
    """Log a warning when a time that was set explicitly lies far ahead: DONE moves the watermark only once it is past.

    It is written all the same: a DELTA_DATE may be a business date.
    """
    if isinstance(value, datetime) and value - now > _AHEAD:
        words = (
            f"Parameter {name} of {process} was set to {shown(value)} UTC, {(value - now).days} days ahead of now. "
            "DONE does not move it before that time has come. To set it back, call advance_watermark(..., "
            "allow_rewind=True)."
        )
        logging.getLogger("etl_monitor_orm").warning("%s", one_line(words))
