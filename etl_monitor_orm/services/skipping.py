"""A task that is left out of one run: `ForceSkip` of its step. It is offered nowhere, and blocks nothing.

It still holds a watermark that it shares, because it has yet to read what lies between. The next run includes it.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl_monitor_orm.keys import StepKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.models.attempts import is_taking_part, is_waiting, recency
from etl_monitor_orm.models.selecting import of_step
from etl_monitor_orm.services.context import Context, alone
from etl_monitor_orm.services.refusals import refuse
from etl_monitor_orm.services.transitions import STEPS, make
from etl_monitor_orm.vocabulary import Status


@alone
def set_skipped(session: Session, context: Context, step: StepKey, skipped: bool) -> None:
    """Leave a step out of its run, or include it again; write nothing when it is so already.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step; its current attempt in the run is meant.
        skipped: Whether to leave it out.

    Raises:
        StepNotFound: The task is not registered, or the run has no step for it.
        InvalidTransition: The step to be left out is running or DONE.
    """
    can_be_left_out = (is_waiting() | (ProcessingStep.status == Status.FAIL)) & is_taking_part()
    guard = can_be_left_out if skipped else ~is_taking_part()
    if make(session, context, step, {STEPS.c.ForceSkip: skipped}, guard) is not None:
        return
    is_so = select(~is_taking_part()).where(*of_step(step)).order_by(*recency()).limit(1)
    if session.scalar(is_so) is not skipped:
        refuse(session, context, step, "skip" if skipped else "unskip")
