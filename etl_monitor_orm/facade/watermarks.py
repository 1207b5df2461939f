"""Calls that read and set parameters."""

from __future__ import annotations

from datetime import date, datetime

from etl_monitor_orm import inputs
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.facade.calls import Calls
from etl_monitor_orm.services import modes, watermarks
from etl_monitor_orm.services.keys import process_key
from etl_monitor_orm.services.modes import ModeChange
from etl_monitor_orm.services.registration import ParameterValue
from etl_monitor_orm.services.watermarks import Move


class WatermarkCalls(Calls):
    """Reads watermarks, moves them by hand, and sets processing modes."""

    def get_active_watermark(
        self, project_code: str, process_load: str, parameter_name: str
    ) -> datetime | int | bool | None:
        """Return a parameter's active value, by its type (`ETLconfigParameters`).

        Raises:
            ParameterNotFound: The parameter is not registered.
        """
        process = process_key(project_code, process_load)
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

        Args:
            project_code: The project.
            process_load: The process.
            parameter_name: The watermark.
            new_datetime_value: New value of a DELTA_DATE (naive means UTC).
            new_int_value: New value of a DELTA_ID.
            allow_rewind: Whether it may lie before the present value, so that data is read again.

        Raises:
            ParameterNotFound: The parameter is not registered.
            InvalidInput: The value does not fit its type, or lies before the present one.
        """
        if (new_datetime_value is None) == (new_int_value is None):
            raise InvalidInput("Pass one new value: new_datetime_value for a DELTA_DATE, new_int_value for a DELTA_ID.")
        if new_int_value is not None:
            number = inputs.integer("new_int_value", new_int_value, least=-inputs.BIGINT_MAX, most=inputs.BIGINT_MAX)
            move = Move(number, allow_rewind)
        else:
            move = Move(inputs.moment("new_datetime_value", new_datetime_value), allow_rewind)
        process = process_key(project_code, process_load)
        self._runtime.run(watermarks.advance, process, inputs.text("parameter_name", parameter_name), move)

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
    ) -> list[ModeChange]:
        """Put a process into bulk, historic or live mode, or change one parameter (`ETLconfigParameters`).

        Bulk: every DELTA_DATE becomes NULL and every DELTA_ID 0. Historic: SYSDT becomes the date. Neither:
        live, SYSDT becomes NULL. Each change is logged to `ETLsysLogs` with the value before it.

        Args:
            project_code: The project.
            process_load: The process.
            is_bulk_mode: Read all data again; with `parameter_name`, for this one watermark only.
            is_historic_mode: Work on a date of the past.
            historic_date: That date.
            parameter_name: Change this one parameter and nothing else, to the value that follows.
            value_datetime: New value of a DELTA_DATE or SYSTEM parameter (naive means UTC).
            value_int: New value of a DELTA_ID.
            value_bit: New value of a FLAG.

        Returns:
            What changed, with the values before and after.

        Raises:
            ProcessNotFound: The process is not registered.
            ParameterNotFound: The parameter is not registered.
            InvalidInput: The arguments do not go together, or a value does not fit its parameter.
        """
        process = process_key(project_code, process_load)
        bulk = inputs.boolean("is_bulk_mode", is_bulk_mode)
        historic = inputs.boolean("is_historic_mode", is_historic_mode)
        value = ParameterValue.read(None, value_int, value_datetime, value_bit)
        if historic != (historic_date is not None):
            raise InvalidInput("Historic mode needs both: is_historic_mode=True and historic_date=.")
        if parameter_name is None:
            if value.given():
                raise InvalidInput(f"{value.given()[0]} needs parameter_name=: which parameter is meant?")
            start = inputs.moment("historic_date", inputs.day("historic_date", historic_date)) if historic else None
            return self._runtime.run(modes.set_mode, process, bulk=bulk, historic=start, only=None)
        name = inputs.text("parameter_name", parameter_name)
        if historic or len(value.given()) + bulk != 1:
            raise InvalidInput(
                f"Parameter {name} takes one new value (value_datetime, value_int or value_bit), "
                "or is_bulk_mode=True for its beginning, and no other mode beside it."
            )
        if bulk:
            return self._runtime.run(modes.set_mode, process, bulk=True, historic=None, only=name)
        return self._runtime.run(modes.set_parameter, process, name, value)
