"""Processing modes: bulk, historic, live, or one parameter by hand. Every change leaves a receipt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy import exists, select, update
from sqlalchemy.orm import Session

from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Parameter, Process
from etl_monitor_orm.models.selecting import of_process
from etl_monitor_orm.printable import named
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.entries import Entry
from etl_monitor_orm.services.logs import LogEntry, append
from etl_monitor_orm.services.refusals import unknown_process
from etl_monitor_orm.services.registration import VALUE_COLUMN, ParameterValue, register
from etl_monitor_orm.services.watermarks import Value, find, set_explicitly, shown
from etl_monitor_orm.vocabulary import SYSTEM_DATE, LogLevel, ParameterType

OPERATION: Final = "set_processing_mode"


@dataclass(frozen=True)
class ModeChange:
    """One parameter that a mode changed.

    Attributes:
        parameter_name: The parameter.
        parameter_type: Its type.
        before: Its active value before.
        after: Its active value now.
    """

    parameter_name: str
    parameter_type: ParameterType
    before: Value
    after: Value


def set_mode(
    session: Session,
    context: Context,
    process: ProcessKey,
    *,
    bulk: bool,
    historic: datetime | None,
    only: str | None,
) -> list[ModeChange]:
    """Switch a process to bulk, historic or live mode, or one watermark to bulk mode (`ETLconfigParameters`).

    Args:
        session: The unit of work.
        context: The call's circumstances.
        process: The process.
        bulk: Reset the watermarks to their beginning, so that all data is read again.
        historic: SYSDT becomes this date. With neither `bulk` nor `historic`, SYSDT becomes NULL: live.
        only: In bulk mode, the one watermark to reset.

    Raises:
        ProcessNotFound: The process is not registered.
        ParameterNotFound: `only` is not registered.
        InvalidInput: `only` is not a watermark.
    """
    if only is not None:
        parameters: Sequence[Parameter] = [find(session, context, process, only)]
        if parameters[0].parameter_type not in (ParameterType.DELTA_DATE, ParameterType.DELTA_ID):
            raise InvalidInput(
                f"Parameter {named(only)} of {process} is a {parameters[0].parameter_type}: only watermarks have a "
                "bulk mode."
            )
    else:
        parameters = session.scalars(
            select(Parameter).where(*of_process(process, Parameter)).order_by(Parameter.parameter_name)
        ).all()
    changes = []
    if bulk:
        beginnings: dict[ParameterType, Value] = {ParameterType.DELTA_DATE: None, ParameterType.DELTA_ID: 0}
        changes += [_change(p, beginnings[p.parameter_type]) for p in parameters if p.parameter_type in beginnings]
    if historic is not None or not bulk:
        system = next((p for p in parameters if p.parameter_name == SYSTEM_DATE), None)
        if system is not None:
            changes.append(_change(system, historic))
        else:
            _create_system_date(session, context, process)
            changes.append(ModeChange(SYSTEM_DATE, ParameterType.SYSTEM, None, historic))
    if not parameters and not session.scalar(select(exists().where(*of_process(process, Process)))):
        raise unknown_process(process)
    return _apply(session, context, process, changes)


def set_parameter(
    session: Session, context: Context, process: ProcessKey, name: str, value: ParameterValue
) -> list[ModeChange]:
    """Change one parameter and nothing else (`ETLconfigParameters`).

    Raises:
        ParameterNotFound: The parameter is not registered.
        InvalidInput: The value does not fit its type.
    """
    parameter = find(session, context, process, name)
    column = VALUE_COLUMN[parameter.parameter_type]
    after = getattr(value, column)
    if after is None:
        raise InvalidInput(
            f"Parameter {named(name)} of {process} is a {parameter.parameter_type}: change it with {column}=."
        )
    return _apply(session, context, process, [_change(parameter, after)])


def _change(parameter: Parameter, after: Value) -> ModeChange:
    return ModeChange(parameter.parameter_name, parameter.parameter_type, parameter.value, after)


def _create_system_date(session: Session, context: Context, process: ProcessKey) -> None:
    description = "Date that the process works on; NULL means live"
    entry = Entry(
        Parameter,
        key={**process.columns, "ParameterName": SYSTEM_DATE},
        given={},
        defaults={"ParameterDescription": description},
        fixed={"ParameterType": ParameterType.SYSTEM},
        first={},
    )
    register(session, context, entry)


def _apply(session: Session, context: Context, process: ProcessKey, asked: list[ModeChange]) -> list[ModeChange]:
    """Write the differences: first the receipts, so that no change lacks one, then the values."""
    changes = [change for change in asked if change.before != change.after]
    if not changes:
        return []
    append(session, context, [_receipt(context, process, change) for change in changes])
    changes.sort(key=_new_value)
    for (kind, _), group in groupby(changes, key=_new_value):
        same = list(group)
        session.execute(
            update(Parameter)
            .where(
                *of_process(process, Parameter),
                Parameter.parameter_name.in_([change.parameter_name for change in same]),
            )
            .values(
                {
                    getattr(Parameter, VALUE_COLUMN[ParameterType(kind)]): same[0].after,
                    **set_explicitly(context),
                }
            )
            .execution_options(synchronize_session=False)
        )
    return sorted(changes, key=lambda change: change.parameter_name)


def _new_value(change: ModeChange) -> tuple[str, str]:
    return (change.parameter_type.value, str(change.after))


def _receipt(context: Context, process: ProcessKey, change: ModeChange) -> LogEntry:
    return LogEntry(
        f"{change.parameter_name} ({change.parameter_type}): {shown(change.before)} -> {shown(change.after)}",
        project_code=process.project_code,
        process_load=process.process_load,
        processing_date=context.today,
        operation_name=OPERATION,
        level=LogLevel.INFO,
    )
