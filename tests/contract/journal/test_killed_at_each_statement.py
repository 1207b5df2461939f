"""A night's load whose database is taken away at each of its statements.

The load itself goes on as if nothing had happened. Once the database is back and the journal is sent, the tables have
every record once, with its time and its watermark: not one column of one row differs from an undisturbed night's.
"""

from __future__ import annotations

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.contract.journal.conftest import Outage
from tests.contract.journal.nights import DAY, Night, check_same, load
from tests.databases import Database


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_load_whose_database_stays_away_from_any_statement_on_ends_as_an_undisturbed_one(
    hr: ETLMonitor, database: Database, clock: ManualClock, begun, night: Night, away: Outage, after: bool
) -> None:
    read, statements, _, expected = night
    for number in range(1, statements + 1):
        begun()
        with away(at=number, after=after):
            assert load(hr, clock, DAY, "run-1") == read

        check_same(hr, database, expected, f"statement {number} of {statements}")


@pytest.mark.parametrize("times", [1, 3])
def test_load_whose_database_is_back_soon_after_any_statement_ends_as_an_undisturbed_one(
    hr: ETLMonitor, database: Database, clock: ManualClock, begun, night: Night, away: Outage, times: int
) -> None:
    read, statements, _, expected = night
    for number in range(1, statements + 1):
        begun()
        with away(at=number, times=times):
            assert load(hr, clock, DAY, "run-1") == read

        check_same(hr, database, expected, f"statement {number} of {statements}")


def test_load_whose_reply_is_lost_at_any_statement_records_nothing_twice(
    hr: ETLMonitor, database: Database, clock: ManualClock, begun, night: Night, away: Outage
) -> None:
    _, statements, _, expected = night
    for number in range(1, statements + 1):
        begun()
        with away(at=number, times=1, after=True):
            load(hr, clock, DAY, "run-1")

        check_same(hr, database, expected, f"statement {number} of {statements}")
