"""Sessions on the warehouse, through the real driver: who may open one, where, and which errors others get."""

from __future__ import annotations

import logging
import socket
import subprocess
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import URL, event, text

from etl_monitor_orm import (
    ConfigurationError,
    ConnectionBroken,
    ETLMonitor,
    EtlMonitorError,
    SchemaMissing,
    create_engine,
)
from etl_monitor_orm.dialects.retrying import RetryPolicy
from tests.databases import migrated, monitor_url
from tests.patience import PATIENT
from tests.warehouse import Warehouse, faults

HINTS = "databricks://token:TOKEN@HOST?http_path=/sql/1.0/warehouses/ID&catalog=main"


@pytest.fixture(autouse=True)
def _no_credentials_of_ours(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No test signs in as the person who runs it."""
    for name in ("HOST", "TOKEN", "HTTP_PATH", "WAREHOUSE_ID", "CONFIG_PROFILE", "CLIENT_ID", "CLIENT_SECRET"):
        monkeypatch.delenv(f"DATABRICKS_{name}", raising=False)
    monkeypatch.setenv("DATABRICKS_CONFIG_FILE", str(tmp_path / "databrickscfg"))


@pytest.fixture
def url(warehouse: Warehouse) -> URL:
    return monitor_url(warehouse)


def user_of(url: URL) -> object:
    engine = create_engine(url)
    with engine.connect() as connection:
        user = connection.scalar(text("SELECT current_user()"))
    engine.dispose()
    return user


def refusal(url: URL, **arguments: str) -> EtlMonitorError:
    monitor = ETLMonitor(url, **arguments)
    with pytest.raises(EtlMonitorError) as caught:
        monitor.register_process("CORP", "HR_DAILY")
    monitor.close()
    return caught.value


def without_token(url: URL) -> URL:
    return url._replace(username=None, password=None)


# Who


def test_given_a_token_in_the_url_then_a_session_opens(url: URL) -> None:
    assert user_of(url)


def test_given_a_token_in_the_environment_then_a_session_opens(url: URL, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABRICKS_TOKEN", str(url.password))

    assert user_of(without_token(url))


def test_given_no_token_when_the_sdk_has_a_profile_then_a_session_opens(
    url: URL, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profile = f"[warehouse]\nhost = https://127.0.0.1\ntoken = {url.password}\n"
    (tmp_path / "databrickscfg").write_text(profile, "utf-8")
    monkeypatch.setenv("DATABRICKS_CONFIG_PROFILE", "warehouse")

    assert user_of(without_token(url))


def test_given_an_engine_with_a_credentials_provider_then_the_monitor_takes_it(url: URL) -> None:
    engine = create_engine(
        without_token(url),
        connect_args={"credentials_provider": lambda: lambda: {"Authorization": f"Bearer {url.password}"}},
    )
    with ETLMonitor(engine).engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()


def test_given_no_credentials_at_all_then_it_is_said_where_they_may_come_from(url: URL) -> None:
    error = refusal(without_token(url))

    assert type(error) is ConfigurationError
    assert "DATABRICKS_TOKEN" in str(error)
    assert "DATABRICKS_CONFIG_PROFILE" in str(error)


def test_session_of_the_monitor_without_credentials_raises_what_its_calls_raise(url: URL) -> None:
    monitor = ETLMonitor(without_token(url))
    with pytest.raises(ConfigurationError, match="DATABRICKS_TOKEN"), monitor.session() as session:
        session.execute(text("SELECT 1"))
    monitor.close()


def test_given_a_wrong_token_then_it_is_said_and_not_shown(url: URL) -> None:
    error = refusal(url.set(password="dapi-of-someone-else"))

    assert type(error) is ConfigurationError
    assert "dapi-of-someone-else" not in str(error)
    assert "dapi-of-someone-else" not in repr(error.__cause__)


# Where


def test_given_a_path_without_a_warehouse_then_it_is_said_where_to_find_the_right_one(url: URL) -> None:
    elsewhere = str(url.query["_connection_uri"]).replace("/abc", "/xyz")
    error = refusal(url.update_query_dict({"_connection_uri": elsewhere}))

    assert type(error) is ConfigurationError
    assert "Connection details" in str(error)


def test_given_a_host_that_does_not_answer_then_it_is_said(url: URL) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}/sql/1.0/warehouses/abc"
    error = refusal(url.update_query_dict({"_connection_uri": nowhere, "_retry_stop_after_attempts_count": "1"}))

    assert type(error) is ConnectionBroken
    assert "127.0.0.1" in str(error)


def test_given_a_catalog_that_is_not_there_then_it_is_named(url: URL) -> None:
    error = refusal(url, catalog="nowhere")

    assert type(error) is ConfigurationError
    assert "nowhere" in str(error)
    assert "ETL_MONITOR_CATALOG" in str(error)


def test_given_a_schema_that_is_not_there_then_the_command_is_named(url: URL) -> None:
    error = refusal(url, schema="nowhere")

    assert type(error) is SchemaMissing
    assert "etl-monitor db upgrade" in str(error)


def test_given_a_privilege_that_is_missing_then_it_is_named_with_those_that_are_needed(
    url: URL, warehouse: Warehouse
) -> None:
    migrated(warehouse)
    warehouse.faults.at(lambda statement: statement.startswith("MERGE"), faults.DENIED)
    error = refusal(url)

    assert type(error) is ConfigurationError
    assert "does not have MODIFY on Table 'main.etl.etlconfigprocess'" in str(error)
    assert "USE SCHEMA, SELECT and MODIFY" in str(error)


def test_given_a_warehouse_that_is_lost_during_a_call_when_called_again_then_the_call_goes_on(
    url: URL, warehouse: Warehouse
) -> None:
    migrated(warehouse)
    monitor = ETLMonitor(url)
    monitor.register_process("CORP", "HR_DAILY")
    monitor.register_task("CORP", "HR_DAILY", 1, 1, 2, "Load employees")
    monitor.engine.dialect.breaks = RetryPolicy(first=0.01, longest=0.02, patience=0.1)  # type: ignore[attr-defined]
    start = partial(monitor.start_run, "CORP", "HR_DAILY", "2026-04-09", execution_id="run-1")
    with ExitStack() as absence:

        def leave(*arguments: object) -> None:
            absence.enter_context(warehouse.away())

        event.listen(monitor.engine, "after_cursor_execute", leave, once=True)
        with pytest.raises(ConnectionBroken):
            start()

    assert [task.task_name for task in start().pending()] == ["Load employees"]
    monitor.close()


def test_given_a_session_that_somebody_closed_when_called_again_then_the_call_goes_on(
    url: URL, warehouse: Warehouse
) -> None:
    migrated(warehouse)
    monitor = ETLMonitor(url)
    with monitor.engine.connect() as connection:
        connection.connection.dbapi_connection.close()  # type: ignore[union-attr] # the pool is not told
    with pytest.raises(EtlMonitorError, match="closed connection"):
        monitor.register_process("CORP", "HR_DAILY")

    monitor.register_process("CORP", "HR_DAILY")
    monitor.close()


# Errors before anything is opened


def test_given_no_catalog_then_it_is_asked_for(url: URL) -> None:
    with pytest.raises(ConfigurationError, match="ETL_MONITOR_CATALOG"):
        ETLMonitor(url.difference_update_query(["catalog"]))


def test_given_no_path_then_it_is_asked_for(url: URL) -> None:
    error = refusal(url.difference_update_query(["http_path"]))

    assert "DATABRICKS_WAREHOUSE_ID" in str(error)
    assert HINTS in str(error)


def test_given_no_host_then_it_is_asked_for(url: URL) -> None:
    error = refusal(url._replace(host=None))

    assert "DATABRICKS_HOST" in str(error)


def test_given_host_and_warehouse_in_the_environment_then_a_session_opens(
    url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_HOST", "https://127.0.0.1/")
    monkeypatch.setenv("DATABRICKS_WAREHOUSE_ID", "abc")

    assert user_of(url._replace(host=None).difference_update_query(["http_path"]))


# Secrets


def test_given_all_that_is_logged_when_the_monitor_works_then_the_token_is_in_none_of_it(
    url: URL, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    logging.getLogger("databricks").setLevel(logging.INFO)
    user_of(url)
    logging.getLogger("databricks").setLevel(logging.NOTSET)

    assert str(url.password) not in caplog.text
    assert str(url.password) not in repr(ETLMonitor(url))


def test_given_a_program_that_does_not_close_its_monitor_then_it_ends_in_silence(url: URL) -> None:
    program = (
        "import sys\nfrom sqlalchemy import text\nfrom etl_monitor_orm import create_engine\n"
        "engine = create_engine(sys.argv[1])\nprint(engine.connect().scalar(text('SELECT 1')))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, url.render_as_string(hide_password=False)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENT,
    )

    assert (ran.stdout, ran.stderr, ran.returncode) == ("1\n", "", 0)
