"""Which run and which task a call means while the monitor is away: what this machine last saw, and nothing guessed."""

from __future__ import annotations

import pytest

from etl_monitor_orm import ETLMonitor, ManualClock, MonitorAway, Run, Status
from tests.contract.journal.conftest import Outage
from tests.contract.journal.nights import DAY, HR


def test_given_nothing_seen_when_joined_in_an_outage_then_it_is_the_run_that_all_meet(
    hr: ETLMonitor, away: Outage, opened
) -> None:
    with away():
        run = hr.join_run(*HR, DAY)
        with run.task(1):
            pass
    hr.journal.send()

    assert opened().join_run(*HR, DAY).execution_id == run.execution_id
    assert [task.task_id for task in run.pending()] == [0, 2, 3]


def test_given_a_run_that_was_started_when_joined_in_an_outage_then_it_is_that_run(
    hr: ETLMonitor, run: Run, away: Outage, step
) -> None:
    with away(), hr.join_run(*HR, DAY).task(1):
        pass
    hr.journal.send()

    assert (step(1).execution_id, step(1).status) == (run.execution_id, Status.DONE)


def test_given_a_run_that_was_joined_when_joined_in_an_outage_then_it_is_that_run(
    hr: ETLMonitor, run: Run, away: Outage, opened, backend: str
) -> None:
    other = opened()
    other.join_run(*HR, DAY)
    with Outage(other, backend)():
        assert other.join_run(*HR, DAY).execution_id == run.execution_id


def test_given_runs_of_two_dates_and_processes_when_joined_in_an_outage_then_each_date_has_its_own(
    hr: ETLMonitor, away: Outage
) -> None:
    hr.register_process("CORP", "PAYROLL").register_task("CORP", "PAYROLL", 1, 1, 2, "Load pay")
    runs = {(process, day): f"{process} {day}" for process in ("HR_DAILY", "PAYROLL") for day in (DAY, "2026-04-10")}
    for (process, day), execution_id in runs.items():
        hr.start_run("CORP", process, day, execution_id=execution_id)
    with away():
        found = {(process, day): hr.join_run("CORP", process, day).execution_id for process, day in runs}

    assert found == runs


def test_given_runs_of_a_date_when_joined_in_an_outage_then_it_is_the_one_that_was_used_last(
    hr: ETLMonitor, away: Outage, clock: ManualClock
) -> None:
    for execution_id in ("z", "a"):
        hr.start_run(*HR, DAY, execution_id=execution_id, if_running="queue")
        clock.advance(60)
    with away():
        assert hr.join_run(*HR, DAY).execution_id == "a"


def test_given_a_function_that_is_tracked_when_called_in_an_outage_then_its_step_follows(
    hr: ETLMonitor, away: Outage
) -> None:
    @hr.tracked(*HR, 1, processing_date=DAY)
    def load() -> int:
        return 120

    with away():
        assert load() == 120
    hr.journal.send()

    assert [step.task_id for step in hr.get_status(*HR, DAY) if step.status is Status.DONE] == [1]


def test_given_a_name_that_was_seen_when_a_task_starts_in_an_outage_then_it_is_the_same_task(
    hr: ETLMonitor, run: Run, away: Outage, step
) -> None:
    assert run.task("Load events").task_id == 2
    with away(), run.task("Load events"):
        pass
    hr.journal.send()

    assert step(2).status is Status.DONE


def test_given_a_name_that_nobody_has_seen_when_a_task_starts_in_an_outage_then_it_raises_and_says_what_helps(
    run: Run, away: Outage
) -> None:
    with away(), pytest.raises(MonitorAway, match=r"which task of CORP/HR_DAILY is called 'Load events'. Pass its"):
        run.task("Load events")


def test_given_a_name_in_two_passes_when_seen_with_its_pass_then_the_other_pass_is_not_meant(
    hr: ETLMonitor, away: Outage
) -> None:
    hr.register_task(*HR, 7, 2, 2, "Load events")
    run = hr.start_run(*HR, DAY, execution_id="run-1")
    assert [run.task("Load events", workflow).task_id for workflow in (1, 2)] == [2, 7]
    with away():
        assert [run.task("Load events", workflow).task_id for workflow in (1, 2)] == [2, 7]
        with pytest.raises(MonitorAway):
            run.task("Load events")


def test_given_an_outage_when_a_load_looks_at_its_attempt_then_it_goes_on(away: Outage, run: Run) -> None:
    with away(), run.task(1) as task:
        assert task.attempts is None


def test_given_a_watermark_seen_before_when_a_flat_end_stages_a_value_in_an_outage_then_it_is_written(
    hr: ETLMonitor, away: Outage, run: Run
) -> None:
    with run.task(2) as task:
        task.advance(50)
    later = hr.start_run(*HR, "2026-04-10", execution_id="run-2")
    with away():
        claim = hr.start_task("run-2", *HR, 2, processing_date=later.processing_date)
        hr.end_task("run-2", *HR, 2, processing_date=later.processing_date, claim=claim, advance=60)
    hr.journal.send()

    assert hr.get_active_watermark(*HR, "LoadEvents") == 60


def test_given_a_watermark_never_seen_when_a_flat_end_stages_a_value_in_an_outage_then_it_raises(
    hr: ETLMonitor, away: Outage, run: Run
) -> None:
    with away(), pytest.raises(MonitorAway):
        hr.end_task("run-1", *HR, 2, processing_date=DAY, advance=60)

    assert hr.journal.status().lines == ()
