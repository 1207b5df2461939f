"""The views read by a program that knows nothing of the library: Java, with PostgreSQL's own JDBC driver."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.views import VIEWS
from tests.contract.conftest import clock, database, databases, hr, monitor, postgresql_database
from tests.docs.pages import blocks
from tests.jdbc.driver import driver as kept
from tests.jdbc.driver import missing
from tests.patience import PATIENT
from tests.warehouse.requirements import java

__all__ = ["clock", "database", "databases", "hr", "monitor", "postgresql_database"]

BACKENDS = ("postgresql",)
PAGE = Path(__file__).parents[2] / "docs" / "reading-by-jdbc.md"

Found = list[list[dict[str, str]]]


@pytest.fixture(scope="session")
def driver() -> Path:
    """PostgreSQL's JDBC driver."""
    if lacking := missing():
        pytest.skip(lacking)
    return kept()


@pytest.fixture
def failed_run(hr: ETLMonitor) -> ETLMonitor:
    """A run with a step that is DONE, one that failed, and one that is late."""
    hr.start_run("CORP", "HR_DAILY", "2026-04-09", execution_id="run-1")
    hr.end_task("run-1", "CORP", "HR_DAILY", 0, processing_date="2026-04-09")
    hr.fail_task("run-1", "CORP", "HR_DAILY", 1, processing_date="2026-04-09", log_message="no 'source' é😀")
    hr.start_task("run-1", "CORP", "HR_DAILY", 2, processing_date="2026-04-09")
    hr.evaluate(quiet_after=0)
    return hr


def _read(monitor: ETLMonitor, driver: Path, *queries: str) -> Found:
    url = monitor.engine.url
    where = f"jdbc:postgresql://{url.host}:{url.port}/{url.database}?user={url.username}&password={url.password or ''}"
    program = Path(__file__).with_name("Views.java")
    command = [java() or "java", "-Dfile.encoding=UTF-8", "-Dstdout.encoding=UTF-8", "-cp", str(driver), str(program)]
    done = subprocess.run([*command, where, *queries], capture_output=True, check=False, timeout=PATIENT)
    assert done.returncode == 0, done.stderr.decode()
    tables = [table.splitlines() for table in done.stdout.decode().split("\n\n") if table.strip()]
    rows = [[line.split("\t") for line in table] for table in tables]
    return [[dict(zip(first, row, strict=True)) for row in rest] for first, *rest in rows]


def test_given_a_run_when_the_views_are_read_by_jdbc_then_each_has_its_columns_and_rows(
    failed_run: ETLMonitor, driver: Path
) -> None:
    found = _read(failed_run, driver, *(f'SELECT * FROM etl."{view.__tablename__}"' for view in VIEWS))

    for view, rows in zip(VIEWS, found, strict=True):
        assert [list(row) for row in rows[:1]] == [[column.name for column in view.__table__.columns]]


def test_given_a_failure_when_it_is_read_by_jdbc_then_its_words_arrive_whole(
    failed_run: ETLMonitor, driver: Path
) -> None:
    ((failure,),) = _read(failed_run, driver, 'SELECT "TaskName", "LogMessage" FROM etl."v_currentFailures"')

    assert failure == {"TaskName": "Load employees", "LogMessage": "no 'source' é😀"}


def test_given_the_page_when_its_queries_are_executed_by_jdbc_then_each_is_answered(
    failed_run: ETLMonitor, driver: Path
) -> None:
    queries = [query.strip() for block in blocks(PAGE) if block.language == "sql" for query in block.code.split(";")]

    found = _read(failed_run, driver, *(query for query in queries if re.match("SELECT", query)))

    assert [len(rows) for rows in found] == [1, 1, 1, 1]
