"""An error's attributes: the process, run, task and step that it is about, the step's state and what was asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    EtlMonitorError,
    InvalidTransition,
    ParameterNotFound,
    ProcessInactive,
    ProcessNotFound,
    Run,
    StageNotFound,
    Status,
    StepNotFound,
    StepNotQueued,
    TaskNotFound,
)
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey, TaskKey

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
PROCESS = ProcessKey(*HR)
RUN = RunKey(PROCESS, "run-1", DAY)

Do = Callable[[ETLMonitor], object]


def refusal(kind: type[EtlMonitorError], do: Do, monitor: ETLMonitor) -> EtlMonitorError:
    with pytest.raises(kind) as caught:
        do(monitor)
    assert caught.type is kind
    return caught.value


@pytest.mark.parametrize(
    ("asked", "do"),
    [
        ("start", lambda m: m.start_task("run-1", *HR, 1)),
        ("end", lambda m: m.end_task("run-1", *HR, 1)),
        ("fail", lambda m: m.fail_task("run-1", *HR, 1)),
    ],
)
def test_invalid_transition_names_the_step_its_state_and_what_was_asked(
    hr: ETLMonitor, run: Run, asked: str, do: Do
) -> None:
    hr.end_task("run-1", *HR, 1)
    error = refusal(InvalidTransition, do, hr)

    assert (error.state, error.asked) == (Status.DONE, asked)
    assert (error.process, error.run, error.task) == (PROCESS, RUN, TaskKey(PROCESS, 1, 1))
    assert error.step == StepKey(RUN, 1, 1, sequence_id=2, attempts=0)


def test_heartbeat_of_a_step_that_has_ended_names_the_step_its_state_and_what_was_asked(
    hr: ETLMonitor, run: Run
) -> None:
    task = run.task(1).__enter__()
    hr.end_task("run-1", *HR, 1)
    error = refusal(InvalidTransition, lambda monitor: task.heartbeat(), hr)

    assert (error.state, error.asked, error.task) == (Status.DONE, "heartbeat", TaskKey(PROCESS, 1, 1))


def test_start_of_a_deactivated_task_names_the_step(hr: ETLMonitor, run: Run) -> None:
    hr.deactivate_task(*HR, 1, 1)
    error = refusal(InvalidTransition, lambda m: m.start_task("run-1", *HR, 1), hr)

    assert (error.step, error.state) == (StepKey(RUN, 1, 1, sequence_id=2, attempts=0), Status.NQUE)


def test_handle_that_is_used_outside_of_its_task_names_its_step(hr: ETLMonitor, run: Run) -> None:
    error = refusal(InvalidTransition, lambda m: run.task(1).heartbeat(), hr)

    assert error.step == StepKey(RUN, 1, 1)


@pytest.mark.parametrize(
    ("kind", "do", "about"),
    [
        (ProcessNotFound, lambda m: m.start_run("CORP", "NEW", DAY), {"process": ProcessKey("CORP", "NEW")}),
        (ProcessNotFound, lambda m: m.deactivate_process("CORP", "NEW"), {"process": ProcessKey("CORP", "NEW")}),
        (ProcessNotFound, lambda m: m.failures("CORP", "NEW"), {"process": ProcessKey("CORP", "NEW")}),
        (TaskNotFound, lambda m: m.deactivate_task(*HR, 9, 1), {"process": PROCESS, "task": TaskKey(PROCESS, 9, 1)}),
        (
            StageNotFound,
            lambda m: m.register_task(*HR, 9, 1, 42, "T"),
            {"process": PROCESS, "task": TaskKey(PROCESS, 9, 1), "stage": 42},
        ),
        (
            ParameterNotFound,
            lambda m: m.get_active_watermark(*HR, "Nothing"),
            {"process": PROCESS, "parameter": "Nothing"},
        ),
        (StepNotFound, lambda m: m.start_task("run-1", *HR, 9), {"run": RUN, "step": StepKey(RUN, 9, 1)}),
        (
            StepNotQueued,
            lambda m: m.end_task("run-9", *HR, 1, processing_date=DAY),
            {"step": StepKey(RunKey(PROCESS, "run-9", DAY), 1, 1), "asked": "end", "state": None},
        ),
    ],
)
def test_refusal_names_what_it_is_about(
    hr: ETLMonitor, run: Run, kind: type[EtlMonitorError], do: Do, about: dict[str, object]
) -> None:
    error = refusal(kind, do, hr)

    assert {name: getattr(error, name) for name in about} == about


def test_run_of_a_process_that_is_deactivated_names_the_process(hr: ETLMonitor) -> None:
    hr.deactivate_process(*HR)

    assert refusal(ProcessInactive, lambda m: m.start_run(*HR, DAY), hr).process == PROCESS


def test_run_of_a_process_without_tasks_names_the_process(monitor: ETLMonitor) -> None:
    monitor.register_process(*HR)

    assert refusal(ProcessInactive, lambda m: m.start_run(*HR, DAY), monitor).process == PROCESS
