"""On which dates something is due: what people write, and which dates that selects."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl_monitor_orm.deadlines.calendars import Calendar, days_from, read_calendar
from etl_monitor_orm.deadlines.elapsed import earlier, later
from etl_monitor_orm.errors import InvalidInput

DAYS = st.dates(date(1999, 1, 1), date(2037, 12, 31))
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def calendar(text: str) -> Calendar:
    found = read_calendar("calendar", text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("mon-fri", "Mon-Fri"),
        ("Wednesday, Mon", "Mon,Wed"),
        ("Fri-Mon", "Mon,Fri,Sat,Sun"),
        ("Mon-Sun", "daily"),
        ("Daily", "daily"),
        ("daily except  Bank holidays ", "daily except Bank holidays"),
        ("except germany", "daily except germany"),
        ("last workday", "last workday of the month"),
        ("Last Workday Of The Month EXCEPT DE", "last workday of the month except DE"),
        ("sat", "Sat"),
    ],
)
def test_given_a_calendar_when_read_then_it_is_written_in_one_way(text: str, read: str) -> None:
    assert str(calendar(text)) == read
    assert calendar(read) == calendar(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Mon-", "'' is no day of the week"),
        ("Funday", "'funday' is no day"),
        ("Mond", "'mond' is no day"),
        ("Mon,,Tue", "'' is no day"),
        ("first workday of the month", "is no day"),
        ("Mon-Fri except", "names no holidays"),
        ("except", "names no holidays"),
        (" ", "selects no day"),
        (5, "must be text, not int"),
    ],
)
def test_given_what_is_no_calendar_when_read_then_it_is_refused_with_what_is_wrong(text: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=f"calendar.*{words}.*Mon-Fri"):
        read_calendar("calendar", text)


@given(DAYS, st.sets(st.sampled_from(WEEK), min_size=1))
def test_given_days_of_the_week_when_a_date_is_looked_up_then_its_day_decides(day: date, days: set[str]) -> None:
    assert calendar(",".join(days)).includes(day) is (f"{day:%a}" in days)


@given(DAYS, st.sets(st.integers(1, 31)))
def test_given_any_month_when_its_last_workday_is_looked_up_then_it_is_one_and_the_last(
    day: date, holidays: set[int]
) -> None:
    days = [day.replace(day=number) for number in range(1, monthrange(day.year, day.month)[1] + 1)]
    off = {one for one in days if one.day in holidays}
    work = [one for one in days if f"{one:%a}" not in ("Sat", "Sun") and one not in off]

    assert [one for one in days if calendar("last workday except x").includes(one, off)] == work[-1:]


@given(DAYS, st.integers(1, 400), st.sets(st.sampled_from(WEEK), min_size=1), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_given_a_time_on_a_calendar_when_it_has_passed_then_each_counted_hour_was_on_its_days(
    day: date, hours: int, days: set[str], zone: str
) -> None:
    start = datetime(day.year, day.month, day.day, 13, tzinfo=UTC)

    end = later(start, timedelta(hours=hours), calendar(",".join(days)), (), ZoneInfo(zone))

    assert end is not None
    steps = int((end - start) / timedelta(hours=1))
    local = [(start + timedelta(hours=step)).astimezone(ZoneInfo(zone)) for step in range(steps)]
    assert sum(f"{at:%a}" in days for at in local) == hours
    assert earlier(end, timedelta(hours=hours), calendar(",".join(days)), (), ZoneInfo(zone)) >= start


def test_given_a_calendar_without_days_when_time_is_counted_then_it_never_passes() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    none = set(days_from(date(2024, 1, 1), date(2029, 1, 1)))

    assert later(start, timedelta(hours=1), calendar("daily except x"), none) is None
    assert start - earlier(start, timedelta(hours=1), calendar("daily except x"), none) >= timedelta(days=400)
