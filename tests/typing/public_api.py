"""The public face as type checkers see it: read by mypy and pyright in CI, and run by nobody."""

from __future__ import annotations

from datetime import date, datetime
from typing import assert_type

from alembic import context
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from etl_monitor_orm import (
    Claim,
    CurrentFailure,
    ETLMonitor,
    InvalidTransition,
    MandatoryBlocker,
    ModeChange,
    PendingTask,
    ProcessingStep,
    ProcessStatus,
    Run,
    RunSummary,
    Status,
    Task,
    TaskDetail,
    TaskHandle,
    Watermark,
    create_engine,
    migrations,
)
from etl_monitor_orm.testing import assert_done, assert_failed, assert_watermark, history, process


def calls_are_chained_and_return_typed_objects(monitor: ETLMonitor) -> None:
    assert_type(monitor.setup(), ETLMonitor)
    assert_type(
        monitor.register_process("CORP", "HR_DAILY").register_parameter("CORP", "HR_DAILY", "A", "FLAG"), ETLMonitor
    )
    assert_type(monitor.start_run("CORP", "HR_DAILY", "2026-04-09"), Run)
    assert_type(monitor.start_task("run-1", "CORP", "HR_DAILY", 1), Claim)
    assert_type(monitor.get_status("CORP", "HR_DAILY"), list[TaskDetail])
    assert_type(monitor.get_status("CORP", "HR_DAILY", summary_mode=True), list[RunSummary])
    assert_type(monitor.status_reset("CORP", "HR_DAILY"), list[ProcessingStep])
    assert_type(monitor.set_processing_mode("CORP", "HR_DAILY"), list[ModeChange])
    assert_type(monitor.get_active_watermark("CORP", "HR_DAILY", "A"), datetime | int | bool | None)
    assert_type(monitor.processes(), list[ProcessStatus])
    assert_type(monitor.failures(), list[CurrentFailure])
    assert_type(monitor.failures(mandatory=True), list[MandatoryBlocker])
    assert_type(monitor.watermarks(), list[Watermark])
    assert_type(monitor.runs("run-1"), list[RunSummary])
    assert_type(monitor.latest_date(), date | None)
    assert_type(monitor.engine, Engine)
    assert_type(monitor.session(), Session)
    assert_type(create_engine(), Engine)


def handles_are_typed(run: Run) -> None:
    assert_type(run.execution_id, str)
    assert_type(run.processing_date, date)
    assert_type(run.pending(), list[PendingTask])
    assert_type(run.ready(), list[PendingTask])
    with run.task(1) as task:
        assert_type(task, TaskHandle)
        assert_type(task.watermark, datetime | int | bool | None)


def queries_are_typed(session: Session) -> None:
    failure = session.scalars(select(CurrentFailure)).one()
    assert_type(failure.log_message, str | None)
    assert_type(failure.status, Status)
    assert_type(session.scalars(select(Watermark)).one().active_value, str | None)
    assert_type(session.scalars(select(Task)).one().steps, list[ProcessingStep])


def errors_say_what_they_are_about(error: InvalidTransition) -> None:
    assert_type(error.state, Status | None)
    assert_type(error.asked, str | None)
    if error.step is not None:
        assert_type(error.step.task_id, int)
        assert_type(error.step.run.processing_date, date)
    if error.process is not None:
        assert_type(error.process.project_code, str)


def kit_takes_what_tests_have(monitor: ETLMonitor, run: Run) -> None:
    failures: dict[str, list[int]] = {"Load": [0, -1]}
    seconds: dict[int, int] = {1: 60}
    assert_type(process(monitor, tasks={"Load": 2}, watermarks={"Load": "DELTA_ID"}), ETLMonitor)
    assert_type(history(monitor, failures=failures, seconds=seconds), list[Run])
    history(monitor, failures={"Load": ["2026-04-09"], "Build": ["2026-04-10"]})
    history(monitor, failures={1: (0, -1)})
    assert_done(run, 1, "Load")
    assert_failed(monitor, "Load", match="Error", processing_date="2026-04-09")
    assert_watermark(monitor, "CORP", "DAILY", "Load", 12)
    assert_watermark(monitor, "CORP", "DAILY", "Since", datetime(2026, 4, 9))
    assert_watermark(monitor, "CORP", "DAILY", "Since", None)


def migrations_of_ones_own_take_what_leaves_the_monitor_out(engine: Engine) -> None:
    context.configure(
        include_name=migrations.include_name(engine), include_object=migrations.include_object(engine, "etl")
    )
    assert_type(migrations.compare(engine, "etl").notes, list[str])
