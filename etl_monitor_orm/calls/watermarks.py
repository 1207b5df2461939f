"""Calls that read and set parameters."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from etl_monitor_orm import inputs
from etl_monitor_orm.calls.group import Calls
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.printable import named
from etl_monitor_orm.rows import Rows
from etl_monitor_orm.services import modes, watermarks
from etl_monitor_orm.services.modes import ModeChange
from etl_monitor_orm.services.registration import ParameterValue
from etl_monitor_orm.services.watermarks import Move
from etl_monitor_orm.vocabulary import ParameterType


class WatermarkCalls(Calls):
    """Reads watermarks, moves them by hand, and sets processing modes."""

    def get_active_watermark(
        self, project_code: str, process_load: str, parameter_name: str
    ) -> datetime | int | bool | None:
        """Return a parameter's active value, by its type (`ETLconfigParameters`).

        Args:
            project_code: The project.
            process_load: The process.
            parameter_name: The parameter.

        Returns:
            A time (UTC), a number or a flag; None where nothing is stored.

        Raises:
            ParameterNotFound: The parameter is not registered.
        """
        process = inputs.process(project_code, process_load)
        return self._runtime.run(watermarks.find, process, inputs.text("parameter_name", parameter_name)).value

    def advance_watermark(
        self,
        project_code: str,
        process_load: str,
        parameter_name: str,
        new_datetime_value: datetime | date | str | None = None,
        new_int_value: int | None = None,
        *,
        allow_rewind: bool = False,
    ) -> None:
        """Move a watermark by hand (`ETLconfigParameters`).

        A time more than a day ahead of the monitor's clock is written too, and logged as a warning.

        Args:
            project_code: The project.
            process_load: The process.
            parameter_name: The watermark.
            new_datetime_value: New value of a DELTA_DATE (naive means UTC).
            new_int_value: New value of a DELTA_ID.
            allow_rewind: Whether the new value may be before the current one, so that data is read again.

        Raises:
            ParameterNotFound: The parameter is not registered.
            InvalidInput: The value does not fit the parameter's type, or is before the current one.
        """
        if (new_datetime_value is None) == (new_int_value is None):
            raise InvalidInput("Pass one new value: new_datetime_value for a DELTA_DATE, new_int_value for a DELTA_ID.")
        allow_rewind = inputs.boolean("allow_rewind", allow_rewind)
        if new_int_value is not None:
            number = inputs.integer("new_int_value", new_int_value, least=-inputs.BIGINT_MAX, most=inputs.BIGINT_MAX)
            move = Move(number, allow_rewind)
        else:
            if inputs.is_plain_number(new_datetime_value):
                raise InvalidInput(
                    f"new_datetime_value must be a datetime or its ISO text, not {type(new_datetime_value).__name__}. "
                    "Pass the number of a DELTA_ID as new_int_value=."
                )
            move = Move(inputs.moment("new_datetime_value", new_datetime_value), allow_rewind)
        process = inputs.process(project_code, process_load)
        name = inputs.text("parameter_name", parameter_name)
        at_once = self._runtime.one_reading()
        at_once.run(watermarks.advance, process, name, move)
        watermarks.warn_if_ahead(process, name, move.value, at_once.now)

    def set_processing_mode(
        self,
        project_code: str,
        process_load: str,
        is_bulk_mode: bool = False,
        is_historic_mode: bool = False,
        historic_date: date | str | None = None,
        parameter_name: str | None = None,
        value_datetime: datetime | date | str | None = None,
        value_int: int | None = None,
        value_bit: bool | None = None,
    ) -> Rows[ModeChange]:
        """Switch a process to bulk, historic or live mode, or change one parameter (`ETLconfigParameters`).

        Bulk mode sets every DELTA_DATE to NULL and every DELTA_ID to 0. Historic mode sets SYSDT to the date. With
        neither, the process is live and SYSDT is NULL. `ETLsysLogs` gets a receipt of each change.

        Args:
            project_code: The project.
            process_load: The process.
            is_bulk_mode: Read all data again; with `parameter_name`, only for that watermark.
            is_historic_mode: Work on a past date.
            historic_date: That date.
            parameter_name: Change only this parameter, to one of the values below.
            value_datetime: New value of a DELTA_DATE or SYSTEM parameter (naive means UTC).
            value_int: New value of a DELTA_ID.
            value_bit: New value of a FLAG.

        Returns:
            What changed, with the values before and after.

        Raises:
            ProcessNotFound: The process is not registered.
            ParameterNotFound: The parameter is not registered.
            InvalidInput: The arguments cannot be combined, or a value does not fit its parameter.
        """
        process = inputs.process(project_code, process_load)
        bulk = inputs.boolean("is_bulk_mode", is_bulk_mode)
        historic = inputs.boolean("is_historic_mode", is_historic_mode)
        value = ParameterValue.read(value_int, value_datetime, value_bit)
        if historic and historic_date is None:
            raise InvalidInput("is_historic_mode=True needs the date to work on. Pass historic_date= too.")
        if historic_date is not None and not historic:
            raise InvalidInput("historic_date is for historic mode only. Pass is_historic_mode=True too.")
        if parameter_name is None:
            if value.given():
                raise InvalidInput(f"{value.given()[0]} needs a parameter. Pass parameter_name= too.")
            start = inputs.moment("historic_date", inputs.day("historic_date", historic_date)) if historic else None
            changes = self._runtime.run(modes.set_mode, process, bulk=bulk, historic=start, only=None)
            return Rows(ModeChange, changes)
        name = inputs.text("parameter_name", parameter_name)
        _check_one_change(name, value.given(), bulk=bulk, historic=historic)
        if bulk:
            changes = self._runtime.run(modes.set_mode, process, bulk=True, historic=None, only=name)
            return Rows(ModeChange, changes)
        at_once = self._runtime.one_reading()
        changes = at_once.run(modes.set_parameter, process, name, value)
        for change in changes:
            if change.parameter_type is ParameterType.DELTA_DATE:
                watermarks.warn_if_ahead(process, name, change.after, at_once.now)
        return Rows(ModeChange, changes)


def _check_one_change(name: str, given: Sequence[str], *, bulk: bool, historic: bool) -> None:
    """Refuse arguments that are not one change of one parameter.

    Raises:
        InvalidInput: There is another mode or value too, or none.
    """
    if historic:
        raise InvalidInput(
            f"Historic mode is for the whole process, not for parameter {named(name)} alone. Leave parameter_name out; "
            "with it, pass one new value, or is_bulk_mode=True, and no other mode."
        )
    if len(given) + bulk == 1:
        return
    ways = "one new value (value_datetime, value_int or value_bit)"
    if not given:
        raise InvalidInput(f"Parameter {named(name)} has nothing to change to. Pass {ways}, or is_bulk_mode=True.")
    too_many = " and ".join((*given, *(["is_bulk_mode=True"] if bulk else [])))
    raise InvalidInput(
        f"Parameter {named(name)} takes one change, not {too_many}. Pass {ways}, or is_bulk_mode=True alone."
    )
