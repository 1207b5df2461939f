"""A DuckDB file that several processes share: who gets in, who waits, and who is told what."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import select

from etl_monitor_orm import ConfigurationError, DatabaseLocked, ETLMonitor, ProcessingStep, SysLog, create_engine
from etl_monitor_orm.backends import duckdb_turns
from tests.concurrency.test_processes import child
from tests.patience import PATIENT

BACKENDS = ("duckdb",)  # a server lets all in
HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"

Steps = Callable[..., list[ProcessingStep]]

HOLD = """
import sys
from etl_monitor_orm import ETLMonitor
monitor = ETLMonitor(sys.argv[1], exclusive=True)
monitor.processes()
print("holding", flush=True)
sys.stdin.readline()
"""
BUSY = """
import sys
from etl_monitor_orm import ETLMonitor
monitor = ETLMonitor(sys.argv[1])
monitor.log("busy")
print("busy", flush=True)
while True:
    monitor.log("busy")
"""


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for the file gets it, however busy the machine is."""
    monkeypatch.setenv("ETL_MONITOR_LOCK_WAIT", str(PATIENT))


@contextmanager
def running(program: str, url: str) -> Iterator[subprocess.Popen[str]]:
    """A program in another process that has said its first word."""
    process = subprocess.Popen(
        [sys.executable, "-c", program, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.communicate(timeout=PATIENT)


def command(*arguments: str) -> str:
    """Run the command in another process; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "etl_monitor_orm", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_another_process_writes_during_the_body_of_a_task(monitor: ETLMonitor, url: str, steps: Steps) -> None:
    run = monitor.start_run(*HR, DAY)
    with run.task(0):
        written = child('monitor.log("from elsewhere"); print("written")', url)

    assert (written.stdout, written.stderr) == ("written\n", "")
    assert [step.status for step in steps(task_id=0)] == ["DONE"]
    with monitor.session() as session:
        assert session.scalars(select(SysLog.message)).all() == ["from elsewhere"]


def test_file_called_like_the_schema_is_shared_too(tmp_path: Path) -> None:
    url = f"duckdb:///{tmp_path / 'etl.duckdb'}"
    monitor = ETLMonitor(url).setup().register_process(*HR).register_task(*HR, 0, 0, 0, "Initiation")
    with monitor.start_run(*HR, DAY).task(0):
        assert child('monitor.log("from elsewhere"); print("written")', url).stdout == "written\n"
        assert "RUNNING" in command("status", *HR, "--steps", "--url", url)
    monitor.close()


def test_status_command_beside_a_running_task_shows_that_it_runs(monitor: ETLMonitor, url: str) -> None:
    run = monitor.start_run(*HR, DAY)
    with run.task(0):
        shown = command("status", *HR, "--steps", "--url", url)
        processes = command("status", "--json", "--url", url)

    assert "RUNNING" in shown
    assert '"running": 1' in processes


def test_command_that_reads_makes_and_changes_no_file(monitor: ETLMonitor, url: str, tmp_path: Path) -> None:
    monitor.close()
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}

    command("status", "--url", url)
    command("watermarks", "--url", url)

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_two_processes_read_at_the_same_time(monitor: ETLMonitor, url: str) -> None:
    monitor.close()
    reader = create_engine(f"{url}?access_mode=READ_ONLY")
    with reader.connect() as connection:
        connection.execute(sa.text("SELECT 1"))
        assert "Nothing has run yet" in command("status", "--url", f"{url}?lock_wait=0")
    reader.dispose()


def test_command_reads_a_file_that_this_process_has_open_to_write(monitor: ETLMonitor, url: str) -> None:
    reader = create_engine(url, connect_args={"read_only": True})
    with reader.connect() as connection:
        assert connection.scalar(sa.text('SELECT count(*) FROM etl."ETLconfigProcess"')) == 1
    reader.dispose()
    monitor.log("and writes again")


def test_open_session_keeps_other_processes_out_until_its_transaction_ends(monitor: ETLMonitor, url: str) -> None:
    tell = 'print("in")\n'
    program = f"try:\n monitor.processes()\n {tell}except EtlMonitorError as error:\n print(type(error).__name__)"
    with monitor.session() as session:
        session.execute(select(SysLog))
        assert child(program, f"{url}?lock_wait=0").stdout == "DatabaseLocked\n"
        session.commit()
        assert child(program, url).stdout == "in\n"


def test_exclusive_monitor_holds_the_file_until_it_is_closed(url: str, monitor: ETLMonitor) -> None:
    monitor.close()
    with running(HOLD, url) as holder:
        here = ETLMonitor(url, lock_wait=0)
        with pytest.raises(DatabaseLocked, match=rf"Another process holds .* \(PID {holder.pid}\)"):
            here.processes()
        holder.communicate("end\n", timeout=PATIENT)
        assert here.processes() == []
    here.close()


def test_process_that_never_pauses_lets_others_in(monitor: ETLMonitor, url: str) -> None:
    monitor.close()
    with running(BUSY, url) as busy:
        for number in range(5):
            monitor.log(f"here {number}")
        assert busy.poll() is None
    with monitor.session() as session:
        ours = session.scalars(select(SysLog.message).where(SysLog.message != "busy").order_by(SysLog.id)).all()
    assert ours == [f"here {number}" for number in range(5)]


class HandClock:
    """A clock for waiting, which only waiting moves."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.looks = 0

    def now(self) -> float:
        return self.time

    def pause(self, seconds: float) -> None:
        self.looks += 1
        self.time += seconds


@pytest.fixture
def hand_clock(monkeypatch: pytest.MonkeyPatch) -> HandClock:
    clock = HandClock()
    monkeypatch.setattr(duckdb_turns, "now", clock.now)
    monkeypatch.setattr(duckdb_turns, "pause", clock.pause)
    return clock


@pytest.mark.parametrize("seconds", [0, 2.5, 30])
def test_call_waits_for_as_long_as_it_was_told_and_names_the_holder(
    monitor: ETLMonitor, url: str, hand_clock: HandClock, seconds: float
) -> None:
    monitor.close()
    with running(HOLD, url) as holder:
        here, begin = ETLMonitor(url, lock_wait=seconds), hand_clock.time
        with pytest.raises(DatabaseLocked, match=rf"\(PID {holder.pid}\) did not let go of it within {seconds:g} s"):
            here.processes()
    assert hand_clock.time - begin == pytest.approx(seconds)
    assert bool(hand_clock.looks) == bool(seconds)


def test_threads_that_wait_for_each_other_wait_no_longer_than_one(
    monitor: ETLMonitor, url: str, hand_clock: HandClock, at_once: Callable[..., list[object]]
) -> None:
    run = monitor.start_run(*HR, DAY)
    monitor.close()
    here = ETLMonitor(url, lock_wait=10)
    here.processes()
    here.engine.pool.shared.end()
    with running(HOLD, url):
        begin = hand_clock.time
        jobs = [lambda: here.end_task(run.execution_id, *HR, 0, processing_date=DAY)] * 6
        errors = at_once(jobs)
    assert {type(error) for error in errors} == {DatabaseLocked}
    assert hand_clock.time - begin < 2 * 10


def test_file_replaced_while_it_is_let_go_is_refused_until_close(monitor: ETLMonitor, url: str, tmp_path: Path) -> None:
    ETLMonitor(f"duckdb:///{tmp_path / 'other.duckdb'}").setup().close()
    monitor.engine.pool.shared.end()  # lets go of it at once
    os.replace(tmp_path / "other.duckdb", tmp_path / "monitor.duckdb")

    for call in (monitor.processes, monitor.engine.connect):
        with pytest.raises(ConfigurationError, match="removed, renamed or replaced"):
            call()
    monitor.close()
    assert monitor.processes() == []


def test_file_removed_while_it_is_let_go_is_not_made_anew(monitor: ETLMonitor, tmp_path: Path) -> None:
    monitor.engine.pool.shared.end()
    os.remove(tmp_path / "monitor.duckdb")

    for call in (monitor.processes, monitor.setup, monitor.engine.connect):
        with pytest.raises(ConfigurationError, match="removed, renamed or replaced"):
            call()
    assert not os.path.exists(tmp_path / "monitor.duckdb")
    monitor.close()


def test_database_in_memory_and_exclusive_files_are_never_let_go(url: str, monitor: ETLMonitor) -> None:
    monitor.engine.pool.shared.end()
    for kept in (ETLMonitor("duckdb:///:memory:").setup(), ETLMonitor(url, exclusive=True)):
        kept.register_process(*HR)
        assert [thread.name for thread in threading.enumerate() if thread.name.startswith("etl-monitor")] == []
        assert kept.engine.pool.checkedin() == 1
        kept.close()


def test_engine_of_the_user_is_left_as_it_is(url: str, monitor: ETLMonitor) -> None:
    monitor.engine.pool.shared.end()
    engine = sa.create_engine(url)
    theirs = ETLMonitor(engine)
    theirs.register_process(*HR)

    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("etl-monitor")] == []
    assert engine.pool.checkedin() == 1
    for options in ({"lock_wait": 1}, {"exclusive": True}):
        with pytest.raises(ConfigurationError, match=r"create_engine\(url\)"):
            ETLMonitor(engine, **options)
    engine.dispose()
