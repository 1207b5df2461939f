"""`etl_monitor_orm.testing`: a process in a line, and the history that it left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    ManualClock,
    Parameter,
    ProcessingStep,
    ProcessNotFound,
    StageNotFound,
    Status,
    SysLog,
    Task,
)
from etl_monitor_orm.testing import assert_done, assert_failed, assert_queued, history, process

Rows = Callable[..., list]
Refused = Callable[..., AbstractContextManager[None]]

SHOP = {"project_code": "SHOP", "process_load": "ORDERS"}


@pytest.fixture
def shop(monitor: ETLMonitor) -> ETLMonitor:
    """SHOP/ORDERS: two loads with a watermark, and a mart."""
    return process(
        monitor,
        **SHOP,
        tasks={"Load orders": 2, "Load prices": 2, "Build mart": 6},
        watermarks={"Load orders": "DELTA_ID", "Load prices": "DELTA_DATE"},
    )


# A process


def test_given_names_and_stages_when_built_then_tasks_and_watermarks_are_registered(
    monitor: ETLMonitor, rows: Rows
) -> None:
    built = process(
        monitor,
        "SHOP",
        "ORDERS",
        tasks={"Load orders": 2, "Build mart": 6},
        watermarks={"Load orders": "DELTA_ID"},
        optional=["Build mart"],
        limits={"Build mart": 600},
    )

    assert built is monitor
    assert [
        (
            task.workflow_id,
            task.task_id,
            task.sequence_id,
            task.task_name,
            task.source_system_code,
            task.task_mandatory,
            task.expected_duration_seconds,
        )
        for task in sorted(rows(Task, **SHOP), key=lambda task: (task.workflow_id, task.task_id))
    ] == [
        (0, 0, 0, "Initiation", None, True, None),
        (1, 1, 2, "Load orders", "Load orders", True, None),
        (1, 2, 6, "Build mart", None, False, 600),
    ]
    assert [(one.parameter_name, one.parameter_type, one.value) for one in rows(Parameter, **SHOP)] == [
        ("Load orders", "DELTA_ID", 0)
    ]


def test_given_names_only_when_built_then_all_are_ready_side_by_side(monitor: ETLMonitor) -> None:
    run = process(monitor, tasks=["A", "B"]).start_run("CORP", "DAILY")
    with run.task(0):
        pass

    assert [(step.task_id, step.task_name, step.sequence_id) for step in run.ready()] == [(1, "A", 2), (2, "B", 2)]


def test_given_a_process_that_is_there_when_built_again_then_nothing_changes(
    shop: ETLMonitor, clock: ManualClock, unchanged: Callable[[], AbstractContextManager[None]]
) -> None:
    clock.advance(60)
    with unchanged():
        process(
            shop,
            **SHOP,
            tasks={"Load orders": 2, "Load prices": 2, "Build mart": 6},
            watermarks={"Load orders": "DELTA_ID", "Load prices": "DELTA_DATE"},
        )


def test_given_another_pass_when_built_then_the_first_one_stays(shop: ETLMonitor, rows: Rows) -> None:
    process(shop, **SHOP, tasks=["Load orders late"], workflow_id=2)

    assert [(task.workflow_id, task.task_id, task.task_name) for task in rows(Task, **SHOP) if task.task_id == 1] == [
        (1, 1, "Load orders"),
        (2, 1, "Load orders late"),
    ]


def test_given_descriptions_that_do_not_fit_when_built_then_each_is_refused(
    monitor: ETLMonitor, refused: Refused
) -> None:
    with refused(InvalidInput, "tasks must be a list of names, not str."):
        process(monitor, tasks="Load")
    with refused(InvalidInput, "tasks has 'Load' twice. Give each task another name."):
        process(monitor, tasks=["Load", "Load"])
    with refused(InvalidInput, "watermarks names 'Lod', which is not among the tasks: Load."):
        process(monitor, tasks=["Load"], watermarks={"Lod": "DELTA_ID"})
    with refused(InvalidInput, "The watermark of 'Load' is a FLAG; it must be a DELTA_DATE or a DELTA_ID."):
        process(monitor, tasks=["Load"], watermarks={"Load": "FLAG"})
    with refused(InvalidInput, "The watermark of 'Load' is 'DELTA'; it must be one of DELTA_DATE, DELTA_ID"):
        process(monitor, tasks=["Load"], watermarks={"Load": "DELTA"})
    with refused(InvalidInput, "optional must be a list of names, not str."):
        process(monitor, tasks=["Load"], optional="Load")
    with refused(InvalidInput, "limits must be a mapping by the task's name, not list."):
        process(monitor, tasks=["Load"], limits=[60])  # type: ignore[arg-type]
    with refused(InvalidInput, "The first argument is a str. Pass the monitor."):
        process("SHOP")  # type: ignore[arg-type]


def test_given_a_stage_that_is_not_registered_when_built_then_nothing_is_promised(monitor: ETLMonitor) -> None:
    with pytest.raises(StageNotFound):
        process(monitor, tasks={"Load": 12})


# A history


def test_given_a_process_when_its_history_is_written_then_each_day_has_its_run(
    shop: ETLMonitor, clock: ManualClock
) -> None:
    runs = history(shop, days=2, clock=clock)

    assert [(run.execution_id, run.processing_date) for run in runs] == [
        ("history-2025-12-30", date(2025, 12, 30)),
        ("history-2025-12-31", date(2025, 12, 31)),
    ]
    assert_done(runs[0])
    assert_done(runs[1])
    assert clock.now == datetime(2026, 1, 1, 6, tzinfo=UTC)


def test_given_a_history_when_its_steps_are_read_then_times_and_watermarks_are_plausible(
    shop: ETLMonitor, rows: Rows
) -> None:
    history(shop, days=2, until="2026-01-01", seconds={"Load orders": 1000, 0: 0})

    first, second = (
        rows(ProcessingStep, task_id=1, processing_date=date(*day)) for day in ((2025, 12, 31), (2026, 1, 1))
    )
    assert [step.start_time for step in first] == [datetime(2025, 12, 31, 2, tzinfo=UTC)]
    assert all(800 <= step.duration_seconds <= 1300 for step in [*first, *second])
    assert first[0].duration_seconds != second[0].duration_seconds
    assert {step.last_updated_by for step in rows(ProcessingStep)} == {"history"}
    (prices,) = rows(ProcessingStep, task_id=2, processing_date=date(2026, 1, 1))
    values = {one.parameter_name: one.value for one in rows(Parameter, **SHOP)}
    read = [int(step.log_message.removesuffix(" rows")) for step in [*first, *second]]
    assert values == {"Load orders": sum(read), "Load prices": prices.start_time}


def test_given_failures_when_the_history_is_written_then_they_fail_and_are_tried_again(
    shop: ETLMonitor, rows: Rows
) -> None:
    runs = history(shop, days=3, until="2026-01-03", failures={"Load orders": [0, "2026-01-03", -1], 3: [-2]})

    tries = [
        (step.processing_date.day, step.task_id, step.attempts, step.status)
        for step in rows(ProcessingStep)
        if step.task_id in (1, 3) and step.workflow_id == 1
    ]
    assert sorted(tries) == [
        (1, 1, 0, Status.FAIL),
        (1, 1, 1, Status.DONE),
        (1, 3, 0, Status.DONE),
        (2, 1, 0, Status.DONE),
        (2, 3, 0, Status.FAIL),
        (2, 3, 1, Status.DONE),
        (3, 1, 0, Status.FAIL),
        (3, 1, 1, Status.FAIL),
        (3, 3, 0, Status.NQUE),
    ]
    assert_done(runs[1])
    assert_failed(runs[2], "Load orders", match="^SourceHungUp: the source closed the connection$")
    assert_queued(runs[2], "Build mart")
    assert [(line.processing_date.day, line.activity_name, line.level) for line in rows(SysLog, level=3)] == [
        (1, "Load orders", 3),
        (2, "Build mart", 3),
        (3, "Load orders", 3),
        (3, "Load orders", 3),
    ]


def test_given_no_retries_when_a_day_fails_then_it_stays_failed_and_the_next_one_runs(shop: ETLMonitor) -> None:
    runs = history(shop, days=2, until="2026-01-02", failures={"1.1": [0]}, retries=0)

    assert_failed(runs[0], "Load orders")
    assert_done(runs[1])


def test_given_the_same_arguments_when_written_elsewhere_then_the_history_is_the_same(
    shop: ETLMonitor, tables: Callable[[], dict], empty: Callable[[], None]
) -> None:
    def write() -> list[dict]:
        history(shop, days=2, until="2026-01-02", failures={"Load orders": [0]})
        return tables()["ETLProcessingSteps"]

    first = write()
    empty()
    process(
        shop,
        **SHOP,
        tasks={"Load orders": 2, "Load prices": 2, "Build mart": 6},
        watermarks={"Load orders": "DELTA_ID", "Load prices": "DELTA_DATE"},
    )

    assert write() == first


def test_given_runs_of_a_history_when_one_goes_on_then_it_has_the_monitors_own_clock(
    shop: ETLMonitor, clock: ManualClock, rows: Rows
) -> None:
    (run,) = history(shop, days=1, failures={"Build mart": [-1, -1]}, clock=clock)
    run.reset()
    with run.task(0), run.task(3):
        clock.advance(5)

    (mart,) = rows(ProcessingStep, task_id=3, attempts=2)
    assert mart.start_time == datetime(2026, 1, 1, 6, tzinfo=UTC)
    assert_done(run)


def test_given_two_processes_when_one_history_is_written_then_the_other_has_no_step(
    shop: ETLMonitor, rows: Rows
) -> None:
    process(shop, "SHOP", "STOCK", tasks=["Load orders"])

    history(shop, "SHOP", "STOCK", days=2, failures={"Load orders": [0]})

    assert {step.process_load for step in rows(ProcessingStep)} == {"STOCK"}


def test_given_the_same_name_in_two_passes_when_one_fails_then_the_other_does_not(shop: ETLMonitor, rows: Rows) -> None:
    process(shop, **SHOP, tasks=["Load orders"], workflow_id=2)

    history(shop, days=1, failures={"2.1": [0]}, retries=0)

    failed = rows(ProcessingStep, status=Status.FAIL)
    assert [(step.workflow_id, step.task_id) for step in failed] == [(2, 1)]


def test_given_a_history_when_its_days_are_written_again_then_it_is_refused(shop: ETLMonitor, refused: Refused) -> None:
    history(shop, days=2, until="2026-01-02")

    with refused(
        InvalidInput, "The history of SHOP/ORDERS has a run on 2026-01-02 already. Pass other days with until="
    ):
        history(shop, days=2, until="2026-01-03")
    history(shop, days=1, until="2026-01-03")


def test_given_arguments_that_do_not_fit_when_written_then_each_is_refused(shop: ETLMonitor, refused: Refused) -> None:
    with refused(InvalidInput, "failures names 'Load', which is no active task", "Load orders"):
        history(shop, failures={"Load": [0]})
    with refused(InvalidInput, "failures['Load orders'] is 14; it must be between -14 and 13."):
        history(shop, failures={"Load orders": [14]})
    with refused(InvalidInput, "has 2026-02-01, but the history goes from 2025-12-31 to 2026-01-01."):
        history(shop, days=2, until="2026-01-01", failures={"Load orders": ["2026-02-01"]})
    with refused(InvalidInput, "failures['Load orders'] must be a list of days, not int."):
        history(shop, failures={"Load orders": 3})  # type: ignore[dict-item]
    with refused(InvalidInput, "failures must be a mapping by task, not list."):
        history(shop, failures=["Load orders"])  # type: ignore[arg-type]
    with refused(InvalidInput, "seconds['Load orders'] is -1; it must be between 0 and 86400."):
        history(shop, seconds={"Load orders": -1})
    with refused(InvalidInput, "days is 0; it must be between 1 and 10000."):
        history(shop, days=0)
    with refused(InvalidInput, "5 days until 0001-01-02 lead out of the calendar."):
        history(shop, days=5, until="0001-01-02")
    with refused(InvalidInput, "clock must be a function, not datetime."):
        history(shop, clock=datetime.now(UTC))  # type: ignore[arg-type]
    with refused(ProcessNotFound, "STOCK"):
        history(shop, "SHOP", "STOCK")
    with refused(InvalidInput, "The first argument is a str. Pass the monitor."):
        history("SHOP")  # type: ignore[arg-type]


def test_given_no_date_when_written_then_the_last_day_is_yesterday(shop: ETLMonitor) -> None:
    before = datetime.now(UTC).date()
    (run,) = history(shop, days=1)

    assert run.processing_date + timedelta(days=1) in (before, datetime.now(UTC).date())
