"""Importing the package, making a monitor, migrating and closing change nothing for anybody else in the process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guests.processes import run

LOOK = """
import logging, os, signal, sys, warnings
import sqlalchemy
import duckdb_engine
from alembic.ddl.impl import DefaultImpl, _impls
from duckdb_engine.datatypes import Struct, UInt64
from sqlalchemy.dialects import registry
from sqlalchemy.ext.compiler import compiles


class Theirs(DefaultImpl):
    __dialect__ = "duckdb"


class Shape(sqlalchemy.types.UserDefinedType):
    cache_ok = True


@compiles(Shape, "duckdb")
def shape(element, compiler, **kw):
    return "SHAPE"


def kinds(url):
    return [f"{cls.__module__}.{cls.__name__}" for cls in type(sqlalchemy.create_engine(url).dialect).__mro__]


def attributes(kind):
    return {name: repr(value) for name, value in vars(kind).items()}


def look():
    loggers = [logging.getLogger(), *(logging.getLogger(name) for name in ("sqlalchemy", "alembic", "duckdb_engine"))]
    return {
        "engines": [kinds(url) for url in ("duckdb:///:memory:x", "databricks://token:x@h.example?http_path=/p&catalog=c")],
        "dialects": [attributes(kind) for kind in (duckdb_engine.Dialect, duckdb_engine.ConnectionWrapper)],
        "registry": {name: repr(found) for name, found in registry.impls.items() if "monitor" not in name},
        "alembic": {name: found for name, found in _impls.items() if not name.endswith("+monitor")},
        "compiled": [
            str(Shape().compile(dialect=duckdb_engine.Dialect())),
            [dict(kind._compiler_dispatcher.specs).get("duckdb") for kind in (Shape, Struct, UInt64)],
        ],
        "loggers": [(log.level, list(log.handlers), log.disabled, log.propagate) for log in loggers],
        "signals": [signal.getsignal(number) for number in signal.valid_signals()],
        "environment": dict(os.environ),
        "warnings": list(warnings.filters),
        "hooks": [sys.excepthook, sys.unraisablehook, sys.displayhook],
        "folder": os.getcwd(),
    }


import databricks.sqlalchemy  # its own import changes some of this, and SQLAlchemy looks up what others build on
registry.load("postgresql")
look()
before = look()
"""
COMPARE = """
after = look()
for name in before:
    assert after[name] == before[name], (name, before[name], after[name])
print("the same")
"""


@pytest.mark.parametrize(
    "used",
    [
        "import etl_monitor_orm",
        "import etl_monitor_orm.dialects.duckdb.dialect, etl_monitor_orm.dialects.duckdb.alembic_impl",
        "import etl_monitor_orm; etl_monitor_orm.ETLMonitor('duckdb:///monitor.duckdb')",
        "import etl_monitor_orm; etl_monitor_orm.ETLMonitor('duckdb:///monitor.duckdb').setup().close()",
        "import etl_monitor_orm; "
        "etl_monitor_orm.ETLMonitor(sqlalchemy.create_engine('duckdb:///monitor.duckdb')).setup().close()",
        "import etl_monitor_orm; etl_monitor_orm.create_engine('duckdb:///monitor.duckdb').connect().close()",
    ],
    ids=["imported", "dialect imported", "made", "set up and closed", "on their engine", "engine"],
)
def test_package_used_in_a_strangers_process_changes_nothing(tmp_path: Path, used: str) -> None:
    assert run(f"{LOOK}\n{used}\n{COMPARE}", tmp_path) == "the same\n"


@pytest.mark.parametrize("first", ["sqlalchemy", "etl_monitor_orm"])
def test_plain_urls_stay_stock_whatever_is_imported_first(tmp_path: Path, first: str) -> None:
    program = f"""
import {first}, sqlalchemy, etl_monitor_orm
for url in ("duckdb:///:memory:x", "databricks://token:x@h.example?http_path=/p&catalog=c"):
    kind = type(sqlalchemy.create_engine(url).dialect)
    print(kind.__module__, kind.__name__, kind.name)
"""
    assert run(program, tmp_path).splitlines() == [
        "duckdb_engine Dialect duckdb",
        "databricks.sqlalchemy.base DatabricksDialect databricks",
    ]


def test_dialect_used_by_its_url_loads_nothing_of_the_monitor(tmp_path: Path) -> None:
    program = """
import sys
import sqlalchemy
engine = sqlalchemy.create_engine("duckdb+monitor:///own.duckdb")
with engine.connect() as connection:
    assert connection.scalar(sqlalchemy.text("SELECT 7")) == 7
    print(connection.scalar(sqlalchemy.text("SELECT current_setting('TimeZone')")))
print([name for name in sys.modules if name in ("etl_monitor_orm.monitor", "etl_monitor_orm.backends.duckdb")])
"""
    import duckdb

    zone = duckdb.connect().execute("SELECT current_setting('TimeZone')").fetchall()[0][0]
    assert run(program, tmp_path).splitlines()[0] == zone
