"""When work was done: a task on a date, a process on a date, a run. The first time counts; what comes later repeats."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Final

from etl_monitor_orm.deadlines.facts import Attempt, ProcessFacts, Slot
from etl_monitor_orm.vocabulary import INITIATION_ID, Status

LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
"""When something was done of which nobody noted when."""

_INITIATION: Final = (INITIATION_ID, INITIATION_ID)

OfDay = Mapping[Slot, Sequence[Attempt]]


def by_day(process: ProcessFacts) -> Mapping[date, OfDay]:
    """Return the attempts of active tasks, by date and task."""
    active = {task.slot for task in process.tasks}
    days: dict[date, dict[Slot, list[Attempt]]] = defaultdict(lambda: defaultdict(list))
    for attempt in process.attempts:
        if attempt.slot in active:
            days[attempt.day][attempt.slot].append(attempt)
    return days


def ended_on(attempt: Attempt) -> datetime:
    """Return when an attempt ended that is DONE or FAIL."""
    return attempt.end or attempt.last_sign or attempt.start or LONG_AGO


def current(attempts: Iterable[Attempt]) -> Attempt:
    """Return the current one of a step's attempts."""
    return max(attempts, key=lambda attempt: attempt.recency)


def was_started(attempt: Attempt) -> bool:
    """Return whether work on an attempt began."""
    return not attempt.is_queued or attempt.start is not None


def is_left_out(attempts: Sequence[Attempt]) -> bool:
    """Return whether a step is left out of its run, and was not done before."""
    return current(attempts).skipped and task_done(attempts) is None


def task_done(attempts: Iterable[Attempt]) -> datetime | None:
    """Return when a task was first DONE; None if it was not."""
    return min((ended_on(one) for one in attempts if one.status == Status.DONE), default=None)


def _settled(attempts: Sequence[Attempt]) -> datetime | None:
    """When nothing waited for a step any more: it was DONE, or failed and is optional."""
    ends = (ended_on(one) for one in attempts if one.status == Status.DONE or _is_optional_failure(one))
    return min(ends, default=None)


def _is_optional_failure(attempt: Attempt) -> bool:
    return attempt.status == Status.FAIL and not attempt.mandatory


def process_done(of_day: OfDay, members: Collection[Slot]) -> datetime | None:
    """Return when all steps of a date were done; None if one is not, or there is none.

    Args:
        of_day: The attempts of the date.
        members: The tasks that count.
    """
    steps = [attempts for slot, attempts in of_day.items() if slot in members]
    if not steps:
        return None
    ends = [_settled(attempts) for attempts in steps if not is_left_out(attempts)]
    if any(end is None for end in ends):
        return None
    return max((end for end in ends if end is not None), default=LONG_AGO)


def runs_done(days: Mapping[date, OfDay]) -> list[datetime]:
    """Return when each run was done that is done; one that was repeated, each time."""
    runs: dict[tuple[date, str], dict[Slot, list[Attempt]]] = defaultdict(lambda: defaultdict(list))
    for day, of_day in days.items():
        for slot, attempts in of_day.items():
            for attempt in attempts:
                runs[day, attempt.execution_id][slot].append(attempt)
    ends = {end for steps in runs.values() for end in _rounds(steps)}
    return [end for end in ends if end is not None and end != LONG_AGO]


def _rounds(steps: OfDay) -> Iterator[datetime | None]:
    """When a run was done with its attempts up to each number; nobody need repeat its initiation."""
    for number in {one.number for attempts in steps.values() for one in attempts}:
        so_far = {
            slot: attempts if slot == _INITIATION else [current(known)]
            for slot, attempts in steps.items()
            if (known := [one for one in attempts if one.number <= number])
        }
        if len(so_far) == len(steps):
            yield process_done(so_far, so_far.keys())
