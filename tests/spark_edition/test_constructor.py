"""What the constructor takes: a Spark session, which it leaves alone, or a database."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import make_url

from etl_monitor_orm import ConfigurationError, ETLMonitor, create_engine
from etl_monitor_orm.spark_edition import ETLMonitorFramework
from tests.spark_edition.conftest import HR

URL = "duckdb:///:memory:"


class Session:
    """A Spark session that notes what is asked of it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def sql(self, statement: str) -> None:
        self.asked.append(statement)


def test_given_a_spark_session_then_the_environment_names_the_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", URL)
    spark = Session()
    with ETLMonitorFramework(spark, catalog="main", schema="etl_test") as edition:
        edition.setup()
        edition.register_process(*HR)
        edition.monitor.require_registered(*HR)

    assert (edition.spark, edition.catalog, edition.etl_schema) == (spark, "main", "etl_test")
    assert (spark.asked, edition.monitor.engine.url.get_backend_name()) == ([], "duckdb")


@pytest.mark.parametrize("spark", [Session(), None], ids=["session", "nothing"])
def test_given_a_session_and_no_database_in_the_environment_then_it_is_refused(spark: object) -> None:
    with pytest.raises(ConfigurationError, match=r"ETL_MONITOR_URL is not set\. Set it, or pass the database's URL"):
        ETLMonitorFramework(spark)


@pytest.mark.parametrize("given", [7, object()], ids=["number", "object"])
def test_given_what_is_neither_session_nor_database_then_it_is_refused(given: object) -> None:
    with pytest.raises(ConfigurationError, match="is not a database"):
        ETLMonitorFramework(given)


@pytest.mark.parametrize("url", [URL, make_url(URL)], ids=["text", "URL"])
def test_given_a_url_then_it_is_the_database_and_there_is_no_session(url: object) -> None:
    with ETLMonitorFramework(url, "main") as edition:
        edition.setup()

    assert (edition.spark, edition.catalog, edition.etl_schema) == (None, "main", "etl")


def test_given_a_url_of_databricks_then_the_catalog_is_used() -> None:
    url = "databricks://token:secret@localhost?http_path=/sql/1.0/warehouses/1"
    with ETLMonitorFramework(url, catalog="main") as edition:
        assert edition.monitor.engine.url.query["catalog"] == "main"


def test_given_an_engine_then_closing_leaves_it_open() -> None:
    engine = create_engine(URL)
    with engine.connect():
        with ETLMonitorFramework(engine, schema="etl_test") as edition:
            edition.setup()
        edition.register_process(*HR)
        assert edition.etl_schema == "etl_test"
    engine.dispose()


def test_given_a_monitor_then_it_does_the_work_and_stays_open() -> None:
    with ETLMonitor(URL, schema="etl_test") as monitor, monitor.engine.connect():
        with ETLMonitorFramework(monitor) as edition:
            edition.setup()
        assert (edition.monitor, edition.etl_schema) == (monitor, "etl_test")
        edition.register_process(*HR)
        monitor.require_registered(*HR)


def test_given_the_guide_then_it_names_every_step_of_a_load(capsys: pytest.CaptureFixture[str]) -> None:
    with ETLMonitorFramework(URL) as edition:
        edition.guide()

    told = capsys.readouterr().out
    public = [name for name in dir(edition) if not name.startswith("_") and callable(getattr(edition, name))]
    assert [name for name in public if name not in told] == [
        *("close", "guide", "sample_usage", "seed_sequence_data", "task_status")
    ]
