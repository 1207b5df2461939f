"""Try again: failed steps become new attempts; what failed stays on record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import date

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    LogType,
    ManualClock,
    NotFoundError,
    ProcessingStep,
    ProcessNotFound,
    Run,
    Status,
    TaskNotFound,
)
from etl_monitor_orm.testing import assert_done

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"

Refused = Callable[..., AbstractContextManager[None]]
Steps = Callable[..., list[ProcessingStep]]


def brief(steps: list[ProcessingStep]) -> list[tuple[int, str, int, str]]:
    """Task, run, attempt and state of each step."""
    return [(step.task_id, step.execution_id, step.attempts, step.status) for step in steps]


def said(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the monitor logged; a driver logs too."""
    return [record.getMessage() for record in caplog.records if record.name == "etl_monitor_orm"]


@pytest.fixture
def broken(hr: ETLMonitor, run: Run, clock: ManualClock, prepare: Callable[..., None]) -> ETLMonitor:
    """Run `run-1`: initiation and task 2 DONE, task 1 failed (which opened the initiation again), task 3 queued."""

    def work() -> None:
        for task_id in (0, 2):
            with run.task(task_id):
                clock.advance(10)
        with suppress(OSError), run.task(1, source_run_id="job-7", cluster_id="blue"):
            clock.advance(10)
            raise OSError("source is down")
        clock.advance(60)

    prepare(work)
    return hr


def test_given_a_failed_step_when_its_run_is_reset_then_it_and_the_initiation_are_queued_anew(
    broken: ETLMonitor, rows: Steps
) -> None:
    broken.status_reset(*HR, execution_id="run-1")

    assert brief(rows(ProcessingStep, status="RQUE")) == [(0, "run-1", 1, "RQUE"), (1, "run-1", 1, "RQUE")]


def test_given_a_failed_step_when_its_date_is_reset_then_it_and_the_initiation_are_queued_anew(
    broken: ETLMonitor, rows: Steps
) -> None:
    broken.status_reset(*HR, DAY)

    assert brief(rows(ProcessingStep, status="RQUE")) == [(0, "run-1", 1, "RQUE"), (1, "run-1", 1, "RQUE")]


def test_given_a_reset_then_what_it_queued_is_returned_in_running_order(broken: ETLMonitor) -> None:
    assert brief(broken.status_reset(*HR, DAY)) == [(0, "run-1", 1, "RQUE"), (1, "run-1", 1, "RQUE")]


def test_given_a_reset_when_it_is_made_again_then_there_is_nothing_to_do(
    broken: ETLMonitor, clock: ManualClock, unchanged: Callable[[], AbstractContextManager[None]]
) -> None:
    broken.status_reset(*HR, DAY)
    clock.advance(60)

    with unchanged():
        assert broken.status_reset(*HR, DAY) == []


def test_given_a_reset_of_a_run_when_repeated_at_the_same_instant_then_there_is_nothing_to_do(
    broken: ETLMonitor, run: Run
) -> None:
    run.reset()

    assert run.reset() == []


def test_given_a_reset_then_the_failed_attempt_stays_as_it_was(broken: ETLMonitor, rows: Steps, row) -> None:
    failed = vars(row(ProcessingStep, task_id=1)).copy()
    broken.status_reset(*HR, DAY)
    still = vars(row(ProcessingStep, task_id=1, attempts=0)).copy()
    for columns in (failed, still):
        del columns["_sa_instance_state"]

    assert still == failed


def test_given_a_reset_then_the_new_attempt_is_that_of_the_same_task_and_has_no_history(
    broken: ETLMonitor, clock: ManualClock
) -> None:
    broken.status_reset(*HR, DAY)
    (_, employees) = broken.get_status(*HR, DAY, attempts=1)

    assert (employees.task_name, employees.sequence_code, employees.task_mandatory, employees.source_system_code) == (
        "Load employees",
        "LOAD_DB_TRAN",
        True,
        "LoadEmployees",
    )
    assert (employees.start_time, employees.end_time, employees.duration_seconds, employees.source_run_id) == (
        None,
        None,
        None,
        None,
    )


def test_given_a_reset_then_the_new_attempts_bear_a_remark_and_the_time_and_actor_of_the_call(
    broken: ETLMonitor, clock: ManualClock
) -> None:
    queued = broken.status_reset(*HR, DAY, remark="the source is back")

    assert {(s.log_message, s.log_type, s.log_code, s.last_updated_on, s.last_updated_by) for s in queued} == {
        ("the source is back", LogType.INFO, None, clock.now, "pytest")
    }


def test_given_a_reset_without_a_remark_then_the_new_attempts_say_where_they_come_from(broken: ETLMonitor) -> None:
    assert {step.log_message for step in broken.status_reset(*HR, DAY)} == {"Queued again by status_reset"}


def test_given_a_remark_longer_than_a_message_may_be_then_it_is_cut(broken: ETLMonitor) -> None:
    queued = broken.status_reset(*HR, DAY, remark="x" * 5000 + "\nthe end")

    assert queued[0].log_message is not None
    assert (len(queued[0].log_message), queued[0].log_message[-8:]) == (2000, "\nthe end")


def test_given_a_reset_then_the_new_attempt_can_be_worked_on(broken: ETLMonitor, run: Run) -> None:
    run.reset()
    with run.task(1):
        pass

    assert_done(run, 1)


def test_given_a_reset_after_another_run_then_its_attempts_are_one_above_the_highest(
    broken: ETLMonitor, run: Run
) -> None:
    broken.start_run(*HR, DAY, execution_id="run-2")

    assert {step.attempts for step in run.reset()} == {2}


def test_given_a_failed_retry_when_its_run_is_reset_again_then_each_step_is_queued_once_more(
    broken: ETLMonitor, run: Run, fail: Callable[..., None]
) -> None:
    run.reset()
    fail(run, 1)

    assert brief(run.reset()) == [(0, "run-1", 2, "RQUE"), (1, "run-1", 2, "RQUE")]


def test_given_a_reset_then_running_queued_and_finished_steps_are_left_alone(
    hr: ETLMonitor, run: Run, unchanged: Callable[[], AbstractContextManager[None]]
) -> None:
    hr.start_task("run-1", *HR, 1)
    hr.end_task("run-1", *HR, 2)

    with unchanged():
        assert hr.status_reset(*HR, DAY) == []


def test_given_a_replay_then_finished_steps_are_queued_again_too(broken: ETLMonitor) -> None:
    assert [step.task_id for step in broken.status_reset(*HR, DAY, replay=True)] == [0, 1, 2]


def test_given_a_replay_then_queued_steps_are_left_alone(hr: ETLMonitor, run: Run) -> None:
    assert hr.status_reset(*HR, DAY, replay=True) == []


def test_given_a_replayed_initiation_then_it_is_queued_once(broken: ETLMonitor, run: Run) -> None:
    with run.task(0):
        pass

    assert [step.task_id for step in run.reset(replay=True)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("narrow", "tasks"),
    [
        ({"task_id": 1}, [0, 1]),
        ({"task_id": 3}, [0, 3]),
        ({"sequence_id": 2}, [0, 1]),
        ({"sequence_id": 6}, [0, 3]),
        ({"workflow_id": 1}, [0, 1, 3]),
        ({"workflow_id": 2}, []),
        ({"attempts": 0}, [0, 1, 3]),
        ({"attempts": 1}, []),
        ({"task_id": 2}, []),
    ],
)
def test_given_a_filter_then_only_matching_failed_steps_and_the_initiation_are_queued(
    broken: ETLMonitor, narrow: dict[str, int], tasks: list[int]
) -> None:
    broken.fail_task("run-1", *HR, 3)

    assert [step.task_id for step in broken.status_reset(*HR, DAY, **narrow)] == tasks


def test_given_a_process_without_an_initiation_task_then_the_failed_step_is_queued_alone(hr: ETLMonitor) -> None:
    hr.register_process("CORP", "FIN_DAILY").register_task("CORP", "FIN_DAILY", 1, 1, 2, "Load costs")
    run = hr.start_run("CORP", "FIN_DAILY", DAY)
    hr.fail_task(run.execution_id, "CORP", "FIN_DAILY", 1)

    assert [step.task_id for step in run.reset()] == [1]


def test_given_an_initiation_that_failed_then_it_is_queued_again(hr: ETLMonitor, run: Run) -> None:
    hr.fail_task("run-1", *HR, 0)

    assert brief(run.reset()) == [(0, "run-1", 1, "RQUE")]


def test_given_an_initiation_that_is_running_when_a_step_is_reset_then_the_run_gets_a_new_one(
    hr: ETLMonitor, run: Run
) -> None:
    hr.start_task("run-1", *HR, 0)
    hr.fail_task("run-1", *HR, 1)

    assert brief(run.reset()) == [(0, "run-1", 1, "RQUE"), (1, "run-1", 1, "RQUE")]


def test_given_a_failure_of_a_deactivated_task_then_it_is_left_alone(broken: ETLMonitor) -> None:
    broken.deactivate_task(*HR, 1, 1)

    assert broken.status_reset(*HR, DAY) == []


@pytest.mark.parametrize(
    "scope", [{"processing_date": DAY}, {"execution_id": "run-1"}, {"execution_id": "run-1", "task_id": 1}]
)
@pytest.mark.parametrize("fresh", [False, True], ids=["the monitor that saw it fail", "another monitor"])
def test_reset_that_leaves_out_only_a_deactivated_task_says_so(
    broken: ETLMonitor, clock: ManualClock, caplog: pytest.LogCaptureFixture, scope: dict[str, object], fresh: bool
) -> None:
    broken.deactivate_task(*HR, 1, 1)
    monitor = ETLMonitor(broken.engine, clock=clock) if fresh else broken

    assert monitor.status_reset(*HR, **scope) == []
    (words,) = said(caplog)
    assert "task 1 (workflow 1) of CORP/HR_DAILY" in words
    assert "deactivated" in words
    assert "activate_task()" in words


def test_reset_after_nothing_but_a_failure_says_that_its_task_is_deactivated(
    hr: ETLMonitor, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    hr.fail_task("run-1", *HR, 1)
    hr.deactivate_task(*HR, 1, 1)

    assert run.reset() == []
    assert ["task 1 (workflow 1)" in words for words in said(caplog)] == [True]


@pytest.mark.parametrize(("replay", "warnings"), [(False, 0), (True, 1)])
def test_reset_beside_a_done_step_of_a_deactivated_task_says_so_if_it_replays(
    hr: ETLMonitor, run: Run, clock: ManualClock, caplog: pytest.LogCaptureFixture, replay: bool, warnings: int
) -> None:
    hr.end_task("run-1", *HR, 1)
    hr.deactivate_task(*HR, 1, 1)

    assert ETLMonitor(hr.engine, clock=clock).status_reset(*HR, execution_id="run-1", replay=replay) == []
    assert len(said(caplog)) == warnings


def test_reset_that_found_nothing_failed_logs_nothing(
    broken: ETLMonitor, run: Run, caplog: pytest.LogCaptureFixture
) -> None:
    broken.deactivate_task(*HR, 3, 1)
    run.reset()

    assert run.reset() == []
    assert [record for record in caplog.records if record.name == "etl_monitor_orm"] == []


def test_given_a_failure_queued_by_a_later_run_when_the_date_is_reset_then_it_is_left_alone(
    broken: ETLMonitor,
) -> None:
    broken.start_run(*HR, DAY, execution_id="run-2", resume=True)

    assert broken.status_reset(*HR, DAY) == []


def test_given_a_failure_queued_by_a_later_run_when_its_own_run_is_reset_then_it_is_requeued(
    broken: ETLMonitor, run: Run
) -> None:
    broken.start_run(*HR, DAY, execution_id="run-2", resume=True)

    assert brief(run.reset()) == [(0, "run-1", 2, "RQUE"), (1, "run-1", 2, "RQUE")]


def test_given_failures_in_different_runs_when_the_date_is_reset_then_both_runs_are_reset(
    hr: ETLMonitor, run: Run
) -> None:
    hr.fail_task("run-1", *HR, 2)
    hr.deactivate_task(*HR, 2, 1)
    hr.start_run(*HR, DAY, execution_id="run-2")
    hr.fail_task("run-2", *HR, 1)
    hr.activate_task(*HR, 2, 1)

    assert brief(hr.status_reset(*HR, DAY)) == [
        (0, "run-1", 2, "RQUE"),
        (0, "run-2", 2, "RQUE"),
        (1, "run-2", 2, "RQUE"),
        (2, "run-1", 2, "RQUE"),
    ]


def test_given_a_run_when_it_is_reset_then_failures_of_other_runs_are_left_alone(broken: ETLMonitor) -> None:
    other = broken.start_run(*HR, DAY, execution_id="run-2")

    assert other.reset() == []


def test_given_a_date_when_it_is_reset_then_other_dates_are_left_alone(broken: ETLMonitor) -> None:
    broken.start_run(*HR, "2026-04-10", execution_id="run-2")
    broken.fail_task("run-2", *HR, 1)

    assert {step.processing_date for step in broken.status_reset(*HR, DAY)} == {date(2026, 4, 9)}


def test_given_a_process_when_it_is_reset_then_other_processes_are_left_alone(broken: ETLMonitor) -> None:
    broken.register_process("CORP", "FIN_DAILY").register_task("CORP", "FIN_DAILY", 1, 1, 2, "Load costs")
    other = broken.start_run("CORP", "FIN_DAILY", DAY)
    broken.fail_task(other.execution_id, "CORP", "FIN_DAILY", 1)

    assert {step.process_load for step in broken.status_reset(*HR, DAY)} == {"HR_DAILY"}


def test_given_no_date_and_no_run_in_live_mode_then_today_is_reset(hr: ETLMonitor) -> None:
    hr.start_run(*HR, execution_id="today")
    hr.fail_task("today", *HR, 1)

    assert [step.task_id for step in hr.status_reset(*HR)] == [0, 1]


def test_given_no_date_and_no_run_in_historic_mode_then_its_date_is_reset(broken: ETLMonitor) -> None:
    broken.set_processing_mode(*HR, is_historic_mode=True, historic_date=DAY)

    assert [step.task_id for step in broken.status_reset(*HR)] == [0, 1]


@pytest.mark.parametrize("replay", [False, True])
def test_given_no_date_and_no_run_when_today_has_no_steps_then_it_is_refused(
    broken: ETLMonitor, refused: Refused, replay: bool
) -> None:
    with refused(NotFoundError, "CORP/HR_DAILY", "no steps on 2026-01-01", "2026-04-09"):
        broken.status_reset(*HR, replay=replay)


def test_given_no_date_and_no_run_when_sysdt_has_no_steps_then_it_is_refused(
    broken: ETLMonitor, refused: Refused
) -> None:
    broken.set_processing_mode(*HR, is_historic_mode=True, historic_date="2026-04-08")
    with refused(NotFoundError, "no steps on 2026-04-08", "2026-04-09"):
        broken.status_reset(*HR)


def test_given_no_date_and_no_run_when_nothing_has_run_then_it_is_refused(hr: ETLMonitor, refused: Refused) -> None:
    hr.register_process("SHOP", "HR_DAILY").register_task("SHOP", "HR_DAILY", 1, 1, 2, "Load")
    hr.start_run("SHOP", "HR_DAILY")
    with refused(NotFoundError, "no steps on 2026-01-01", "start_run()"):
        hr.status_reset(*HR)


def test_given_no_date_and_no_run_when_the_process_is_unknown_then_it_is_refused(
    broken: ETLMonitor, refused: Refused
) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE"):
        broken.status_reset("CORP", "NOWHERE")


def test_given_no_date_and_no_run_when_nothing_of_today_failed_then_there_is_nothing_to_do(broken: ETLMonitor) -> None:
    broken.start_run(*HR)
    assert broken.status_reset(*HR) == []


@pytest.mark.parametrize("scope", [{"processing_date": "2026-04-10"}, {"execution_id": "run-1", "task_id": 2}])
def test_given_a_scope_that_exists_when_nothing_in_it_failed_then_there_is_nothing_to_do(
    broken: ETLMonitor, scope: dict[str, object]
) -> None:
    assert broken.status_reset(*HR, **scope) == []


UNKNOWN = [
    (("CORP", "NOWHERE"), {"processing_date": DAY}, ProcessNotFound, ["CORP/NOWHERE", "register_process()"]),
    (("CORP", "NOWHERE"), {"execution_id": "run-1"}, ProcessNotFound, ["CORP/NOWHERE"]),
    (HR, {"execution_id": "nobody"}, NotFoundError, ["no run nobody of CORP/HR_DAILY", "run-1 on 2026-04-09"]),
    (
        HR,
        {"execution_id": "run-1", "processing_date": "2026-04-10"},
        NotFoundError,
        ["no run run-1 of CORP/HR_DAILY on 2026-04-10", "run-1 on 2026-04-09"],
    ),
    (HR, {"processing_date": DAY, "task_id": 99}, TaskNotFound, ["CORP/HR_DAILY has no task 99", "register_task()"]),
    (HR, {"execution_id": "run-1", "task_id": 99}, TaskNotFound, ["CORP/HR_DAILY has no task 99"]),
]


@pytest.mark.parametrize("replay", [False, True])
@pytest.mark.parametrize(("process", "scope", "error", "words"), UNKNOWN)
def test_reset_of_a_name_that_does_not_exist_is_refused(
    broken: ETLMonitor,
    refused: Refused,
    process: tuple[str, str],
    scope: dict[str, object],
    error: type[NotFoundError],
    words: list[str],
    replay: bool,
) -> None:
    with refused(error, *words):
        broken.status_reset(*process, **scope, replay=replay)


def test_reset_of_a_task_that_the_run_does_not_have_queues_nothing(broken: ETLMonitor) -> None:
    broken.register_task(*HR, 9, 1, 2, "Registered since")

    assert broken.status_reset(*HR, execution_id="run-1", task_id=9) == []


def test_reset_of_an_unknown_task_without_run_and_date_is_refused(broken: ETLMonitor, refused: Refused) -> None:
    broken.start_run(*HR)
    with refused(TaskNotFound, "CORP/HR_DAILY has no task 99"):
        broken.status_reset(*HR, task_id=99)


def test_reset_of_a_run_that_found_nothing_to_do_has_nothing_to_do(hr: ETLMonitor) -> None:
    """It has no initiation, so only a receipt says that there was such a run."""
    shop = ("SHOP", "DAILY")
    hr.register_process(*shop).register_task(*shop, 1, 1, 2, "Load")
    with hr.start_run(*shop, DAY).task(1):
        pass
    hr.start_run(*shop, DAY, execution_id="empty", resume=True)

    assert hr.status_reset(*shop, execution_id="empty") == []
    assert hr.status_reset(*shop, DAY, "empty") == []
    assert hr.get_status(*shop, execution_id="empty") == []


@pytest.mark.parametrize("scope", [{"processing_date": DAY}, {"execution_id": "run-1"}])
def test_given_two_resets_of_one_instant_then_each_returns_its_own_attempts(
    broken: ETLMonitor, scope: dict[str, str]
) -> None:
    broken.status_reset(*HR, **scope)
    broken.fail_task("run-1", *HR, 3, processing_date=DAY)

    queued = broken.status_reset(*HR, **scope)
    assert brief(queued) == [(0, "run-1", 2, "RQUE"), (3, "run-1", 2, "RQUE")]


@pytest.mark.parametrize("scope", [{"processing_date": DAY}, {"execution_id": "run-1"}])
def test_given_a_failed_attempt_whose_retry_is_done_then_it_is_left_alone(
    broken: ETLMonitor, run: Run, scope: dict[str, str]
) -> None:
    run.reset()
    with run.task(1):
        pass
    assert broken.status_reset(*HR, **scope) == []


def test_given_an_attempt_number_then_only_steps_at_it_and_the_initiation_are_queued(
    broken: ETLMonitor, run: Run
) -> None:
    run.reset()
    broken.fail_task("run-1", *HR, 1, processing_date=DAY)
    broken.fail_task("run-1", *HR, 3, processing_date=DAY)

    assert [step.task_id for step in broken.status_reset(*HR, DAY, attempts=0)] == [0, 3]


def test_given_the_same_run_and_tasks_elsewhere_when_one_is_reset_then_the_others_are_left_alone(
    broken: ETLMonitor, rows: Steps
) -> None:
    """Another project, process and date have a failed step of the same run, pass, task and number."""
    for process in (("CORP", "FIN_DAILY"), ("SHOP", "HR_DAILY")):
        broken.register_process(*process).register_task(*process, 1, 1, 2, "Load")
        broken.start_run(*process, DAY, execution_id="run-1")
        broken.fail_task("run-1", *process, 1, processing_date=DAY)
    broken.start_run(*HR, "2026-04-08", execution_id="run-1")
    broken.fail_task("run-1", *HR, 1, processing_date="2026-04-08")
    broken.status_reset(*HR, DAY, "run-1")

    queued = rows(ProcessingStep, status="RQUE")
    assert {(step.project_code, step.process_load, str(step.processing_date)) for step in queued} == {(*HR, DAY)}


def test_given_a_run_on_two_dates_when_it_is_reset_without_a_date_then_its_latest_is_meant(broken: ETLMonitor) -> None:
    broken.start_run(*HR, "2026-04-10", execution_id="run-1")
    broken.fail_task("run-1", *HR, 3, processing_date="2026-04-10")
    broken.start_run(*HR, "2026-04-11", execution_id="run-2")

    queued = broken.status_reset(*HR, execution_id="run-1")
    assert [(s.processing_date.day, s.task_id, s.attempts) for s in queued] == [(10, 0, 1), (10, 3, 1)]


def test_given_what_a_reset_returned_then_it_can_be_read_after_the_call(broken: ETLMonitor) -> None:
    (initiation, employees) = broken.status_reset(*HR, DAY)

    assert (initiation.task_name, employees.status) == ("Initiation", Status.RQUE)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"replay": "yes"}, "replay"),
        ({"attempts": "all"}, "attempts"),
        ({"remark": 5}, "remark"),
        ({"processing_date": "today"}, "'today'"),
        ({"execution_id": " "}, "execution_id"),
        ({"task_id": "one"}, "task_id"),
    ],
)
def test_given_an_argument_that_cannot_be_read_when_a_reset_is_asked_then_it_is_refused(
    broken: ETLMonitor, refused: Refused, arguments: dict[str, object], words: str
) -> None:
    with refused(InvalidInput, words):
        broken.status_reset(*HR, **arguments)
