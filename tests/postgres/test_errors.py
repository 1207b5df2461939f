"""Errors on a server say what happened, where, and what to do next; they never contain a password."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import timedelta

import psycopg
import pytest
import sqlalchemy
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL, event, text

from etl_monitor_orm import (
    ConfigurationError,
    ConflictError,
    ConnectionBroken,
    DatabaseError,
    ETLMonitor,
    EtlMonitorError,
    InvalidInput,
    ManualClock,
    ProcessingStep,
    Retryable,
    SchemaMissing,
    SysLog,
    create_engine,
    migrations,
)
from etl_monitor_orm.backends import postgresql
from etl_monitor_orm.tokens import Answer, Requests
from tests.postgres import Server
from tests.postgres.binaries import PASSWORD
from tests.postgres.conftest import HR

Change = Callable[[URL], URL]
Opened = Callable[..., ETLMonitor]

UNREACHABLE: dict[str, tuple[Change, type[EtlMonitorError], str]] = {
    "wrong password": (lambda url: url.set(password="not-it"), ConfigurationError, "refuses the credentials"),
    "no such database": (lambda url: url.set(database="nowhere"), ConfigurationError, 'database "nowhere" does not'),
    "no such role": (lambda url: url.set(username="nobody"), ConfigurationError, "refuses the credentials"),
    "no such host": (lambda url: url.set(host="no.invalid"), ConfigurationError, "host of .* is not known"),
    "nobody listens": (lambda url: url.set(port=1), ConnectionBroken, "cannot be reached; nothing was sent"),
    "no TLS": (lambda url: url.update_query_dict({"sslmode": "require"}), ConfigurationError, "SSL"),
}


@pytest.mark.parametrize(("change", "kind", "words"), UNREACHABLE.values(), ids=UNREACHABLE)
def test_server_that_cannot_be_reached_says_why_without_the_password(
    opened: Opened, url: URL, change: Change, kind: type[EtlMonitorError], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        opened(change(url)).get_status(*HR)

    told = "".join(traceback.format_exception(caught.value))
    assert PASSWORD not in told
    assert "not-it" not in told


WRITTEN = {
    "postgres://u@h/d": "Write postgresql://",
    "postgresql+psycopg2://u@h/d": r"begins with postgresql\+psycopg2://\. Write postgresql://",
    "postgresql+asyncpg://u@h/d": r"begins with postgresql\+asyncpg://\. Write postgresql://",
    "postgresql+pg8000://u@h/d": r"begins with postgresql\+pg8000://\. Write postgresql://",
}


@pytest.mark.parametrize(("url", "words"), WRITTEN.items())
def test_url_of_another_driver_is_refused_and_says_what_to_write(url: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        ETLMonitor(url)


def test_catalog_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="PostgreSQL has no catalogs, but catalog='main' was given"):
        ETLMonitor("postgresql://u@h/d", catalog="main")


def test_engine_of_another_driver_is_refused_and_names_create_engine() -> None:
    engine = sqlalchemy.create_engine("postgresql+psycopg_async://u@h/d")
    with pytest.raises(ConfigurationError, match=r"driver is psycopg_async.*etl_monitor_orm\.create_engine"):
        ETLMonitor(engine)


def test_server_that_is_too_old_is_refused_with_its_version(
    opened: Opened, url: URL, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "OLDEST", 99)
    with pytest.raises(ConfigurationError, match=r"is PostgreSQL 1[68]; the monitor needs 99 or later"):
        opened(url).get_status(*HR)


def test_empty_database_is_told_to_be_migrated(opened: Opened, postgres: Server) -> None:
    with pytest.raises(SchemaMissing, match="etl-monitor db upgrade"):
        opened(postgres.url()).get_status(*HR)


@pytest.fixture
def reader(postgres: Server, url: URL) -> URL:
    """A role that may connect and nothing else."""
    postgres.execute("DROP ROLE IF EXISTS reader")
    postgres.execute("CREATE ROLE reader LOGIN PASSWORD 'reads'")
    return url.set(username="reader", password="reads")


GRANTS = {
    "GRANT USAGE ON SCHEMA etl TO reader": (),
    "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA etl TO reader": ("GRANT USAGE ON SCHEMA etl TO reader",),
}


@pytest.mark.parametrize(("words", "granted"), GRANTS.items())
def test_missing_privilege_names_the_grant(
    opened: Opened, postgres: Server, reader: URL, words: str, granted: tuple[str, ...]
) -> None:
    for grant in granted:
        postgres.execute(grant, str(reader.database))
    with pytest.raises(ConfigurationError, match=f"Missing privilege on .*Ask for: .*{words}"):
        opened(reader).get_status(*HR)
    for grant in granted:
        postgres.execute(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), str(reader.database))


def test_role_that_may_not_make_a_schema_is_told_what_to_ask_for(opened: Opened, postgres: Server, reader: URL) -> None:
    with pytest.raises(ConfigurationError, match="Ask for: GRANT CREATE ON DATABASE postgres TO reader, or for schema"):
        opened(reader.set(database="postgres")).setup()


def test_missing_privilege_names_the_schema_of_the_monitor(opened: Opened, postgres: Server, reader: URL) -> None:
    opened(postgres.url(str(reader.database)), schema="Watch").setup()
    with pytest.raises(ConfigurationError, match='Ask for: GRANT USAGE ON SCHEMA "Watch" TO reader'):
        opened(reader, schema="Watch").get_status(*HR)
    engine = create_engine(reader)
    with pytest.raises(ConfigurationError, match='ON SCHEMA "Watch" TO reader'):
        migrations.current(engine, "Watch")
    engine.dispose()


def test_role_that_does_not_own_the_views_is_told_that_the_owner_must_migrate(
    opened: Opened, postgres: Server, reader: URL
) -> None:
    grants = (
        "GRANT USAGE, CREATE ON SCHEMA etl TO reader",
        "GRANT ALL ON ALL TABLES IN SCHEMA etl TO reader",
    )
    for grant in grants:
        postgres.execute(grant, str(reader.database))
    with pytest.raises(ConfigurationError, match=r"must be owner of .*GRANT the owner's role TO reader") as caught:
        migrations.downgrade(opened(reader).engine, "etl", migrations.BASE)
    assert "GRANT SELECT" not in str(caught.value)
    for grant in grants:
        postgres.execute(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), str(reader.database))


def test_server_that_may_not_delete_answers_all_the_same_and_the_grant_is_told(
    opened: Opened, postgres: Server, reader: URL, caplog: pytest.LogCaptureFixture
) -> None:
    grants = (
        "GRANT USAGE ON SCHEMA etl TO reader",
        "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA etl TO reader",
    )
    for grant in grants:
        postgres.execute(grant, str(reader.database))
    clock = ManualClock("2026-04-09 06:00")
    requests = Requests(opened(reader, clock=clock))
    given = [requests.remembered("token", "old", "digest", lambda request: Answer(200, "first"))]
    clock.advance(25 * 3600)
    given.append(requests.remembered("token", "new", "digest", lambda request: Answer(200, "second")))

    assert [one.body for one in given] == ["first", "second"]
    assert 'GRANT SELECT, INSERT, UPDATE, DELETE ON etl."ETLrequests" TO reader' in caplog.text
    for grant in grants:
        postgres.execute(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), str(reader.database))


def test_purge_that_may_not_delete_asks_for_that_privilege(opened: Opened, postgres: Server, reader: URL) -> None:
    grants = (
        "GRANT USAGE ON SCHEMA etl TO reader",
        "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA etl TO reader",
    )
    for grant in grants:
        postgres.execute(grant, str(reader.database))
    clock = ManualClock("2026-04-09 06:00")
    monitor = opened(reader, clock=clock)
    monitor.register_process("CORP", "OLD").register_task("CORP", "OLD", 1, 1, 2, "Load")
    for day in ("2026-04-08", "2026-04-09"):
        with monitor.start_run("CORP", "OLD", day).task(1):
            pass
    clock.advance(400 * 86400)
    with pytest.raises(ConfigurationError, match="Ask for: GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES"):
        monitor.purge(timedelta(days=100))
    with monitor.session() as session:
        assert session.query(ProcessingStep).filter(ProcessingStep.end_time.is_not(None)).count() == 2
    for grant in grants:
        postgres.execute(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), str(reader.database))


def test_least_privileges_of_the_documentation_are_enough(opened: Opened, postgres: Server, reader: URL) -> None:
    grants = (
        "GRANT USAGE ON SCHEMA etl TO reader",
        "GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA etl TO reader",
    )
    for grant in grants:
        postgres.execute(grant, str(reader.database))
    postgres.execute('REVOKE ALL ON etl."ETLtokens", etl."ETLrequests" FROM reader', str(reader.database))
    monitor = opened(reader)
    run = monitor.start_run(*HR, "2026-04-09")
    with run.task(1):
        monitor.log("loaded")
    run.reset(replay=True)
    with monitor.session() as session:
        assert session.query(SysLog).one().message == "loaded"
    with pytest.raises(ConfigurationError, match=r'GRANT SELECT, INSERT, UPDATE ON etl\."ETLtokens" TO reader'):
        monitor.make_token("adf", "report")
    for grant in grants:
        postgres.execute(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), str(reader.database))


def test_read_only_server_says_so(opened: Opened, postgres: Server, url: URL) -> None:
    readonly = SQL("ALTER DATABASE {} SET default_transaction_read_only = on")
    postgres.execute(readonly.format(Identifier(str(url.database))))
    with pytest.raises(ConfigurationError, match="is read-only, like a replica"):
        opened(url).register_process(*HR, name="renamed")


def test_server_without_a_free_connection_is_retryable(opened: Opened, postgres: Server, url: URL) -> None:
    postgres.execute("DROP ROLE IF EXISTS busy")
    postgres.execute("CREATE ROLE busy LOGIN PASSWORD 'busy' CONNECTION LIMIT 0")
    with pytest.raises(ConnectionBroken, match="accepts no connections now; nothing was sent"):
        opened(url.set(username="busy", password="busy")).get_status(*HR)


def test_call_that_waits_longer_than_the_statement_timeout_is_retryable(
    opened: Opened, monitor: ETLMonitor, url: URL
) -> None:
    hasty = opened(url.update_query_dict({"statement_timeout": "50ms"}))
    hasty.get_status(*HR)
    with monitor.session() as session:
        session.execute(text('UPDATE etl."ETLconfigProcess" SET "ProcessName" = \'held\''))
        with pytest.raises(ConflictError, match="took longer than allowed") as caught:
            hasty.register_process(*HR, name="renamed")
    assert isinstance(caught.value, Retryable)


def test_full_disk_is_an_error_at_once(monitor: ETLMonitor) -> None:
    tries = []

    def full(cursor, statement, parameters, context) -> None:
        tries.append(statement)
        raise psycopg.errors.DiskFull("could not extend file")

    event.listen(monitor.engine, "do_execute", full)
    with pytest.raises(DatabaseError, match=r"disk of .* is full") as caught:
        monitor.register_process(*HR, name="renamed")
    assert (len(tries), isinstance(caught.value, Retryable)) == (1, False)


def test_details_of_the_server_which_may_hold_values_are_not_told(monitor: ETLMonitor) -> None:
    def taken(cursor, statement, parameters, context) -> None:
        raise psycopg.errors.CheckViolation(
            "refused",
        )

    event.listen(monitor.engine, "do_execute", taken)
    with pytest.raises(DatabaseError, match="refused a statement"):
        monitor.register_process(*HR, name="renamed")


def test_nul_is_refused_in_names_and_shown_in_messages(monitor: ETLMonitor) -> None:
    with pytest.raises(InvalidInput, match="NUL"):
        monitor.register_process("CORP", "HR\0DAILY")
    monitor.log("half\0full")
    run = monitor.start_run(*HR, "2026-04-09", execution_id="run-1")
    with pytest.raises(OSError, match="down"), run.task(1):
        raise OSError("down\0")
    with monitor.session() as session:
        assert session.query(SysLog).one().message == "half\u2400full"
    assert [step.log_message for step in run.status()][1] == "OSError: down\u2400"


def test_engine_for_users_hides_values_and_password(url: URL) -> None:
    engine = create_engine(url)
    with engine.connect() as connection, pytest.raises(sqlalchemy.exc.DBAPIError) as caught:
        connection.execute(text("SELECT * FROM nowhere WHERE a = :a"), {"a": "s3cret-value"})
    engine.dispose()
    assert "s3cret-value" not in str(caught.value)
    assert PASSWORD not in repr(engine)


def test_schema_name_that_is_too_long_is_a_configuration_error(opened: Opened, url: URL) -> None:
    with pytest.raises(ConfigurationError, match="A name is too long"):
        opened(url, schema="x" * 70).setup()
