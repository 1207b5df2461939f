"""A value that one task set explicitly outlives the automatic advance of the others that share its watermark."""

from __future__ import annotations

from etl_monitor_orm import ETLMonitor, ManualClock


def test_given_a_shared_watermark_advanced_by_one_task_when_the_last_is_done_then_it_stays(
    hr: ETLMonitor, clock: ManualClock
) -> None:
    hr.register_task("CORP", "HR_DAILY", 4, 1, 2, "Load departments", source_system_code="LoadEmployees")
    run = hr.start_run("CORP", "HR_DAILY", "2026-01-01")
    with run.task(4):
        clock.advance(1)
        with run.task(1) as task:
            task.advance("2026-01-01 05:30")
        clock.advance(1)

    assert str(hr.get_active_watermark("CORP", "HR_DAILY", "LoadEmployees")) == "2026-01-01 05:30:00+00:00"
