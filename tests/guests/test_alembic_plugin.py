"""Alembic finds both dialects' implementations, whatever was imported first, at no cost to other programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guests.processes import run

DIALECTS = ("duckdb+monitor", "databricks+monitor")


def test_import_of_alembic_loads_neither_the_package_nor_a_driver(tmp_path: Path) -> None:
    program = """
import sys
import alembic
print([name for name in ("etl_monitor_orm", "duckdb", "duckdb_engine", "databricks.sqlalchemy") if name in sys.modules])
"""
    assert run(program, tmp_path) == "[]\n"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_offline_migration_by_the_dialects_name_finds_its_implementation(tmp_path: Path, dialect: str) -> None:
    program = f"""
from alembic.migration import MigrationContext
context = MigrationContext.configure(dialect_name={dialect!r}, opts={{"as_sql": True}})
print(type(context.impl).__module__)
"""
    assert run(program, tmp_path) == f"etl_monitor_orm.dialects.{dialect.partition('+')[0]}.alembic_impl\n"


def test_offline_migration_by_url_finds_its_implementation(tmp_path: Path) -> None:
    program = """
from alembic.migration import MigrationContext
context = MigrationContext.configure(url="duckdb+monitor:///own.duckdb", opts={"as_sql": True})
print(type(context.impl).__name__)
"""
    assert run(program, tmp_path) == "DuckDBImpl\n"


def test_connection_made_before_alembic_was_imported_finds_its_implementation(tmp_path: Path) -> None:
    program = """
import sqlalchemy
connection = sqlalchemy.create_engine("duckdb+monitor:///own.duckdb").connect()
connection.execute(sqlalchemy.text("SELECT 1"))
from alembic.migration import MigrationContext
from alembic.operations import Operations
Operations(MigrationContext.configure(connection)).create_table("mine", sqlalchemy.Column("id", sqlalchemy.Integer))
print(sqlalchemy.inspect(connection).get_table_names())
"""
    assert run(program, tmp_path) == "['mine']\n"


def test_implementation_that_somebody_registered_for_the_name_stays(tmp_path: Path) -> None:
    program = """
import etl_monitor_alembic
from alembic.ddl.impl import DefaultImpl, _impls
class Theirs(DefaultImpl):
    __dialect__ = "duckdb+monitor"
etl_monitor_alembic.setup(None)
print(_impls["duckdb+monitor"] is Theirs)
"""
    assert run(program, tmp_path) == "True\n"
