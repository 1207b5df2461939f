"""A reset as callers make it: on a date that is known, and with the reason where it queues nothing."""

from __future__ import annotations

import logging
from dataclasses import replace

from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.printable import one_line
from etl_monitor_orm.runtime import OneReading
from etl_monitor_orm.services import reset, unreset
from etl_monitor_orm.services.scopes import Scope


def reset_steps(
    at_once: OneReading, scope: Scope, *, replay: bool, attempts: int | None = None, remark: str | None
) -> list[ProcessingStep]:
    """Queue the failed steps of a scope again, and log which tasks are deactivated when nothing was queued.

    Args:
        at_once: The call.
        scope: The steps to reset; without a date and a run, those of the date that the process works on.
        replay: Whether DONE steps count too.
        attempts: Only steps whose current attempt has this number.
        remark: Message of the new attempts.

    Raises:
        NotFoundError: The process, the run or the task does not exist; or nobody named the date, and it has no steps.
    """
    named = scope.processing_date is not None or scope.execution_id is not None
    if not named:
        scope = replace(scope, processing_date=at_once.date_to_work_on(scope.process))
    queued = at_once.run(reset.reset, scope, replay=replay, attempts=attempts, remark=remark or reset.REMARK)
    if not queued:
        left = at_once.run(unreset.why_nothing, scope, named=named, replay=replay, attempts=attempts)
        for task in left:
            words = f"Nothing was queued for {task}: the task is deactivated. Use activate_task(), and reset again."
            logging.getLogger("etl_monitor_orm").warning("%s", one_line(words))
    return queued
