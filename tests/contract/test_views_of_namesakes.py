"""What the views say where two projects, two processes and two passes share every name and number but their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product

import pytest

from etl_monitor_orm import (
    CurrentFailure,
    ETLMonitor,
    MandatoryBlocker,
    ManualClock,
    Process,
    ProcessingStep,
    ProcessStatus,
    RunState,
    RunSummary,
    Task,
    TaskDetail,
    Watermark,
)

DAY = "2026-04-09"
PROCESSES = [*product(("CORP", "SHOP"), ("HR_DAILY", "OPS_DAILY"))]
PLACES = [(*process, workflow_id) for process in PROCESSES for workflow_id in (1, 2)]
HERE = ("CORP", "HR_DAILY", 1)
HERE_TOO = ("CORP", "HR_DAILY", 2)
"""The other pass of the same process."""

Place = tuple[str, str, int]
Row = Callable[..., object]
Rows = Callable[..., list]

BLOCKED, OPEN = (0, 1, 1, RunState.FAILED), (0, 0, 2, RunState.WAITING)


@pytest.fixture
def namesakes(monitor: ETLMonitor, prepare: Callable[..., None]) -> ETLMonitor:
    """The same task 1 in both passes of four processes, and a run of each that has the same id on the same date."""

    def queue() -> None:
        monitor.register(
            [
                *(Process(project_code=project, process_load=process) for project, process in PROCESSES),
                *(
                    Task(
                        project_code=project,
                        process_load=process,
                        workflow_id=workflow_id,
                        task_id=1,
                        sequence_id=2,
                        task_name="Load",
                    )
                    for project, process, workflow_id in PLACES
                ),
            ]
        )
        for process in PROCESSES:
            monitor.start_run(*process, DAY, execution_id="run-1")

    prepare(queue)
    return monitor


@pytest.fixture
def fail_at(namesakes: ETLMonitor) -> Callable[..., None]:
    """Fail the step of a pass of a process."""

    def do(project: str, process: str, workflow_id: int) -> None:
        namesakes.fail_task("run-1", project, process, 1, workflow_id=workflow_id, processing_date=DAY)

    return do


@pytest.fixture
def states(rows: Rows) -> Callable[[], dict[tuple[str, str], object]]:
    """Read how each process stands on the date: its counts and its state."""

    def read() -> dict[tuple[str, str], object]:
        return {
            (found.project_code, found.process_load): (found.done, found.failed, found.pending, found.run_state)
            for found in rows(ProcessStatus)
        }

    return read


def places(found: list) -> list[Place]:
    """Where the rows of a view belong."""
    return sorted((row.project_code, row.process_load, row.workflow_id) for row in found)


def test_failure_is_shown_where_it_happened_and_nowhere_else(
    fail_at: Callable[..., None], rows: Rows, states: Callable[[], object]
) -> None:
    fail_at(*HERE)

    assert places(rows(CurrentFailure)) == places(rows(MandatoryBlocker)) == [HERE]
    assert places(rows(TaskDetail, status="FAIL")) == [HERE]
    assert states() == {process: BLOCKED if process == HERE[:2] else OPEN for process in PROCESSES}
    assert {
        (found.project_code, found.process_load): (found.total_tasks, found.failed, found.pending)
        for found in rows(RunSummary)
    } == {process: (2, 1, 1) if process == HERE[:2] else (2, 0, 2) for process in PROCESSES}


def test_failure_is_cleared_by_a_retry_of_its_own_pass_and_process_alone(
    namesakes: ETLMonitor, fail_at: Callable[..., None], rows: Rows, states: Callable[[], object]
) -> None:
    fail_at(*HERE)
    for project, process, workflow_id in PLACES:
        if (project, process, workflow_id) != HERE:
            fail_at(project, process, workflow_id)
            namesakes.status_reset(project, process, DAY, execution_id="run-1", workflow_id=workflow_id)

    assert places(rows(CurrentFailure)) == places(rows(MandatoryBlocker)) == [HERE]
    assert states() == {process: BLOCKED if process == HERE[:2] else OPEN for process in PROCESSES}


def test_passes_that_share_a_task_number_are_two_steps_of_their_process(
    namesakes: ETLMonitor, fail_at: Callable[..., None], states: Callable[[], object]
) -> None:
    fail_at(*HERE)
    project, process, workflow_id = HERE_TOO
    namesakes.end_task("run-1", project, process, 1, workflow_id=workflow_id, processing_date=DAY)

    assert states() == {process: (1, 1, 0, RunState.FAILED) if process == HERE[:2] else OPEN for process in PROCESSES}


def test_deactivated_task_settles_its_own_step_alone(
    namesakes: ETLMonitor, fail_at: Callable[..., None], rows: Rows, states: Callable[[], object]
) -> None:
    fail_at(*HERE_TOO)
    namesakes.deactivate_task(*HERE[:2], 1, HERE[2])

    assert places(rows(MandatoryBlocker)) == [HERE_TOO]
    assert states() == {process: (0, 1, 0, RunState.FAILED) if process == HERE[:2] else OPEN for process in PROCESSES}


@pytest.mark.parametrize(
    ("minutes", "other_run", "expected"),
    [
        (1, "run-0", (1, 0, 1, RunState.WAITING)),
        (-1, "run-2", BLOCKED),
        (0, "run-2", (1, 0, 1, RunState.WAITING)),
        (0, "run-0", BLOCKED),
        (None, "run-2", BLOCKED),
    ],
    ids=["updated later", "updated earlier", "greater id", "smaller id", "no time"],
)
def test_of_two_attempts_of_one_number_the_process_counts_the_one_updated_last(
    namesakes: ETLMonitor,
    clock: ManualClock,
    fail_at: Callable[..., None],
    states: Callable[[], dict[tuple[str, str], object]],
    minutes: int | None,
    other_run: str,
    expected: object,
) -> None:
    fail_at(*HERE)
    with namesakes.session() as session:
        project, process, workflow_id = HERE
        failed = (
            session.query(ProcessingStep)
            .filter_by(project_code=project, process_load=process, workflow_id=workflow_id)
            .one()
        )
        values = {column.key: getattr(failed, column.key) for column in ProcessingStep.__mapper__.column_attrs}
        written = None if minutes is None else clock.now + timedelta(minutes=minutes)
        other = {"execution_id": other_run, "status": "DONE", "last_updated_on": written}
        session.add(ProcessingStep(**{**values, **other}))
        session.commit()

    assert states()[HERE[:2]] == expected


def test_parameters_that_share_a_name_are_each_linked_to_the_task_of_their_own_process(
    monitor: ETLMonitor, rows: Rows
) -> None:
    for number, process in enumerate(PROCESSES):
        monitor.register_process(*process).register_parameter(*process, "Mark", "DELTA_DATE")
        if process != HERE[:2]:
            monitor.register_task(*process, 1, 1, 2, f"Load {number}", source_system_code="Mark")

    linked = {(found.project_code, found.process_load): found.linked_task_name for found in rows(Watermark)}
    assert linked == {process: f"Load {number}" if number else None for number, process in enumerate(PROCESSES)}


def test_passes_that_share_a_watermark_are_linked_by_the_first_name(monitor: ETLMonitor, row: Row) -> None:
    process = HERE[:2]
    monitor.register_process(*process).register_parameter(*process, "Mark", "DELTA_DATE")
    for workflow_id, name in ((1, "Load late"), (2, "Load early")):
        monitor.register_task(*process, 1, workflow_id, 2, name, source_system_code="Mark")

    assert row(Watermark).linked_task_name == "Load early"
