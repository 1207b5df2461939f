"""Files of DuckDB: whatever they are called, wherever the process goes, whoever else has them open."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import duckdb
import pytest
import sqlalchemy as sa
from sqlalchemy import func, inspect, select, text

import etl_monitor_orm
from etl_monitor_orm import ConfigurationError, DatabaseLocked, ETLMonitor, Process, TaskDetail, migrations
from etl_monitor_orm.backends import duckdb_opening
from tests.databases import TABLES
from tests.guests.processes import run

HR = ("CORP", "HR_DAILY")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(monitor: ETLMonitor) -> str:
    """Do one run on a database, whose tables may be there already."""
    monitor.setup().register_process(*HR).register_parameter(*HR, "ID", "DELTA_ID", value_int=0)
    monitor.register_task(*HR, 1, 1, 2, "One", source_system_code="ID")
    started = monitor.start_run(*HR, "2026-04-09")
    with started.task(1) as task:
        assert isinstance(task.watermark, int)
        task.advance(task.watermark + 1)
    monitor.log("done")
    return started.status()[0].status


NAMES = [
    ("etl.duckdb", "etl"),
    ("ETL.duckdb", "etl"),
    ("etl.duckdb", "Etl"),
    ("etl", "etl"),
    (".etl", "etl"),
    ("etl.of.july.duckdb", "etl"),
    ("My.etl.duckdb", "etl"),
    ("main.duckdb", "main_db"),
    ("main.duckdb", "main"),
    ("temp.duckdb", "etl"),
    ("system.duckdb", "etl"),
    ("memory.duckdb", "memory"),
    ("a b.duckdb", "a b"),
    ("it's.duckdb", "it's"),
    ('d"q.duckdb', "etl"),
    ("100%.duckdb", "100%"),
    ("ETLconfigTasks.duckdb", "etl"),
    ("attempt.duckdb", "attempt"),
    ("v_taskDetail", "v_taskDetail"),
]


@pytest.mark.parametrize(("file", "schema"), NAMES)
def test_file_with_any_name_works_and_works_again_once_renamed(file: str, schema: str) -> None:
    url = sa.URL.create("duckdb", database=file)
    monitor = ETLMonitor(url, schema=schema)
    assert load(monitor) == "DONE"
    monitor.close()
    os.rename(file, "other.duckdb")
    other = ETLMonitor("duckdb:///other.duckdb", schema=schema)
    assert load(other) == "DONE"
    other.close()
    os.rename("other.duckdb", file)

    with ETLMonitor(url, schema=schema).session() as session:
        assert session.scalar(select(func.count()).select_from(TaskDetail)) == 2
        session.get_bind().engine.dispose()


def test_file_called_like_the_schema_is_reflected_checked_and_queried_by_hand() -> None:
    monitor = ETLMonitor("duckdb:///etl.duckdb")
    load(monitor)

    assert len(inspect(monitor.engine).get_table_names(schema="etl")) == len(TABLES) + 1  # and the version
    assert migrations.check(monitor.engine, "etl") == []
    with monitor.engine.connect() as connection:
        assert connection.scalar(text('SELECT count(*) FROM etl."ETLconfigTasks"')) == 1
    monitor.close()


def test_file_called_like_the_schema_is_locked_against_other_processes(tmp_path: Path) -> None:
    monitor = ETLMonitor("duckdb:///etl.duckdb", exclusive=True).setup()
    program = """
from etl_monitor_orm import ETLMonitor
try:
    ETLMonitor("duckdb:///etl.duckdb", lock_wait=0).processes()
except Exception as error:
    print(type(error).__name__)
"""
    assert run(program, tmp_path) == f"{DatabaseLocked.__name__}\n"
    monitor.close()


def test_second_engine_on_a_file_called_like_the_schema_shares_it() -> None:
    monitor = ETLMonitor("duckdb:///etl.duckdb").setup().register_process(*HR)
    others = [etl_monitor_orm.create_engine("duckdb:///etl.duckdb", schema=schema) for schema in ("etl", "shop")]

    for other in others:
        with other.connect() as connection:
            assert connection.scalar(text('SELECT count(*) FROM etl."ETLconfigProcess"')) == 1
        other.dispose()
    monitor.close()


def test_options_of_a_url_work_for_a_file_called_like_the_schema() -> None:
    ETLMonitor("duckdb:///etl.duckdb").setup().register_process(*HR).close()
    reader = ETLMonitor("duckdb:///etl.duckdb?access_mode=READ_ONLY&threads=1")

    with reader.session() as session:
        assert session.scalar(text("SELECT current_setting('threads')")) == 1
        assert session.get(Process, HR) is not None
    with pytest.raises(ConfigurationError, match="read-only"):
        reader.register_process("CORP", "OTHER")
    reader.close()


def test_database_in_memory_may_have_a_schema_called_memory() -> None:
    monitor = ETLMonitor("duckdb:///:memory:", schema="memory")
    assert load(monitor) == "DONE"
    monitor.close()


@pytest.mark.parametrize("schema", ["temp", "System"])
def test_schema_with_a_name_that_duckdb_needs_is_refused(schema: str) -> None:
    with pytest.raises(ConfigurationError, match="Choose another name"):
        ETLMonitor("duckdb:///book.duckdb", schema=schema)


@pytest.mark.parametrize("prefix", ["duckdb", "duckdb+monitor"])
def test_engine_handed_in_on_a_file_called_like_the_schema_is_refused_with_the_way_out(prefix: str) -> None:
    engine = sa.create_engine(f"{prefix}:///etl.duckdb")
    with pytest.raises(ConfigurationError, match=r"create_engine\(url, schema="):
        ETLMonitor(engine)
    engine.dispose()


@pytest.mark.parametrize("first", ["theirs", "ours"])
@pytest.mark.parametrize("file", ["book.duckdb", "etl.duckdb"])
def test_connection_of_duckdb_beside_the_monitor_gets_words_in_either_order(first: str, file: str) -> None:
    ETLMonitor(f"duckdb:///{file}").setup().close()
    monitor = ETLMonitor(f"duckdb:///{file}", exclusive=True)
    if first == "ours":
        monitor.processes()
        with pytest.raises(duckdb.Error, match=r"already attached|different configuration"):
            duckdb.connect(file)
        monitor.close()
        return
    with duckdb.connect(file), pytest.raises(ConfigurationError, match=r"Close that connection.*monitor\.engine"):
        monitor.processes()
    assert monitor.processes() == []
    monitor.close()


@pytest.mark.parametrize(("file", "schema"), [("monitor.duckdb", "etl"), ("etl.duckdb", "etl")])
def test_file_that_another_thread_is_closing_is_opened_once_it_is_closed(
    file: str, schema: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load(ETLMonitor(f"duckdb:///{file}", schema=schema))
    etl_monitor_orm.create_engine(f"duckdb:///{file}", schema=schema).dispose()
    gc.collect()
    closing = duckdb.connect()  # what DuckDB 1.5 says while it closes a file is what it says of one open by its name
    closing.execute("ATTACH '" + file + "' AS monitor")
    waits: list[None] = []

    def pause() -> None:
        waits.append(None)
        closing.close()

    monkeypatch.setattr(duckdb_opening, "_pause", pause)

    assert ETLMonitor(f"duckdb:///{file}", schema=schema).get_status(*HR)
    assert waits


def test_relative_path_means_the_folder_where_the_monitor_was_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", "duckdb:///by_variable.duckdb")
    made = [ETLMonitor("duckdb:///book.duckdb").setup(), ETLMonitor().setup()]
    monkeypatch.delenv("ETL_MONITOR_URL")
    made += [ETLMonitor(), ETLMonitor("duckdb:///sub.duckdb", schema="sub"), ETLMonitor("duckdb:///./../up.duckdb")]
    for monitor in made:
        monitor.close()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    for monitor in made:
        assert load(monitor) == "DONE"
        monitor.close()
    assert os.listdir(".") == []
    assert str(made[0]) == "<ETLMonitor duckdb:///book.duckdb schema=etl>"
    (tmp_path.parent / "up.duckdb").unlink()


def test_relative_path_of_an_engine_handed_in_follows_no_chdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = sa.create_engine("duckdb:///theirs.duckdb")
    monitor = ETLMonitor(engine).setup()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load(monitor) == "DONE"  # its pool has a connection
    engine.dispose()

    with pytest.raises(ConfigurationError, match="folder"):
        monitor.processes()
    assert os.listdir(".") == []
    engine.dispose()
