"""One call reads the clock once: its timestamps and its date come from one moment, also across midnight."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from etl_monitor_orm import ETLMonitor, ProcessingStep
from tests.contract.every_call.calls import CALLS, HR, RUN
from tests.contract.every_call.test_complete import USES, Use, fail, monitor_, run_, start, start_run

BACKENDS = ("duckdb",)  # who reads the clock is the same everywhere

WITHOUT_A_DATE = {
    "start_run": Use((), monitor_, lambda m: m.start_run(*HR), 0),
    "start_run, resumed": Use((), monitor_, lambda m: m.start_run(*HR, resume=True, only_due=True), 0),
    "start_run, an id of its own": Use((), monitor_, lambda m: m.start_run(*HR, execution_id="run-2"), 0),
    "join_run": Use((), monitor_, lambda m: m.join_run(*HR), 0),
    "generate_execution_steps": Use((), monitor_, lambda m: m.generate_execution_steps("run-2", *HR), 0),
    "get_pending_tasks": Use((), monitor_, lambda m: m.get_pending_tasks("run-2", *HR), 0),
    "start_task": Use((start_run,), monitor_, lambda m: m.start_task(*RUN, 1), 0),
    "end_task": Use((start_run,), monitor_, lambda m: m.end_task(*RUN, 1), 0),
    "heartbeat_task": Use((start_run, start(1)), monitor_, lambda m: m.heartbeat_task(*RUN, 1), 0),
    "fail_task": Use((start_run,), monitor_, lambda m: m.fail_task(*RUN, 1), 0),
    "status_reset": Use((start_run, fail(1)), run_, lambda run: run.reset(), 0),
    "get_status": Use((start_run,), monitor_, lambda m: m.get_status(*HR), 0),
    "fail_stale of several": Use((start_run, start(1), start(2), start(3)), monitor_, lambda m: m.fail_stale(0), 0),
}
"""Calls that find their date out, or work on several steps."""

EACH = {**USES, **WITHOUT_A_DATE}


@pytest.fixture
def readings(hr: ETLMonitor) -> Iterator[list[datetime]]:
    """Give the monitor a clock that moves half a second a reading, over midnight, and keeps its readings."""
    made: list[datetime] = []

    def clock() -> datetime:
        made.append(datetime(2026, 4, 9, 23, 59, 59, 500_000, tzinfo=UTC) + timedelta(seconds=len(made) / 2))
        return made[-1]

    hr._runtime._clock = clock
    return made


@pytest.mark.parametrize("name", sorted(EACH))
def test_call_reads_the_clock_at_most_once(hr: ETLMonitor, readings: list[datetime], name: str) -> None:
    use = EACH[name]
    for step in use.before:
        step(hr)
    subject = use.on(hr)
    readings.clear()
    use.make(subject)

    assert len(readings) <= 1


@pytest.mark.parametrize("name", CALLS)
def test_call_that_writes_reads_the_clock(hr: ETLMonitor, readings: list[datetime], name: str) -> None:
    for step in CALLS[name].before:
        step(hr)
    readings.clear()
    CALLS[name].make(hr)

    assert len(readings) == 1


def test_run_started_at_midnight_has_the_date_of_its_timestamps(
    hr: ETLMonitor, readings: list[datetime], rows: Callable[..., list[ProcessingStep]]
) -> None:
    run = hr.start_run(*HR)
    (at,) = {step.last_updated_on for step in rows(ProcessingStep)}

    assert at is not None
    assert run.processing_date == at.date() == date(2026, 4, 9)
