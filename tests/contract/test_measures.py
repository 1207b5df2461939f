"""What attempts measure: one row an attempt and name, in `ETLmetrics`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, InvalidTransition, Metric, Run, StepNotFound, StepNotQueued

HR = ("CORP", "HR_DAILY")
Rows = Callable[..., list]


def told(found: list[Metric]) -> set[tuple[int, int, str, int | None]]:
    return {(one.task_id, one.attempts, one.metric_name, one.metric_value) for one in found}


def test_task_when_it_measures_has_a_row_for_each_name(hr: ETLMonitor, run: Run, rows: Rows) -> None:
    with run.task(1) as task:
        task.measure(rows=41_000, bytes=2**40)
    with run.task(2) as task:
        task.measure(rows=0)

    assert told(rows(Metric)) == {(1, 0, "rows", 41_000), (1, 0, "bytes", 2**40), (2, 0, "rows", 0)}
    assert {(one.execution_id, one.processing_date, one.workflow_id) for one in rows(Metric)} == {
        (run.execution_id, run.processing_date, 1)
    }


def test_measure_when_told_again_has_the_new_value_and_others_stay(hr: ETLMonitor, run: Run, rows: Rows) -> None:
    with run.task(1) as task:
        task.measure(rows=1, bytes=2)
        task.measure(rows=3)

    assert told(rows(Metric)) == {(1, 0, "rows", 3), (1, 0, "bytes", 2)}


def test_measure_of_a_retry_is_of_that_attempt(hr: ETLMonitor, run: Run, rows: Rows) -> None:
    claim = hr.start_task(run.execution_id, *HR, 1)
    hr.measure_task(run.execution_id, *HR, 1, {"rows": 1})
    hr.fail_task(run.execution_id, *HR, 1)
    run.reset()
    hr.start_task(run.execution_id, *HR, 1)
    hr.measure_task(run.execution_id, *HR, 1, {"rows": "2"})
    hr.measure_task(run.execution_id, *HR, 1, {"bytes": 9}, claim=claim)

    assert told(rows(Metric)) == {(1, 0, "rows", 1), (1, 0, "bytes", 9), (1, claim.attempts + 1, "rows", 2)}


@pytest.mark.parametrize("measures", [{}, {"": 1}, {"rows": "many"}, {"rows": None}, {"rows": 2**63}, 5, {5: 1}])
def test_impossible_measure_is_refused_and_nothing_written(
    hr: ETLMonitor, run: Run, unchanged, measures: object
) -> None:
    with unchanged(), pytest.raises(InvalidInput):
        hr.measure_task(run.execution_id, *HR, 1, measures)


def test_measure_of_a_step_that_is_not_there_is_refused(hr: ETLMonitor, run: Run, unchanged) -> None:
    with unchanged(), pytest.raises(StepNotFound):
        hr.measure_task(run.execution_id, *HR, 99, {"rows": 1})
    with unchanged(), pytest.raises(StepNotQueued):
        hr.measure_task(run.execution_id, *HR, 1, {"rows": 1}, attempts=7)


def test_measure_of_a_handle_that_is_not_at_work_is_refused(hr: ETLMonitor, run: Run) -> None:
    with pytest.raises(InvalidTransition):
        run.task(1).measure(rows=1)
