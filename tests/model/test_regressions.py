"""Bugs that the state machine found, each as the shortest story that showed it."""

from __future__ import annotations

from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, ManualClock, ProcessStatus, RunSummary


def test_given_a_step_that_ended_unstarted_when_another_starts_then_wall_clock_is_not_negative(
    etl_monitor: ETLMonitor, etl_clock: ManualClock
) -> None:
    etl_monitor.register_process("CORP", "HR_DAILY")
    etl_monitor.register_task("CORP", "HR_DAILY", 1, 1, 2, "reports completion only")
    etl_monitor.register_task("CORP", "HR_DAILY", 2, 1, 2, "reports its start")
    run = etl_monitor.start_run("CORP", "HR_DAILY", "2026-01-01")
    etl_monitor.end_task(run.execution_id, "CORP", "HR_DAILY", 1, processing_date=run.processing_date)
    etl_clock.advance(60)
    etl_monitor.start_task(run.execution_id, "CORP", "HR_DAILY", 2, processing_date=run.processing_date)

    with etl_monitor.session() as session:
        assert session.scalars(select(RunSummary.wall_clock_seconds)).one() == 0
        assert session.scalars(select(ProcessStatus.wall_clock_seconds)).one() == 0
