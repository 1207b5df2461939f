"""Why a process stands as it does on a date: first cause, what it blocks, what changed, what helped before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl_monitor_orm import views
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import Process, ProcessingStep, Task
from etl_monitor_orm.models.attempts import current_attempts
from etl_monitor_orm.models.selecting import of_process
from etl_monitor_orm.services.context import Context, recent
from etl_monitor_orm.services.dates import date_to_read
from etl_monitor_orm.services.explaining.changes import changes, last_good
from etl_monitor_orm.services.explaining.earlier import same_error_before
from etl_monitor_orm.services.explaining.explanations import (
    Explanation,
    about,
    at,
    command,
    reason,
    started,
    task,
    words_of,
)
from etl_monitor_orm.services.refusals import unknown_process
from etl_monitor_orm.vocabulary import Status

if TYPE_CHECKING:
    from etl_monitor_orm.views import ProcessStatus

_MOST: Final = 5
"""Further failures that are told one by one."""
_QUIET: Final = timedelta(hours=1)
"""A step that runs and was silent for so long may be dead."""


@dataclass(frozen=True)
class _Day:
    """A process on a date."""

    process: ProcessKey
    on: date
    stands: ProcessStatus
    steps: Sequence[ProcessingStep]
    active: frozenset[tuple[int, int]]

    def is_offered(self, step: ProcessingStep) -> bool:
        """Whether the step's task is active, and the run does not leave it out."""
        return (step.workflow_id, step.task_id) in self.active and not step.force_skip

    def blocks(self, step: ProcessingStep) -> bool:
        """Whether what follows waits for this failure."""
        return step.status == Status.FAIL and bool(step.task_mandatory) and self.is_offered(step)


def why(session: Session, context: Context, process: ProcessKey, given: date | None) -> list[Explanation]:
    """Return what there is to say of a process on a date; without one, on the date to show for it.

    Raises:
        ProcessNotFound: The process is not registered, and has no steps.
    """
    meant = date_to_read(session, context, process, given=given, execution_id=None)
    on = meant if isinstance(meant, date) else session.scalar(select(meant))
    view = views.ProcessStatus
    stands = None
    if on is not None:
        of = (view.project_code == process.project_code, view.process_load == process.process_load)
        stands = session.scalars(select(view).where(*of, view.processing_date == on)).first()
    if on is None or stands is None:
        return _nothing_ran(session, process, on)
    step, current = current_attempts(*of_process(process, ProcessingStep), ProcessingStep.processing_date == on)
    tasks = select(Task.workflow_id, Task.task_id).where(*of_process(process, Task), Task.is_active.is_(True))
    active = frozenset((workflow, number) for workflow, number in session.execute(tasks))
    day = _Day(process, on, stands, list(session.scalars(select(step).where(current))), active)
    failed = _failures(day)
    rest = _of_the_rest(context, day)
    if rest and not any(day.blocks(step) for step in failed):
        *cause, next_ = rest
        return [_state(day), *cause, *_also(failed, "failed, which blocks nothing"), next_]
    if failed:
        return [_state(day), *_of_failures(session, context, day, failed)]
    return [_state(day)]


def _nothing_ran(session: Session, process: ProcessKey, on: date | None) -> list[Explanation]:
    registered = session.scalars(select(Process).where(*of_process(process, Process))).first()
    if registered is None:
        raise unknown_process(process)
    when = "yet" if on is None else f"on {on}"
    found = [about("state", f"{process} has not run {when}.", registered)]
    if registered.is_active is False:
        changed = f"It was deactivated; its registration changed at {at(registered.last_updated_on)}."
        return [*found, about("cause", changed, registered)]
    words = command("run", "start", *words_of(process), *(() if on is None else ("--date", f"{on}")))
    return [*found, about("next", words, registered)]


def _state(day: _Day) -> Explanation:
    stands = day.stands
    counts = f"{stands.done} done, {stands.failed} failed, {stands.pending} pending, of these {stands.running} running"
    return about("state", f"{day.process} on {day.on} is {stands.run_state}: {counts}.", stands)


def _failures(day: _Day) -> list[ProcessingStep]:
    """The failed steps: those that block come first, then by the time of their end."""
    failed = [step for step in day.steps if step.status == Status.FAIL]
    return sorted(failed, key=lambda step: (not day.blocks(step), *_by_time(step)))


def _by_time(step: ProcessingStep) -> tuple[object, ...]:
    ended = step.end_time
    return (ended is None, "" if ended is None else ended.isoformat(), step.workflow_id, step.sequence_id, step.task_id)


def _of_failures(session: Session, context: Context, day: _Day, failed: list[ProcessingStep]) -> list[Explanation]:
    cause, others = failed[0], failed[1:]
    found = [about("cause", f"{started(_words(cause))} failed first: {_told(cause)}", cause)]
    found += _also(others, "failed too")
    found.append(_blocked(day, cause))
    good = last_good(session, day.process, day.on)
    if good is None:
        days = (day.on - recent(day.on)).days
        words = f"There is no good run to compare with: on none of the {days} days before did all of it succeed."
        found.append(about("good", words, day.stands))
    else:
        words = f"The last good run was that of {good.processing_date}, which ended at {at(good.run_end)}."
        found.append(about("good", words, good))
        until = cause.end_time or context.now
        found += changes(session, day.process, good, cause, until) or [
            about("changed", "Nothing that the monitor knows of changed between that run and the failure.", good)
        ]
    found += same_error_before(session, day.process, cause)
    found.append(about("next", command("reset", *words_of(day.process), "--date", f"{day.on}"), cause))
    return found


def _also(failed: Sequence[ProcessingStep], how: str) -> list[Explanation]:
    """Further failures, the first ones each by itself."""
    found = [about("also", f"{started(_words(one))} {how}: {_told(one)}", one) for one in failed[:_MOST]]
    if len(failed) > _MOST:
        found.append(about("also", f"{len(failed) - _MOST} more steps failed.", failed[_MOST]))
    return found


def _words(step: ProcessingStep) -> str:
    return task(step.workflow_id, step.task_id, step.task_name)


def _told(step: ProcessingStep) -> str:
    took = "" if step.duration_seconds is None else f" after {step.duration_seconds} seconds"
    return f"attempt {step.attempts}, at {at(step.end_time)}{took}: {reason(step.log_message)}"


def _blocked(day: _Day, cause: ProcessingStep) -> Explanation:
    """What waits for the cause: the steps of later stages that are not settled."""
    place = (cause.workflow_id, cause.sequence_id)
    waiting = [
        step
        for step in sorted(day.steps, key=lambda step: (step.workflow_id, step.sequence_id, step.task_id))
        if step.status in (Status.NQUE, Status.RQUE)
        and not step.is_running
        and day.is_offered(step)
        and (step.workflow_id, step.sequence_id) > place
    ]
    if not day.blocks(cause):
        return about("blocks", "Nothing waits for it: its failure does not block the run.", cause)
    if not waiting:
        return about("blocks", "Nothing is left that waits for it.", cause)
    more = f", and {len(waiting) - 1} more" if len(waiting) > 1 else ""
    waits = "wait" if more else "waits"
    return about("blocks", f"{started(_words(waiting[0]))}{more} {waits} for it.", waiting[0])


def _of_the_rest(context: Context, day: _Day) -> list[Explanation]:
    """What runs longest, else what waits first; nothing where all is done."""
    running = [step for step in day.steps if step.is_running and step.start_time is not None]
    if running:
        longest = min(running, key=lambda step: (step.start_time, step.workflow_id, step.task_id))
        assert longest.start_time is not None
        elapsed = max(0, (context.now - longest.start_time) // timedelta(seconds=1))
        alive = longest.last_updated_on or longest.start_time
        words = f"{started(_words(longest))} has been running since {at(longest.start_time)}, for {elapsed} seconds"
        found = [about("cause", f"{words}; its last sign of life was at {at(alive)}.", longest)]
        if context.now - alive > _QUIET:
            since = () if day.on >= recent(context.today) else ("--since", f"{day.on}")
            found.append(about("next", command("stale", *words_of(day.process), *since), longest))
        else:
            words = command("tasks", *words_of(day.process), "--date", f"{day.on}")
            found.append(about("next", words, longest))
        return found
    waiting = [step for step in day.steps if step.status in (Status.NQUE, Status.RQUE) and day.is_offered(step)]
    if not waiting:
        return []
    first = min(waiting, key=lambda step: (step.workflow_id, step.sequence_id, step.task_id))
    words = f"{started(_words(first))} waits, and nobody has started it; it was queued at {at(first.last_updated_on)}."
    ready = command("run", "ready", *words_of(day.process), "--run", first.execution_id, "--date", f"{day.on}")
    return [about("cause", words, first), about("next", ready, first)]
