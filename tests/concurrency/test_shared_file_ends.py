"""A process that shares a DuckDB file, when it ends and when it forks: no thread of the monitor is in the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, ProcessingStep, SysLog
from tests.concurrency.forking import run
from tests.concurrency.test_processes import child

BACKENDS = ("duckdb",)  # a server lets all in
HR = ("CORP", "HR_DAILY")
OPEN = """
import threading
from etl_monitor_orm.backends import duckdb_sharing
duckdb_sharing.IDLE = {idle}
monitor = ETLMonitor(url)
run = monitor.start_run(*HR, DAY, execution_id="run-1")
names = lambda: [thread.name for thread in threading.enumerate() if "lets-go" in thread.name]
"""
FOREVER = 100_000

Steps = Callable[..., list[ProcessingStep]]


@pytest.fixture(autouse=True)
def _registered(monitor: ETLMonitor) -> None:
    """The process, in a database that no other process holds."""
    monitor.close()


def test_forked_child_of_an_idle_process_opens_the_file_itself_and_has_no_thread(url: str, steps: Steps) -> None:
    program = f"""
{OPEN.format(idle=FOREVER)}
print(names())
def work():
    with run.task(0):
        return names()
print(forked(lambda: names()))
run.status()
print(forked(work))
print(run.status()[0].status.value)
"""
    assert run(program, url) == ["['etl-monitor-lets-go']", "[]", "['etl-monitor-lets-go']", "DONE"]
    assert [step.status for step in steps(task_id=0)] == ["DONE"]


def test_fork_of_a_process_with_a_pending_release_warns_of_no_thread(url: str) -> None:
    program = f"""
import warnings
warnings.simplefilter("error")
{OPEN.format(idle=FOREVER)}
for _ in range(3):
    run.status()
    print(forked(lambda: len(run.status())))
"""
    assert run(program, url) == ["1"] * 3


@pytest.mark.parametrize("idle", [0, 0.0005, FOREVER], ids=["at once", "soon", "never"])
def test_interpreter_ends_while_a_release_is_pending(url: str, idle: float) -> None:
    program = f"""
{OPEN.format(idle=idle)}
for number in range(5):
    monitor.log("last words")
print("end")
"""
    assert run(program, url) == ["end"]


def test_calls_at_the_very_end_of_the_interpreter_still_work(url: str) -> None:
    program = f"""
import atexit
atexit.register(lambda: print(names()))
atexit.register(lambda: monitor.log("registered before the monitor was used"))
{OPEN.format(idle=FOREVER)}
atexit.register(lambda: monitor.log("registered after"))
import logging
logging.getLogger("job").addHandler(EtlLogHandler(monitor))
logging.getLogger("job").warning("flushed at the end")
"""
    assert run(program, url) == ["[]"]
    monitor = ETLMonitor(url)
    with monitor.session() as session:
        written = set(session.scalars(select(SysLog.message)))
    assert written == {"registered before the monitor was used", "registered after", "flushed at the end"}
    monitor.close()


def test_ended_process_with_a_pending_release_leaves_the_file_to_others_at_once(url: str) -> None:
    assert child('monitor.log("one"); print("end")', url).stdout == "end\n"

    assert ETLMonitor(url, lock_wait=0).processes() == []
