"""The start of a step that may have failed before: it is queued again first."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from etl_monitor_orm.errors import InvalidTransition, StepSkipped
from etl_monitor_orm.keys import StepKey
from etl_monitor_orm.services import steps
from etl_monitor_orm.services.context import Context, alone
from etl_monitor_orm.services.reset import REMARK, reset
from etl_monitor_orm.services.scopes import Narrowing, Scope
from etl_monitor_orm.services.steps import Held, Where
from etl_monitor_orm.vocabulary import Status


@alone
def start_again(
    session: Session, context: Context, step: StepKey, at: datetime | None, where: Where, *, takeover: bool
) -> Held:
    """Start a step like `steps.start`; if it has failed, queue it again first, and its run's initiation step with it.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step.
        at: When the work began (aware UTC); None means now.
        where: Where it is done.
        takeover: Whether a running step may be started again.

    Raises:
        StepNotFound: The task is not registered, or the run has no step for it.
        InvalidTransition: The step is running or DONE, or its task is inactive.
        InvalidInput: `at` is ahead of the clock.
    """
    try:
        return steps.start(session, context, step, at, where, takeover=takeover)
    except InvalidTransition as refusal:
        if refusal.state is not Status.FAIL or isinstance(refusal, StepSkipped):
            raise
    run, only = step.run, Narrowing(workflow_id=step.workflow_id, task_id=step.task_id)
    failed = Scope(run.process, run.processing_date, run.execution_id, only)
    reset(session, context, failed, replay=False, attempts=None, remark=REMARK)
    return steps.start(session, context, replace(step, attempts=None), at, where, takeover=takeover)
