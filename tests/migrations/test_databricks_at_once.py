"""Several at once on Databricks: whoever comes first makes the tables, and everybody finds them made once."""

from __future__ import annotations

import subprocess
import sys

import pytest
from sqlalchemy import DDL, Engine, event, inspect
from sqlalchemy.schema import CreateSchema

from etl_monitor_orm import ETLMonitor, SchemaMissing, migrations
from etl_monitor_orm.models.revision import SCHEMA_REVISION
from tests.databases import monitor_url
from tests.migrations.looking import rows
from tests.patience import PATIENT
from tests.warehouse import Warehouse

SETUP = """
import sys
from etl_monitor_orm import ConflictError, DatabaseError, ETLMonitor
monitor = ETLMonitor(sys.argv[1], schema=sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for last in [False] * 20 + [True]:
    try:
        monitor.setup()
    except (ConflictError, DatabaseError):
        # Two that make one table at the same moment: Delta refuses one of them.
        if last:
            raise
    else:
        break
print("done")
"""


def test_given_processes_that_set_up_one_schema_when_all_are_done_then_it_is_there_once(
    lakehouse: Engine, schema: str, warehouse: Warehouse
) -> None:
    url = monitor_url(warehouse).render_as_string(hide_password=False)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SETUP, url, schema],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=PATIENT) for process in processes]
    assert [out for out, _ in told] == ["done\n"] * 3, told
    assert rows(lakehouse, f"SELECT version_num FROM {schema}.etl_monitor_version") == [(SCHEMA_REVISION,)]
    assert rows(lakehouse, f"SELECT count(*), count(DISTINCT SequenceID) FROM {schema}.ETLconfigSequence") == [(7, 7)]
    assert migrations.check(lakehouse, schema) == []


def test_given_a_view_that_appears_while_names_are_read_then_it_is_not_taken_for_a_table(
    lakehouse: Engine, schema: str
) -> None:
    def make_a_view(connection, cursor, statement, *rest) -> None:
        seen.append(statement)
        if [line.startswith("SHOW") for line in seen] == [True, True]:
            with lakehouse.connect() as other:
                other.execute(
                    DDL("CREATE VIEW %(schema)s.v_processStatus AS SELECT 1 AS one", context={"schema": schema})
                )

    seen: list[str] = []
    with lakehouse.connect() as connection:
        connection.execute(CreateSchema(schema))
    looking = lakehouse.execution_options()
    event.listen(looking, "before_cursor_execute", make_a_view)
    with looking.connect() as connection:
        found = inspect(connection)
        assert found.get_table_names(schema=schema) == []
        assert [name.lower() for name in found.get_view_names(schema=schema)] == ["v_processstatus"]
    assert len(seen) == 2


@pytest.mark.parametrize("times", [1, 100])
def test_given_a_view_that_others_are_replacing_when_set_up_then_it_is_looked_for_again(
    lakehouse: Engine, schema: str, times: int
) -> None:
    missed = []

    def miss(connection, cursor, statement, parameters, context, many):
        if "VIEW" in statement and "v_overdue" in statement and len(missed) < times:
            missed.append(statement)
            return f"SELECT 1 FROM {schema}.v_overdue", parameters
        return statement, parameters

    event.listen(lakehouse, "before_cursor_execute", miss, retval=True)
    try:
        if times == 1:
            ETLMonitor(lakehouse, schema=schema).setup()
            assert migrations.check(lakehouse, schema) == []
        else:
            with pytest.raises(SchemaMissing, match="v_overdue"):
                ETLMonitor(lakehouse, schema=schema).setup()
    finally:
        event.remove(lakehouse, "before_cursor_execute", miss)
    assert missed
