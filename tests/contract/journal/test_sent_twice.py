"""Sending is idempotent: who dies between sending and noting it, or sends at the same time, doubles nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock, ProcessingStep
from etl_monitor_orm.journal import book
from etl_monitor_orm.journal.book import State
from tests.contract.journal.conftest import Outage
from tests.contract.journal.nights import DAY, Night, check_same, load
from tests.databases import Database
from tests.patience import PATIENT


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def killed_at_mark(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let a sender die before it notes, for the line of this number, that it was sent; 0 means none."""
    real = book.mark

    def at(number: int) -> None:
        sent: list[object] = []

        def mark(file, kept, state, reason=None) -> None:
            sent.append(state)
            if state is State.SENT and sent.count(State.SENT) == number:
                raise Killed
            real(file, kept, state, reason)

        monkeypatch.setattr(book, "mark", mark)

    return at


def test_sender_killed_before_any_line_is_noted_as_sent_doubles_nothing_when_it_is_sent_again(
    hr: ETLMonitor,
    database: Database,
    clock: ManualClock,
    begun,
    night: Night,
    away: Outage,
    killed_at_mark,
) -> None:
    begun()
    with away():
        load(hr, clock, DAY, "run-1")
    lines = hr.journal.drop(*(line.line for line in hr.journal.status().lines))
    for number in range(1, lines + 1):
        begun()
        with away():
            load(hr, clock, DAY, "run-1")
        killed_at_mark(number)
        with pytest.raises(Killed):
            hr.journal.send()
        killed_at_mark(0)

        check_same(hr, database, night.rows, f"line {number} of {lines}")


def test_journal_sent_by_several_at_once_is_recorded_once(
    hr: ETLMonitor, opened, database: Database, clock: ManualClock, begun, night: Night, away: Outage
) -> None:
    begun()
    with away():
        load(hr, clock, DAY, "run-1")
    monitors = [opened() for _ in range(4)]
    together = threading.Barrier(len(monitors), timeout=PATIENT)
    troubles: list[BaseException] = []

    def send(monitor: ETLMonitor) -> None:
        try:
            together.wait()
            monitor.journal.send()
        except BaseException as trouble:
            troubles.append(trouble)

    threads = [threading.Thread(target=send, args=(monitor,)) for monitor in monitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENT)

    assert troubles == []
    check_same(hr, database, night.rows, "at once")


def test_next_call_of_another_monitor_sends_what_waits_first(
    hr: ETLMonitor, opened, database: Database, clock: ManualClock, begun, night: Night, away: Outage
) -> None:
    begun()
    with away():
        load(hr, clock, DAY, "run-1")
    opened().processes()

    check_same(hr, database, night.rows, "by another")


def test_database_that_goes_away_again_while_it_is_sent_leaves_the_rest_waiting(
    hr: ETLMonitor, database: Database, clock: ManualClock, begun, night: Night, away: Outage
) -> None:
    begun()
    with away():
        load(hr, clock, DAY, "run-1")
    lines = len(hr.journal.status().lines)
    with away(at=8):
        hr.log("one more")

    assert 0 < hr.journal.status().waiting < lines + 1
    hr.journal.send()
    messages = [row["Message"] for row in database.rows()["ETLsysLogs"]]
    assert messages.count("one more") == 1


def test_sender_killed_before_it_sends_the_second_of_two_equal_records_loses_neither(
    hr: ETLMonitor, away: Outage, lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    with away():
        hr.log("same")
        hr.log("same")
    real = book.mark

    def mark(file, kept, state, reason=None) -> None:
        real(file, kept, state, reason)
        if state is State.SENDING:  # the first was tried at once, so it is looked for without that
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(book, "mark", mark)
        with pytest.raises(Killed):
            hr.journal.send()
    assert lines() == ["same"]
    hr.journal.send()

    assert lines() == ["same", "same"]


def test_sender_killed_after_a_run_that_found_nothing_to_do_leaves_one_receipt_and_no_steps(
    hr: ETLMonitor, opened, away: Outage, killed_at_mark, lines, rows
) -> None:
    hr.register_process("CORP", "NO_INITIATION").register_task("CORP", "NO_INITIATION", 1, 1, 2, "Load")
    with hr.start_run("CORP", "NO_INITIATION", DAY).task(1):
        pass
    with away():
        run = hr.start_run("CORP", "NO_INITIATION", DAY, resume=True)
    killed_at_mark(1)
    with pytest.raises(Killed):
        hr.journal.send()
    killed_at_mark(0)
    opened(when_away="raise").register_task("CORP", "NO_INITIATION", 2, 1, 2, "A task since then")
    hr.journal.send()

    assert rows(ProcessingStep, execution_id=run.execution_id) == []
    assert len([message for message in lines() if message.startswith("Nothing to do")]) == 1
