"""What keeps a database from being opened is told in the monitor's words, by migrations and by any other call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import duckdb
import pytest
import sqlalchemy as sa

from etl_monitor_orm import ConfigurationError, ETLMonitor, InvalidInput, create_engine, migrations

BACKENDS = ("duckdb",)  # the options, the file and the driver are DuckDB's

Call: TypeAlias = Callable[[ETLMonitor], object]

CALLS: dict[str, Call] = {
    "setup": lambda monitor: monitor.setup(),
    "processes": lambda monitor: monitor.processes(),
    "session": lambda monitor: monitor.session(),
    "upgrade": lambda monitor: migrations.upgrade(monitor.engine, schema=monitor.schema),
    "downgrade": lambda monitor: migrations.downgrade(monitor.engine, monitor.schema, "base"),
    "stamp": lambda monitor: migrations.stamp(monitor.engine, monitor.schema),
    "current": lambda monitor: migrations.current(engine=monitor.engine, schema=monitor.schema),
    "usable": lambda monitor: migrations.usable(monitor.engine, monitor.schema),
    "check": lambda monitor: migrations.check(monitor.engine, monitor.schema),
}

each_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)


@each_call
def test_file_open_by_duckdb_connect_in_this_process_is_told(tmp_path: Path, call: Call) -> None:
    file = tmp_path / "monitor.duckdb"
    with duckdb.connect(str(file)), pytest.raises(ConfigurationError, match=r"has duckdb:///.* open with another"):
        call(ETLMonitor(f"duckdb:///{file}"))


@each_call
@pytest.mark.parametrize("option", ["thraeds=2", "threads=many"])
def test_option_that_duckdb_refuses_is_named(tmp_path: Path, call: Call, option: str) -> None:
    name = option.partition("=")[0]
    with pytest.raises(ConfigurationError, match=rf"cannot be opened with {name} in its URL"):
        call(ETLMonitor(f"duckdb:///{tmp_path / 'monitor.duckdb'}?{option}"))


@each_call
def test_engine_that_fails_to_connect_in_its_own_way_is_a_configuration_error(tmp_path: Path, call: Call) -> None:
    def fail() -> object:
        raise RuntimeError("no ticket")

    engine = sa.create_engine(f"duckdb:///{tmp_path / 'monitor.duckdb'}", creator=fail)
    with pytest.raises(ConfigurationError, match="RuntimeError: no ticket"):
        call(ETLMonitor(engine))


@pytest.mark.parametrize("what", ["schema", "catalog"])
@pytest.mark.parametrize("name", ["a\0b", "a\nb", "a\x1bb", "a\udcff"])
def test_name_with_unseen_characters_is_refused(what: str, name: str) -> None:
    with pytest.raises(ConfigurationError, match=f"The {what}'s name is 'a.*must not have control characters"):
        ETLMonitor("databricks://host", **{what: name})  # type: ignore[arg-type]


def test_schema_that_is_no_text_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="must be text, not int"):
        ETLMonitor("duckdb:///:memory:", schema=42)  # type: ignore[arg-type]


def test_schema_given_to_a_migration_is_checked_too() -> None:
    with pytest.raises(ConfigurationError, match="must not have control characters"):
        migrations.current(create_engine("duckdb:///:memory:"), "a\0b")


def test_clock_that_is_no_function_is_refused() -> None:
    with pytest.raises(InvalidInput, match="clock must be a function"):
        ETLMonitor("duckdb:///:memory:", clock=5)  # type: ignore[arg-type]


def test_empty_url_is_refused_and_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", "")

    assert ETLMonitor().engine.url.database == "etl_monitor.duckdb"
    with pytest.raises(ConfigurationError, match="The database URL is empty"):
        ETLMonitor("")
