"""Eight processes and one DuckDB file: each task is done once, nothing is lost, and no call waits for ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm import ETLMonitor
from tests.concurrency.sharing import DAY, HR, RUN, prepare, share

BACKENDS = ("duckdb",)  # a server lets all in


@pytest.mark.parametrize(("tasks", "kills"), [(1000, 0), (160, 20)], ids=["compete", "are killed"])
def test_processes_that_share_a_file_do_each_task_once(
    url: str, tasks: int, kills: int, record_property: Callable[[str, object], None]
) -> None:
    prepare(url, tasks)

    report = share(url, 8, kills, tasks)

    record_property("slowest_call_seconds", report.slowest)
    assert (report.errors, report.kills) == ([], kills)
    assert set(report.done.values()) == {1}
    monitor = ETLMonitor(url)
    steps = monitor.get_status(*HR, DAY, execution_id=RUN, attempts="all")
    assert [(step.task_id, step.status, step.attempts) for step in steps] == [
        (number, "DONE", 0) for number in range(1, tasks + 1)
    ]
    assert set(report.done) <= {step.task_id for step in steps}
    monitor.close()
