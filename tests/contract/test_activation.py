"""Deactivating and activating: a flag flips, and history stays."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    ManualClock,
    Process,
    ProcessingStep,
    ProcessNotFound,
    Run,
    Task,
    TaskNotFound,
)

HR = ("CORP", "HR_DAILY")

Block = AbstractContextManager[None]

FLIPS = [
    (Process, "activate_process", "deactivate_process", HR),
    (Task, "activate_task", "deactivate_task", (*HR, 3, 1)),
]


@pytest.mark.parametrize(("kind", "on", "off", "key"), FLIPS)
def test_given_an_active_row_when_deactivated_then_its_flag_flips_and_it_tells_who_and_when(
    hr: ETLMonitor,
    clock: ManualClock,
    tables: Callable[[], dict[str, list[dict[str, object]]]],
    kind: type[Task],
    on: str,
    off: str,
    key: tuple[object, ...],
) -> None:
    clock.advance(60)
    before = tables()
    getattr(ETLMonitor(hr.engine, clock=clock, actor="someone else"), off)(*key)
    after = tables()
    (changed,) = [found for found in after[kind.__tablename__] if found not in before[kind.__tablename__]]
    (old,) = [found for found in before[kind.__tablename__] if found not in after[kind.__tablename__]]
    assert changed == old | {
        "IsActive": False,
        "ActiveSetOn": clock.now,
        "LastUpdatedOn": clock.now,
        "LastUpdatedBy": "someone else",
    }


@pytest.mark.parametrize(("kind", "on", "off", "key"), FLIPS)
def test_given_one_that_was_deactivated_when_activated_then_only_its_flag_is_as_before(
    hr: ETLMonitor,
    clock: ManualClock,
    row: Callable[..., Task],
    kind: type[Task],
    on: str,
    off: str,
    key: tuple[object, ...],
) -> None:
    which = {"task_id": 3} if kind is Task else {}
    getattr(hr, off)(*key)
    clock.advance(60)
    getattr(hr, on)(*key)
    assert (row(kind, **which).is_active, row(kind, **which).last_updated_on) == (True, clock.now)


@pytest.mark.parametrize(("kind", "on", "off", "key"), FLIPS)
def test_given_one_that_stands_so_already_when_flipped_then_nothing_is_written(
    hr: ETLMonitor,
    clock: ManualClock,
    unchanged: Callable[[], Block],
    kind: type[Task],
    on: str,
    off: str,
    key: tuple[object, ...],
) -> None:
    clock.advance(60)
    with unchanged():
        getattr(hr, on)(*key)
    getattr(hr, off)(*key)
    clock.advance(60)
    with unchanged():
        getattr(hr, off)(*key)


@pytest.mark.parametrize(("kind", "on", "off", "key"), FLIPS)
def test_given_a_flip_when_made_then_it_can_be_chained(
    hr: ETLMonitor, kind: type[Task], on: str, off: str, key: tuple[object, ...]
) -> None:
    assert getattr(hr, off)(*key) is hr
    assert getattr(hr, on)(*key) is hr


@pytest.mark.parametrize("call", ["activate_process", "deactivate_process"])
def test_given_an_unknown_process_when_flipped_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], call: str
) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE", "register_process()"):
        getattr(hr, call)("CORP", "NOWHERE")


@pytest.mark.parametrize("call", ["activate_task", "deactivate_task"])
@pytest.mark.parametrize("task", [(9, 1), (1, 2)])
def test_given_an_unknown_task_when_flipped_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], call: str, task: tuple[int, int]
) -> None:
    with refused(TaskNotFound, f"task {task[0]} (workflow {task[1]}) of CORP/HR_DAILY", "register_task()"):
        getattr(hr, call)(*HR, *task)


@pytest.mark.parametrize(("call", "key"), [(off, key) for _, _, off, key in FLIPS])
def test_given_history_when_its_process_or_task_is_deactivated_then_it_stays(
    hr: ETLMonitor, run: Run, rows: Callable[..., list[ProcessingStep]], call: str, key: tuple[object, ...]
) -> None:
    getattr(hr, call)(*key)
    assert [found.task_id for found in rows(ProcessingStep)] == [0, 1, 2, 3]
    assert [found.task_id for found in run.status()] == [0, 1, 2, 3]
