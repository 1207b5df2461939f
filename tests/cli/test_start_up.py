"""What a command costs before it shows anything: modules, connections and statements."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import pytest
from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool
from typer.testing import CliRunner

from etl_monitor_orm import ETLMonitor
from etl_monitor_orm.backends import duckdb_sharing
from etl_monitor_orm.cli.app import COMMANDS, app
from tests.cli.conftest import Command
from tests.databases import migrated, monitor_url
from tests.patience import PATIENT
from tests.postgres import Server
from tests.warehouse import Warehouse

SELDOM = {"alembic", "tenacity", "rich", "databricks", "psycopg", "pandas", "numpy", "asyncpg"}
if duckdb.__version__ < "2":
    SELDOM -= {"pandas", "numpy"}  # where they are installed, this driver loads them to bind a date
SHOWN = {
    "status": "process_status",
    "failures": "current_failures",
    "watermarks": "watermarks",
    "processes": "process_status",
    "runs": "run_summary",
    "tasks": "task_detail",
    "logs": None,
    "failures --since 7d": None,
    "history CORP HR_DAILY 1": "task_detail",
    "durations CORP HR_DAILY": "process_status",
    "why CORP HR_DAILY": "process_status",
    "db current": None,
    "db upgrade": None,
    "stale": None,
}
"""Commands, and the module of the view that each one reads."""


@dataclass
class Cost:
    """What reached a database."""

    connections: int = 0
    statements: list[str] = field(default_factory=list)


@contextmanager
def counted() -> Iterator[Cost]:
    """Count the connections that open and the statements that run on any engine of the process."""
    cost = Cost()

    def opened(*about: object) -> None:
        cost.connections += 1

    def sent(connection: object, cursor: object, statement: str, *about: object) -> None:
        cost.statements.append(statement)

    event.listen(Pool, "connect", opened)
    event.listen(Engine, "before_cursor_execute", sent)
    try:
        yield cost
    finally:
        event.remove(Pool, "connect", opened)
        event.remove(Engine, "before_cursor_execute", sent)


def loaded_by(command: str, url: str) -> set[str]:
    """The modules that a command loads in a fresh process."""
    program = (
        "import json, sys; from etl_monitor_orm.cli import main\n"
        f"sys.argv[1:] = {[*command.split(), '--json', '--url', url]}\n"
        "try: main()\n"
        "finally: print(json.dumps([*sys.modules]), file=sys.stderr)"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(result.stderr.splitlines()[-1]))


@pytest.mark.parametrize("command", SHOWN)
def test_command_that_prints_json_loads_one_view_and_no_library_that_it_does_not_need(command: str, url: str) -> None:
    loaded = loaded_by(command, url)

    views = {name for name in loaded if name.startswith("etl_monitor_orm.views.")} - {"etl_monitor_orm.views.base"}
    assert views == ({f"etl_monitor_orm.views.{SHOWN[command]}"} if SHOWN[command] else set())
    assert SELDOM & loaded == set()


@pytest.mark.parametrize(
    "command",
    [
        "status",
        "status --steps",
        "failures CORP HR_DAILY",
        "watermarks",
        "processes --since 7d",
        "runs",
        "tasks --where attempts=0",
        "logs",
        "failures --since 7d",
        "history CORP HR_DAILY 1",
        "durations CORP HR_DAILY",
        "why CORP HR_DAILY",
        "run show run-1",
        "stale",
        "stale --fail",
        "reset CORP HR_DAILY --date 2026-04-09",
        "mode bulk CORP HR_DAILY",
        "db current",
        "db upgrade",
        "db check",
    ],
)
def test_command_on_a_file_opens_one_connection(
    command: str, cli: Command, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IDLE", "LONGEST"):  # on a busy machine, a command may pause for longer than a file is kept
        monkeypatch.setattr(duckdb_sharing, name, PATIENT)
    with counted() as cost:
        told = cli(*command.split(), "--url", url)

    assert told.code == 0, told.err
    assert cost.connections == 1


@pytest.mark.parametrize("command", ["db current", "db upgrade"])
def test_command_on_current_tables_reads_the_revision_once(command: str, cli: Command, url: str) -> None:
    with counted() as cost:
        cli(*command.split(), "--url", url)

    assert len(cost.statements) == 1, cost.statements


COSTS = {"status": 7, "failures": 2, "watermarks": 2, "stale": 2, "db current": 1, "db upgrade": 1}
"""The statements of each command where nothing has run yet."""


def each_command_costs(url: str) -> dict[str, tuple[int, int]]:
    """The sessions and statements of each command."""
    found = {}
    for command in COSTS:
        with counted() as cost:
            told = CliRunner().invoke(app, command.split(), env={"ETL_MONITOR_URL": url})
        assert told.exit_code == 0, told.output
        found[command] = cost.connections, len(cost.statements)
    return found


def test_command_on_postgresql_opens_one_session_and_sends_no_more_than_its_questions(postgres: Server) -> None:
    name = postgres.new_database()
    url = postgres.url(name).render_as_string(hide_password=False)
    ETLMonitor(url).setup().close()

    assert each_command_costs(url) == {command: (1, cost) for command, cost in COSTS.items()}
    postgres.drop_database(name)


def test_command_on_databricks_opens_one_session_and_sends_no_more_than_its_questions(warehouse: Warehouse) -> None:
    migrated(warehouse)
    url = monitor_url(warehouse).render_as_string(hide_password=False)

    assert each_command_costs(url) == {command: (1, cost) for command, cost in COSTS.items()}


def test_setup_of_current_tables_sends_one_statement_on_the_connection_that_later_calls_use(url: str) -> None:
    with counted() as cost:
        monitor = ETLMonitor(url).setup()
        assert len(cost.statements) == 1
        monitor.watermarks()
        monitor.close()

    assert (cost.connections, len(cost.statements)) == (1, 2)


def test_command_loads_no_other_command(url: str) -> None:
    loaded = loaded_by("status", url)

    others = {home.partition(":")[0] for name, home in COMMANDS.items() if name != "status"} - {
        "etl_monitor_orm.cli.reports"
    }
    assert others & loaded == set()


def test_exec_loads_no_library_that_it_does_not_need_for_a_new_step(url: str) -> None:
    program = (
        "import json, sys; from etl_monitor_orm.cli import main\n"
        f"sys.argv[1:] = ['exec', 'CORP', 'HR_DAILY', '1', '--date', '2026-04-10', '--url', {url!r}, '--', 'true']\n"
        "try: main()\n"
        "finally: print(json.dumps([*sys.modules]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert {*SELDOM, "pydantic"} & set(json.loads(done.stderr.splitlines()[-1])) == set()
