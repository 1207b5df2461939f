"""Baselines: what is usual for a task by its earlier runs, and which steps are not as usual."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert

from etl_monitor_orm import ETLMonitor, InvalidInput, ManualClock, Metric, ProcessingStep, ProcessNotFound, Status

HR = ("CORP", "HR_DAILY")
OTHER = ("CORP", "OTHER")
TODAY = date(2026, 4, 9)
"""A Thursday."""

Rows = Callable[..., list]
Nights = Callable[..., None]


@pytest.fixture
def at_night(hr: ETLMonitor, clock: ManualClock) -> ETLMonitor:
    """The process on the morning of 9 April."""
    clock.set(datetime(2026, 4, 9, 2, tzinfo=UTC))
    return hr


@pytest.fixture
def nights(at_night: ETLMonitor) -> Nights:
    """Add runs of a task on some days before today, as if they had been: duration, rows, how they ended."""

    def add(
        days: Mapping[int, int] | range,
        *,
        seconds: int | None = 600,
        loaded: int | None = None,
        process: tuple[str, str] = HR,
        execution_id: str = "night",
        workflow_id: int = 1,
        status: Status = Status.DONE,
        metric_name: str = "rows",
        last: date = TODAY,
    ) -> None:
        took = days if isinstance(days, Mapping) else dict.fromkeys(days, seconds)
        key = {"project_code": process[0], "process_load": process[1], "execution_id": execution_id}
        slot = {"workflow_id": workflow_id, "task_id": 1, "sequence_id": 2, "attempts": 0}
        steps, metrics = [], []
        for back, duration in took.items():
            day = last - timedelta(days=back)
            start = datetime(day.year, day.month, day.day, 1, tzinfo=UTC)
            end = start + timedelta(seconds=duration or 0)
            times = {"start_time": None if duration is None else start, "end_time": end, "last_updated_on": end}
            told = {"status": status, "task_name": "Load employees", "duration_seconds": duration}
            steps.append({"processing_date": day, **key, **slot, **times, **told})
            metrics.append({"processing_date": day, **key, **slot, "metric_name": metric_name, "metric_value": loaded})
        with at_night.session() as session:
            for first in range(0, len(steps), 15):
                session.execute(insert(ProcessingStep).values(steps[first : first + 15]))
                if loaded is not None:
                    session.execute(insert(Metric).values(metrics[first : first + 15]))
            session.commit()

    return add


def told(found: list) -> list[tuple[str | None, int | None, int, int]]:
    return [(one.metric_name, one.weekday, one.runs, one.median) for one in found]


def unusual(monitor: ETLMonitor, task_id: int = 1, **narrowed: object) -> str | None:
    (found,) = monitor.compare_with_usual(*HR, task_id=task_id, **narrowed)
    return found.unusual


# What is usual


def test_usual_duration_and_counts_are_those_of_earlier_runs(at_night: ETLMonitor, nights: Nights) -> None:
    nights(range(1, 9), seconds=600, loaded=41_000)

    found = at_night.baselines(*HR)

    assert told(found) == [(None, None, 8, 600), ("rows", None, 8, 41_000)]
    assert {(one.project_code, one.process_load, one.workflow_id, one.task_id, one.task_name) for one in found} == {
        (*HR, 1, 1, "Load employees")
    }
    assert [(one.unusual_below, one.unusual_above) for one in found] == [(None, 1_200), (20_500, 82_000)]


def test_seven_runs_say_nothing(at_night: ETLMonitor, nights: Nights) -> None:
    nights(range(1, 8), loaded=5)

    assert at_night.baselines(*HR) == []


def test_day_of_the_week_with_eight_runs_has_its_own_row(at_night: ETLMonitor, nights: Nights) -> None:
    nights({7 * week: 3_000 for week in range(1, 9)})  # Thursdays
    nights({7 * week - 1: 600 for week in range(1, 8)})  # Fridays, one too few

    assert told(at_night.baselines(*HR)) == [(None, None, 15, 3_000), (None, 4, 8, 3_000)]


def test_runs_of_the_day_itself_and_from_before_the_weeks_do_not_count(at_night: ETLMonitor, nights: Nights) -> None:
    nights({0: 1, 85: 1, 200: 1, **dict.fromkeys(range(77, 85), 600)}, execution_id="earlier")

    assert told(at_night.baselines(*HR)) == [(None, None, 8, 600)]
    assert at_night.baselines(*HR, weeks=11) == []
    assert told(at_night.baselines(*HR, weeks=104)) == [(None, None, 10, 600)]
    assert at_night.baselines(*HR, processing_date="2026-04-09") == at_night.baselines(*HR)
    assert at_night.baselines(*HR, processing_date="2026-01-20") == []


def test_attempts_that_failed_or_were_never_started_are_not_usual(at_night: ETLMonitor, nights: Nights) -> None:
    nights(range(1, 9), loaded=10)
    nights(range(1, 20), seconds=1, loaded=1, status=Status.FAIL, execution_id="failed")
    nights(range(1, 20), seconds=None, execution_id="reported")

    assert told(at_night.baselines(*HR)) == [(None, None, 8, 600), ("rows", None, 8, 10)]


def test_same_number_in_another_pass_process_and_run_stays_apart(at_night: ETLMonitor, nights: Nights) -> None:
    at_night.register_process(*OTHER)
    nights(range(1, 9), seconds=600, loaded=10)
    nights(range(1, 9), seconds=60, loaded=20, workflow_id=2)
    nights(range(1, 9), seconds=6, loaded=30, process=OTHER)

    assert told(at_night.baselines(*HR, workflow_id=1)) == [(None, None, 8, 600), ("rows", None, 8, 10)]
    assert told(at_night.baselines(*HR, 1, 2)) == [(None, None, 8, 60), ("rows", None, 8, 20)]
    assert told(at_night.baselines(*OTHER)) == [(None, None, 8, 6), ("rows", None, 8, 30)]
    assert [one.workflow_id for one in at_night.baselines(*HR)] == [1, 1, 2, 2]
    assert at_night.baselines(*HR, 2) == []

    nights(range(1, 9), seconds=600, loaded=99, execution_id="second")
    assert told(at_night.baselines(*HR, workflow_id=1))[0] == (None, None, 16, 600)


@pytest.mark.parametrize("weeks", [0, 521, "many", None, 1.5])
def test_weeks_that_are_none_are_refused(at_night: ETLMonitor, weeks: object) -> None:
    with pytest.raises(InvalidInput, match="weeks"):
        at_night.baselines(*HR, weeks=weeks)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="weeks"):
        at_night.compare_with_usual(*HR, weeks=weeks)  # type: ignore[arg-type]


def test_process_that_is_unknown_is_refused_and_one_without_runs_has_nothing(at_night: ETLMonitor) -> None:
    assert (at_night.baselines(*HR), at_night.compare_with_usual(*HR)) == ([], [])
    for call in (at_night.baselines, at_night.compare_with_usual):
        with pytest.raises(ProcessNotFound):
            call("CORP", "NOWHERE")


# Steps beside it


def test_running_step_has_its_expected_end_and_is_unusual_once_it_takes_long(
    at_night: ETLMonitor, nights: Nights, clock: ManualClock
) -> None:
    nights(range(1, 9), seconds=600)
    at_night.start_run(*HR, TODAY, execution_id="today")
    at_night.start_task("today", *HR, 1)
    began = clock.now

    (found,) = at_night.compare_with_usual(*HR, task_id=1)
    assert (found.usual_seconds, found.expected_end, found.duration_seconds, found.unusual) == (
        600,
        began + timedelta(seconds=600),
        0,
        None,
    )
    clock.advance(1_200)
    assert unusual(at_night) is None
    clock.advance(600)
    assert unusual(at_night) == "3 × its usual time"

    at_night.end_task("today", *HR, 1)
    (found,) = at_night.compare_with_usual(*HR, TODAY, "today", task_id=1)
    assert (found.status, found.duration_seconds, found.expected_end, found.unusual) == (
        Status.DONE,
        1_800,
        None,
        "3 × its usual time",
    )


def test_step_that_loaded_nothing_is_unusual_once_it_is_done(at_night: ETLMonitor, nights: Nights) -> None:
    nights(range(1, 9), loaded=41_000)
    run = at_night.start_run(*HR, TODAY, execution_id="today")
    with run.task(1) as task:
        task.measure(rows=0, bytes=0)
        assert unusual(at_night) is None  # it may measure again

    assert unusual(at_night) == "0 rows, usually 41,000"
    assert unusual(at_night, 2) is None


def test_count_of_the_same_step_in_another_run_of_the_date_is_not_this_ones(
    at_night: ETLMonitor, nights: Nights
) -> None:
    nights(range(1, 9), loaded=41_000)
    for name, rows in (("first", 0), ("second", 40_000)):
        with at_night.start_run(*HR, TODAY, execution_id=name).task(1) as task:
            task.measure(rows=rows)

    assert [unusual(at_night, execution_id=name) for name in ("first", "second")] == ["0 rows, usually 41,000", None]


def test_day_of_the_week_counts_where_it_has_runs_and_all_days_where_not(
    at_night: ETLMonitor, nights: Nights, clock: ManualClock
) -> None:
    nights({7 * week: 6_000 for week in range(1, 9)})
    nights({back: 600 for back in range(1, 30) if back % 7}, execution_id="others")
    for name, day in (("thursday", TODAY), ("friday", TODAY + timedelta(days=1))):
        at_night.start_run(*HR, day, execution_id=name)
        at_night.start_task(name, *HR, 1)
    clock.advance(6_600)

    assert unusual(at_night, execution_id="thursday") is None
    assert unusual(at_night, execution_id="friday") == "11 × its usual time"


def test_step_that_failed_is_not_judged(at_night: ETLMonitor, nights: Nights, clock: ManualClock) -> None:
    nights(range(1, 9), loaded=41_000)
    at_night.start_run(*HR, TODAY, execution_id="today")
    at_night.start_task("today", *HR, 1)
    at_night.measure_task("today", *HR, 1, {"rows": 0})
    clock.advance(9_000)
    at_night.fail_task("today", *HR, 1)

    assert unusual(at_night) is None


def test_date_of_the_past_is_judged_by_the_weeks_before_it(at_night: ETLMonitor, nights: Nights) -> None:
    nights(range(1, 9), loaded=10)
    nights(range(1, 9), loaded=41_000, last=date(2025, 6, 1))
    with at_night.start_run(*HR, "2025-06-01", execution_id="again").task(1) as task:
        task.measure(rows=10)

    assert unusual(at_night, processing_date="2025-06-01") == "10 rows, usually 41,000"
