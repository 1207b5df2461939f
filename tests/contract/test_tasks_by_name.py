"""A task by its name: where it is the only one of that name in the run."""

from __future__ import annotations

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, InvalidTransition, Run, Status, StepNotFound, StepNotQueued

HR = ("CORP", "HR_DAILY")
DAY = "2026-04-09"


def test_given_a_name_when_the_task_is_entered_then_its_step_runs(run: Run, step) -> None:
    with run.task("Load employees") as task:
        assert (task.task_id, task.workflow_id) == (1, 1)
        assert step(1).is_running
    assert step(1).status is Status.DONE


def test_given_the_initiation_by_name_then_its_pass_is_found(run: Run) -> None:
    with run.task("Initiation") as task:
        assert (task.task_id, task.workflow_id) == (0, 0)


def test_given_a_name_when_the_run_is_known_by_its_id_only_then_it_is_found_too(hr: ETLMonitor, run: Run, step) -> None:
    with hr.task("run-1", *HR, "Build mart"):
        assert step(3).is_running


def test_given_digits_as_text_then_they_are_the_number_whatever_a_task_is_called(hr: ETLMonitor) -> None:
    hr.register_task(*HR, 9, 1, 2, "1")

    assert hr.start_run(*HR, DAY).task("1").task_id == 1


def test_given_a_name_in_two_passes_then_the_error_lists_the_ids_and_the_pass_decides(hr: ETLMonitor, refused) -> None:
    hr.register_task(*HR, 1, 2, 2, "Load employees")
    run = hr.start_run(*HR, DAY)

    with refused(InvalidInput, "2 tasks", "task_id=1 with workflow_id=1", "task_id=1 with workflow_id=2"):
        run.task("Load employees")
    assert run.task("Load employees", workflow_id=2).workflow_id == 2


def test_given_a_name_in_two_stages_then_the_stage_decides(hr: ETLMonitor) -> None:
    hr.register_task(*HR, 9, 1, 6, "Load employees")

    assert hr.start_run(*HR, DAY).task("Load employees", sequence_id=6).task_id == 9


def test_given_the_name_in_another_process_and_run_then_it_is_this_run_s_task(hr: ETLMonitor, run: Run) -> None:
    hr.register_process("CORP", "FINANCE").register_task("CORP", "FINANCE", 7, 1, 2, "Load employees")
    hr.start_run("CORP", "FINANCE", DAY, execution_id="run-1")
    hr.register_task(*HR, 8, 1, 2, "Load employees")
    hr.start_run(*HR, DAY, execution_id="run-2")

    assert run.task("Load employees").task_id == 1


def test_given_a_task_that_was_renamed_since_then_the_run_knows_it_by_its_name_then(hr: ETLMonitor, run: Run) -> None:
    hr.register_task(*HR, 1, 1, 2, "Load staff")
    hr.register_task(*HR, 2, 1, 2, "Load employees")

    assert run.task("Load employees").task_id == 1


def test_given_several_attempts_of_a_task_then_its_name_is_still_one(hr: ETLMonitor, run: Run, fail) -> None:
    fail(run, 1)
    run.reset()

    with run.task("Load employees") as task:
        assert task.attempts == 1


def test_given_an_unknown_name_then_the_error_lists_the_names(run: Run, refused) -> None:
    with refused(StepNotFound, "'Load employes'", "Build mart, Initiation, Load employees, Load events"):
        run.task("Load employes")


def test_given_a_task_that_the_run_has_no_step_for_then_the_start_says_so(hr: ETLMonitor, run: Run, work) -> None:
    work(run, 1)
    resumed = hr.start_run(*HR, DAY, execution_id="run-2", resume=True)

    with pytest.raises(StepNotQueued, match="run-1"), resumed.task("Load employees"):
        pass
    with resumed.task("Load employees", on_not_runnable="skip") as task:
        assert not task.active


def test_given_a_task_that_is_done_when_named_then_it_is_refused_as_by_number(run: Run, work) -> None:
    work(run, 1)

    with pytest.raises(InvalidTransition, match="DONE"), run.task("Load employees"):
        pass


@pytest.mark.parametrize("name", ["", "  ", "a\0b"])
def test_given_text_that_is_no_name_then_it_is_refused(run: Run, refused, name: str) -> None:
    with refused(InvalidInput, "task_id"):
        run.task(name)
