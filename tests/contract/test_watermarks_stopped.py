"""A task that staged something is stopped while it ends: a sibling's DONE never takes the watermark further."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import event

from etl_monitor_orm import ETLMonitor, InvalidTransition, ManualClock, Run, TaskHandle

LACKS = ("transactions",)  # with transactions, all of it is there or nothing: see `test_crash_safety.py`

HR = ("CORP", "HR_DAILY")
EMPLOYEES = (*HR, "LoadEmployees")
BEFORE = datetime(2025, 12, 1, tzinfo=UTC)
REWOUND = datetime(2025, 11, 1, tzinfo=UTC)
FURTHER = datetime(2025, 12, 15, tzinfo=UTC)

Stage = Callable[[TaskHandle], None]


class PowerCut(Exception):
    """The machine stopped."""


@pytest.fixture
def shared(hr: ETLMonitor, clock: ManualClock, prepare: Callable[..., None]) -> Run:
    """A run of tasks 1 and 4, which share a watermark."""

    def register() -> None:
        hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code="LoadEmployees")
        hr.advance_watermark(*EMPLOYEES, BEFORE)
        clock.advance(60)

    prepare(register)
    return hr.start_run(*HR, "2026-01-01", execution_id="shared")


def stop_at(monitor: ETLMonitor, number: int, task: TaskHandle) -> bool:
    """End a task, and stop before its n-th statement; return whether it came to that."""
    executed: list[str] = []

    def cut(connection, cursor, statement, parameters, context, executemany) -> None:
        executed.append(statement)
        if len(executed) == number:
            raise PowerCut

    event.listen(monitor.engine, "before_cursor_execute", cut)
    try:
        task.__exit__(None, None, None)
    except PowerCut:
        return True
    finally:
        event.remove(monitor.engine, "before_cursor_execute", cut)
    return False


@pytest.mark.parametrize(
    ("stage", "latest", "statements"),
    [
        (lambda task: task.hold(), BEFORE, 2),
        (lambda task: task.advance(REWOUND, allow_rewind=True), REWOUND, 2),
        (lambda task: task.advance(FURTHER), FURTHER, 3),
    ],
    ids=["hold", "rewind", "further"],
)
def test_given_a_stop_at_any_statement_when_a_sibling_is_done_then_nothing_is_skipped(
    hr: ETLMonitor, shared: Run, clock: ManualClock, stage: Stage, latest: datetime, statements: int
) -> None:
    for number in range(1, statements + 2):
        hr.status_reset(*HR, execution_id="shared", processing_date="2026-01-01", replay=True)
        hr.advance_watermark(*EMPLOYEES, BEFORE, allow_rewind=True)
        clock.advance(60)
        with shared.task(4):
            task = shared.task(1, takeover=True).__enter__()
            stage(task)
            clock.advance(60)
            stopped = stop_at(hr, number, task)
        if task_is_done(shared):
            found = hr.get_active_watermark(*EMPLOYEES)
            assert isinstance(found, datetime)
            assert found <= latest, f"stopped before statement {number}"
        assert stopped == (number <= statements)

    assert hr.get_active_watermark(*EMPLOYEES) == latest


def task_is_done(run: Run) -> bool:
    return any(step.task_id == 1 and step.status == "DONE" for step in run.status())


def test_step_stopped_before_its_staged_value_when_ended_again_does_not_pass_that_value(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    """Nobody else names the watermark; its present value was set by a task, as those of before were."""
    hr.advance_watermark(*EMPLOYEES, BEFORE)
    clock.advance(60)
    task = run.task(1).__enter__()
    task.advance(FURTHER)
    clock.advance(60)
    assert stop_at(hr, 2, task)
    with pytest.raises(InvalidTransition, match="DONE"):
        hr.end_task("run-1", *HR, 1, processing_date="2026-04-09")

    found = hr.get_active_watermark(*EMPLOYEES)
    assert found in (BEFORE, FURTHER)


def test_step_stopped_before_its_automatic_advance_when_ended_again_moves_the_watermark(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    began = clock.now
    task = run.task(1).__enter__()
    clock.advance(60)
    assert stop_at(hr, 2, task)
    with pytest.raises(InvalidTransition, match="DONE"):
        hr.end_task("run-1", *HR, 1, processing_date="2026-04-09")

    assert hr.get_active_watermark(*EMPLOYEES) == began
