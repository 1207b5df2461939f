"""What Databricks' errors mean: its words are all there is to read."""

from __future__ import annotations

import pytest
import urllib3
from databricks.sql import exc
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm import (
    ConfigurationError,
    ConnectionBroken,
    DatabaseError,
    EtlMonitorError,
    SchemaMissing,
    create_engine,
)
from etl_monitor_orm.backends import backend_of
from etl_monitor_orm.dialects.databricks import trouble

ENGINE = create_engine(
    "databricks://token:dapi-secret@adb-1.azuredatabricks.net?http_path=/sql/1.0/warehouses/abc&catalog=main"
)


def explain(cause: Exception, engine: Engine) -> EtlMonitorError:
    return backend_of(engine).explain(DBAPIError("SELECT 1", None, cause), engine)


@pytest.mark.parametrize(
    "words",
    [
        "[DELTA_CONCURRENT_APPEND.WITH_PARTITION_HINT] Transaction conflict detected.",
        "[DELTA_CONCURRENT_DELETE_READ] Transaction conflict detected.",
        "[DELTA_METADATA_CHANGED] The metadata of the Delta table has been changed by a concurrent update.",
        "[DELTA_PROTOCOL_CHANGED] ProtocolChangedException: The protocol version of the Delta table has been changed",
        "io.delta.exceptions.ConcurrentAppendException: Files were added to partition by a concurrent update.",
        "MetadataChangedException: The metadata of the Delta table has been changed",
    ],
)
def test_given_traces_of_another_writer_when_read_then_it_is_a_conflict(words: str) -> None:
    assert trouble.is_conflict(exc.ServerOperationError(words))


@pytest.mark.parametrize(
    "error",
    [
        exc.ServerOperationError("[TABLE_OR_VIEW_NOT_FOUND] The table or view cannot be found."),
        ValueError("DELTA_CONCURRENT_APPEND"),
        None,
    ],
)
def test_given_anything_else_when_read_then_it_is_no_conflict(error: Exception | None) -> None:
    assert not trouble.is_conflict(error)


def test_given_a_connection_that_could_not_be_made_then_nothing_was_sent() -> None:
    never = urllib3.exceptions.MaxRetryError(None, "/", urllib3.exceptions.NewConnectionError(None, "refused"))

    assert trouble.is_lost(never)
    assert not trouble.was_sent(never)


def test_given_a_connection_that_broke_then_the_statement_may_have_been_executed() -> None:
    broken = urllib3.exceptions.ProtocolError("Connection aborted.", ConnectionResetError())

    assert trouble.is_lost(broken)
    assert trouble.was_sent(broken)


@pytest.mark.parametrize(
    ("words", "kind", "way_out"),
    [
        ("[TABLE_OR_VIEW_NOT_FOUND] The table or view `etl`.`v_x` cannot be found.", SchemaMissing, "db repair"),
        ("[TABLE_OR_VIEW_NOT_FOUND] The table or view `etl`.`ETLsysLogs` cannot be found.", SchemaMissing, "upgrade"),
        (
            "[TABLE_OR_VIEW_NOT_FOUND] The table or view `my`.`x` cannot be found.",
            DatabaseError,
            "nothing of this name",
        ),
        ("[SCHEMA_NOT_FOUND] The schema `main`.`etl` cannot be found.", SchemaMissing, "db upgrade"),
        ("[NO_SUCH_CATALOG_EXCEPTION] Catalog 'mian' was not found.", ConfigurationError, "ETL_MONITOR_CATALOG"),
        (
            "[INSUFFICIENT_PERMISSIONS] Insufficient privileges: User does not have MODIFY on Table 'x'.",
            ConfigurationError,
            "MODIFY",
        ),
        ("Error during request to server: : Invalid access token.", ConfigurationError, "DATABRICKS_TOKEN"),
        ("Received 401 - UNAUTHORIZED. Confirm your authentication credentials.", ConfigurationError, "expired"),
        ("Received 404 - NOT_FOUND. The requested resource does not exist.", ConfigurationError, "http_path"),
        ("[DIVIDE_BY_ZERO] Division by zero.", DatabaseError, "DIVIDE_BY_ZERO"),
    ],
)
def test_given_an_error_of_the_warehouse_when_explained_then_the_way_out_is_named(
    words: str, kind: type[Exception], way_out: str
) -> None:
    error = explain(exc.ServerOperationError(words), ENGINE)

    assert type(error) is kind
    assert way_out in str(error)


def test_given_a_lost_connection_when_explained_then_the_fate_of_its_statement_is_not_known() -> None:
    error = explain(trouble.ConnectionLost(ConnectionResetError("reset by peer"), sent=True), ENGINE)

    assert type(error) is ConnectionBroken
    assert "nobody knows whether" in str(error)


def test_given_a_session_that_could_not_be_opened_when_explained_then_nothing_was_sent() -> None:
    error = explain(trouble.ConnectionLost(ConnectionRefusedError(), sent=False), ENGINE)

    assert "nothing was sent" in str(error)


def test_given_a_busy_warehouse_when_it_says_so_then_nothing_was_executed() -> None:
    busy = exc.RequestError("Error during request to server: 503: TEMPORARILY_UNAVAILABLE: the warehouse is starting")

    assert trouble.is_busy(busy)
    assert not trouble.was_sent(busy)


def test_given_words_that_hold_the_token_when_explained_then_it_is_not_shown() -> None:
    assert "dapi-secret" not in str(explain(exc.ServerOperationError("bad header: Bearer dapi-secret"), ENGINE))


@pytest.mark.parametrize("name", ["DATABRICKS_TOKEN", "DATABRICKS_CLIENT_SECRET", "ARM_CLIENT_SECRET"])
def test_given_words_that_hold_a_secret_of_the_environment_when_explained_then_it_is_not_shown(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "hunter2")
    assert "hunter2" not in str(explain(exc.ServerOperationError("bad header: Bearer hunter2"), ENGINE))


def test_given_words_with_a_secret_of_the_url_when_explained_then_only_the_secret_is_hidden() -> None:
    url = "databricks://token:dapi@host?http_path=/sql/dapis&catalog=main&access_token=hunter2&oauth_client_secret=hunter3"
    error = explain(exc.ServerOperationError("dapi main path /sql/dapis for hunter2, hunter3"), create_engine(url))
    assert str(error).endswith(": *** main path /sql/dapis for ***, ***")


def test_given_a_plan_of_many_pages_when_explained_then_its_head_is_kept() -> None:
    assert len(str(explain(exc.ServerOperationError("x" * 100_000), ENGINE))) < 1_000
