"""The name of the file that a task waits for on one date."""

from __future__ import annotations

from datetime import date
from typing import Final

from sqlalchemy import ColumnElement, case, func

from etl_monitor_orm.models import Task
from etl_monitor_orm.vocabulary import LoadFrequency

_DIGITS: Final = {LoadFrequency.DAILY: 8, LoadFrequency.MONTHLY: 6, LoadFrequency.YEARLY: 4}
"""How much of a date, as YYYYMMDD, is in the name of a file that arrives so often."""


def full_name(task: type[Task], day: date) -> ColumnElement[str | None]:
    """Return the task's file on a date: mask, underscore, the date's part, extension.

    NULL for a task without a mask, and for one that is due weekly or ad hoc: the Spark edition names no file then.
    """
    mask, extension = func.nullif(task.file_name_mask, ""), func.coalesce(task.file_extension, "")
    digits = day.isoformat().replace("-", "")
    return case(
        *(
            (task.load_frequency == often, mask.concat(f"_{digits[:length]}").concat(extension))
            for often, length in _DIGITS.items()
        )
    )
