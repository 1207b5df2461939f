"""What the demo loads is what the sources hold; each load reads beyond its watermark and nothing else."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from etl_monitor_orm import ETLMonitor, ProcessingStep, Status, SysLog
from etl_monitor_orm.demo import RowsDiffer, run_demo
from tests.demo.conftest import Demos
from tests.demo.sources import day_of, package_data, records

FOUR_DAYS = [date(2013, 1, day) for day in (1, 2, 3, 4)]


def test_given_two_demos_when_their_days_are_listed_then_the_second_goes_on_after_the_first(demos: Demos) -> None:
    assert [*demos.first.days] == FOUR_DAYS[:2]
    assert [*demos.second.days] == FOUR_DAYS[2:]


@pytest.mark.parametrize(
    ("table", "file", "per_day"),
    [
        ("staging.flights", "flights.csv.zip", "SELECT flight_date, count(*) FROM staging.flights GROUP BY ALL"),
        ("fact.flights", "flights.csv.zip", "SELECT flight_date, count(*) FROM fact.flights GROUP BY ALL"),
        ("mart.delays", "flights.csv.zip", "SELECT flight_date, sum(flights) FROM mart.delays GROUP BY ALL"),
        (
            "staging.weather",
            "weather.csv",
            "SELECT make_date(year, month, day), count(*) FROM staging.weather GROUP BY 1",
        ),
    ],
)
def test_given_days_loaded_when_counted_by_day_then_each_equals_the_file(
    demos: Demos, table: str, file: str, per_day: str
) -> None:
    in_file = Counter(day_of(record) for record in records(package_data() / file))

    loaded = dict(demos.warehouse.execute(per_day).fetchall())

    assert loaded == {day: in_file[day] for day in FOUR_DAYS}
    check = next(check for check in demos.second.checks if check.table == table)
    assert (check.source, check.warehouse, check.differing) == (sum(loaded.values()), sum(loaded.values()), 0)


@pytest.mark.parametrize("name", ["airlines", "airports", "planes"])
def test_given_reference_data_loaded_when_counted_then_it_equals_the_file(demos: Demos, name: str) -> None:
    in_file = sum(1 for _ in records(package_data() / f"{name}.csv"))

    assert demos.first.rows[f"staging.{name}"] == in_file
    assert f"staging.{name}" not in demos.second.rows  # weekly, and not yet due again


def test_given_a_second_demo_when_its_rows_are_counted_then_they_follow_the_first_watermark(
    demos: Demos,
) -> None:
    flights = Counter(day_of(record) for record in records(package_data() / "flights.csv.zip"))
    weather = Counter(day_of(record) for record in records(package_data() / "weather.csv"))

    assert demos.second.rows["staging.flights"] == sum(flights[day] for day in FOUR_DAYS[2:])
    assert demos.second.rows["staging.weather"] == sum(weather[day] for day in FOUR_DAYS[2:])
    first_new = demos.warehouse.execute("SELECT min(flight_id) FROM staging.flights WHERE flight_date = '2013-01-03'")
    assert first_new.fetchall() == [(demos.first.watermarks[0].value_int + 1,)]


def test_given_four_days_loaded_when_watermarks_are_read_then_they_stand_at_what_was_read(demos: Demos) -> None:
    flight_id, published_at = demos.second.watermarks
    with demos.session() as session:
        last_start = session.scalar(
            select(func.max(ProcessingStep.start_time)).where(ProcessingStep.task_name == "Load weather")
        )

    assert flight_id.value_int == demos.first.rows["staging.flights"] + demos.second.rows["staging.flights"]
    assert published_at.value_datetime == last_start
    night = datetime(2013, 1, 5, 5, 30, tzinfo=UTC)  # half past midnight in New York
    assert night <= published_at.value_datetime < night + timedelta(minutes=10)


def test_given_two_demos_when_receipts_are_added_up_then_they_tell_the_rows_written(demos: Demos) -> None:
    told: Counter[str] = Counter()
    with demos.session() as session:
        for log in session.scalars(select(SysLog).where(SysLog.project_code == "NYC")):
            told[log.activity_name] += int(log.message.removesuffix(" rows"))

    written = Counter(demos.first.rows) + Counter(demos.second.rows)
    assert +told == written


def test_given_a_watermark_moved_ahead_by_hand_when_the_demo_goes_on_then_the_gap_is_reported(
    in_folder: object,
) -> None:
    run_demo(1)
    with_monitor = ETLMonitor()
    # Three hours of three airports lie between.
    with_monitor.advance_watermark("NYC", "FLIGHTS", "PublishedAt", "2013-01-02 08:59")
    with_monitor.close()

    with pytest.raises(RowsDiffer, match=r"staging.weather has 130 rows for 139, 9 of them missing"):
        run_demo(1)


def test_given_every_day_loaded_when_the_demo_is_called_again_then_nothing_is_left(in_folder: object) -> None:
    whole = run_demo(5)
    again = run_demo(5)

    assert (len(whole.days), whole.nothing_left) == (3, True)
    assert (again.days, again.rows, again.nothing_left) == ((), {}, True)
    assert again.checks == whole.checks


def test_given_bulk_mode_when_the_demo_goes_on_then_it_begins_again_and_holds_the_same(in_folder: object) -> None:
    once = run_demo(3)
    monitor = ETLMonitor()
    monitor.set_processing_mode("NYC", "FLIGHTS", is_bulk_mode=True)
    monitor.close()

    again = run_demo(3)

    assert again.days == once.days
    assert again.rows["staging.flights"] == once.rows["staging.flights"]
    assert again.checks == once.checks


def test_given_demos_when_the_steps_are_read_then_all_mandatory_ones_are_done(demos: Demos) -> None:
    assert {status.overall_status for status in demos.second.statuses} == {Status.DONE}
    assert not demos.second.blockers
