"""`db check` on a server in use: it takes no lock on a view, and needs neither its ownership nor any change of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import URL, event, text

from etl_monitor_orm import ConfigurationError, ETLMonitor, create_engine, migrations
from tests.postgres import Server

Opened = Callable[..., ETLMonitor]


@pytest.fixture
def checker(postgres: Server, url: URL) -> Iterator[URL]:
    """A role that may read the monitor's tables and owns nothing."""
    postgres.execute("DROP ROLE IF EXISTS checker")
    postgres.execute("CREATE ROLE checker LOGIN PASSWORD 'checks'")
    grants = ("GRANT USAGE ON SCHEMA etl TO checker", "GRANT SELECT ON ALL TABLES IN SCHEMA etl TO checker")
    for grant in grants:
        postgres.execute(grant, str(url.database))
    yield url.set(username="checker", password="checks")
    for grant in grants:
        postgres.execute(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), str(url.database))


def test_role_that_owns_nothing_finds_no_difference(opened: Opened, checker: URL) -> None:
    assert migrations.check(opened(checker).engine, "etl") == []


def test_role_that_owns_nothing_finds_a_changed_view(opened: Opened, postgres: Server, checker: URL) -> None:
    postgres.execute('ALTER VIEW etl."v_runSummary" RENAME COLUMN "ProjectCode" TO "Mine"', str(checker.database))
    assert migrations.check(opened(checker).engine, "etl") == ["View v_runSummary has another definition."]


def test_role_that_may_not_make_temporary_views_is_told_what_to_ask_for(
    opened: Opened, postgres: Server, checker: URL
) -> None:
    revoke = SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC")
    postgres.execute(revoke.format(Identifier(str(checker.database))))
    with pytest.raises(ConfigurationError, match=r"Missing privilege.*GRANT TEMPORARY ON DATABASE db_\d+ TO checker"):
        migrations.check(opened(checker).engine, "etl")


def test_view_that_others_use_and_read_is_compared_at_once(opened: Opened, postgres: Server, url: URL) -> None:
    postgres.execute('CREATE VIEW etl.mine AS SELECT * FROM etl."v_watermarks"', str(url.database))
    reader = create_engine(url)
    with reader.connect() as connection:
        connection.execute(text("SELECT * FROM etl.mine"))
        hasty = opened(url.update_query_dict({"statement_timeout": "5s"}))
        assert migrations.check(hasty.engine, "etl") == []
    reader.dispose()


def test_check_locks_no_view(monitor: ETLMonitor) -> None:
    locks: list[str] = []

    def look(connection, cursor, statement, parameters, context, executemany) -> None:
        if "VIEW" in statement:
            rows = connection.connection.dbapi_connection.execute(
                "SELECT relname FROM pg_locks JOIN pg_class ON relation = pg_class.oid "
                "WHERE pid = pg_backend_pid() AND mode = 'AccessExclusiveLock' AND relname LIKE 'v\\_%'"
            )
            locks.extend(name for (name,) in rows)

    event.listen(monitor.engine, "after_cursor_execute", look)
    assert (migrations.check(monitor.engine, "etl"), locks) == ([], [])


def test_missing_index_is_told_with_the_statement_that_makes_it(
    monitor: ETLMonitor, postgres: Server, url: URL
) -> None:
    postgres.execute('DROP INDEX etl."ix_ETLProcessingSteps_failed"', str(url.database))
    (found,) = migrations.check(monitor.engine, "etl")
    words, create = found.split(": ")

    assert words == "Index ix_ETLProcessingSteps_failed of table ETLProcessingSteps is missing. Create it"
    postgres.execute(create, str(url.database))
    assert migrations.check(monitor.engine, "etl") == []
