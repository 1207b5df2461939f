"""The assertion on watermarks and other parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from etl_monitor_orm import ETLMonitor, InvalidInput, ParameterType, inputs
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models.catalogue import active_value
from etl_monitor_orm.printable import named
from etl_monitor_orm.services.watermarks import Value, shown
from etl_monitor_orm.testing.text_table import text_table

if TYPE_CHECKING:
    from etl_monitor_orm import Watermark

_READ: Final[Mapping[ParameterType, Callable[[object], Value]]] = {
    ParameterType.DELTA_DATE: lambda value: inputs.moment("value", value),
    ParameterType.SYSTEM: lambda value: inputs.moment("value", value),
    ParameterType.DELTA_ID: lambda value: inputs.integer(
        "value", value, least=-inputs.BIGINT_MAX, most=inputs.BIGINT_MAX
    ),
    ParameterType.FLAG: lambda value: inputs.boolean("value", value),
}


def assert_watermark(
    monitor: ETLMonitor,
    project_code: str,
    process_load: str,
    parameter_name: str,
    value: datetime | date | str | int | None,
) -> None:
    """Assert the active value of a watermark, or of another parameter (`v_watermarks`).

    Args:
        monitor: The monitor.
        project_code: The project.
        process_load: The process.
        parameter_name: The parameter.
        value: A time (naive means UTC; ISO text is fine) for a DELTA_DATE, a whole number for a DELTA_ID, True or False
            for a FLAG; None for one that was never set.

    Raises:
        AssertionError: It has another value; the message shows all parameters of the process.
        ParameterNotFound: The parameter is not registered.
        InvalidInput: An argument cannot be read, or the value does not fit the parameter's type.

    Example:
        `assert_watermark(monitor, "SHOP", "ORDERS", "OrderID", 12)`
    """
    __tracebackhide__ = True
    if not isinstance(monitor, ETLMonitor):
        raise InvalidInput(f"The first argument is a {type(monitor).__name__}. Pass the monitor.")
    parameters = monitor.watermarks(project_code, process_load)
    one = next((each for each in parameters if each.parameter_name == parameter_name), None)
    if one is None:
        monitor.get_active_watermark(project_code, process_load, parameter_name)  # says what is registered
        return
    expected, found = _expected(one, value), _value(one)
    if found == expected:
        return
    process = ProcessKey(project_code, process_load)
    raise AssertionError(
        "\n".join(
            [
                f"Expected {shown(expected)}, but {named(parameter_name)} is {shown(found)}: {process}.",
                *text_table(
                    ("Parameter", "Type", "Expected", "Value", "Last change", "By", "Task"),
                    [(each is one, _cells(each, shown(expected) if each is one else None)) for each in parameters],
                ),
            ]
        )
    )


def _expected(parameter: Watermark, value: object) -> Value:
    if value is None:
        return None
    kind = parameter.parameter_type
    try:
        return _READ[kind](value)
    except InvalidInput as error:
        raise InvalidInput(f"Parameter {named(parameter.parameter_name)} is a {kind}: {error}") from None


def _cells(row: Watermark, expected: object) -> tuple[object, ...]:
    return (
        row.parameter_name,
        row.parameter_type,
        expected,
        shown(_value(row)),
        row.last_updated_on and shown(row.last_updated_on),
        row.last_updated_by,
        row.linked_task_name,
    )


def _value(row: Watermark) -> Value:
    return active_value(row.parameter_type, row.value_int, row.value_datetime, row.value_bit)
