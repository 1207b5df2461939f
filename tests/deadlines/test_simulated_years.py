"""Simulated years, with clock changes, leap days, late registrations and deactivations: no breach is false, none is
double, and none is missed, whenever somebody evaluates."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from etl_monitor_orm.deadlines.calendars import read_calendar
from etl_monitor_orm.deadlines.due_times import read_due_time
from etl_monitor_orm.deadlines.evaluating import LOOK_BACK
from etl_monitor_orm.deadlines.facts import Promise, TaskFacts
from etl_monitor_orm.vocabulary import BreachKind
from tests.deadlines.histories import FEW, SELDOM, STARTS, STEPS, ZONES, Book, Process, Work, moments

DUE = (BreachKind.NOT_STARTED, BreachKind.NOT_DONE)
DAYS = 120
"""Dates of a simulated history: from a drawn day on, so that all clock changes and leap days are met."""
# Minutes from when something is due to when it is done: early, on the minute, late by hours or by days, or never.
DELAYS = st.one_of(st.just(0), st.integers(-300, -1), st.integers(1, 600), st.integers(601, 6000), st.just(None))


def wall(day: date, minutes: int, zone: str) -> datetime:
    """When clocks show a time on a day: the later of two readings."""
    local = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
    return max(local.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1))


@st.composite
def due_histories(draw: st.DrawFn) -> tuple[Process, dict[date, tuple[datetime, datetime | None]], list[datetime]]:
    """A process that is due by a time, what it does on each date, when each is due and done, and when is evaluated."""
    first, zone, minutes = draw(STARTS), draw(ZONES), draw(st.integers(0, 24 * 60 - 1))
    rule = draw(st.sampled_from([None, "Mon-Fri", "Sat,Sun", "daily"]))
    works, dates = [], {}
    for number in range(DAYS):
        day = first + timedelta(days=number)
        at, delay = wall(day, minutes, zone), draw(DELAYS)
        done = None if delay is None else at + timedelta(minutes=delay)
        tries = draw(st.integers(0, 2))
        for attempt in range(tries if done is None else tries + 1):
            end = (
                at + timedelta(minutes=10 * attempt)
                if done is None
                else done - timedelta(minutes=10 * (tries - attempt))
            )
            good = done is not None and attempt == tries
            works.append(Work(day, (1, 1), end - timedelta(minutes=9), end, good, number=attempt))
        if rule in (None, "daily") or (f"{day:%a}" in ("Sat", "Sun")) is (rule == "Sat,Sun"):
            dates[day] = at, done
    promise = Promise(
        due=read_due_time("due_by", f"{minutes // 60:02}:{minutes % 60:02} {zone}"),
        calendar=read_calendar("calendar", rule),
    )
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return Process(works, promise), dates, moments(begin, draw(STEPS))


@FEW
@given(due_histories())
def test_given_a_year_when_evaluated_then_what_is_open_is_what_is_late(history) -> None:  # type: ignore[no-untyped-def]
    process, dates, times = history
    book, first = Book(), min(dates)
    process.promise = Promise(
        process.promise.due,
        calendar=process.promise.calendar,
        since=datetime(first.year, first.month, first.day, tzinfo=UTC),
    )
    since = process.promise.since
    for now in times:
        book.evaluate(process, now)

        late = {
            day
            for day, (at, done) in dates.items()
            if since < at < now and day >= now.date() - LOOK_BACK and (done is None or done > max(at, now))
        }
        # Beyond the simulated dates nothing is done, so everything is late.
        assert {row.late.day for row in book.open(*DUE) if row.late.day in dates} == late


@FEW
@given(due_histories())
def test_given_a_year_when_all_is_evaluated_then_each_lateness_has_one_row_with_its_times(history) -> None:  # type: ignore[no-untyped-def]
    process, dates, times = history
    book = Book()
    for now in times:
        book.evaluate(process, now)

    last, begin = times[-1], times[0]
    expected = {
        (day, at, None if done is None or done > last else done)
        for day, (at, done) in dates.items()
        if begin.date() <= day and at < last and (done is None or done > at)
    }
    rows = [row for row in book.all(*DUE) if row.late.day in dates]
    assert len({row.late.day for row in rows}) == len(rows)
    assert {(row.late.day, row.late.since) for row in rows} == {(day, at) for day, at, _ in expected}
    # What was never done is given up once its date is long ago.
    for row in rows:
        until = next(until for day, _, until in expected if day == row.late.day)
        given_up = row.late.day < last.date() - LOOK_BACK and (until is None or until > row.late.since)
        assert row.late.until == until or (given_up and row.late.until is None)


@FEW
@given(due_histories(), STEPS)
def test_given_two_evaluators_when_they_come_at_other_times_then_they_find_the_same(history, others) -> None:  # type: ignore[no-untyped-def]
    process, _, times = history
    alone, both = Book(), Book()
    mixed = sorted({*times, *(at for at in moments(times[0], others) if at <= times[-1])})
    for now in times:
        alone.evaluate(process, now)
    for now in mixed:
        both.evaluate(process, now)

    assert {row.late.breach_id for row in alone.all(*DUE)} == {row.late.breach_id for row in both.all(*DUE)}


@FEW
@given(due_histories(), st.lists(st.integers(0, DAYS * 24), min_size=1, max_size=7, unique=True))
def test_given_deactivations_when_evaluated_then_only_what_was_promised_is_late(  # type: ignore[no-untyped-def]
    history, hours
) -> None:
    process, dates, times = history
    borders = [times[0] + timedelta(hours=hour) for hour in sorted(hours)]
    process.active = [
        (start, borders[number + 1] if number + 1 < len(borders) else datetime.max.replace(tzinfo=UTC))
        for number, start in enumerate(borders)
        if number % 2 == 0
    ]
    book = Book()
    for now in times:
        book.evaluate(process, now)

        since = process.since(now)
        late = {
            day
            for day, (at, done) in dates.items()
            if since is not None
            and since < at < now
            and day >= now.date() - LOOK_BACK
            and (done is None or done > max(at, now))
        }
        assert {row.late.day for row in book.open(*DUE) if row.late.day in dates} == late


@SELDOM
@given(STARTS, st.sampled_from(["W", "M", "Y"]), st.lists(st.integers(0, 420), max_size=30, unique=True))
def test_given_a_longer_frequency_when_evaluated_then_its_last_date_is_late_if_none_was_done(
    first: date, frequency: str, done: list[int]
) -> None:
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    ends = sorted(begin + timedelta(days=number, hours=5) for number in done)
    works = [Work(end.date(), (1, 1), end - timedelta(minutes=1), end, run=f"run-{end}") for end in ends]
    promise = Promise(due=read_due_time("due_by", "23:00 UTC"), frequency=frequency, since=begin)  # type: ignore[arg-type]
    process, book = Process(works, promise), Book()
    for number in range(430):
        now = begin + timedelta(days=number, hours=23, minutes=30)
        book.evaluate(process, now)

    def same(one: date, other: date) -> bool:
        match frequency:
            case "W":
                return one.isocalendar()[:2] == other.isocalendar()[:2]
            case "M":
                return (one.year, one.month) == (other.year, other.month)
            case _:
                return one.year == other.year

    days = [(begin + timedelta(days=number)).date() for number in range(430)]
    last_of_period = [day for day in days if not same(day, day + timedelta(days=1))]
    expected = [day for day in last_of_period if not any(same(end.date(), day) for end in ends)]
    assert [row.late.day for row in book.all(*DUE)] == expected


def test_given_tasks_when_one_is_registered_late_then_it_makes_nothing_late_that_was_done() -> None:
    day, due = date(2026, 4, 9), read_due_time("due_by", "06:00 UTC")
    at = datetime(2026, 4, 9, 6, tzinfo=UTC)
    tasks = (TaskFacts(1, 1, 2, "Load"), TaskFacts(2, 1, 3, "Mart", active_since=at + timedelta(hours=3)))
    works = [
        Work(day, (1, 1), at - timedelta(hours=2), at - timedelta(hours=1)),
        Work(day, (1, 2), at + timedelta(hours=4), at + timedelta(hours=5), run="again", number=1),
    ]
    process, book = Process(works, Promise(due=due, since=at - timedelta(days=1)), tasks), Book()

    for hours in (1, 4, 6):
        book.evaluate(process, at + timedelta(hours=hours))

    assert book.rows == {}
