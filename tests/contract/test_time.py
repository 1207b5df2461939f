"""Time: Python sees aware UTC datetimes, and what is stored is UTC, whatever zone anybody is in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import sqlalchemy
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    ManualClock,
    Parameter,
    ProcessingStep,
    Run,
    SysLog,
    Watermark,
)

HR = ("CORP", "HR_DAILY")
RUN = ("run-1", *HR)

Rows = Callable[..., list[object]]
Step = Callable[..., ProcessingStep]

OFFSETS = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
PROPERTY = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def kept(monitor: ETLMonitor, given_time: datetime | str) -> datetime:
    """Write a time, and read it again."""
    monitor.advance_watermark(*HR, "LoadEmployees", given_time, allow_rewind=True)
    return monitor.get_active_watermark(*HR, "LoadEmployees")


@PROPERTY
@given(moment=st.datetimes())
@example(datetime.min)
@example(datetime.max)
@example(datetime(1969, 12, 31, 23, 59, 59, 999_999))
def test_given_any_naive_datetime_when_written_then_it_comes_back_as_that_time_in_utc(
    hr: ETLMonitor, moment: datetime
) -> None:
    found = kept(hr, moment)
    assert (found, found.tzinfo) == (moment.replace(tzinfo=UTC), UTC)


@PROPERTY
@given(moment=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS))
def test_given_any_aware_datetime_when_written_then_it_comes_back_as_that_instant_in_utc(
    hr: ETLMonitor, moment: datetime
) -> None:
    found = kept(hr, moment)
    assert (found, found.tzinfo) == (moment, UTC)


@PROPERTY
@given(moment=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.none() | OFFSETS))
def test_given_any_iso_text_when_written_then_it_means_what_the_datetime_means(
    hr: ETLMonitor, moment: datetime
) -> None:
    assert kept(hr, moment.isoformat()) == kept(hr, moment)


@PROPERTY
@given(moment=st.datetimes())
def test_given_any_time_when_its_active_value_is_read_then_it_is_the_same_time_as_text(
    hr: ETLMonitor, rows: Rows, moment: datetime
) -> None:
    kept(hr, moment)
    (watermark,) = rows(Watermark, parameter_name="LoadEmployees")
    whole, _, fraction = moment.isoformat(sep=" ").partition(".")
    assert watermark.active_value == (f"{whole}.{fraction.rstrip('0')}" if fraction else whole)


@PROPERTY
@given(day=st.dates())
def test_given_any_date_when_a_run_works_on_it_then_its_steps_bear_it(hr: ETLMonitor, rows: Rows, day: date) -> None:
    execution_id = f"run of {day}"
    assert hr.start_run(*HR, day.isoformat(), execution_id=execution_id).processing_date == day
    assert {step.processing_date for step in rows(ProcessingStep, execution_id=execution_id)} == {day}


@pytest.mark.parametrize(
    ("given_time", "instant"),
    [
        ("2026-04-09", "2026-04-09T00:00:00+00:00"),
        ("2026-04-09 08:00", "2026-04-09T08:00:00+00:00"),
        ("2026-04-09T08:00:00Z", "2026-04-09T08:00:00+00:00"),
        ("2026-04-09T08:00:00.123456+05:30", "2026-04-09T02:30:00.123456+00:00"),
        (date(2026, 4, 9), "2026-04-09T00:00:00+00:00"),
        # An hour that the clocks of New York show twice, told apart by its offset.
        ("2026-11-01T01:30:00-04:00", "2026-11-01T05:30:00+00:00"),
        ("2026-11-01T01:30:00-05:00", "2026-11-01T06:30:00+00:00"),
    ],
)
def test_given_a_time_in_any_form_when_written_then_it_is_that_instant(
    hr: ETLMonitor, given_time: object, instant: str
) -> None:
    assert kept(hr, given_time).isoformat() == instant


def test_given_a_time_that_utc_cannot_express_when_written_then_it_is_refused(hr: ETLMonitor, refused) -> None:
    with refused(InvalidInput, "new_datetime_value", "0001-01-01T00:00:00+14:00", "UTC cannot express"):
        kept(hr, "0001-01-01T00:00:00+14:00")


def test_given_every_answer_when_its_times_are_read_then_they_are_aware_utc(
    hr: ETLMonitor, run: Run, rows: Rows
) -> None:
    hr.start_task(*RUN, 2)
    stale = hr.stale_steps(0)
    with run.task(1) as task:
        started = task.started
    hr.fail_task(*RUN, 3)
    hr.log("noted")
    answers = [*stale, *run.pending(), *run.status(), *run.summary(), *run.reset(), *rows(SysLog), *rows(Parameter)]
    times = [value for answer in answers for value in vars(answer).values() if isinstance(value, datetime)]
    assert len(times) > 10
    assert {time.tzinfo for time in [*times, started]} == {UTC}


# Zones of the session and of the machine

ZONES = ["America/New_York", "Asia/Kathmandu", "Pacific/Kiritimati", "UTC"]


def scenario(monitor: ETLMonitor, clock: ManualClock) -> dict[str, str]:
    """Write and read times in every way; the answers must not depend on any zone but UTC."""
    clock.set("2026-03-08T06:30:00.000001+00:00")  # 01:30 in New York, half an hour before an hour that it skips
    monitor.register_process(*HR).register_task(*HR, 1, 1, 2, "T", source_system_code="Mark")
    monitor.register_parameter(*HR, "SYSDT", "SYSTEM").register_parameter(*HR, "Mark", "DELTA_DATE")
    run = monitor.start_run(*HR, execution_id="run-1")
    with run.task(1):
        clock.advance(3600)
    monitor.set_processing_mode(*HR, is_historic_mode=True, historic_date="2026-04-09")
    with monitor.session() as session:
        step = session.scalars(sqlalchemy.select(ProcessingStep)).one()
        receipt = session.scalars(sqlalchemy.select(SysLog)).one()
        marks = session.scalars(sqlalchemy.select(Watermark).order_by(Watermark.parameter_name)).all()
        stored = session.execute(
            sqlalchemy.select(sqlalchemy.cast(sqlalchemy.func.epoch_us(ProcessingStep.start_time), sqlalchemy.String))
        ).scalar_one()
    answers = {
        "date of the run": run.processing_date,
        "start": step.start_time,
        "end": step.end_time,
        "duration": step.duration_seconds,
        "stored microseconds": stored,
        "watermark": monitor.get_active_watermark(*HR, "Mark"),
        "receipt": receipt.log_time_utc,
        "receipt's date": receipt.processing_date,
        "message": receipt.message,
        "active values": [mark.active_value for mark in marks],
        "states": [mark.watermark_state for mark in marks],
        "next date": monitor.start_run(*HR).processing_date,
    }
    return {name: str(answer) for name, answer in answers.items()}


EXPECTED = {
    "date of the run": "2026-03-08",
    "start": "2026-03-08 06:30:00.000001+00:00",
    "end": "2026-03-08 07:30:00.000001+00:00",
    "duration": "3600",
    "stored microseconds": "1772951400000001",
    "watermark": "2026-03-08 06:30:00.000001+00:00",
    "receipt": "2026-03-08 07:30:00.000001+00:00",
    "receipt's date": "2026-03-08",
    "message": "SYSDT (SYSTEM): NULL -> 2026-04-09 00:00:00",
    "active values": "['2026-03-08 06:30:00.000001', '2026-04-09 00:00:00']",
    "states": "['DELTA: 2026-03-08 06:30:00.000001', 'HISTORIC: 2026-04-09 00:00:00']",
    "next date": "2026-04-09",
}


@pytest.fixture
def zoned(clock: ManualClock) -> Iterator[Callable[[str], ETLMonitor]]:
    """Make a monitor on an engine of the user's own, whose sessions are in a time zone."""
    engines = []

    def make(zone: str) -> ETLMonitor:
        engine = sqlalchemy.create_engine(f"duckdb:///:memory:{zone.replace('/', '_')}")
        event.listen(engine, "connect", lambda driver, record: driver.execute("SET TimeZone = ?", (zone,)))
        engines.append(engine)
        return ETLMonitor(engine, clock=clock, actor="pytest").setup()

    yield make
    for engine in engines:
        engine.dispose()


@pytest.mark.parametrize("zone", ZONES)
def test_given_any_session_time_zone_when_times_are_written_and_read_then_it_does_not_matter(
    zoned: Callable[[str], ETLMonitor], clock: ManualClock, zone: str
) -> None:
    monitor = zoned(zone)
    with monitor.session() as session:
        assert session.execute(sqlalchemy.text("SELECT current_setting('TimeZone')")).scalar_one() == zone
    assert scenario(monitor, clock) == EXPECTED


MACHINE = """
import json, sys
from datetime import datetime
sys.path.insert(0, {folder!r})
from test_time import HR, scenario
from etl_monitor_orm import ETLMonitor, ManualClock
clock = ManualClock("2026-01-01")
monitor = ETLMonitor("duckdb:///:memory:", clock=clock, actor="pytest").setup()
answers = scenario(monitor, clock)
for time in (datetime.min, datetime.max):
    monitor.advance_watermark(*HR, "Mark", time, allow_rewind=True)
    answers[str(time)] = str(monitor.get_active_watermark(*HR, "Mark"))
clock = ETLMonitor("duckdb:///:memory:")._runtime.now()
answers["system clock"] = abs((datetime.now().astimezone() - clock).total_seconds()) < 60
print(json.dumps(answers))
"""


def test_given_any_machine_time_zone_when_times_are_written_and_read_then_it_does_not_matter() -> None:
    script = MACHINE.format(folder=os.path.dirname(__file__))
    run = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "TZ": "America/New_York"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(run.stdout) == {
        **EXPECTED,
        "0001-01-01 00:00:00": "0001-01-01 00:00:00+00:00",
        "9999-12-31 23:59:59.999999": "9999-12-31 23:59:59.999999+00:00",
        "system clock": True,
    }
