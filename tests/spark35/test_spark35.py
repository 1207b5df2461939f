"""Spark 3.5 with Delta Lake 3.3, as Databricks Runtime 14.3 to 16.4 have it: what Spark 4 answers, it answers too."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from etl_monitor_orm import DatabaseError, ETLMonitor, InvalidTransition, SchemaMissing

from .conftest import EAST, WEST
from .history import CHAPTERS, Story
from .server import Address

SESSIONS = {"west": WEST, "east": EAST}


@pytest.fixture(params=SESSIONS)
def name(request: pytest.FixtureRequest) -> str:
    """A session: its time zone, and ANSI mode on or off."""
    return request.param


@pytest.fixture
def monitor(spark35: Address, name: str, stories: dict[str, Story]) -> Iterator[ETLMonitor]:
    """A monitor on Spark 3.5, on tables that the history has left empty."""
    session = SESSIONS[name]
    engine = spark35.engine(session.zone, session.ansi)
    yield ETLMonitor(engine, schema=session.schema)
    engine.dispose()


def test_server_of_the_other_environment_is_spark_3_5(monitor: ETLMonitor, name: str) -> None:
    with monitor.session() as session:
        assert session.execute(text("SELECT substr(version(), 1, 4), current_timezone()")).one() == (
            "3.5.",
            SESSIONS[name].zone,
        )
        assert session.execute(text("SET spark.sql.ansi.enabled")).one().value == SESSIONS[name].ansi


@pytest.mark.parametrize("chapter", [*(chapter.__name__ for chapter in CHAPTERS), "rows", "migrations"])
def test_history_on_spark_3_5_is_that_of_spark_4(stories: dict[str, Story], name: str, chapter: str) -> None:
    assert stories[name][chapter] == stories["spark4"][chapter]


def test_of_several_workers_one_claims_a_step_and_the_others_are_told(monitor: ETLMonitor) -> None:
    monitor.register_process("CORP", "CLAIMS").register_task("CORP", "CLAIMS", 1, 1, 2, "Load")
    run = monitor.start_run("CORP", "CLAIMS", "2025-04-08", execution_id="claimed")

    def claims(worker: int) -> bool:
        try:
            monitor.start_task("claimed", "CORP", "CLAIMS", 1, processing_date="2025-04-08", source_run_id=str(worker))
        except InvalidTransition:
            return False
        return True

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(claims, range(3))) == 1
    assert [step.is_running for step in run.status()] == [True]


def test_time_before_1900_is_refused_and_the_watermark_stays(monitor: ETLMonitor) -> None:
    monitor.register_process("CORP", "PAST").register_parameter("CORP", "PAST", "Mark", "DELTA_DATE")
    with pytest.raises(DatabaseError, match="refused a statement"):
        monitor.advance_watermark("CORP", "PAST", "Mark", "1899-12-31")
    assert monitor.get_active_watermark("CORP", "PAST", "Mark") is None


def test_missing_schema_is_named_with_the_command_that_makes_it(monitor: ETLMonitor) -> None:
    with pytest.raises(SchemaMissing, match="etl-monitor db upgrade"):
        ETLMonitor(monitor.engine, schema="nowhere").processes()
