"""The dashboard of the Databricks kit on Spark 3.5: its datasets have the rows that Spark 4 has."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.databricks_kit.conftest import Past
from tests.databricks_kit.kit import Kit

from .conftest import WEST
from .server import Address

SCHEMA = "kit"
OF_NOW = {"RunningSeconds", "HoursBehind", "HoursUnchanged"}
"""Columns that say how long something is ago: each query is asked at its own time."""

Answers = dict[str, list[dict[str, Any]]]


def _asked(address: Address, past: Past) -> Answers:
    """Play the past on a warehouse, and run all datasets and alerts there."""
    engine = address.engine(WEST.zone, WEST.ansi)
    clock = ManualClock(past.now)
    past.play(ETLMonitor(engine, schema=SCHEMA, clock=clock, actor="pytest").setup(), clock)
    alerts = Kit().deployed(catalog="main", schema=SCHEMA)["alerts"]
    queries = {**Kit().datasets, **{key: alert["query_text"] for key, alert in alerts.items()}}
    answers: Answers = {}
    with engine.connect() as connection:
        connection.execute(text(f"USE `{SCHEMA}`"))
        for name, sql in queries.items():
            given = {"run": "latest"} if ":run" in sql else {}
            rows = [dict(row._mapping) for row in connection.execute(text(sql), given)]
            answers[name] = [{key: row[key] for key in row if key not in OF_NOW} for row in rows]
    engine.dispose()
    return answers


@pytest.fixture(scope="module")
def answers(spark4: Address, spark35: Address) -> tuple[Answers, Answers]:
    """What Spark 4 and Spark 3.5 answer."""
    past = Past()
    return _asked(spark4, past), _asked(spark35, past)


@pytest.mark.parametrize("name", [*Kit().datasets, *Kit().resources["alerts"]])
def test_given_the_same_past_when_asked_then_spark_3_5_has_the_rows_of_spark_4(
    answers: tuple[Answers, Answers], name: str
) -> None:
    on_4, on_35 = answers

    assert on_4[name] != []
    assert on_35[name] == on_4[name]
