"""No database: a file that does not exist, a database in memory that has ended, a file that cannot be opened."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import etl_monitor_orm
from etl_monitor_orm import ConfigurationError, EtlLogHandler, ETLMonitor, Process, SchemaMissing, migrations

HR = ("CORP", "HR_DAILY")
Use = Callable[[ETLMonitor], object]


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


USES: list[Use] = [
    lambda monitor: monitor.start_run(*HR),
    lambda monitor: monitor.register_process(*HR),
    lambda monitor: monitor.log("words"),
    lambda monitor: monitor.processes(),
    lambda monitor: monitor.status_reset(*HR),
    lambda monitor: monitor.end_task("run", *HR, 1),
    lambda monitor: monitor.session(),
    lambda monitor: monitor.task("run", *HR, 1).__enter__(),
    lambda monitor: migrations.check(monitor.engine, "etl"),
    lambda monitor: migrations.repair(monitor.engine, "etl"),
    lambda monitor: migrations.downgrade(monitor.engine, "etl", "base"),
]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("make", [str, sa.create_engine, etl_monitor_orm.create_engine])
def test_call_on_a_file_that_does_not_exist_creates_none(make: Callable[[str], str], use: Use) -> None:
    monitor = ETLMonitor(make("duckdb:///none.duckdb"))

    with pytest.raises(SchemaMissing, match=r"no file none\.duckdb.* `etl-monitor db upgrade --url duckdb:///none\.du"):
        use(monitor)
    assert os.listdir(".") == []


@pytest.mark.parametrize("use", USES)
def test_option_that_duckdb_refuses_is_named_before_the_file_that_does_not_exist(use: Use) -> None:
    with pytest.raises(ConfigurationError, match="cannot be opened with thraeds in its URL"):
        use(ETLMonitor("duckdb:///none.duckdb?thraeds=2&access_mode=read_write"))
    assert os.listdir(".") == []


def test_engine_with_a_creator_is_not_judged_by_its_url() -> None:
    ETLMonitor("duckdb:///there.duckdb").setup().close()
    there = sa.create_engine("duckdb:///there.duckdb")
    engine = sa.create_engine("duckdb:///none.duckdb", creator=lambda: there.dialect.connect("there.duckdb"))

    assert ETLMonitor(engine).processes() == []
    assert not os.path.exists("none.duckdb")
    engine.dispose()


def test_current_revision_of_a_file_that_does_not_exist_is_none() -> None:
    engine = etl_monitor_orm.create_engine("duckdb:///none.duckdb")

    assert (migrations.current(engine, "etl"), migrations.usable(engine, "etl")) == (None, False)
    assert os.listdir(".") == []


def test_log_handler_on_a_file_that_does_not_exist_creates_none(capsys: pytest.CaptureFixture[str]) -> None:
    handler = EtlLogHandler(ETLMonitor("duckdb:///none.duckdb"))
    handler.handle(logging.LogRecord("loads", logging.INFO, __file__, 1, "words", None, None))
    handler.close()

    assert "There is no file none.duckdb" in capsys.readouterr().err
    assert os.listdir(".") == []


def test_setup_and_migrations_create_a_file() -> None:
    ETLMonitor("duckdb:///one.duckdb").setup().close()
    for file, work in (("two", migrations.upgrade), ("three", migrations.stamp)):
        engine = etl_monitor_orm.create_engine(f"duckdb:///{file}.duckdb")
        work(engine, "etl")
        engine.dispose()

    assert sorted(os.listdir(".")) == ["one.duckdb", "three.duckdb", "two.duckdb"]


def test_engine_for_your_own_work_creates_a_file() -> None:
    engine = etl_monitor_orm.create_engine("duckdb:///mine.duckdb")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (id INT)"))
    migrations.upgrade(engine, "etl")
    with Session(engine) as session:
        assert session.get(Process, HR) is None
    engine.dispose()


@pytest.mark.parametrize("url", ["duckdb://", "duckdb:///:memory:", "duckdb:///:memory:book"])
@pytest.mark.parametrize("use", USES[:-3])
def test_database_in_memory_used_after_close_says_that_it_ended(url: str, use: Use) -> None:
    monitor = ETLMonitor(url).setup().register_process(*HR)
    monitor.close()

    with pytest.raises(SchemaMissing, match=r"in memory: it ended with close\(\).*setup\(\)") as refused:
        use(monitor)
    assert "db upgrade" not in str(refused.value)
    assert monitor.setup().processes() == []
    monitor.close()


def test_database_in_memory_of_an_engine_handed_in_ends_with_its_dispose() -> None:
    engine = sa.create_engine("duckdb:///:memory:theirs", poolclass=sa.QueuePool)
    monitor = ETLMonitor(engine).setup()
    engine.dispose()

    with pytest.raises(SchemaMissing, match=r"in memory: it ended with close\(\), or with dispose\(\)"):
        monitor.processes()
    engine.dispose()


UNUSABLE = [
    ("nowhere/book.duckdb", None, "folder of .* does not exist.*Make the folder"),
    ("folder", None, "is a folder. Name a file"),
    ("text.duckdb", b"hello" * 5_000, "is not a DuckDB database. Name another file"),
    ("empty.duckdb", b"", "is not a DuckDB database"),
    ("x" * 300, None, "too long for this system. Choose a shorter one"),
]


@pytest.mark.parametrize(("file", "content", "words"), UNUSABLE)
def test_file_that_cannot_be_opened_is_refused_with_the_next_step(file: str, content: bytes | None, words: str) -> None:
    os.mkdir("folder")
    if content is not None:
        Path(file).write_bytes(content)

    with pytest.raises(ConfigurationError, match=f"{words}.*DuckDB says"):
        ETLMonitor(f"duckdb:///{file}").setup()


def test_damaged_file_is_sent_to_its_backup() -> None:
    ETLMonitor("duckdb:///book.duckdb").setup().close()
    os.truncate("book.duckdb", 5_000)

    with pytest.raises(ConfigurationError, match=r"is damaged\. Restore it from a backup"):
        ETLMonitor("duckdb:///book.duckdb").processes()


def test_message_does_not_quote_the_statement() -> None:
    monitor = ETLMonitor("duckdb:///book.duckdb").setup()
    with monitor.session() as session:
        session.execute(sa.text('DROP VIEW etl."v_processStatus"'))
        session.commit()

    with pytest.raises(SchemaMissing, match="v_processStatus does not exist") as refused:
        monitor.processes()
    assert "LINE" not in str(refused.value)
    assert "\n" not in str(refused.value)
    monitor.close()
