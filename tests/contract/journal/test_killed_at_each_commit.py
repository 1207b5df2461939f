"""A load whose COMMIT fails, at each of its transactions: nobody knows whether it was written."""

from __future__ import annotations

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock
from tests.contract.journal.nights import DAY, Night, check_same, load
from tests.databases import Database

NEEDS = ("transactions",)


@pytest.mark.parametrize("after", [False, True], ids=["not written", "written"])
def test_load_whose_commit_fails_at_any_transaction_ends_as_an_undisturbed_one(
    hr: ETLMonitor, database: Database, clock: ManualClock, begun, night: Night, lost_commit, after: bool
) -> None:
    read, _, transactions, expected = night
    for number in range(1, transactions + 1):
        begun()
        with lost_commit(number, after=after):
            assert load(hr, clock, DAY, "run-1") == read

        check_same(hr, database, expected, f"transaction {number} of {transactions}")
