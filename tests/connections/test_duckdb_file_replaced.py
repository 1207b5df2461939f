"""A file that is removed, renamed or replaced while a monitor has it open: no call writes where nobody will look."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

import etl_monitor_orm
from etl_monitor_orm import ConfigurationError, ETLMonitor, Process, SchemaMissing

HR = ("CORP", "HR_DAILY")


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def remove(file: str) -> None:
    os.remove(file)


def rename(file: str) -> None:
    os.rename(file, "elsewhere.duckdb")


def replace(file: str) -> None:
    shutil.copyfile(file, "copy.duckdb")
    os.replace("copy.duckdb", file)


HAPPENED = [remove, rename, replace]
FILES = ["book.duckdb", "etl.duckdb"]


@pytest.mark.parametrize("happened", HAPPENED)
@pytest.mark.parametrize("file", FILES)
def test_call_on_a_file_that_is_gone_is_refused_and_names_the_file(file: str, happened: Callable[[str], None]) -> None:
    monitor = ETLMonitor(f"duckdb:///{file}").setup()
    monitor.register_process(*HR)
    happened(file)
    calls: list[Callable[[], object]] = [
        lambda: monitor.register_process("CORP", "OTHER"),
        monitor.processes,
        monitor.setup,
        lambda: monitor.session().get(Process, HR),
        monitor.engine.connect,
    ]

    for call in calls:
        with pytest.raises(ConfigurationError, match=rf"{file} was removed, renamed or replaced .*close\(\)"):
            call()
    monitor.close()


@pytest.mark.parametrize("happened", HAPPENED)
def test_second_monitor_on_a_file_that_is_gone_is_refused_too(happened: Callable[[str], None]) -> None:
    monitor, second = (ETLMonitor("duckdb:///book.duckdb") for _ in range(2))
    monitor.setup()
    happened("book.duckdb")

    with pytest.raises(ConfigurationError, match="removed, renamed or replaced"):
        second.setup()
    monitor.close()
    second.setup().close()


def test_file_put_back_in_its_place_can_be_used_again() -> None:
    monitor = ETLMonitor("duckdb:///book.duckdb").setup()
    os.rename("book.duckdb", "elsewhere.duckdb")
    with pytest.raises(ConfigurationError):
        monitor.register_process(*HR)
    os.rename("elsewhere.duckdb", "book.duckdb")

    monitor.register_process(*HR)
    with monitor.session() as session:
        assert session.get(Process, HR) is not None
    monitor.close()


def test_closed_monitor_uses_the_file_that_has_the_name_now() -> None:
    monitor = ETLMonitor("duckdb:///book.duckdb").setup().register_process(*HR)
    other = ETLMonitor("duckdb:///other.duckdb").setup().register_process("SHOP", "SALES")
    other.close()
    os.replace("other.duckdb", "book.duckdb")
    monitor.close()

    with monitor.session() as session:
        assert [one.project_code for one in session.query(Process)] == ["SHOP"]
    monitor.close()


def test_file_renamed_while_open_keeps_what_was_written_before() -> None:
    monitor = ETLMonitor("duckdb:///book.duckdb").setup().register_process(*HR)
    os.rename("book.duckdb", "elsewhere.duckdb")
    monitor.close()
    with pytest.raises(SchemaMissing, match=r"There is no file book\.duckdb"):
        monitor.processes()

    there = ETLMonitor("duckdb:///elsewhere.duckdb")
    with there.session() as session:
        assert session.get(Process, HR) is not None
    there.close()


@pytest.mark.parametrize("pool", [None, NullPool])
def test_engine_handed_in_is_refused_while_its_file_is_gone(pool: type[NullPool] | None) -> None:
    engine = sa.create_engine("duckdb:///book.duckdb", **({"poolclass": pool} if pool else {}))
    monitor = ETLMonitor(engine).setup()
    with monitor.session() as session:
        session.execute(sa.text("SELECT 1"))
        os.remove("book.duckdb")
        with pytest.raises(ConfigurationError, match="removed, renamed or replaced"):
            monitor.register_process(*HR)
    engine.dispose()
    assert not os.path.exists("book.duckdb")


def test_symbolic_link_led_to_another_file_counts_as_replaced() -> None:
    for name in ("one.duckdb", "two.duckdb"):
        ETLMonitor(f"duckdb:///{name}").setup().close()
    os.symlink("one.duckdb", "book.duckdb")
    monitor = ETLMonitor("duckdb:///book.duckdb")
    assert monitor.processes() == []
    os.remove("book.duckdb")
    os.symlink("two.duckdb", "book.duckdb")

    with pytest.raises(ConfigurationError, match="removed, renamed or replaced"):
        monitor.register_process(*HR)
    monitor.close()


def test_system_without_numbers_of_files_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = os.stat

    def numberless(path: str, **options: bool) -> object:
        found = plain(path, **options)
        return os.stat_result([found.st_mode, 0, found.st_dev, *found[3:]]) if str(path).endswith("duckdb") else found

    monkeypatch.setattr("etl_monitor_orm.backends.duckdb_files.os.stat", numberless)
    monitor = ETLMonitor("duckdb:///book.duckdb").setup()
    replace("book.duckdb")
    assert monitor.processes() == []
    monitor.close()


def test_engine_of_ours_is_refused_by_itself() -> None:
    engine = etl_monitor_orm.create_engine("duckdb:///book.duckdb")
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE mine (id INT)"))
    os.remove("book.duckdb")

    with pytest.raises(ConfigurationError, match=r"dispose\(\)"), engine.begin() as connection:
        connection.execute(sa.text("INSERT INTO mine VALUES (1)"))
    engine.dispose()
