"""The page, made by a role that may only read."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import URL
from starlette.testclient import TestClient

from etl_monitor_orm import ConfigurationError, ETLMonitor, ManualClock
from etl_monitor_orm.models.revision import VERSION_TABLE
from etl_monitor_orm.pages import status_page
from etl_monitor_orm.server.app import make_app
from tests.pages.reading import Page
from tests.postgres import Server
from tests.postgres.conftest import HR

ROLE = "page_reader"


@pytest.fixture
def reader(postgres: Server, url: URL) -> URL:
    """A role that may connect and nothing else."""
    postgres.execute(f"DROP ROLE IF EXISTS {ROLE}")
    postgres.execute(f"CREATE ROLE {ROLE} LOGIN PASSWORD 'reads'")
    return url.set(username=ROLE, password="reads")


def test_role_that_may_only_read_gets_the_whole_page_and_one_without_rights_is_told_the_grant(
    opened: Callable[..., ETLMonitor], postgres: Server, url: URL, reader: URL
) -> None:
    clock = ManualClock("2026-04-08 06:00")
    writer = opened(url, clock=clock)
    writer.register_process("CORP", "PAYROLL", due_by="05:00 UTC").register_task("CORP", "PAYROLL", 1, 1, 2, "Pay")
    clock.advance(24 * 3600)
    with suppress(OSError), writer.start_run(*HR, "2026-04-09").task(1):
        raise OSError("gate 7 is shut")
    reading = opened(reader, clock=clock)
    with pytest.raises(ConfigurationError, match=f"Missing privilege on .*Ask for: .*{ROLE}"):
        status_page(reading)

    grants = (f"GRANT USAGE ON SCHEMA etl TO {ROLE}", f"GRANT SELECT ON ALL TABLES IN SCHEMA etl TO {ROLE}")
    for grant in grants:
        postgres.execute(grant, str(url.database))
    shown = Page(status_page(reading))
    for grant in grants:
        postgres.execute(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), str(url.database))

    assert "gate 7 is shut" in shown.says("blocked")
    assert "CORP/PAYROLL for 2026-04-09 was due by 05:00 UTC and has not started." in shown.says("late")


def test_live_page_of_a_role_without_rights_says_whom_to_ask_and_of_one_that_may_read_shows_all(
    opened: Callable[..., ETLMonitor], postgres: Server, url: URL, reader: URL
) -> None:
    writer = opened(url, clock=ManualClock("2026-04-09 06:00"))
    writer.register_process("CORP", "PAYROLL")
    token = {"Authorization": f"Bearer {writer.make_token('live', 'read').text}"}
    reading = opened(reader, clock=ManualClock("2026-04-09 06:00"))
    grants = (
        f"GRANT USAGE ON SCHEMA etl TO {ROLE}",
        f'GRANT SELECT ON etl."ETLtokens", etl."{VERSION_TABLE.name}" TO {ROLE}',
        f"GRANT SELECT ON ALL TABLES IN SCHEMA etl TO {ROLE}",
    )
    told = []
    for grant in (None, *grants[1:]):
        for one in (grants[0], grant) if grant else ():
            postgres.execute(one, str(url.database))
        with TestClient(make_app(reading), headers=token) as client:
            told.append(client.get("/status"))
    for grant in grants:
        postgres.execute(grant.replace("GRANT", "REVOKE").replace(" TO ", " FROM "), str(url.database))

    nobody, tokens_only, everything = told
    assert (nobody.status_code, tokens_only.status_code, everything.status_code) == (503, 503, 200)
    assert "Tokens cannot be looked up now" in nobody.text
    assert "Ask whoever runs the monitor to grant it SELECT on them." in tokens_only.text
    assert "CORP/PAYROLL" in everything.text
    assert not [one for one in (nobody, tokens_only) if ROLE in one.text or "127.0.0.1" in one.text]
