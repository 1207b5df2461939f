"""Tasks that are started and ended, by `task()` or by an orchestrator, in the Spark edition's sense."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from etl_monitor_orm import InvalidTransition, ManualClock, StepNotFound, StepSkipped
from etl_monitor_orm.spark_edition import ETLMonitorFramework
from tests.spark_edition.conftest import DAY, EVENTS, FIRST, HR, INITIATION, LOAD, MART, SECOND

LOADING = {**LOAD, "processing_date": DAY}


def row_of(edition: ETLMonitorFramework, task_id: int = 1, execution_id: str = FIRST) -> dict[str, object]:
    (row,) = edition.get_status(*HR, DAY, execution_id=execution_id, task_id=task_id)
    return row.asDict()


def test_given_a_queued_task_when_its_block_ends_then_it_is_done_with_message_source_and_watermark(
    run: ETLMonitorFramework, clock: ManualClock
) -> None:
    with run.task(FIRST, *HR, **LOADING, log_message="120 rows", log_type="WARN", log_code="W1") as guard:
        clock.advance(10)

    assert (guard.active, guard.status) == (True, "NQUE")
    expected = {
        "Status": "DONE",
        "DurationSeconds": 10,
        "LogMessage": "120 rows",
        "LogType": "WARN",
        "LogCode": "W1",
        "SourceType": "DBX_NOTEBOOK",
    }
    assert row_of(run).items() >= expected.items()
    assert str(run.get_active_watermark(*HR, "LoadEmployees")) == "2026-01-01 06:00:00"


def test_given_an_exception_in_the_block_then_the_step_has_failed_and_the_exception_goes_on(
    run: ETLMonitorFramework, work: Callable[..., None]
) -> None:
    work(INITIATION)
    with pytest.raises(OSError, match="source is down"), run.task(FIRST, *HR, **LOADING):
        raise OSError("source is down")

    assert (
        row_of(run).items() >= {"Status": "FAIL", "LogType": "ERROR", "LogMessage": "OSError: source is down"}.items()
    )
    assert row_of(run, 0)["Status"] == "NQUE"


def test_given_a_failed_step_when_its_task_is_entered_again_then_it_runs_as_a_new_attempt(
    run: ETLMonitorFramework, fail: Callable[..., None]
) -> None:
    fail(LOAD)
    with run.task(FIRST, *HR, **LOADING) as guard:
        pass

    assert (guard.active, guard.status) == (True, "FAIL")
    attempts = run.get_status(*HR, DAY, task_id=1)
    assert [(row.Attempts, row.Status) for row in attempts] == [(1, "DONE"), (0, "FAIL")]


def test_given_a_step_left_running_when_its_task_is_entered_again_then_it_runs(run: ETLMonitorFramework) -> None:
    run.start_task(FIRST, *HR, **LOADING)
    with run.task(FIRST, *HR, **LOADING) as guard:
        assert guard.active

    assert row_of(run)["Status"] == "DONE"


def test_given_a_done_step_when_its_task_is_entered_again_then_nothing_is_written(
    run: ETLMonitorFramework, work: Callable[..., None]
) -> None:
    work(LOAD)
    before = row_of(run)
    with run.task(FIRST, *HR, **LOADING) as guard:
        assert not guard.active

    assert row_of(run) == before


def test_given_a_run_without_steps_when_a_task_is_entered_then_the_run_is_queued_and_it_runs(
    hr: ETLMonitorFramework, states: Callable[..., dict[int, str]]
) -> None:
    with hr.task(FIRST, *HR, **LOADING):
        pass

    assert states() == {0: "NQUE", 1: "DONE", 2: "NQUE", 3: "NQUE"}


def test_given_a_task_entered_twice_as_a_decorator_then_each_call_is_guarded(run: ETLMonitorFramework) -> None:
    calls = []

    @run.task(FIRST, *HR, **LOADING)
    def load() -> None:
        calls.append("loaded")

    load()
    assert row_of(run)["Status"] == "DONE"
    assert calls == ["loaded"]


def test_given_an_orchestrator_when_it_starts_and_ends_a_step_then_no_attempt_has_to_be_named(
    run: ETLMonitorFramework, clock: ManualClock
) -> None:
    assert run.start_task(FIRST, *HR, **LOADING, source_type="ADF_PIPELINE", source_run_id="adf-7") == 0
    clock.advance(5)
    run.end_task(FIRST, *HR, **LOADING, log_message="done by ADF")

    expected = {"Status": "DONE", "SourceType": "ADF_PIPELINE", "DurationSeconds": 5, "LogMessage": "done by ADF"}
    assert row_of(run).items() >= expected.items()


def test_given_reported_times_then_they_are_the_steps_and_an_empty_widget_means_now(run: ETLMonitorFramework) -> None:
    run.start_task(FIRST, *HR, **LOADING, timestamp="2026-01-01T05:00:00")
    run.end_task(FIRST, *HR, **LOADING, timestamp="", log_message="", log_type="", log_code="")

    row = row_of(run)
    assert [str(row[name]) for name in ("StartTime", "EndTime")] == ["2026-01-01 05:00:00", "2026-01-01 06:00:00"]
    assert (row["LogMessage"], row["LogCode"]) == (None, None)


def test_given_an_orchestrator_when_it_fails_a_step_then_the_initiation_is_queued_again(
    run: ETLMonitorFramework, work: Callable[..., None]
) -> None:
    work(INITIATION)
    run.start_task(FIRST, *HR, **LOADING)
    run.fail_task(FIRST, *HR, **LOADING, log_message="refused", log_code="E7")

    expected = {"Status": "FAIL", "LogType": "ERROR", "LogMessage": "refused", "LogCode": "E7"}
    assert row_of(run).items() >= expected.items()
    assert row_of(run, 0)["Status"] == "NQUE"


def test_given_a_failed_attempt_when_it_is_passed_along_for_the_next_try_then_the_new_attempt_ends(
    run: ETLMonitorFramework, fail: Callable[..., None]
) -> None:
    fail(LOAD)
    (row,) = run.get_pending_tasks(FIRST, *HR, DAY, task_id=1)
    assert run.start_task(FIRST, *HR, **LOADING, attempts=row.Attempts) == 1
    run.end_task(FIRST, *HR, **LOADING, attempts=row.Attempts)

    assert [(one.Attempts, one.Status) for one in run.get_status(*HR, DAY, task_id=1)] == [(1, "DONE"), (0, "FAIL")]


def test_given_a_step_that_a_retry_left_out_when_it_is_started_explicitly_then_it_runs_again(
    run: ETLMonitorFramework, work: Callable[..., None], fail: Callable[..., None]
) -> None:
    work(INITIATION, LOAD)
    fail(EVENTS)
    run.generate_execution_steps(SECOND, *HR, DAY)
    assert run.task_status(SECOND, *HR, DAY, **INITIATION) == "NULL"

    assert run.start_task(SECOND, *HR, **INITIATION, processing_date=DAY) == 1
    run.end_task(SECOND, *HR, **INITIATION, processing_date=DAY)
    assert row_of(run, 0, SECOND)["Status"] == "DONE"


def test_given_a_run_without_steps_when_a_step_is_started_then_the_run_is_queued_first(
    hr: ETLMonitorFramework, states: Callable[..., dict[int, str]]
) -> None:
    hr.start_task(FIRST, *HR, **LOADING)

    assert states() == {0: "NQUE", 1: "NQUE", 2: "NQUE", 3: "NQUE"}
    assert row_of(hr)["StartTime"] is not None


def test_given_a_step_that_cannot_start_then_the_orchestrator_is_told_why(
    run: ETLMonitorFramework, work: Callable[..., None]
) -> None:
    work(LOAD)
    run.skip_task(FIRST, *HR, **MART, processing_date=DAY)

    with pytest.raises(InvalidTransition, match="DONE"):
        run.start_task(FIRST, *HR, **LOADING)
    with pytest.raises(StepSkipped):
        run.start_task(FIRST, *HR, **MART, processing_date=DAY)
    with pytest.raises(StepNotFound, match="not registered"):
        run.start_task(FIRST, *HR, task_id=99, sequence_id=2, workflow_id=1, processing_date=DAY)


def test_given_a_done_step_when_it_is_ended_again_then_it_is_refused_and_stays(
    run: ETLMonitorFramework, work: Callable[..., None]
) -> None:
    work(LOAD)
    before = row_of(run)
    for attempts in (None, 0):
        with pytest.raises(InvalidTransition):
            run.end_task(FIRST, *HR, **LOADING, attempts=attempts, log_message="late")

    assert row_of(run) == before


def test_given_two_runs_of_a_date_then_each_has_its_own_steps(
    run: ETLMonitorFramework, work: Callable[..., None], states: Callable[..., dict[int, str]]
) -> None:
    run.generate_execution_steps(SECOND, *HR, DAY)
    work(LOAD, execution_id=SECOND)
    with suppress(OSError), run.task(FIRST, *HR, **EVENTS, processing_date=DAY):
        raise OSError

    assert states() == {0: "NQUE", 1: "NQUE", 2: "FAIL", 3: "NQUE"}
    assert states(SECOND) == {0: "NQUE", 1: "DONE", 2: "NQUE", 3: "NQUE"}
