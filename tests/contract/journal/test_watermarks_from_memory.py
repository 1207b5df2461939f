"""Watermarks that are read while the monitor is away: the last that this machine saw, and never too new a one after."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, ManualClock, MonitorAway, Run
from tests.contract.journal.conftest import Outage
from tests.contract.journal.nights import DAY, HR


@pytest.fixture
def seen(hr: ETLMonitor, clock: ManualClock) -> Callable[..., None]:
    """This machine has seen both watermarks, at an earlier run."""

    def see(number: int = 40) -> None:
        run = hr.start_run(*HR, "2026-04-08", execution_id="run-0")
        for task_id in (1, 2):
            clock.advance(10)
            with run.task(task_id) as task:
                _ = task.watermark
                if task_id == 2:
                    task.advance(number)

    return see


def test_given_a_watermark_never_seen_when_read_in_an_outage_then_it_raises_and_the_task_fails(
    hr: ETLMonitor, away: Outage, run: Run, step
) -> None:
    with away(), pytest.raises(MonitorAway, match="has not seen the watermark of task 1"), run.task(1) as task:
        _ = task.watermark
    hr.journal.send()

    assert step(1).status == "FAIL"


def test_given_a_watermark_seen_before_when_read_in_an_outage_then_the_task_says_so(
    hr: ETLMonitor, seen, away: Outage, run: Run
) -> None:
    seen()
    with away(), run.task(2) as task:
        assert (task.watermark, task.watermark_id, task.watermark_is_from_memory) == (40, 40, True)


def test_given_a_watermark_when_the_database_is_there_then_it_is_not_from_memory(run: Run) -> None:
    with run.task(2) as task:
        assert task.watermark_is_from_memory is False


def test_given_a_watermark_that_moved_by_itself_when_read_in_an_outage_then_it_is_where_it_moved_to(
    hr: ETLMonitor, seen, away: Outage, run: Run
) -> None:
    seen()
    moved_to = hr.get_active_watermark(*HR, "LoadEmployees")
    assert isinstance(moved_to, datetime)
    with away(), run.task(1) as task:
        assert task.watermark == moved_to


def test_given_a_value_staged_in_an_outage_when_the_next_task_reads_then_it_begins_there(
    hr: ETLMonitor, seen, away: Outage, clock: ManualClock
) -> None:
    seen()
    with away():
        for day, begins in (("2026-04-09", 40), ("2026-04-10", 50)):
            with hr.start_run(*HR, day).task(2) as task:
                assert task.watermark == begins
                task.advance(begins + 10)
            clock.advance(86_400)
    hr.journal.send()

    assert hr.get_active_watermark(*HR, "LoadEvents") == 60


def test_given_another_monitor_when_it_reads_in_an_outage_then_it_knows_what_the_machine_saw(
    hr: ETLMonitor, seen, opened, backend: str, run: Run
) -> None:
    seen()
    other = opened()
    with Outage(other, backend)(), other.task("run-1", *HR, 2, processing_date=DAY) as task:
        assert task.watermark == 40


def test_given_a_watermark_set_back_before_the_outage_when_its_task_is_sent_then_it_stays_there(
    hr: ETLMonitor, seen, opened, away: Outage, run: Run, clock: ManualClock, step
) -> None:
    seen()
    clock.advance(10)
    elsewhere = opened(when_away="raise")
    elsewhere.advance_watermark(*HR, "LoadEvents", new_int_value=5, allow_rewind=True)
    clock.advance(10)
    with away(), run.task(2) as task:
        task.advance(int(task.watermark) + 10)
    hr.journal.send()

    assert hr.get_active_watermark(*HR, "LoadEvents") == 5
    assert step(2).status == "DONE"
    assert "stays at 5: this task read from 40" in step(2).log_message


def test_given_a_delta_date_set_back_before_the_outage_when_its_task_is_sent_then_it_does_not_move_by_itself(
    hr: ETLMonitor, seen, opened, away: Outage, run: Run, clock: ManualClock
) -> None:
    seen()
    clock.advance(10)
    opened(when_away="raise").set_processing_mode(*HR, is_bulk_mode=True, parameter_name="LoadEmployees")
    clock.advance(10)
    with away(), run.task(1) as task:
        assert task.watermark is not None
    hr.journal.send()

    assert hr.get_active_watermark(*HR, "LoadEmployees") is None


def test_given_a_watermark_set_back_after_the_task_when_it_is_sent_then_it_stays_there(
    hr: ETLMonitor, seen, opened, away: Outage, run: Run, clock: ManualClock, step
) -> None:
    seen()
    task = run.task(2).__enter__()
    task.advance(50)
    with away():
        task.__exit__(None, None, None)
    clock.advance(10)
    opened(when_away="raise").set_processing_mode(*HR, parameter_name="LoadEvents", value_int=5)

    assert hr.get_active_watermark(*HR, "LoadEvents") == 5
    assert step(2).status == "DONE"


def test_given_a_move_by_hand_that_somebody_overtook_when_it_is_sent_then_it_is_refused_and_kept(
    hr: ETLMonitor, backend: str, opened, away: Outage, clock: ManualClock
) -> None:
    with away():
        hr.advance_watermark(*HR, "LoadEvents", new_int_value=50)
    clock.advance(10)
    plain = opened(when_away="raise", journal=None)
    plain.advance_watermark(*HR, "LoadEvents", new_int_value=45)

    (line,) = hr.journal.send().lines
    assert (line.state, line.call) == ("refused", "advance_watermark")
    assert "was set after this call, so it stays at 45" in line.reason
    assert hr.get_active_watermark(*HR, "LoadEvents") == 45


def test_given_a_watermark_from_memory_when_a_value_behind_it_is_staged_then_it_is_refused_at_once(
    hr: ETLMonitor, seen, away: Outage, run: Run
) -> None:
    seen()
    with away(), pytest.raises(InvalidInput, match="allow_rewind=True"), run.task(2) as task:
        task.advance(1)
