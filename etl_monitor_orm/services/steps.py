"""A step's work: claimed at its start, and kept alive while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, exists, literal, select
from sqlalchemy.orm import Session

from etl_monitor_orm import inputs
from etl_monitor_orm.claims import Claim
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.keys import StepKey
from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.models.attempts import is_running, is_taking_part, is_waiting, number_in_run
from etl_monitor_orm.models.selecting import of_step, of_task
from etl_monitor_orm.services import staging
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.late import ReadFromMemory
from etl_monitor_orm.services.refusals import refuse, without_watermark
from etl_monitor_orm.services.seen import SeenStep, watermark_name
from etl_monitor_orm.services.staging import Staged, Watermark
from etl_monitor_orm.services.transitions import STEPS, Changed, make
from etl_monitor_orm.services.watermarks import Move, check_is_watermark
from etl_monitor_orm.vocabulary import SourceType
from etl_monitor_orm.whereabouts import whereabouts

_FIRST_TIME: Final = datetime.min.replace(tzinfo=UTC)
_ONE_INSTANT: Final = timedelta(milliseconds=1)
"""Takeovers within it get start times that count backwards, so that no two are the same."""

_CLOCKS_DIFFER: Final = timedelta(minutes=5)
"""How far ahead of the monitor's clock a reported time may be."""


@dataclass(frozen=True)
class Held(Claim):
    """A claim, with what is known of its step.

    Attributes:
        seen: What the step copied from its task; None if nobody has read that yet.
        memory: Its watermark, if the monitor was away when the worker read it.
    """

    seen: SeenStep | None = None
    memory: ReadFromMemory | None = None


@dataclass(frozen=True)
class Where:
    """Where the work of a step is done; None keeps the stored value."""

    source_type: SourceType | None = None
    source_run_id: str | None = None
    cluster_id: str | None = None

    @classmethod
    def read(cls, *, source_type: SourceType | str | None, source_run_id: str | None, cluster_id: str | None) -> Where:
        """Read a caller's arguments; inside Databricks, its run and cluster are the defaults.

        Raises:
            InvalidInput: One of them cannot be read.
        """
        here = whereabouts()
        return cls(
            inputs.optional_choice("source_type", SourceType, source_type),
            inputs.optional_text("source_run_id", source_run_id) or here.run_id,
            inputs.optional_text("cluster_id", cluster_id) or here.cluster_id,
        )


def start(
    session: Session, context: Context, step: StepKey, at: datetime | None, where: Where, *, takeover: bool
) -> Held:
    """Start a queued step; with `takeover`, also a running one.

    The times of an earlier try are cleared: another tool may have queued it again in place.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step.
        at: When the work began (aware UTC); None means now.
        where: Where it is done.
        takeover: Whether a running step may be started again.

    Raises:
        StepNotFound: The task is not registered, or the run has no step for it.
        InvalidTransition: The step is running, DONE, FAIL or skipped, or its task is inactive.
        InvalidInput: `at` is ahead of the clock.
    """
    began = real_time(context, at)
    places = (
        (STEPS.c.SourceType, where.source_type),
        (STEPS.c.SourceRunID, where.source_run_id),
        (STEPS.c.ClusterID, where.cluster_id),
    )
    values: dict[Column[Any], object] = {
        STEPS.c.StartTime: began,
        STEPS.c.EndTime: None,
        STEPS.c.DurationSeconds: None,
        **{column: value for column, value in places if value is not None},
    }
    active_task = exists().where(*of_task(step.task), Task.is_active.is_(True))
    waits = is_waiting() & is_taking_part()
    guard = waits | (is_running() & ~_started_about(began)) if takeover else waits
    expected = _expected_attempt(context, step)
    if expected is not None:
        number = STEPS.c.Attempts == expected
        started = make(session, context, step, values, guard & number, active_task)
        if started is not None:
            return Held(expected, began, started.seen)
    started = make(session, context, step, values, guard, active_task)
    if started is None and takeover:
        began, started = _take_over_at_once(session, context, step, values, active_task, began)
    if started is None:
        refuse(session, context, step, "start")
    attempts = step.attempts if started.attempts is None else started.attempts
    if attempts is None and context.capabilities.transactions:
        # Read in the transaction of the write, so that it is the attempt that was started.
        attempts = session.scalar(number_in_run(step))
    return Held(attempts, began, started.seen)


def _started_about(began: datetime) -> ColumnElement[bool]:
    """The running attempt was started at this time, or so little before it that the two could get one start time."""
    column = ProcessingStep.start_time
    earliest = began - min(_ONE_INSTANT, began - _FIRST_TIME)
    return column.between(literal(earliest, column.type), literal(began, column.type))


def _take_over_at_once(
    session: Session,
    context: Context,
    step: StepKey,
    values: dict[Column[Any], object],
    active_task: ColumnElement[bool],
    began: datetime,
) -> tuple[datetime, Changed | None]:
    """Take over a step that was started at the same instant, or report the same start: its claim must be another.

    The new start is a microsecond before the earlier one, because a watermark may be too old, never too new.

    Returns:
        The start that was written, and the attempt; None when it is not so, or another worker was first.
    """
    query = select(ProcessingStep.start_time).where(*of_step(step), is_running(), _started_about(began))
    earlier = session.scalar(query.order_by(ProcessingStep.attempts.desc()).limit(1))
    if earlier is None or earlier == _FIRST_TIME:
        return began, None
    began = earlier - timedelta(microseconds=1)
    guard = is_running() & (ProcessingStep.start_time == literal(earlier, ProcessingStep.start_time.type))
    return began, make(session, context, step, {**values, STEPS.c.StartTime: began}, guard, active_task)


def _expected_attempt(context: Context, step: StepKey) -> int | None:
    """The number that the current attempt should have, as last read, where a write does not return it."""
    if context.capabilities.returning or step.attempts is not None:
        return None
    seen = context.seen.of(step)
    return None if seen is None else seen.attempts


def real_time(context: Context, at: datetime | None) -> datetime:
    """Return the time that a caller reports, or else the call's own.

    Raises:
        InvalidInput: It is ahead of the clock, by more than two clocks differ.
    """
    if at is not None and at - context.now > _CLOCKS_DIFFER:
        raise InvalidInput(
            f"timestamp is {at:%Y-%m-%d %H:%M:%S} UTC, which lies ahead of now: {context.now:%Y-%m-%d %H:%M:%S} UTC. "
            "Pass a local time with its offset, such as 2026-04-09T08:00:00+02:00."
        )
    return at or context.now


def heartbeat(session: Session, context: Context, step: StepKey, claim: Claim | None) -> None:
    """Refresh LastUpdatedOn of a running step; with a claim, only of the start that it names.

    Raises:
        StepNotFound: The task is not registered, or the run has no step for it.
        InvalidTransition: The step is not running, or another worker took it over.
    """
    if make(session, context, step, {}, is_running() if claim is None else is_held(claim), again=True) is None:
        refuse(session, context, step, "heartbeat", claim=claim)


def is_held(claim: Claim) -> ColumnElement[bool]:
    """The attempt is running since the claim's start: nobody has ended or restarted it."""
    return is_running() & (ProcessingStep.start_time == claim.started)


def attempt(session: Session, context: Context, step: StepKey, claim: Claim) -> int | None:
    """Return the number of the attempt that a worker started; None when another worker took it over."""
    return session.scalar(number_in_run(step, ProcessingStep.start_time == claim.started))


def watermark(session: Session, context: Context, step: StepKey, claim: Held | None = None) -> Watermark | None:
    """Return the watermark of a started step; None when its task names none.

    Raises:
        ParameterNotFound: The task names a parameter that is not registered.
    """
    seen = None if claim is None else claim.seen
    name = session.scalar(watermark_name(step)) if seen is None else seen.source_system_code
    return None if name is None else staging.read(session, context, step.run.process, name)


def stage(own: Watermark | None, step: StepKey, advance: datetime | date | int | str | None) -> Staged | None:
    """Stage a step's watermark for its end; without a value, it stays where it is.

    Raises:
        InvalidInput: The task has no watermark, or the value does not fit it or is before the current one.
    """
    if own is None:
        raise without_watermark(step.task, "hold" if advance is None else "advance")
    if advance is None:
        return own.hold()
    check_is_watermark(own.parameter)
    return own.stage(Move.read(advance, allow_rewind=False, kind=own.parameter.parameter_type))
