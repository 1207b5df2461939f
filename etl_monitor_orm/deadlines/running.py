"""What runs too long, and what gives no more signs of life."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Final

from etl_monitor_orm.deadlines import wording
from etl_monitor_orm.deadlines.done import OfDay, current, ended_on, task_done
from etl_monitor_orm.deadlines.facts import Attempt, Late, ProcessFacts, TaskFacts, identity
from etl_monitor_orm.vocabulary import BreachKind

_NO_SIGN: Final = timedelta(minutes=5)
"""A step gave signs of life if its row changed this long after its start: reports of starts may come late."""


def late_attempts(
    process: ProcessFacts, days: Mapping[date, OfDay], now: datetime, quiet_after: timedelta, first: date
) -> Iterator[Late]:
    """Yield the attempts that took too long, or are running and have gone quiet.

    Args:
        process: The process.
        days: Its attempts.
        now: The time of the evaluation.
        quiet_after: How long a running step may be quiet.
        first: The first date that counts.
    """
    tasks = {task.slot: task for task in process.tasks}
    for day, of_day in days.items():
        if day < first:
            continue
        for slot, attempts in of_day.items():
            latest = current(attempts)
            for attempt in attempts:
                if attempt.is_running and attempt is not latest:
                    continue  # a later attempt counts instead
                yield from _too_long(process, tasks[slot], of_day, attempt, now)
            if latest.is_running:
                yield from _quiet(process, tasks[slot], of_day, latest, now, quiet_after)


def _too_long(process: ProcessFacts, task: TaskFacts, of_day: OfDay, attempt: Attempt, now: datetime) -> Iterator[Late]:
    if attempt.start is None or attempt.expected is None or (attempt.is_queued and not attempt.is_running):
        return
    limit = attempt.start + attempt.expected
    end = None if attempt.is_running or ended_on(attempt) > now else ended_on(attempt)
    if not (now if end is None else end) > limit:
        return
    words = f"takes longer than its expected {wording.span(attempt.expected)}"
    yield _late("LONG", BreachKind.RUNNING_TOO_LONG, process, task, of_day, attempt, limit, limit, end, words)


def _quiet(
    process: ProcessFacts, task: TaskFacts, of_day: OfDay, attempt: Attempt, now: datetime, quiet_after: timedelta
) -> Iterator[Late]:
    assert attempt.start is not None
    sign = max(attempt.start, attempt.last_sign or attempt.start)
    if sign - attempt.start < _NO_SIGN and attempt.expected is not None:
        return  # it gives no signs, and its expected duration tells when it is late
    if now >= (since := sign + quiet_after):
        words = f"has given no sign of life since {wording.moment(sign)}"
        yield _late("QUIET", BreachKind.GONE_QUIET, process, task, of_day, attempt, sign, since, None, words)


def _late(
    family: str,
    kind: BreachKind,
    process: ProcessFacts,
    task: TaskFacts,
    of_day: OfDay,
    attempt: Attempt,
    mark: datetime,
    since: datetime,
    until: datetime | None,
    words: str,
) -> Late:
    """What is late of an attempt; `mark` tells it from others of the same attempt, whoever evaluates, and how."""
    later = [one for one in process.tasks if one.place > task.place and not task_done(of_day.get(one.slot, ()))]
    return Late(
        identity(
            family, process.key, task.slot, attempt.day, attempt.execution_id, attempt.number, attempt.start, mark
        ),
        kind,
        process.key,
        task.slot,
        since,
        until,
        f"{wording.subject(process, task, attempt.day)} {words}.",
        wording.waiting(later),
        day=attempt.day,
        execution_id=attempt.execution_id,
        number=attempt.number,
    )
