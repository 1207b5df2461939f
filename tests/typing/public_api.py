"""The public face as type checkers see it: read by mypy and pyright in CI, and run by nobody."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import assert_type

from alembic import context
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from etl_monitor_orm import (
    Baseline,
    Claim,
    ComparedStep,
    CurrentFailure,
    Duration,
    ETLMonitor,
    Explanation,
    FailedTask,
    InvalidTransition,
    MandatoryBlocker,
    ModeChange,
    PastFailure,
    PendingTask,
    ProcessingStep,
    ProcessStatus,
    Rows,
    Run,
    RunFailed,
    RunSummary,
    Status,
    SysLog,
    Task,
    TaskDetail,
    TaskHandle,
    Termination,
    Watermark,
    create_engine,
    migrations,
    terminate_as_exit,
)
from etl_monitor_orm.spark_edition import ETLMonitorFramework, TaskGuard
from etl_monitor_orm.testing import assert_done, assert_failed, assert_watermark, history, process


def calls_are_chained_and_return_typed_objects(monitor: ETLMonitor) -> None:
    assert_type(monitor.setup(), ETLMonitor)
    assert_type(
        monitor.register_process("CORP", "HR_DAILY").register_parameter("CORP", "HR_DAILY", "A", "FLAG"), ETLMonitor
    )
    assert_type(monitor.start_run("CORP", "HR_DAILY", "2026-04-09"), Run)
    assert_type(monitor.start_task("run-1", "CORP", "HR_DAILY", 1), Claim)
    assert_type(monitor.get_status("CORP", "HR_DAILY"), Rows[TaskDetail])
    assert_type(monitor.get_status("CORP", "HR_DAILY", summary_mode=True), Rows[RunSummary])
    assert_type(monitor.status_reset("CORP", "HR_DAILY"), Rows[ProcessingStep])
    assert_type(monitor.set_processing_mode("CORP", "HR_DAILY"), Rows[ModeChange])
    assert_type(monitor.get_active_watermark("CORP", "HR_DAILY", "A"), datetime | int | bool | None)
    assert_type(monitor.processes(), Rows[ProcessStatus])
    assert_type(monitor.failures(), Rows[CurrentFailure])
    assert_type(monitor.failures(mandatory=True), Rows[MandatoryBlocker])
    assert_type(monitor.watermarks(), Rows[Watermark])
    assert_type(monitor.baselines("CORP", "HR_DAILY"), Rows[Baseline])
    assert_type(monitor.compare_with_usual("CORP", "HR_DAILY"), Rows[ComparedStep])
    assert_type(monitor.runs("run-1"), Rows[RunSummary])
    assert_type(monitor.latest_date(), date | None)
    assert_type(monitor.engine, Engine)
    assert_type(monitor.session(), Session)
    assert_type(create_engine(), Engine)


def handles_are_typed(run: Run) -> None:
    assert_type(run.execution_id, str)
    assert_type(run.processing_date, date)
    assert_type(run.pending(), Rows[PendingTask])
    assert_type(run.ready(), Rows[PendingTask])
    with run.task(1) as task:
        assert_type(task, TaskHandle)
        assert_type(task.watermark, datetime | int | bool | None)


def handles_know_how_the_run_went(run: Run) -> None:
    assert_type(run.succeeded, bool)
    try:
        run.raise_for_failures()
    except RunFailed as error:
        assert_type(error.failures, tuple[FailedTask, ...])
        assert_type(error.failures[0].task_name, str | None)


async def tasks_are_typed_in_coroutines(run: Run) -> None:
    async with run.task("Load employees", heartbeat=60) as task:
        assert_type(task, TaskHandle)
        assert_type(task.watermark_id, int | None)
        assert_type(task.watermark_time, datetime | None)


def runs_are_found(monitor: ETLMonitor) -> None:
    assert_type(monitor.join_run("CORP", "HR_DAILY"), Run)
    assert_type(monitor.get_run("run-1"), Run)
    assert_type(monitor.list_runs(since="2026-04-01", where="attempts > 0"), Rows[RunSummary])
    assert_type(monitor.list_tasks(), Rows[TaskDetail])
    assert_type(monitor.list_tasks()[0].elapsed_seconds, int | None)
    assert_type(monitor.list_logs(), Rows[SysLog])
    assert_type(monitor.past_failures(since=timedelta(hours=24)), Rows[PastFailure])
    assert_type(monitor.past_failures(since="2026-04-01")[0].became, str | None)
    assert_type(monitor.history("CORP", "HR_DAILY", "Load employees"), Rows[TaskDetail])
    assert_type(monitor.durations("CORP", "HR_DAILY"), Rows[Duration])
    assert_type(monitor.why("CORP", "HR_DAILY"), Rows[Explanation])
    assert_type(monitor.why("CORP", "HR_DAILY")[0].key, dict[str, str | int])
    with monitor as same, terminate_as_exit() as termination:
        assert_type(same, ETLMonitor)
        assert_type(termination, Termination)


def rows_are_lists_and_more(rows: Rows[TaskDetail]) -> None:
    plain: list[TaskDetail] = rows
    assert_type(plain[0], TaskDetail)
    assert_type(rows[0], TaskDetail)
    assert_type(rows[:2], Rows[TaskDetail])
    assert_type(rows.to_dicts(), list[dict[str, object]])


def tracked_functions_keep_their_signature(monitor: ETLMonitor) -> None:
    @monitor.tracked("CORP", "HR_DAILY", 1)
    def load(table: str, *, limit: int = 10) -> int:
        return limit

    assert_type(load("employees", limit=3), int)
    load(3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    @monitor.tracked("CORP", "HR_DAILY", "Load employees")
    def load_since(task: TaskHandle, table: str) -> str:
        return f"{table} {task.watermark}"

    assert_type(load_since("employees"), str)


async def tracked_coroutine_functions_keep_their_signature(monitor: ETLMonitor) -> None:
    @monitor.tracked("CORP", "HR_DAILY", 1)
    async def load(task: TaskHandle, table: str) -> int:
        return 1

    assert_type(await load("employees"), int)


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


def calls_of_the_spark_edition_are_chained_and_return_typed_rows(edition: ETLMonitorFramework) -> None:
    assert_type(edition.register_process("CORP", "HR_DAILY").register_organisation("A", "A"), ETLMonitorFramework)
    with edition.task("run-1", "CORP", "HR_DAILY", 1, 2, 1) as guard:
        assert_type(guard, TaskGuard)
    for row in edition.get_pending_tasks("run-1", "CORP", "HR_DAILY"):
        assert_type(row.Status, str)
    for step in edition.get_status("CORP", "HR_DAILY").collect():
        assert_type(step.EndTime, datetime | None)
    for attempt in edition.get_status("CORP", "HR_DAILY", summary_mode=True):
        assert_type(attempt.OverallStatus, str | None)
