"""Which run and which task a call means while the monitor is away: what this machine last saw, and nothing guessed."""

from __future__ import annotations

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    EtlMonitorError,
    ManualClock,
    MonitorAway,
    Run,
    SchemaOutOfDate,
    Status,
    SysLog,
    Task,
)
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


@pytest.mark.parametrize("how", ["flat", "handle"])
@pytest.mark.parametrize("value", [60, "60"])
def test_given_a_watermark_never_seen_when_a_value_is_staged_in_an_outage_then_it_is_written_in_the_end(
    hr: ETLMonitor, away: Outage, run: Run, how: str, value: object, step
) -> None:
    with away():
        if how == "flat":
            hr.end_task("run-1", *HR, 2, processing_date=DAY, advance=value)
        else:
            with run.task(2) as task:
                task.advance(value)
    hr.journal.send()

    assert (step(2).status, step(2).log_message) == (Status.DONE, None)
    assert hr.get_active_watermark(*HR, "LoadEvents") == 60


@pytest.mark.parametrize(
    ("task_id", "value", "why"),
    [
        (2, "2026-04-09 06:00", "is a DELTA_ID"),
        (1, 60, "is a DELTA_DATE"),
        (2, 5, "5 is before it"),
        (3, 60, "has no watermark to advance"),
    ],
)
def test_given_a_watermark_never_seen_when_a_value_does_not_fit_it_then_it_is_dropped_and_the_step_says_so(
    hr: ETLMonitor, away: Outage, run: Run, task_id: int, value: object, why: str, step
) -> None:
    hr.advance_watermark(*HR, "LoadEvents", new_int_value=40)
    with away(), run.task(task_id) as task:
        task.advance(value)
        task.log_message = "120 rows"
    hr.journal.send()

    assert step(task_id).status is Status.DONE
    first, second = step(task_id).log_message.splitlines()
    assert first == "120 rows"
    assert second.startswith("The staged watermark ")
    assert why in second
    assert hr.get_active_watermark(*HR, "LoadEvents") == 40


@pytest.mark.parametrize("how", ["flat", "handle"])
def test_given_a_watermark_never_seen_when_it_is_held_in_an_outage_then_it_stays(
    hr: ETLMonitor, away: Outage, run: Run, how: str
) -> None:
    with away():
        if how == "flat":
            hr.end_task("run-1", *HR, 1, processing_date=DAY, hold=True)
        else:
            with run.task(1) as task:
                task.hold()
    hr.journal.send()

    assert hr.get_active_watermark(*HR, "LoadEmployees") is None


def test_given_an_outage_that_is_over_when_the_task_ends_then_a_value_staged_in_it_is_written(
    hr: ETLMonitor, away: Outage, run: Run
) -> None:
    with run.task(2) as task, away():
        task.advance(60)

    assert hr.get_active_watermark(*HR, "LoadEvents") == 60


@pytest.mark.parametrize("at_once", [True, False])
def test_given_a_name_that_this_machine_registered_when_a_task_starts_in_an_outage_then_it_is_that_task(
    hr: ETLMonitor, away: Outage, run: Run, at_once: bool
) -> None:
    task = {"project_code": HR[0], "process_load": HR[1], "task_id": 9, "workflow_id": 2, "sequence_id": 2}
    with away():
        if at_once:
            hr.register([Task(**task, task_name="Load cars")])
        else:
            hr.register_task(*HR, 9, 2, 2, "Load cars")
        handle = run.task("Load cars")

    assert (handle.workflow_id, handle.task_id) == (2, 9)


def test_given_a_name_that_this_machine_registered_twice_when_a_task_starts_in_an_outage_then_none_is_guessed(
    hr: ETLMonitor, away: Outage, run: Run
) -> None:
    for workflow in (1, 2):
        hr.register_task(*HR, 9, workflow, 2, "Load cars")
    with away():
        assert run.task("Load cars", 2).workflow_id == 2
        with pytest.raises(MonitorAway):
            run.task("Load cars")


def test_given_a_task_that_was_renamed_when_it_starts_in_an_outage_then_its_old_name_means_nothing(
    hr: ETLMonitor, away: Outage, run: Run
) -> None:
    hr.register_task(*HR, 9, 1, 2, "Load cars").register_task(*HR, 9, 1, 2, "Load lorries")
    hr.register_task("CORP", "HR_DAILY", 8, 1, 2, "Load cars")
    with away():
        assert [run.task(name).task_id for name in ("Load lorries", "Load cars")] == [9, 8]


def test_given_an_outage_when_a_pipeline_begins_with_setup_then_it_goes_on(
    hr: ETLMonitor, opened, backend: str, rows
) -> None:
    other = opened()
    with Outage(other, backend)():
        other.setup().log("kept")
    other.journal.send()

    assert [line.message for line in rows(SysLog)] == ["kept"]


def test_given_an_outage_when_the_default_is_raise_then_setup_raises(hr: ETLMonitor, opened, backend: str) -> None:
    other = opened(when_away=None, journal=None)
    with Outage(other, backend)(), pytest.raises(EtlMonitorError):
        other.setup()


def test_given_wrong_tables_when_set_up_with_a_journal_then_it_raises_as_ever(
    hr: ETLMonitor, opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    def newer(*about: object, **more: object) -> None:
        raise SchemaOutOfDate("The tables are newer.")

    monkeypatch.setattr("etl_monitor_orm.migrations.upgrade", newer)
    with pytest.raises(SchemaOutOfDate):
        opened().setup()
