"""Several at once: whoever comes first makes the tables, whole; the others find them made."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Engine, text

from etl_monitor_orm import ConflictError, DatabaseLocked, ETLMonitor, create_engine, migrations
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.migrations.looking import execute, rows
from tests.patience import PATIENT

SETUP = """
import sys
from etl_monitor_orm import DatabaseLocked, ETLMonitor
sys.stdin.readline()
try:
    ETLMonitor(sys.argv[1]).setup()
except DatabaseLocked:
    print("locked")
else:
    print("done")
"""
HOLD = """
import sys
from etl_monitor_orm import ETLMonitor
monitor = ETLMonitor(sys.argv[1], exclusive=True).setup()
print("holding", flush=True)
sys.stdin.readline()
"""


def _process(code: str, url: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("place", ["file", "memory"])
def test_given_eight_threads_when_all_set_up_at_once_then_all_succeed_and_it_is_made_once(place: str, url: str) -> None:
    where = url if place == "file" else "duckdb:///:memory:eight_threads"
    barrier = Barrier(8)

    def set_up(_: int) -> ETLMonitor:
        monitor = ETLMonitor(where)
        barrier.wait()
        return monitor.setup()

    with ThreadPoolExecutor(8) as pool:
        monitors = list(pool.map(set_up, range(8)))
    engine = monitors[0].engine
    assert rows(engine, 'SELECT count(*) FROM etl."ETLconfigSequence"') == [(7,)]
    assert rows(engine, "SELECT version_num FROM etl.etl_monitor_version") == [(SCHEMA_REVISION,)]
    assert migrations.check(engine, "etl") == []
    for monitor in monitors:
        monitor.close()


def test_given_threads_with_databases_of_their_own_when_all_set_up_then_each_gets_its_tables(tmp_path: Path) -> None:
    barrier = Barrier(4)

    def set_up(number: int) -> list[str]:
        monitor = ETLMonitor(f"duckdb:///{tmp_path}/{number}.duckdb", schema=f"schema{number}")
        barrier.wait()
        monitor.setup()
        try:
            return migrations.check(monitor.engine, monitor.schema)
        finally:
            monitor.close()

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(set_up, range(4))) == [[], [], [], []]


def test_given_two_processes_when_both_set_up_one_file_then_each_succeeds_or_finds_it_locked(
    url: str,
) -> None:
    processes = [_process(SETUP, url) for _ in range(2)]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    outcomes = [process.communicate(timeout=PATIENT)[0].strip() for process in processes]
    assert "done" in outcomes
    assert set(outcomes) <= {"done", "locked"}
    engine = create_engine(url)
    assert migrations.check(engine, "etl") == []
    assert rows(engine, 'SELECT count(*) FROM etl."ETLconfigSequence"') == [(7,)]
    engine.dispose()


def test_given_a_file_that_another_process_holds_when_it_is_set_up_then_the_error_says_so(url: str) -> None:
    holder = _process(HOLD, url)
    assert holder.stdout.readline().strip() == "holding"
    engine = create_engine(url, lock_wait=0)
    for call in (
        lambda: migrations.upgrade(engine, "etl"),
        lambda: migrations.current(engine, "etl"),
        lambda: migrations.stamp(engine, "etl"),
    ):
        with pytest.raises(DatabaseLocked, match="Another process holds"):
            call()
    holder.communicate("let go\n", timeout=PATIENT)
    assert migrations.current(engine, "etl") == SCHEMA_REVISION
    engine.dispose()


def test_given_a_schema_that_someone_else_is_making_when_it_is_set_up_then_it_is_a_conflict(
    engine: Engine,
) -> None:
    with engine.connect() as other:
        other.execute(text("CREATE SCHEMA etl"))
        with pytest.raises(ConflictError, match="make the call again"):
            migrations.upgrade(engine, "etl")
        other.rollback()
    migrations.upgrade(engine, "etl")
    assert migrations.check(engine, "etl") == []


def test_given_a_reader_in_a_transaction_when_others_migrate_then_neither_is_disturbed(engine: Engine) -> None:
    execute(engine, "CREATE TABLE mine AS SELECT 1 AS one")
    with engine.connect() as reader:
        assert reader.execute(text("SELECT * FROM mine")).all() == [(1,)]
        migrations.upgrade(engine, "etl")
        assert reader.execute(text("SELECT * FROM mine")).all() == [(1,)]
    assert migrations.current(engine, "etl") == SCHEMA_REVISION
