"""Several processes and one DuckDB file: others get an error while one holds it, and closing a monitor frees it."""

from __future__ import annotations

import os

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor
from tests.concurrency.test_processes import child

BACKENDS = ("duckdb",)  # a server lets all in

TELL = """
try:
    monitor.{call}
except EtlMonitorError as error:
    print(type(error).__name__, error)
else:
    print("no error")
"""


@pytest.mark.parametrize("call", ["get_status(*HR)", "setup()", "session()"])
def test_given_a_process_that_holds_the_file_when_another_opens_it_then_the_error_names_it(
    monitor: ETLMonitor, url: str, call: str
) -> None:
    with monitor.session() as session:
        session.execute(select(1))
        told = child(TELL.format(call=call), f"{url}?custom_user_agent=hunter2&lock_wait=0").stdout

    assert told.startswith(f"DatabaseLocked Another process holds {url}: ")
    assert f"(PID {os.getpid()}) did not let go of it within 0 s" in told
    assert "ETL_MONITOR_LOCK_WAIT" in told
    assert "hunter2" not in told


def test_given_a_process_that_closed_its_monitor_when_another_opens_the_file_then_it_can(
    monitor: ETLMonitor, url: str
) -> None:
    monitor.close()

    assert child(TELL.format(call="get_status(*HR)"), url).stdout == "no error\n"
