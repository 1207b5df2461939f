"""Ctrl-C and other signals during a call: they arrive as what they are, and leave the database as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guests.processes import run

PREAMBLE = """
import contextlib
with contextlib.suppress(ImportError):
    import pandas  # DuckDB 1.5 loads it to bind a time; a signal during that import would end the process
import random, signal, sys, time
import sqlalchemy
from etl_monitor_orm import ETLMonitor

signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
HR = ("CORP", "HR_DAILY")

def made(database):
    monitor = ETLMonitor(database).setup().register_process(*HR)
    monitor.register_parameter(*HR, "ID", "DELTA_ID", value_int=0)
    monitor.register_task(*HR, 1, 1, 2, "One", source_system_code="ID")
    return monitor

def interrupted(work, handler, rounds=30):
    '''Work until a signal comes, often; return the kinds of what came.'''
    signal.signal(signal.SIGALRM, handler)
    came = set()
    for _ in range(rounds):
        began = time.monotonic()
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.001, 0.03))
            while time.monotonic() - began < 1:
                work()
        except BaseException as error:
            came.add(type(error).__name__)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        assert monitor.get_active_watermark(*HR, "ID") == 0
    return sorted(came)

def ctrl_c(*_):
    signal.raise_signal(signal.SIGINT)

def leave(*_):
    sys.exit(143)

def call():
    monitor.start_run(*HR, "2026-01-01").status()
"""

DATABASES = {
    "memory": '"duckdb:///:memory:"',
    "memory of an engine handed in": 'sqlalchemy.create_engine("duckdb:///:memory:theirs")',
    "file": '"duckdb:///book.duckdb"',
    "attached file": '"duckdb:///etl.duckdb"',
}


@pytest.mark.parametrize("database", DATABASES.values(), ids=DATABASES)
@pytest.mark.parametrize(("handler", "kind"), [("ctrl_c", "KeyboardInterrupt"), ("leave", "SystemExit")])
def test_signal_during_a_call_arrives_as_it_is_and_the_database_stays(
    database: str, handler: str, kind: str, tmp_path: Path
) -> None:
    program = f"{PREAMBLE}\nmonitor = made({database})\nprint(interrupted(call, {handler}))"

    assert _printed(program, tmp_path) == f"['{kind}']\n"


def test_ctrl_c_inside_a_task_in_memory_leaves_it_failed_or_running_and_never_done(tmp_path: Path) -> None:
    program = f"""{PREAMBLE}
monitor = made("duckdb:///:memory:")
states = set()
def work():
    with monitor.start_run(*HR, "2026-01-01").task(1):
        monitor.engine.connect().close()
        time.sleep(0.05)
print(interrupted(work, ctrl_c, rounds=20))
states = {{step.status.value for step in monitor.get_status(*HR, "2026-01-01")}}
print(states <= {{"FAIL", "NQUE"}})
"""
    assert _printed(program, tmp_path) == "['KeyboardInterrupt']\nTrue\n"


def test_handlers_of_others_are_in_place_after_each_call(tmp_path: Path) -> None:
    program = f"""{PREAMBLE}
monitor = made("duckdb:///:memory:")
handler = signal.signal(signal.SIGTERM, leave)
call()
print(signal.getsignal(signal.SIGTERM) is leave, signal.getsignal(signal.SIGINT) is signal.default_int_handler)
"""
    assert _printed(program, tmp_path) == "True True\n"


def _printed(program: str, folder: Path) -> str:
    """What a program prints; a signal may come while Python or SQLAlchemy tidies up, which they report on stderr."""
    quiet = "import logging, sys\nlogging.disable()\nsys.unraisablehook = lambda raised: None\n"
    return run(f"{quiet}{program}", folder)
