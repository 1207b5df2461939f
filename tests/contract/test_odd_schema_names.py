"""Schemas whose names need quotes."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from etl_monitor_orm import ETLMonitor, Process, Status
from etl_monitor_orm.backends.duckdb.versions import SINCE_2_0

BACKENDS = ("duckdb",)  # Spark takes letters, digits and underscores

SCHEMAS = ["odd name", "semi;colon", "it's", "100%", "Ünïcode 😀"]
if SINCE_2_0:
    SCHEMAS.append('odd "name"')  # DuckDB 1.5 finds no sequence in a schema with such a name


@pytest.mark.parametrize("schema", SCHEMAS)
def test_given_a_schema_with_an_odd_name_when_used_then_its_rows_are_apart_from_the_default_schema_s(
    monitor: ETLMonitor, schema: str
) -> None:
    other = ETLMonitor(monitor.engine, schema=schema).setup()
    other.register_process("CORP", "HR_DAILY").register_task("CORP", "HR_DAILY", 1, 1, 2, "Load")
    with other.start_run("CORP", "HR_DAILY", "2026-04-09").task(1):
        pass
    with monitor.session() as session:
        assert session.scalars(select(Process)).all() == []
    (status,) = other.get_status("CORP", "HR_DAILY", "2026-04-09")
    assert (other.schema, status.status) == (schema, Status.DONE)
