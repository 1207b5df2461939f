"""Databricks beside others in one process: their engines, their registrations, their URLs."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy

from etl_monitor_orm import ConfigurationError, ETLMonitor, create_engine
from tests.patience import PATIENT

PLACE = "adb-1.azuredatabricks.net?http_path=/sql/1.0/warehouses/abc&catalog=main"
REFUSAL = r"does not retry after a conflict .*etl_monitor_orm\.create_engine\(url\)"


# Engines


@pytest.mark.parametrize("driver", ["databricks", "databricks+monitor"])
def test_monitor_given_an_engine_that_it_did_not_make_refuses_it(driver: str) -> None:
    engine = sqlalchemy.create_engine(f"{driver}://token:dapi@{PLACE}")
    with pytest.raises(ConfigurationError, match=REFUSAL):
        ETLMonitor(engine)


def test_monitor_given_an_engine_that_it_made_takes_it() -> None:
    engine = create_engine(f"databricks://token:dapi@{PLACE}")

    assert ETLMonitor(engine).engine.pool is engine.pool
    assert ETLMonitor(engine.execution_options(logging_token="load")).engine.pool is engine.pool
    assert ETLMonitor(create_engine(engine.url, schema="other"), schema="other").engine is not None


MADE_FIRST = f"""
import sqlalchemy
engine = sqlalchemy.create_engine("databricks://token:dapi@{PLACE}")
from etl_monitor_orm import ConfigurationError, ETLMonitor
try:
    ETLMonitor(engine)
except ConfigurationError as error:
    print(error)
"""


def run(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=PATIENT)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_engine_made_before_our_import_is_refused_as_one_made_after() -> None:
    with pytest.raises(ConfigurationError) as caught:
        ETLMonitor(sqlalchemy.create_engine(f"databricks://token:dapi@{PLACE}"))

    assert run(MADE_FIRST).strip() == str(caught.value)


# Registrations


REGISTERED_FIRST = """
import sys
from alembic.ddl.impl import DefaultImpl, _impls
from sqlalchemy import Integer, types
from sqlalchemy.ext.compiler import compiles

class TheirImpl(DefaultImpl):
    __dialect__ = "databricks"

@compiles(Integer, "databricks")
def theirs(element, compiler, **kw):
    return "THEIRS"

from etl_monitor_orm import create_engine
assert "databricks.sqlalchemy" not in sys.modules
engine = create_engine("databricks://token:dapi@PLACE")
assert "databricks.sqlalchemy" in sys.modules

import sqlalchemy
stock = sqlalchemy.create_engine("databricks://token:dapi@PLACE").dialect
print(_impls["databricks"] is TheirImpl, Integer().compile(dialect=stock), Integer().compile(dialect=engine.dialect))
print(types.LargeBinary().compile(dialect=stock), type(stock).__module__)
""".replace("PLACE", PLACE)


def test_registrations_made_before_our_dialect_is_loaded_stay_and_the_others_are_stock() -> None:
    assert run(REGISTERED_FIRST).splitlines() == ["True THEIRS INT", "BINARY databricks.sqlalchemy.base"]


ALEMBIC_OF_THE_STOCK = """
from alembic.ddl.impl import _impls
from etl_monitor_orm import create_engine
create_engine("databricks://token:dapi@PLACE")
import etl_monitor_orm.dialects.databricks.alembic_impl
print(_impls["databricks"].__module__)
""".replace("PLACE", PLACE)


def test_alembic_of_nobody_in_particular_keeps_the_stock_implementation() -> None:
    assert run(ALEMBIC_OF_THE_STOCK).strip() == "databricks.sqlalchemy.base"


# URLs


@pytest.mark.parametrize(
    ("url", "words"),
    [
        (
            f"databricks+connector://token:dapi@{PLACE}",
            r"driver of databricks\+connector:// URLs. Write databricks://…",
        ),
        (f"databricks+thrift://token:dapi@{PLACE}", r"driver of databricks\+thrift:// URLs"),
        (f"databricks://token:dapi@{PLACE}&catalog=other", r"catalog= more than once"),
        (f"databricks://token:dapi@{PLACE}&http_path=/sql/2", r"http_path= more than once"),
        (f"databricks://token:dapi@{PLACE}&schema=a&schema=b", r"schema= more than once"),
        ("databricks://token:dapi@host/main?http_path=/sql/1&catalog=main", r"path after its host"),
        (f"databricks://dapi-secret@{PLACE}", r"a user but no token"),
        ("databricks://token:dapi@host?http_path=/sql/1", r"No catalog is given"),
        ("databricks://token:dapi@host?http_path=/sql/1&catalog=", r"No catalog is given"),
        (f"databricks://https://{PLACE}", r"without https://"),
    ],
)
def test_odd_url_is_refused_in_words_that_hold_no_secret(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words) as caught:
        ETLMonitor(url)

    assert "dapi" not in str(caught.value)


def test_catalog_of_the_argument_wins_over_the_urls() -> None:
    assert create_engine(f"databricks://token:dapi@{PLACE}", catalog="other").url.query["catalog"] == "other"


def test_odd_url_of_a_guest_is_refused_by_our_dialect_in_sqlalchemys_words() -> None:
    with pytest.raises(sqlalchemy.exc.ArgumentError, match="catalog= more than once"):
        sqlalchemy.create_engine(f"databricks+monitor://token:dapi@{PLACE}&catalog=other")


def test_guest_of_our_dialect_is_not_asked_for_a_catalog() -> None:
    assert sqlalchemy.create_engine("databricks+monitor://token:dapi@host?http_path=/sql/1").url.host == "host"
