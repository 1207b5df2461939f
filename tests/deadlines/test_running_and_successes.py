"""Simulated months of attempts and successes: what runs too long, what goes quiet, what was not done for too long."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl_monitor_orm.deadlines.calendars import read_calendar
from etl_monitor_orm.deadlines.evaluating import Evaluation
from etl_monitor_orm.deadlines.facts import Attempt, ProcessFacts, Promise, TaskFacts
from etl_monitor_orm.vocabulary import BreachKind, Status
from tests.deadlines.histories import FEW, KEY, STARTS, STEPS, Book, Process, Work, moments


def passed(start: datetime, wait: timedelta, workdays: bool) -> datetime:
    """When a time has passed, of which Saturdays and Sundays (UTC) may not count."""
    at, left = start, wait
    while True:
        midnight = datetime(at.year, at.month, at.day, tzinfo=UTC) + timedelta(days=1)
        if not workdays or f"{at:%a}" not in ("Sat", "Sun"):
            if at + left <= midnight:
                return at + left
            left -= midnight - at
        at = midnight


@st.composite
def successes(draw: st.DrawFn) -> tuple[Process, list[datetime], list[datetime], Callable[[datetime], datetime]]:
    """A process that should succeed often, when it did, when is evaluated, and when it is late after a success."""
    first, late_after = draw(STARTS), draw(st.timedeltas(timedelta(minutes=5), timedelta(days=5)))
    begin = datetime(first.year, first.month, first.day, 6, tzinfo=UTC)
    gaps = draw(st.lists(st.timedeltas(timedelta(minutes=1), 2 * late_after), min_size=1, max_size=60))
    works, done = [], []
    for number, end in enumerate(moments(begin, gaps)[1:]):
        good = draw(st.booleans())
        start = end - timedelta(seconds=30)
        works.append(Work(start.date(), (1, 1), start, end, good, f"run-{number}", number))
        done += [end] if good else []
    workdays = draw(st.booleans())
    calendar = read_calendar("calendar", "Mon-Fri" if workdays else None)
    process = Process(works, Promise(late_after=late_after, calendar=calendar, since=begin))
    return process, done, moments(begin, draw(STEPS)), partial(passed, wait=late_after, workdays=workdays)


@FEW
@given(successes())
def test_given_successes_when_evaluated_then_each_gap_that_is_too_long_has_one_row(history) -> None:  # type: ignore[no-untyped-def]
    process, done, times, limit = history
    book = Book()
    for now in times:
        book.evaluate(process, now)

        known = [at for at in done if at <= now]
        start = known[-1] if known else process.promise.since
        found = [row.late.since for row in book.open(BreachKind.NO_SUCCESS)]
        assert found == ([limit(start)] if now > limit(start) else [])

    last = times[-1]
    starts = [process.promise.since, *(at for at in done if at <= last)]
    expected = {
        (limit(start), end)
        for start, end in zip(starts, [*starts[1:], None], strict=True)
        if (last if end is None else end) > limit(start)
    }
    rows = [(row.late.since, row.late.until) for row in book.all(BreachKind.NO_SUCCESS)]
    assert len(rows) == len(set(rows))
    assert set(rows) == expected


@FEW
@given(STARTS, st.lists(st.tuples(st.integers(1, 200), st.integers(1, 100)), min_size=1, max_size=40), STEPS)
def test_given_attempts_when_evaluated_then_each_that_took_too_long_has_one_row(
    first: date, lengths: list[tuple[int, int]], steps: list[timedelta]
) -> None:
    begin = datetime(first.year, first.month, first.day, 1, tzinfo=UTC)
    works = []
    for number, (length, expected) in enumerate(lengths):
        start = begin + timedelta(days=number)
        end = start + timedelta(minutes=length)
        works.append(Work(start.date(), (1, 1), start, end, expected=timedelta(minutes=expected)))
    process, book, times = Process(works), Book(), moments(begin, steps)
    for now in times:
        book.evaluate(process, now)

        running = {
            work.day
            for work in works
            if work.start <= now < work.end and now > work.start + (work.expected or timedelta())
        }
        assert {row.late.day for row in book.open(BreachKind.RUNNING_TOO_LONG)} == running

    expected = {
        work.day
        for work in works
        if work.expected is not None and min(work.end, times[-1]) > work.start + work.expected
    }
    rows = [row.late.day for row in book.all(BreachKind.RUNNING_TOO_LONG)]
    assert sorted(rows) == sorted(expected)


@pytest.mark.parametrize(
    ("expected", "sign", "quiet"),
    [(None, 0, True), (None, 30, True), (300, 0, False), (300, 4, False), (300, 30, True), (None, 61, False)],
)
def test_given_a_running_step_without_signs_then_it_is_quiet_unless_it_has_a_limit_instead(
    expected: int | None, sign: int, quiet: bool
) -> None:
    start = datetime(2026, 4, 9, 6, tzinfo=UTC)
    attempt = Attempt(
        start.date(),
        (1, 1),
        "run",
        0,
        Status.NQUE,
        start,
        last_sign=start + timedelta(minutes=sign),
        expected=None if expected is None else timedelta(minutes=expected),
    )
    process = ProcessFacts(KEY, start.date(), tasks=(TaskFacts(1, 1, 2, "Load"),), attempts=(attempt,))

    found = [late.kind for late in Evaluation(start + timedelta(minutes=120)).late(process)]

    assert found == ([BreachKind.GONE_QUIET] if quiet else [])


def test_given_a_later_attempt_when_the_first_still_runs_then_only_the_later_counts() -> None:
    start = datetime(2026, 4, 9, 6, tzinfo=UTC)
    dead = Attempt(start.date(), (1, 1), "run", 0, Status.NQUE, start, last_sign=start, expected=timedelta(minutes=5))
    later = Attempt(start.date(), (1, 1), "again", 1, Status.RQUE)
    process = ProcessFacts(KEY, start.date(), tasks=(TaskFacts(1, 1, 2, "Load"),), attempts=(dead, later))

    assert list(Evaluation(start + timedelta(hours=3)).late(process)) == []
