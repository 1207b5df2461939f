"""When a date is due: what people write, and which instant that is, where clocks change too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl_monitor_orm.deadlines.due_times import DueTime, read_due_time
from etl_monitor_orm.errors import InvalidInput

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"),
    *("Africa/Casablanca", "Pacific/Apia", "Pacific/Kiritimati", "America/Santiago"),
)
DAYS = st.dates(date(1999, 1, 1), date(2037, 12, 31))


def due(text: str) -> DueTime:
    found = read_due_time("due_by", text)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("06:00 Europe/Berlin", "06:00 Europe/Berlin"),
        ("  6:05   UTC ", "06:05 UTC"),
        ("01:30 +1 Europe/Berlin", "01:30 +1 Europe/Berlin"),
        ("23:59 +0 America/New_York", "23:59 America/New_York"),
    ],
)
def test_given_a_time_with_a_zone_when_read_then_it_is_written_in_one_way(text: str, read: str) -> None:
    assert str(due(text)) == read
    assert due(read) == due(text)


@pytest.mark.parametrize("nothing", [None, ""])
def test_given_nothing_when_read_then_there_is_no_time(nothing: object) -> None:
    assert read_due_time("due_by", nothing) is None


@pytest.mark.parametrize(
    ("text", "told"),
    [("6:00 Europe/Berlin", "06:00 Europe/Berlin"), ("01:30 +1 Europe/Berlin", "01:30 Europe/Berlin on 2026-03-01")],
)
def test_given_a_time_on_another_date_when_told_then_that_date_is_named(text: str, told: str) -> None:
    assert due(text).told(date(2026, 2, 28)) == told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("06:00", r"has no zone.*06:00 Europe/Berlin"),
        ("06:00 +1", "has no zone"),
        ("24:00 UTC", "00:00 to 23:59"),
        ("12:60 UTC", "00:00 to 23:59"),
        ("06:00 Europe/Berlinn", r"zone Europe/Berlinn.*Did you mean Europe/Berlin"),
        ("06:00 europe/atlantis", "which is unknown"),
        ("06:00 ../../etc/passwd", "which is unknown"),
        ("06:00 Europe", "which is unknown"),
        ("06:00 localtime", "which is unknown"),
        ("06:00 +02:00", "which is unknown"),
        ("06:00 +32 UTC", r"\+31 days"),
        ("6 o'clock", "no time with a zone"),
        ("06:00 UTC UTC", "no time with a zone"),
        (6, "must be text, not int"),
    ],
)
def test_given_an_impossible_time_when_read_then_it_is_refused_with_what_is_wrong(text: object, words: str) -> None:
    with pytest.raises(InvalidInput, match=f"due_by.*{words}"):
        read_due_time("due_by", text)


@pytest.mark.parametrize(
    ("text", "day", "instant"),
    [
        ("06:00 Europe/Berlin", date(2026, 1, 15), datetime(2026, 1, 15, 5)),
        ("06:00 Europe/Berlin", date(2026, 7, 15), datetime(2026, 7, 15, 4)),
        # Skipped: clocks go from 02:00 to 03:00 at 01:00 UTC.
        ("02:30 Europe/Berlin", date(2026, 3, 29), datetime(2026, 3, 29, 1, 30)),
        # Twice: at 00:30 and at 01:30 UTC.
        ("02:30 Europe/Berlin", date(2026, 10, 25), datetime(2026, 10, 25, 1, 30)),
        ("01:30 +1 Europe/Berlin", date(2026, 2, 28), datetime(2026, 3, 1, 0, 30)),
        ("12:00 UTC", date(2028, 2, 29), datetime(2028, 2, 29, 12)),
    ],
)
def test_given_a_date_when_asked_when_it_is_due_then_that_is_the_later_reading(
    text: str, day: date, instant: datetime
) -> None:
    assert due(text).instant(day) == instant.replace(tzinfo=UTC)


def test_given_the_end_of_the_calendar_when_asked_then_there_is_no_instant() -> None:
    assert due("23:00 +1 UTC").instant(date.max) is None
    assert due("23:00 America/New_York").instant(date.max) is None


def scanned(day: date, minutes: int, zone: ZoneInfo) -> datetime:
    """The due instant by a look at each minute around it: the last at which clocks show it, else by length."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=30)
    shown = {}
    before = None
    for step in range(0, 84 * 60):
        at = start + timedelta(minutes=step)
        local = at.astimezone(zone).replace(tzinfo=None)
        wanted = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)
        if local == wanted:
            shown["last"] = at
        if local < wanted:
            before = at, wanted - local
    if "last" in shown:
        return shown["last"]
    assert before is not None
    return before[0] + before[1]


@given(DAYS, st.integers(0, 24 * 60 - 1), st.sampled_from(ZONES))
def test_given_any_date_and_zone_when_due_then_it_is_what_a_look_at_each_minute_says(
    day: date, minutes: int, zone: str
) -> None:
    found = due(f"{minutes // 60:02}:{minutes % 60:02} {zone}").instant(day)

    assert found == scanned(day, minutes, ZoneInfo(zone))


@given(DAYS, st.integers(0, 24 * 60 - 1), st.sampled_from([zone for zone in ZONES if zone != "Pacific/Apia"]))
def test_given_two_days_when_due_then_the_later_day_is_due_later(day: date, minutes: int, zone: str) -> None:
    at = due(f"{minutes // 60:02}:{minutes % 60:02} {zone}")
    first, second = at.instant(day), at.instant(day + timedelta(days=1))

    assert first is not None
    assert second is not None
    assert timedelta(hours=22) <= second - first <= timedelta(hours=26)
