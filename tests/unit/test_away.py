"""When the monitor counts as away, and how an outage is remembered."""

from __future__ import annotations

import inspect
from collections.abc import Callable

import duckdb
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError

from etl_monitor_orm import errors
from etl_monitor_orm.backends import our_error
from etl_monitor_orm.errors import ConnectionBroken, DatabaseGone, EtlMonitorError, JournalError, is_away
from etl_monitor_orm.journal import outage
from etl_monitor_orm.journal.outage import Outage


@pytest.fixture
def pass_time(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Stop the time that outages are measured by, and move it."""
    now = [1000.0]
    monkeypatch.setattr(outage, "monotonic", lambda: now[0])

    def move(seconds: float) -> None:
        now[0] += seconds

    return move


def test_errors_that_mean_away_are_these_and_no_others() -> None:
    family = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, EtlMonitorError)]

    assert {kind.__name__ for kind in family if is_away(kind())} == {
        "ConnectionBroken",
        "DatabaseGone",
        "DatabaseLocked",
    }


def test_file_whose_disk_does_not_work_is_away() -> None:
    cause = duckdb.IOException('IO Error: Could not read from file "etl.duckdb": Input/output error')
    found = our_error(DBAPIError("SELECT 1", None, cause), create_engine("duckdb+monitor:////data/etl.duckdb"))

    assert type(found) is DatabaseGone


def test_outage_after_a_quick_try_does_not_rest(pass_time) -> None:
    remembered = Outage()
    remembered.began(ConnectionBroken(), 0.04, keeps=True)

    assert not remembered.rests()


def test_outage_after_a_long_try_rests_ten_times_as_long_and_at_most_five_minutes(pass_time) -> None:
    for took, rest in ((0.2, 2.0), (30.0, 300.0), (60.0, 300.0)):
        remembered = Outage()
        remembered.began(ConnectionBroken(), took, keeps=True)
        pass_time(rest - 0.1)
        assert remembered.rests()
        pass_time(0.1)
        assert not remembered.rests()


def test_outage_that_is_over_does_not_rest_and_the_next_one_is_said_again(
    pass_time, caplog: pytest.LogCaptureFixture
) -> None:
    remembered = Outage()
    for _ in range(2):
        remembered.began(ConnectionBroken(), 30.0, keeps=False)
        remembered.began(ConnectionBroken(), 30.0, keeps=False)
        remembered.not_kept(JournalError("full"))
        remembered.not_kept(JournalError("full"))
        remembered.ended()
        assert not remembered.rests()

    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"] * 2
