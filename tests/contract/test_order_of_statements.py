"""The order in which a call writes: a stop between two statements leaves only true rows."""

from __future__ import annotations

import pytest

from etl_monitor_orm import ETLMonitor, Run

HR = ("CORP", "HR_DAILY")


def written(statements: list[str]) -> list[str]:
    """The tables that statements write, in order."""
    tables = ("ETLProcessingSteps", "ETLconfigParameters", "ETLsysLogs")
    return [
        next(table for table in tables if f"{table}" in statement.split("USING")[0].split("SET")[0])
        for statement in statements
        if statement.startswith(("MERGE", "UPDATE", "INSERT"))
    ]


@pytest.mark.parametrize(("task_id", "staged"), [(1, None), (1, "2026-01-01"), (2, 120)])
def test_given_a_watermark_when_its_task_ends_then_done_is_written_before_it(
    run: Run, statements, task_id: int, staged: str | int | None
) -> None:
    task = run.task(task_id).__enter__()
    if staged is not None:
        task.advance(staged)
    with statements.counted() as executed:
        task.__exit__(None, None, None)

    assert written(executed) == ["ETLProcessingSteps", "ETLconfigParameters"]


def test_given_a_mandatory_step_when_it_fails_then_the_initiation_opens_before_fail_is_written(
    hr: ETLMonitor, run: Run, statements
) -> None:
    hr.start_task("run-1", *HR, 1, processing_date="2026-04-09")
    with statements.counted() as executed:
        hr.fail_task("run-1", *HR, 1, processing_date="2026-04-09", log_message="down")

    assert ["LogMessage" in statement for statement in executed] == [False, True]


def test_given_a_change_of_mode_when_it_is_written_then_its_receipt_goes_before_it(hr: ETLMonitor, statements) -> None:
    with statements.counted() as executed:
        hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")

    assert written(executed) == ["ETLsysLogs", "ETLconfigParameters"]
