"""With two hundred thousand steps and as many log records, the server finds what each call asks for by an index."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

import pytest
from psycopg.sql import SQL
from sqlalchemy import delete, event, text

from etl_monitor_orm import ETLMonitor, ManualClock, Parameter, Process, ProcessingStep, SysLog, Task
from etl_monitor_orm.models import StoredToken
from tests.contract.conftest import _register_hr
from tests.contract.every_call.calls import HR
from tests.contract.every_call.test_complete import USES, Use, monitor_
from tests.contract.every_call.test_one_reading import WITHOUT_A_DATE
from tests.postgres import Server

TODAY = date(2026, 1, 1)
HISTORY = (
    """
    INSERT INTO etl."ETLProcessingSteps" (
        "ProcessingDate", "ProjectCode", "ProcessLoad", "ExecutionID", "WorkFlowID", "TaskID", "SequenceID",
        "Attempts", "Status", "TaskMandatory", "SourceSystemCode", "StartTime", "EndTime", "LastUpdatedOn")
    SELECT day, 'CORP', process, 'run of ' || day, 1, task, 2, 0, 'DONE', true, 'LoadEmployees', day, day, day
    FROM generate_series(timestamp '2025-12-31' - interval '999 days', '2025-12-31', '1 day') AS day,
        unnest(array['HR_DAILY', 'OPS_DAILY', 'FIN_DAILY', 'CRM_DAILY']) AS process, generate_series(1, 50) AS task
    """,
    """
    INSERT INTO etl."ETLsysLogs" (
        "ProcessingDate", "ProjectCode", "ProcessLoad", "ExecutionID", "OperationName", "Message", "LogTimeUTC")
    SELECT "ProcessingDate", "ProjectCode", "ProcessLoad", "ExecutionID", 'load', 'read 100 rows', "StartTime"
    FROM etl."ETLProcessingSteps"
    """,
)
SCAN = re.compile(r'Seq Scan on "(?:ETLProcessingSteps|ETLsysLogs)"')

OF_OLD_RUNS = {
    "runs of an old id": Use((), monitor_, lambda m: m.runs("run of 2024-02-29 00:00:00"), 0),
    "status of an old id": Use((), monitor_, lambda m: m.get_status(*HR, execution_id="run of 2024-02-29 00:00:00"), 0),
    "blockers": Use((), monitor_, lambda m: m.failures(mandatory=True), 0),
}
NO_QUESTION = {"ETLMonitor.close", "ETLMonitor.export_data", "ETLMonitor.purge"}
"""Those that ask nothing, or that are made to read all."""
CALLS = {name: use for name, use in {**USES, **WITHOUT_A_DATE, **OF_OLD_RUNS}.items() if name not in NO_QUESTION}


@pytest.fixture(scope="module")
def grown(postgres: Server) -> Iterator[ETLMonitor]:
    """A monitor on a thousand dates of history."""
    name = postgres.new_database()
    monitor = ETLMonitor(postgres.url(name), clock=ManualClock(f"{TODAY} 06:00"), actor="pytest").setup()
    with monitor.session() as session:
        for statement in HISTORY:
            session.execute(text(statement))
        session.commit()
    postgres.execute("VACUUM ANALYZE", name)
    yield monitor
    monitor.close()
    postgres.drop_database(name)


@pytest.fixture
def hr(grown: ETLMonitor) -> ETLMonitor:
    """That monitor with CORP/HR_DAILY, and no step of today or later."""
    with grown.session() as session:
        for kind in (ProcessingStep, SysLog):
            session.execute(delete(kind).where(kind.processing_date >= TODAY))
        for kind in (Parameter, Task, Process, StoredToken):
            session.execute(delete(kind))
        session.commit()
    _register_hr(grown)
    return grown


@pytest.fixture
def scans(hr: ETLMonitor) -> Callable[[Use], list[str]]:
    """Make a call; return the plans of its statements that read a whole table of steps or log records."""

    def found(use: Use) -> list[str]:
        for step in use.before:
            step(hr)
        subject = use.on(hr)
        plans: list[str] = []

        def explain(connection, cursor, statement, parameters, context, executemany) -> None:
            if re.match(r"\s*(SELECT|INSERT|UPDATE|MERGE|WITH)", statement):
                with connection.connection.dbapi_connection.cursor() as other:
                    other.execute(SQL("EXPLAIN ") + SQL(statement), parameters)
                    plans.append("\n".join(line for (line,) in other.fetchall()))

        event.listen(hr.engine, "before_cursor_execute", explain)
        try:
            use.make(subject)
        finally:
            event.remove(hr.engine, "before_cursor_execute", explain)
        return [plan for plan in plans if SCAN.search(plan)]

    return found


@pytest.mark.parametrize("name", sorted(CALLS))
def test_call_finds_its_rows_by_an_index(scans: Callable[[Use], list[str]], name: str) -> None:
    assert scans(CALLS[name]) == []
