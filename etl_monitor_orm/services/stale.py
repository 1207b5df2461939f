"""Stale steps: finds them by their last sign of life, and fails them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl_monitor_orm import inputs
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.models.attempts import identity, is_highest, is_running, is_silent
from etl_monitor_orm.models.selecting import of_process, of_step
from etl_monitor_orm.services.context import Context, alone, recent
from etl_monitor_orm.services.ending import Ending, finish
from etl_monitor_orm.services.queries import require_registered
from etl_monitor_orm.services.scopes import Processes
from etl_monitor_orm.services.seen import SeenStep
from etl_monitor_orm.services.steps import Held
from etl_monitor_orm.vocabulary import Status

STALE: Final = "STALE"
"""LogCode of a step that was failed because its worker gave no sign of life."""


@dataclass(frozen=True)
class Sweep:
    """Where stale steps are looked for.

    Attributes:
        older_than: How long a step gave no sign of life.
        process: Only this process; None means all.
        since: Earliest processing date; None means 35 days before today.
    """

    older_than: timedelta
    process: ProcessKey | None = None
    since: date | None = None

    def silent_since(self, context: Context) -> datetime:
        """Return the latest time of a last sign of life.

        Raises:
            InvalidInput: The time is longer than the calendar.
        """
        return inputs.shifted("older_than", context.now, self.older_than, back=True)

    def first_date(self, context: Context) -> date:
        """Return the earliest processing date."""
        return self.since or recent(context.today)


def stale_steps(session: Session, context: Context, sweep: Sweep) -> list[ProcessingStep]:
    """Return the running steps without a sign of life, longest silence first (`ETLProcessingSteps`).

    A step that a later attempt has superseded, in this run or another of the date, is not listed: the later one counts.

    Raises:
        InvalidInput: The time is longer than the calendar.
        ProcessNotFound: The process is not registered.
    """
    first = sweep.first_date(context)
    query = select(ProcessingStep).where(
        ProcessingStep.processing_date >= first,
        is_running(),
        is_silent(sweep.silent_since(context)),
        is_highest(identity, since=first),
    )
    if sweep.process is not None:
        query = query.where(*of_process(sweep.process, ProcessingStep))
    order = (
        ProcessingStep.last_updated_on,
        ProcessingStep.processing_date,
        ProcessingStep.workflow_id,
        ProcessingStep.task_id,
    )
    found = list(session.scalars(query.order_by(*order)))
    if not found and sweep.process is not None:
        require_registered(session, context, Processes(sweep.process.project_code, sweep.process.process_load))
    return found


@alone
def fail_step(session: Session, context: Context, stale: ProcessingStep, sweep: Sweep) -> ProcessingStep:
    """Fail one stale step with LogCode STALE, like `fail_task`; return its new state.

    Raises:
        InvalidTransition: It has ended, was started again, or has given a sign of life since it was listed.
    """
    last = stale.last_updated_on or stale.start_time
    key = StepKey(
        RunKey(ProcessKey(stale.project_code, stale.process_load), stale.execution_id, stale.processing_date),
        stale.task_id,
        stale.workflow_id,
        stale.sequence_id,
        stale.attempts,
    )
    assert stale.start_time is not None
    held = Held(stale.attempts, stale.start_time, SeenStep(stale.source_system_code, stale.task_mandatory))
    ending = Ending(Status.FAIL, message=f"No sign of life since {last:%Y-%m-%d %H:%M:%S} UTC", log_code=STALE)
    finish(session, context, key, ending, held, only_if=is_silent(sweep.silent_since(context)))
    return session.scalars(select(ProcessingStep).where(*of_step(key))).one()
