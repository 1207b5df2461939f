"""A full disk is said to be one, at once; nothing acknowledged is lost, and the monitor goes on once there is space."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm.backends import backend_for
from tests.guests.processes import run

FILL = """
import resource, signal, time
from sqlalchemy import func, select
from etl_monitor_orm import ConflictError, DatabaseError, ETLMonitor, Retryable, SysLog

monitor = ETLMonitor("duckdb:///{file}").setup()
monitor.log("before")
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

def logged():
    with monitor.session() as session:
        return session.scalar(select(func.count()).select_from(SysLog))

limit(monitor_size := {size})
written, began, said = 1, time.monotonic(), None
try:
    for _ in range(200):
        monitor.log("y" * 1_500)
        written += 1
except DatabaseError as error:
    said = error
print(type(said).__name__, isinstance(said, Retryable), "full" in str(said), time.monotonic() - began < 10)
limit(resource.RLIM_INFINITY)
{between}
monitor.log("after")
print(logged() - written)
"""


@pytest.mark.parametrize("file", ["book.duckdb", "etl.duckdb"])
def test_full_disk_is_an_error_at_once_and_the_next_call_works_with_space(file: str, tmp_path: Path) -> None:
    assert run(FILL.format(file=file, size=100_000, between=""), tmp_path).splitlines() == [
        "DatabaseError False True True",
        "1",
    ]


CHECKPOINT = """
limit(30_000)
try:
    with monitor.engine.connect() as connection:
        connection.exec_driver_sql("CHECKPOINT")
except Exception as error:
    pass
try:
    monitor.log("while DuckDB refuses everything")
    written += 1
except DatabaseError as error:
    assert not isinstance(error, Retryable) and "full" in str(error), error
limit(resource.RLIM_INFINITY)
"""


def test_file_that_duckdb_stopped_using_after_a_full_disk_is_opened_again(tmp_path: Path) -> None:
    printed = run(FILL.format(file="book.duckdb", size=100_000, between=CHECKPOINT), tmp_path)

    assert printed.splitlines()[-1] == "1"


IS_CONFLICT = {
    "TransactionContext Error: Conflict on update!": True,
    "TransactionContext Error: Conflict on tuple deletion!": True,
    'TransactionContext Error: Catalog write-write conflict on create with "x"': True,
    'TransactionContext Error: Failed to commit: PRIMARY KEY or UNIQUE constraint violation: duplicate key "9"': True,
    'TransactionContext Error: Failed to commit: Could not write file "/conflict/x.wal": No space left': False,
    "TransactionContext Error: cannot commit - no transaction is active": False,
    "TransactionContext Error: Current transaction is aborted (please ROLLBACK)": False,
}


@pytest.mark.parametrize(("words", "expected"), IS_CONFLICT.items())
def test_only_what_others_wrote_meanwhile_is_a_conflict(words: str, expected: bool) -> None:
    error = DBAPIError("COMMIT", None, duckdb.TransactionException(words))

    assert backend_for("duckdb").is_conflict(error) is expected
