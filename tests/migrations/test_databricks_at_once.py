"""Several at once on Databricks: whoever comes first makes the tables, and everybody finds them made once."""

from __future__ import annotations

import subprocess
import sys

from sqlalchemy import Engine

from etl_monitor_orm import migrations
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
