"""A killed demo continues with the next call: nothing is lost, nothing is loaded twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, ProcessingStep, RunStatus, RunSummary, Status
from etl_monitor_orm.demo import StillBlocked, run_demo
from tests.demo.conftest import THREE_DAYS

# A demo that kills itself as soon as the marker is committed. It looks before each commit of the monitor, from
# outside of its transaction, so where it dies depends on what the files hold, and on nothing else.
_KILLED_DEMO = """
import os, signal, sys
import duckdb
from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError
from etl_monitor_orm.demo import run_demo

database, marker = sys.argv[1:]

def is_there(connection):
    try:
        if database == "warehouse":
            with duckdb.connect("flights.duckdb") as outside:
                return outside.execute(marker).fetchall()
        with connection.engine.connect() as outside:
            return outside.exec_driver_sql(marker).fetchall()
    except (duckdb.CatalogException, DBAPIError):  # its table is yet to be created
        return False

@event.listens_for(Engine, "commit")
def look(connection):
    if is_there(connection):
        os.kill(os.getpid(), signal.SIGKILL)

run_demo(3)
"""
LOADED_NOT_RECORDED = (
    "warehouse",
    "SELECT 1 FROM staging.flights WHERE flight_date = DATE '2013-01-03' LIMIT 1",
)
RECORDED_NOT_USED = (
    "monitor",
    """SELECT 1 FROM etl."ETLProcessingSteps"
       WHERE "TaskName" = 'Load flights' AND "ProcessingDate" = DATE '2013-01-03' AND "Status" = 'DONE'""",
)
FAILED_NOT_RESET = ("monitor", 'SELECT 1 FROM etl."v_mandatoryBlockers"')
ONE_PROCESS_ONLY = (
    "monitor",
    """SELECT 1 FROM etl."ETLProcessingSteps" WHERE "TaskName" = 'Update planes' AND "Status" = 'DONE'""",
)

FACTS_NOT_YET_THE_MART = (
    "monitor",
    """SELECT 1 FROM etl."ETLProcessingSteps" WHERE "TaskName" = 'Build flight facts' AND "Status" = 'DONE'""",
)


def kill_at(database: str, marker: str, packages: Path) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED_DEMO, database, marker],
        env={**os.environ, "PYTHONPATH": str(packages)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr


@pytest.mark.parametrize(
    "marker",
    [LOADED_NOT_RECORDED, RECORDED_NOT_USED, FAILED_NOT_RESET, ONE_PROCESS_ONLY],
    ids=["loaded, not recorded", "recorded, not used", "failed, not reset", "one process only"],
)
def test_given_a_demo_killed_anywhere_when_called_again_then_the_warehouse_holds_all_rows_once(
    in_folder: Path, three_days: Path, marker: tuple[str, str]
) -> None:
    kill_at(*marker, three_days)

    result = run_demo(3)

    assert result.nothing_left
    assert not result.blockers
    assert {check.table: check.warehouse for check in result.checks if check.equal} == {
        "staging.airlines": 16,
        "staging.airports": 1458,
        "staging.planes": 3322,
        "staging.weather": 67 + 72 + 72,
        "staging.flights": 842 + 943 + 914,
        "fact.flights": 842 + 943 + 914,
        "mart.delays": 842 + 943 + 914,
    }


def test_given_a_demo_killed_during_a_task_when_it_goes_on_then_the_task_failed_and_is_retried(
    in_folder: Path, three_days: Path
) -> None:
    kill_at(*LOADED_NOT_RECORDED, three_days)

    run_demo(3)

    monitor = ETLMonitor()
    with monitor.session() as session:
        steps = session.scalars(
            select(ProcessingStep)
            .where(ProcessingStep.task_name == "Load flights", ProcessingStep.log_code == "KILLED")
            .order_by(ProcessingStep.attempts)
        ).all()
        running = session.scalars(select(RunSummary).where(RunSummary.overall_status == RunStatus.RUNNING)).all()
    monitor.close()
    assert [(step.attempts, step.status) for step in steps] == [(0, Status.FAIL)]
    assert not running


def test_given_a_continued_day_that_fails_when_its_cause_is_gone_then_another_demo_finishes_it(
    in_folder: Path, three_days: Path
) -> None:
    kill_at(*FACTS_NOT_YET_THE_MART, three_days)
    with duckdb.connect("flights.duckdb") as warehouse:
        warehouse.execute("ALTER TABLE mart.delays ADD COLUMN approved BOOLEAN")
        warehouse.execute("ALTER TABLE mart.delays ALTER COLUMN approved SET NOT NULL")
    with pytest.raises(StillBlocked, match="Build delay mart failed again"):
        run_demo(1)
    with duckdb.connect("flights.duckdb") as warehouse:
        warehouse.execute("ALTER TABLE mart.delays DROP COLUMN approved")

    result = run_demo(1)

    assert [*result.days] == [THREE_DAYS[0]]
    assert {check.warehouse for check in result.checks if check.table == "mart.delays"} == {842}
