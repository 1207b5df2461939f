"""How a step ends: DONE moves its watermark, a mandatory FAIL re-opens the run's initiation step.

The order is safe to stop after any statement: the initiation is re-opened before the failure that calls for it is
written, what holds a watermark is written before DONE, and a watermark moves on only after the DONE that allows it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, case, exists, literal, null
from sqlalchemy.orm import Session

from etl_monitor_orm.claims import Claim
from etl_monitor_orm.keys import StepKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.models.attempts import is_running, is_taking_part, is_waiting, number_in_run
from etl_monitor_orm.models.selecting import of_step
from etl_monitor_orm.services.advancing import advance_on_done
from etl_monitor_orm.services.context import Context, alone
from etl_monitor_orm.services.late import still_meant
from etl_monitor_orm.services.refusals import refuse
from etl_monitor_orm.services.seen import SeenStep
from etl_monitor_orm.services.staging import Staged, with_words, write_after_done, write_before_done
from etl_monitor_orm.services.steps import Held, is_held, real_time
from etl_monitor_orm.services.transitions import STEPS, make
from etl_monitor_orm.sql.functions import elapsed_seconds
from etl_monitor_orm.vocabulary import LogType, SourceType, Status


@dataclass(frozen=True)
class Ending:
    """How a step ended.

    Attributes:
        status: DONE or FAIL.
        at: When the work ended (aware UTC); None means now.
        message: The job's message.
        log_type: Severity of the message; FAIL is always ERROR.
        log_code: Code of the message.
        source_type: Kind of job; None keeps the stored one.
    """

    status: Status
    at: datetime | None = None
    message: str | None = None
    log_type: LogType | None = None
    log_code: str | None = None
    source_type: SourceType | None = None


@alone
def finish(
    session: Session,
    context: Context,
    step: StepKey,
    ending: Ending,
    claim: Claim | None = None,
    staged: Staged | None = None,
    *,
    only_if: ColumnElement[bool] | None = None,
) -> None:
    """End an open step.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step; it need not have been started.
        ending: How it ended.
        claim: The claim of the worker that started it; the step ends only if it is still that worker's.
        staged: What to do with the watermark at DONE, in place of the automatic advance.
        only_if: A further condition on the step.

    Raises:
        StepNotFound: The task is not registered, or the run has no step for it.
        InvalidTransition: The step has ended already, or another worker took it over.
        InvalidInput: `ending.at` is ahead of the clock, or before the step's start.
    """
    known = claim.seen if isinstance(claim, Held) else None
    seen = known if known is not None else context.seen.of(step)
    guard = _may_end(context, ending, claim) if only_if is None else _may_end(context, ending, claim) & only_if
    if ending.status is Status.FAIL and not step.task.is_initiation and (seen is None or seen.task_mandatory):
        _reopen_initiation(session, context, step, guard)
    if ending.status is not Status.DONE:
        staged = None
    else:
        staged, ending = _still_meant(session, context, step, ending, claim, staged)
    written = staged is not None and write_before_done(
        session, context, step.run.process, staged, _is_current(step, guard)
    )
    ended = make(session, context, step, _values(context, ending), guard)
    if ended is None:
        if ending.status is Status.DONE and staged is None and not context.capabilities.transactions:
            # A call that ended it may have stopped before the watermark. Moving it twice changes nothing.
            _move_watermark(session, context, step, seen, again=True)
        refuse(session, context, step, "end" if ending.status is Status.DONE else "fail", claim=claim, at=ending.at)
    if ending.status is Status.FAIL:
        context.seen.note_run(step.run, failed=True)
    if staged is not None and not written:
        write_after_done(session, context, step, staged, ending.message, ended.attempts)
    elif ending.status is Status.DONE and staged is None:
        _move_watermark(session, context, step, ended.seen or seen)


def complete(
    session: Session,
    context: Context,
    step: StepKey,
    ending: Ending,
    claim: Claim | None = None,
    staged: Staged | None = None,
) -> None:
    """Do what is left of an end that is recorded: without transactions, it may have stopped before the watermark.

    Arguments as for `finish`. What is written already is not written again.
    """
    if ending.status is not Status.DONE:
        return
    staged, ending = _still_meant(session, context, step, ending, claim, staged)
    if staged is None:
        _move_watermark(session, context, step, context.seen.of(step), again=True)
    else:
        write_after_done(session, context, step, staged, ending.message, step.attempts)


def _still_meant(
    session: Session, context: Context, step: StepKey, ending: Ending, claim: Claim | None, staged: Staged | None
) -> tuple[Staged | None, Ending]:
    """Return what DONE does with the watermark, and the ending, whose message says where that is something else."""
    memory = claim.memory if isinstance(claim, Held) else None
    staged, words = still_meant(session, context, step, staged, memory)
    return staged, replace(ending, message=with_words(ending.message, words))


def _may_end(context: Context, ending: Ending, claim: Claim | None) -> ColumnElement[bool]:
    """The condition on the step: it is open, still the claim's, and did not start after the reported end."""
    ended = real_time(context, ending.at)
    guard = is_running() | (is_waiting() & is_taking_part()) if claim is None else is_held(claim)
    if ending.at is None:
        return guard
    return guard & (is_waiting() | (ProcessingStep.start_time <= literal(ended, ProcessingStep.end_time.type)))


def _values(context: Context, ending: Ending) -> dict[Column[Any], object]:
    """What an ending writes."""
    ended = ending.at or context.now
    elapsed = elapsed_seconds(STEPS.c.StartTime, literal(ended, ProcessingStep.end_time.type))
    return {
        STEPS.c.Status: ending.status,
        # The start of an earlier try, in a step that another tool queued again in place, is not this one's.
        STEPS.c.StartTime: case((is_running(), STEPS.c.StartTime), else_=null()),
        STEPS.c.EndTime: ended,
        STEPS.c.DurationSeconds: case((is_running(), elapsed), else_=null()),
        STEPS.c.LogMessage: ending.message,
        STEPS.c.LogType: LogType.ERROR if ending.status is Status.FAIL else ending.log_type or LogType.INFO,
        STEPS.c.LogCode: ending.log_code,
        **({} if ending.source_type is None else {STEPS.c.SourceType: ending.source_type}),
    }


def _move_watermark(
    session: Session, context: Context, step: StepKey, seen: SeenStep | None, *, again: bool = False
) -> None:
    """Move the step's watermark to where the sources were read."""
    name = None if seen is None else seen.source_system_code
    if seen is None or name is not None:
        advance_on_done(session, context, step, name, again=again)


def _reopen_initiation(session: Session, context: Context, step: StepKey, guard: ColumnElement[bool]) -> None:
    """Set the run's initiation step from DONE back to NQUE, because a mandatory step is about to fail.

    This is the only row that changes in place, because it marks the run. A worker whose step was taken over cannot fail
    the step, so it re-opens nothing.
    """
    about_to_fail = _is_current(step, guard, ProcessingStep.task_mandatory.is_(True))
    cleared = dict.fromkeys((STEPS.c.StartTime, STEPS.c.EndTime, STEPS.c.DurationSeconds))
    make(
        session,
        context,
        step.initiation,
        {STEPS.c.Status: Status.NQUE, **cleared},
        STEPS.c.Status == Status.DONE,
        about_to_fail,
    )


def _is_current(step: StepKey, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """The step's current attempt satisfies the conditions."""
    return exists().where(*of_step(step), ProcessingStep.attempts == number_in_run(step).scalar_subquery(), *conditions)
