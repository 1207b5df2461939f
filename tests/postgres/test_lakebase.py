"""Lakebase. The tests' own server stands in for the instance; only the call that creates a token is simulated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import databricks.sdk
import psycopg
import pytest
from sqlalchemy import URL
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from etl_monitor_orm import ConfigurationError, ETLMonitor
from etl_monitor_orm.backends import lakebase
from tests.postgres.binaries import PASSWORD
from tests.postgres.conftest import HR


class Workspace:
    """Stands in for the SDK's client: returns the server's password as a token.

    Attributes:
        asked: The instances that tokens were asked for.
        lasts: How long a token lasts.
        trouble: What is raised instead.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.lasts = timedelta(hours=1)
        self.trouble: Exception | None = None
        self.database = self

    def generate_database_credential(self, *, request_id: str, instance_names: list[str]) -> SimpleNamespace:
        self.asked += instance_names
        if self.trouble is not None:
            raise self.trouble
        return SimpleNamespace(token=PASSWORD, expiration_time=(datetime.now(UTC) + self.lasts).isoformat())


@pytest.fixture
def workspace(monkeypatch: pytest.MonkeyPatch) -> Workspace:
    workspace = Workspace()
    monkeypatch.setattr(databricks.sdk, "WorkspaceClient", lambda: workspace)
    return workspace


@pytest.fixture
def options(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """The driver's arguments, each time; the tests' server has no TLS, so that option is removed."""
    told: list[dict[str, object]] = []
    connect = PGDialect_psycopg.connect

    def plain(dialect: PGDialect_psycopg, *arguments: object, **options: object) -> object:
        told.append(options)
        return connect(dialect, *arguments, **{**options, "sslmode": "disable"})

    monkeypatch.setattr(PGDialect_psycopg, "connect", plain)
    return told


@pytest.fixture
def instance(url: URL) -> URL:
    return URL.create("postgresql", "postgres", None, url.host, url.port, url.database, {"lakebase": "my-instance"})


@pytest.fixture
def lake(instance: URL, workspace: Workspace, options: list[dict[str, object]]) -> Iterator[ETLMonitor]:
    monitor = ETLMonitor(instance, actor="pytest")
    yield monitor
    monitor.close()


def test_connections_sign_in_with_one_token_over_tls(
    lake: ETLMonitor, workspace: Workspace, options: list[dict[str, object]]
) -> None:
    with lake.engine.connect(), lake.engine.connect():
        pass

    assert workspace.asked == ["my-instance"]
    assert {(told["sslmode"], told["password"]) for told in options} == {("require", PASSWORD)}


def test_token_that_ends_soon_is_renewed_for_the_next_connection(lake: ETLMonitor, workspace: Workspace) -> None:
    workspace.lasts = timedelta(minutes=4)
    with lake.engine.connect(), lake.engine.connect():
        pass

    assert workspace.asked == ["my-instance"] * 2


def test_instance_that_wakes_is_waited_for(
    lake: ETLMonitor, monkeypatch: pytest.MonkeyPatch, options: list[dict[str, object]]
) -> None:
    monkeypatch.setattr("tenacity.nap.time.sleep", lambda seconds: None)
    connect = PGDialect_psycopg.connect
    answers = ["Connection refused", "the database system is starting up"]

    def asleep(dialect: PGDialect_psycopg, *arguments: object, **options: object) -> object:
        if answers:
            raise psycopg.OperationalError(answers.pop())
        return connect(dialect, *arguments, **options)

    monkeypatch.setattr(PGDialect_psycopg, "connect", asleep)
    assert lake.get_status(*HR) == []
    assert answers == []


def test_token_that_is_not_given_is_told_without_what_the_sdk_said(lake: ETLMonitor, workspace: Workspace) -> None:
    workspace.trouble = ValueError("client_secret=s3cret")
    with pytest.raises(ConfigurationError, match="returned no token for the Lakebase instance my-instance") as caught:
        lake.get_status(*HR)
    assert "s3cret" not in str(caught.value)


def test_token_is_in_no_message(lake: ETLMonitor, workspace: Workspace) -> None:
    lake.get_status(*HR)
    assert lakebase.token_of(lake.engine) == PASSWORD
    assert PASSWORD not in repr(lake)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.set(password="x"), "takes no password"),
        (lambda url: url.update_query_dict({"sslmode": "disable"}), "accepts only TLS"),
    ],
)
def test_url_with_a_password_or_without_tls_is_refused(instance: URL, change, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        ETLMonitor(change(instance))
