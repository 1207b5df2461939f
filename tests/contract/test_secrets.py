"""No password or token in an error, with all that is chained to it, in a representation, or in a log record."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import text
from sqlalchemy.engine import make_url

from etl_monitor_orm import (
    ConfigurationError,
    EtlLogHandler,
    ETLMonitor,
    EtlMonitorError,
    SchemaMissing,
    SysLog,
    create_engine,
)
from etl_monitor_orm.settings import Settings

HR = ("CORP", "HR_DAILY")
SECRET = "hunter2"


def told(error: BaseException) -> str:
    """All that a person may see of an error: its representation, and it and its causes as Python prints them."""
    return repr(error) + "".join(traceback.format_exception(error))


def failure(call: Callable[[], object]) -> EtlMonitorError:
    """The error that a call raises."""
    with pytest.raises(EtlMonitorError) as caught:
        call()
    return caught.value


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A URL that works, with an option that is a secret."""
    return f"duckdb:///{tmp_path / 'monitor.duckdb'}?custom_user_agent={SECRET}"


@pytest.mark.parametrize(
    "url",
    [
        f"duckdb://user:{SECRET}@host:port/monitor.duckdb",
        f"no url at all, but a {SECRET}",
        f"postgresql://user:{SECRET}@host/monitor",
        f"postgresql://user:p@{SECRET}@host/monitor",
        f"postgresql://user:p@/{SECRET}@host/monitor",
        f"postgresql://user:p@q/{SECRET}@host/monitor",
        f"postgresql://user:p@{SECRET}:@host/monitor",
        f"databricks://token:p@{SECRET}@host?http_path=/sql/1.0/warehouses/1&catalog=main",
        f"duckdb://user:{SECRET}@host/monitor.duckdb",
        f"duckdb://:{SECRET}@/monitor.duckdb",
        f"duckdb:////no/such/folder/monitor.duckdb?custom_user_agent={SECRET}",
        f"duckdb:////no/such/folder/monitor.duckdb?no_such_option={SECRET}",
    ],
)
def test_given_a_url_that_does_not_work_then_its_error_keeps_the_secret(url: str) -> None:
    error = failure(lambda: ETLMonitor(url).setup())

    assert SECRET not in told(error).lower()


def test_given_a_password_with_an_at_sign_when_a_url_is_read_then_the_error_shows_how_to_write_it() -> None:
    with pytest.raises(ConfigurationError, match="Write %40") as caught:
        create_engine(f"postgresql://user:p@{SECRET}@host/monitor")

    assert SECRET not in told(caught.value)


def test_given_an_escaped_at_sign_when_a_url_is_read_then_it_is_the_passwords() -> None:
    assert Settings.read("postgresql://me%40home:p%40ss@host/monitor").url.password == "p@ss"


def test_given_the_variable_for_the_url_when_it_does_not_work_then_its_error_keeps_the_secret(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ETL_MONITOR_URL", f"duckdb://user:{SECRET}@host:port/monitor.duckdb")

    assert SECRET not in told(failure(ETLMonitor))


def test_given_a_url_with_a_secret_when_an_engine_cannot_be_made_then_the_error_hides_it() -> None:
    assert SECRET not in told(failure(lambda: create_engine(f"oracle://user:{SECRET}@host/monitor")))


def test_given_a_server_url_when_duckdb_is_meant_then_the_error_shows_how_to_write_it() -> None:
    with pytest.raises(ConfigurationError, match=r"duckdb:///etl_monitor\.duckdb"):
        ETLMonitor("duckdb://etl_monitor.duckdb")


def test_given_missing_tables_then_the_command_that_the_error_gives_keeps_the_secret(url: str) -> None:
    monitor = ETLMonitor(url)
    error = failure(lambda: monitor.get_status(*HR))
    monitor.close()

    assert isinstance(error, SchemaMissing)
    assert SECRET not in told(error)


def test_given_a_statement_that_the_database_refuses_then_the_error_hides_the_bound_values(
    url: str,
) -> None:
    monitor = ETLMonitor(url).setup()
    with monitor.session() as session:
        session.execute(text('ALTER TABLE etl."ETLsysLogs" DROP COLUMN "Message"'))
        session.commit()
    error = failure(lambda: monitor.log(f"the password is {SECRET}", pipeline_name=SECRET))
    monitor.close()

    assert SECRET not in told(error)


@pytest.mark.parametrize("secret_url", [f"duckdb://user:{SECRET}@host/db", f"duckdb:///db?motherduck_token={SECRET}"])
def test_given_settings_then_their_representation_keeps_the_secret(secret_url: str) -> None:
    assert SECRET not in repr(Settings.read(secret_url))


def test_given_a_monitor_and_all_that_it_hands_out_then_their_representations_keep_the_secret(url: str) -> None:
    monitor = ETLMonitor(url).setup()
    monitor.register_process(*HR).register_task(*HR, 1, 1, 2, "Load employees")
    run = monitor.start_run(*HR)
    shown = [repr(monitor), repr(run), repr(run.task(1)), repr(run.pending()), repr(EtlLogHandler(monitor))]
    monitor.close()

    assert [words for words in shown if SECRET in words] == []


def test_given_a_monitor_on_an_engine_with_a_password_then_its_representation_keeps_it() -> None:
    engine = sqlalchemy.create_engine(make_url("duckdb:///:memory:secret").set(username="user", password=SECRET))

    assert repr(ETLMonitor(engine)).startswith("<ETLMonitor duckdb://user:***@/")


def test_given_all_loggers_at_debug_when_a_run_is_tracked_then_no_record_has_the_secret(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG), caplog.at_level(logging.DEBUG, "sqlalchemy"):
        monitor = ETLMonitor(url).setup()
        monitor.register_process(*HR).register_task(*HR, 1, 1, 2, "Load employees")
        with monitor.start_run(*HR).task(1):
            pass
        monitor.close()

    assert "MERGE INTO" in caplog.text
    assert SECRET not in caplog.text


def test_given_a_log_handler_that_cannot_write_then_stderr_keeps_the_secret(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    monitor = ETLMonitor(url)
    handler = EtlLogHandler(monitor)
    handler.handle(logging.makeLogRecord({"msg": "120 rows", "levelno": logging.INFO}))
    handler.flush()
    shown = capsys.readouterr().err
    monitor.setup()
    handler.close()
    monitor.close()

    assert "could not be written" in shown
    assert SECRET not in shown


def test_given_a_change_of_mode_then_its_receipt_keeps_the_secret(url: str) -> None:
    monitor = ETLMonitor(url).setup()
    monitor.register_process(*HR)
    monitor.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")
    with monitor.session() as session:
        shown = [repr(vars(line)) for line in session.query(SysLog)]
    monitor.close()

    assert len(shown) == 1
    assert SECRET not in shown[0]
