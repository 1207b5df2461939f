"""A forked child may not use what its parent opened; it is told so, and the parent goes on undisturbed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm import ETLMonitor, ProcessingStep
from tests.concurrency.forking import run

HR = ("CORP", "HR_DAILY")
OPEN = """
monitor = ETLMonitor(url)
run = monitor.start_run(*HR, DAY, execution_id="run-1")
"""

Steps = Callable[..., list[ProcessingStep]]


@pytest.fixture(autouse=True)
def _registered(monitor: ETLMonitor) -> None:
    """The process, in a database that no other process holds."""
    monitor.close()


REFUSED = {
    "a call": "run.ready",
    "a task": "run.task(0).__enter__",
    "a new session": "lambda: monitor.session().execute(select(SysLog))",
    "a session in a transaction": "lambda: held.execute(select(SysLog))",
    "a commit": "held.commit",
    "a session that waits": "lambda: idle.execute(select(SysLog))",
    "a connection": "monitor.engine.connect",
    "a migration": "monitor.setup",
}


def test_forked_child_is_refused_whatever_it_uses_and_the_parent_goes_on(url: str, steps: Steps) -> None:
    program = f"""
{OPEN}
held, idle = monitor.session(), monitor.session()
held.add(SysLog(message="in a transaction")) if "duckdb" in url else held.execute(select(SysLog))
held.flush()
for work in ({", ".join(REFUSED.values())}):
    tell(forked(work))
forked(monitor.close)
forked(held.close)
with run.task(0):
    pass
held.commit()
"""
    assert run(program, url) == ["refused"] * len(REFUSED)
    assert [step.status for step in steps(task_id=0)] == ["DONE"]


def test_forked_child_of_a_closed_monitor_opens_the_database_itself(url: str, steps: Steps) -> None:
    program = f"""
{OPEN}
monitor.close()
def work():
    with run.task(0):
        pass
    return run.status()[0].status.value
tell(forked(work))
tell(run.status()[0].status.value)
"""
    assert run(program, url) == ["DONE", "DONE"]


def test_records_held_at_a_fork_are_written_once_by_the_parent(url: str) -> None:
    program = f"""
import logging
{OPEN}
log = logging.getLogger("job")
log.addHandler(EtlLogHandler(monitor))
log.warning("before the fork")
forked(lambda: None)
log.warning("after the fork")
logging.shutdown()
with monitor.session() as session:
    print(*session.scalars(select(SysLog.message).order_by(SysLog.log_time_utc)), sep="\\n")
"""
    assert run(program, url) == ["before the fork", "after the fork"]


def test_pool_of_forked_workers_reports_nothing_done_that_is_lost(url: str, steps: Steps) -> None:
    program = f"""
import multiprocessing
{OPEN}
held = monitor.session()
held.execute(select(SysLog))
def work(number):
    try:
        with run.task(0):
            return "done"
    except EtlMonitorError as error:
        return str(error)
with multiprocessing.get_context("fork").Pool(2) as pool:
    for words in pool.map(work, range(4)):
        tell(words)
"""
    assert run(program, url) == ["refused"] * 4
    assert [step.status for step in steps(task_id=0)] == ["NQUE"]


def test_engine_handed_in_is_refused_in_a_forked_child_until_it_is_disposed(url: str) -> None:
    program = """
import sqlalchemy
make = create_engine if "databricks" in url else sqlalchemy.create_engine
engine = make(url.replace("postgresql:", "postgresql+psycopg:"))
monitor = ETLMonitor(engine)
run = monitor.start_run(*HR, DAY)
session = monitor.session()
session.execute(select(SysLog))
for work in (run.ready, lambda: monitor.session().execute(select(SysLog)), lambda: session.execute(select(SysLog))):
    tell(forked(work))
session.rollback()
print(len(run.ready()))
session.close()
engine.dispose()
tell(forked(lambda: len(run.ready())))
"""
    assert run(program, url) == ["refused"] * 3 + ["1", "1"]
