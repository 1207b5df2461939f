"""What the monitor adds to the plainest way of doing the same work, as ratios."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from etl_monitor_orm import ETLMonitor, ProcessingStep, create_engine
from etl_monitor_orm.backends.duckdb.copying import copy_database

SCRIPTS = Path(__file__).parents[1] / "alembic"
TASKS = 1_000
TRIES = 50
DAY = "2026-04-09"

UPDATE_START = (
    'UPDATE etl."ETLProcessingSteps" SET "StartTime" = now() '
    'WHERE "ProcessingDate" = ? AND "ExecutionID" = ? AND "TaskID" = ?'
)
UPDATE_DONE = (
    """UPDATE etl."ETLProcessingSteps" SET "Status" = 'DONE', "EndTime" = now() """
    'WHERE "ProcessingDate" = ? AND "ExecutionID" = ? AND "TaskID" = ?'
)
UPDATE_WATERMARK = 'UPDATE etl."ETLconfigParameters" SET "ValueDateTime" = now() WHERE "ParameterName" = ?'
SELECT_STEPS = 'SELECT * FROM etl."ETLProcessingSteps" WHERE "ExecutionID" = ?'


def milliseconds(work: Callable[[int], object], tries: int = TRIES) -> float:
    """Median time of one piece of work."""
    times = []
    for number in range(1, tries + 1):
        start = perf_counter()
        work(number)
        times.append(perf_counter() - start)
    return median(times) * 1_000


def line(name: str, ours: float, plain: float) -> None:
    print(f"{name:26} {ours:9.2f} ms {plain:9.2f} ms   x {ours / plain:5.1f}")


def catalogue(*, watermarks: bool) -> ETLMonitor:
    monitor = ETLMonitor("duckdb:///:memory:").setup().register_process("BENCH", "LOAD")
    for number in range(1, TASKS + 1):
        mark = f"Mark {number}" if watermarks else None
        if mark:
            monitor.register_parameter("BENCH", "LOAD", mark, "DELTA_DATE")
        monitor.register_task("BENCH", "LOAD", number, 1, 2, f"Task {number}", source_system_code=mark)
    return monitor


def bare(engine: Engine, *statements: tuple[str, tuple[object, ...]]) -> None:
    with engine.begin() as connection:
        for sql, values in statements:
            connection.exec_driver_sql(sql, values)


def tracked_tasks(name: str, *, watermarks: bool) -> None:
    monitor = catalogue(watermarks=watermarks)
    runs = [monitor.start_run("BENCH", "LOAD", DAY) for _ in range(2)]

    def ours(number: int) -> None:
        with runs[0].task(number):
            pass

    def plain(number: int) -> None:
        step = (DAY, runs[1].execution_id, number)
        bare(monitor.engine, (UPDATE_START, step))
        moved = [(UPDATE_WATERMARK, (f"Mark {number}",))] if watermarks else []
        bare(monitor.engine, (UPDATE_DONE, step), *moved)

    line(name, milliseconds(ours), milliseconds(plain))
    monitor.close()


def runs() -> None:
    monitor = catalogue(watermarks=False)
    days = [f"2026-05-{number:02}" for number in range(1, 12)]

    def plain(number: int) -> None:
        with Session(monitor.engine) as session, session.begin():
            session.add_all(
                ProcessingStep(
                    processing_date=queued.processing_date,
                    project_code="BENCH",
                    process_load="LOAD",
                    execution_id=f"plain-{number}",
                    workflow_id=1,
                    task_id=queued.task_id,
                    sequence_id=2,
                    attempts=0,
                    status="NQUE",
                )
                for queued in steps
            )

    start = milliseconds(lambda number: monitor.start_run("BENCH", "LOAD", days[number]), 10)
    run = monitor.start_run("BENCH", "LOAD", DAY)
    steps = run.pending()
    line(f"start_run, {TASKS:,} tasks", start, milliseconds(plain, 5))
    tuples = milliseconds(
        lambda number: monitor.engine.raw_connection().cursor().execute(SELECT_STEPS, (run.execution_id,)), 10
    )
    line(f"pending, {TASKS:,} steps", milliseconds(lambda number: run.pending(), 10), tuples)
    monitor.close()


def setups() -> None:
    def fresh() -> Engine:
        return create_engine("duckdb:///:memory:")

    engines = {who: [fresh() for _ in range(8)] for who in ("ours", "plain")}
    ours = milliseconds(lambda number: ETLMonitor(engines["ours"][number - 1]).setup(), 8)

    def alembic(number: int) -> None:
        config = Config()
        config.set_main_option("script_location", str(SCRIPTS))
        config.attributes["connection"] = engines["plain"][number - 1]
        command.upgrade(config, "head")

    line("setup, empty database", ours, milliseconds(alembic, 8))
    again = milliseconds(lambda number: ETLMonitor(engines["ours"][number - 1]).setup(), 8)
    line("setup, current database", again, milliseconds(alembic, 8))


def fixture() -> None:
    with TemporaryDirectory() as folder:
        template = Path(folder, "template.duckdb")
        ETLMonitor(f"duckdb:///{template}").setup().close()

        def copied(number: int) -> None:
            engine = create_engine("duckdb:///:memory:")
            with engine.connect() as connection:
                copy_database(template, connection)
            ETLMonitor(engine).setup().close()

        def migrated(number: int) -> None:
            ETLMonitor("duckdb:///:memory:").setup().close()

        line("fixture etl_monitor", milliseconds(copied, 10), milliseconds(migrated, 10))


if __name__ == "__main__":
    print(f"{'':26} {'monitor':>12} {'plain':>12}   ratio")
    tracked_tasks("task", watermarks=False)
    tracked_tasks("task with a watermark", watermarks=True)
    runs()
    setups()
    fixture()
