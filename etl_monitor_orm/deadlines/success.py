"""What was not done for too long, and which watermark stands still."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time

from etl_monitor_orm.deadlines import wording
from etl_monitor_orm.deadlines.done import OfDay, ended_on, runs_done
from etl_monitor_orm.deadlines.elapsed import later
from etl_monitor_orm.deadlines.facts import Late, Mark, ProcessFacts, Promise, Slot, Standing, TaskFacts, identity
from etl_monitor_orm.printable import named
from etl_monitor_orm.vocabulary import BreachKind, Status


def late_successes(process: ProcessFacts, days: Mapping[date, OfDay], now: datetime) -> Iterator[Late]:
    """Yield the gaps between successes that were too long, and the watermarks that stand still.

    Args:
        process: The process.
        days: Its attempts.
        now: The time of the evaluation.
    """
    if process.promise.late_after is not None:
        done = sorted(end for end in runs_done(days) if end <= now)
        yield from _gaps(process, None, process.promise, done, now)
    still: dict[str, tuple[TaskFacts, Mark, list[datetime]]] = {}
    for task in sorted(process.tasks, key=lambda one: (one.promise.late_after or now - now, one.slot)):
        if task.promise.late_after is None:
            continue
        done = _ends(days, task.slot, now)
        gaps = list(_gaps(process, task, task.promise, done, now))
        yield from gaps
        if task.mark is not None and not any(gap.until is None for gap in gaps):
            # Tasks can share a watermark: the one that waits the shortest time for it tells.
            still.setdefault(task.mark.name, (task, task.mark, done))
    for task, mark, done in still.values():
        yield from _still(process, task, mark, done, now)


def _ends(days: Mapping[date, OfDay], slot: Slot, now: datetime) -> list[datetime]:
    attempts = (one for of_day in days.values() for one in of_day.get(slot, ()))
    return sorted(end for one in attempts if one.status == Status.DONE and (end := ended_on(one)) <= now)


def _limit(promise: Promise, start: datetime) -> datetime | None:
    assert promise.late_after is not None
    return later(start, promise.late_after, promise.calendar, promise.holidays, promise.zone)


def _gaps(
    process: ProcessFacts, task: TaskFacts | None, promise: Promise, done: Sequence[datetime], now: datetime
) -> Iterator[Late]:
    assert promise.late_after is not None
    slot = None if task is None else task.slot
    horizon = datetime.combine(process.first, time(), UTC)
    counted = [end for end in done if promise.since is None or end > promise.since]
    if promise.since is not None and promise.since >= horizon:
        starts = [promise.since, *counted]
    else:
        starts = counted or [horizon]
    words = f"{wording.subject(process, task)} has had no success for {wording.span(promise.late_after)}"
    found: list[Late] = []
    for start, end in zip(starts, [*starts[1:], None], strict=True):
        last = now if end is None else end
        if last - start <= promise.late_after:
            continue  # most gaps are short, and no calendar makes the limit shorter
        limit = _limit(promise, start)
        if limit is None or last <= limit:
            continue
        key = identity("SUCCESS", process.key, slot, start)
        message = f"{words}: none since {wording.moment(start)}."
        found.append(Late(key, BreachKind.NO_SUCCESS, process.key, slot, limit, end, message))
    # What stands open began before what is known now; it goes on until the next success.
    for standing in process.standing:
        in_force = promise.since is None or standing.since > promise.since
        if standing.slot != slot or not in_force or any(one.breach_id == standing.breach_id for one in found):
            continue
        if _is_refuted(standing, promise, done):
            continue
        until = next((end for end in done if end > standing.since), None)
        found = [one for one in found if until is not None and one.since >= until]
        found.append(
            Late(standing.breach_id, BreachKind.NO_SUCCESS, process.key, slot, standing.since, until, standing.message)
        )
    yield from found


def _is_refuted(standing: Standing, promise: Promise, done: Sequence[datetime]) -> bool:
    """Whether a success that was reported since came in time, so that nothing was late."""
    before = [end for end in done if end <= standing.since]
    if not before:
        return False
    limit = _limit(promise, before[-1])
    return limit is None or limit > standing.since


def _still(
    process: ProcessFacts, task: TaskFacts, mark: Mark, done: Sequence[datetime], now: datetime
) -> Iterator[Late]:
    known = [at for at in (mark.moved_on, task.promise.since) if at is not None]
    if not known or mark.moved_on is None:
        return
    start = max(known)
    limit = _limit(task.promise, start)
    if limit is None or now <= limit or not any(end > mark.moved_on for end in done):
        return
    yield Late(
        identity("STILL", process.key, None, mark.name, start),
        BreachKind.WATERMARK_STILL,
        process.key,
        task.slot,
        limit,
        None,
        f"Watermark {named(mark.name)} of {process.key} has not moved since {wording.moment(mark.moved_on)}, although "
        f"{wording.subject(process, task)} is done.",
        parameter_name=mark.name,
    )
