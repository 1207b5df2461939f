"""What commands read from the environment when an option is left out, and what `exec` tells its child in it."""

from __future__ import annotations

from typing import Final

from etl_monitor_orm.settings import variable

PROJECT: Final = "ETL_MONITOR_PROJECT"
PROCESS: Final = "ETL_MONITOR_PROCESS"
RUN: Final = "ETL_MONITOR_EXECUTION_ID"
DATE: Final = "ETL_MONITOR_DATE"
TASK: Final = "ETL_MONITOR_TASK"
"""The task as `PASS.ID`."""
ATTEMPT: Final = "ETL_MONITOR_ATTEMPT"
CLAIM: Final = "ETL_MONITOR_CLAIM"
WATERMARK: Final = "ETL_MONITOR_WATERMARK"
"""The watermark's active value; empty where nothing was read yet, and unset where nobody knows it."""
OUT: Final = "ETL_MONITOR_OUT"
"""The file in which a child of `exec` leaves words for the monitor."""

OF_A_STEP: Final = (PROJECT, PROCESS, RUN, DATE, TASK, ATTEMPT, CLAIM, WATERMARK, OUT)


def of_process(name: str, project: str | None, process: str | None) -> str | None:
    """Return a variable that is about the process, or about no process in particular.

    A program that works on one process may ask about another: the variables of its own run are none of that one.

    Args:
        name: The variable.
        project: The project that the command names; None if the environment says it.
        process: The process that it names.
    """
    for said, where in ((project, PROJECT), (process, PROCESS)):
        other = variable(where)
        if said is not None and other is not None and said != other:
            return None
    return variable(name)
