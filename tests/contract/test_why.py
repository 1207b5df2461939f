"""`why`: the first cause, what it blocks, what changed, the same error before, the next command; each with its row."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, date, datetime

import pytest

from etl_monitor_orm import ETLMonitor, Explanation, ManualClock, ProcessNotFound, Run

HR = ("CORP", "HR_DAILY")
FIRST, SECOND, THIRD = date(2026, 4, 7), date(2026, 4, 8), date(2026, 4, 9)
SHUT = "ConnectionError: gate {} is shut\nsecond line"

Refused = Callable[..., AbstractContextManager[None]]


def morning(clock: ManualClock, day: date) -> None:
    clock.set(datetime(day.year, day.month, day.day, 6, tzinfo=UTC))


def fail(monitor: ETLMonitor, clock: ManualClock, day: date, task: int, message: str, run: str = "run-1") -> None:
    monitor.start_task(run, *HR, task, processing_date=day)
    clock.advance(60)
    monitor.fail_task(run, *HR, task, processing_date=day, log_message=message)


def all_done(run: Run, clock: ManualClock, *tasks: int) -> None:
    for task in tasks:
        with run.task(task):
            clock.advance(10)


@pytest.fixture
def days(hr: ETLMonitor, clock: ManualClock, prepare: Callable[..., None]) -> ETLMonitor:
    """First day: gate 1 was shut, until a reset. Second day: all was well. Third day: an option fails, then gate 3."""

    def live() -> None:
        morning(clock, FIRST)
        run = hr.start_run(*HR, FIRST, execution_id="run-1")
        all_done(run, clock, 0)
        fail(hr, clock, FIRST, 1, SHUT.format(1))
        clock.advance(3600)
        run.reset(remark="the gate is open")
        all_done(run, clock, 0, 1, 2, 3)
        morning(clock, SECOND)
        all_done(hr.start_run(*HR, SECOND, execution_id="run-1"), clock, 0, 1, 2, 3)
        morning(clock, THIRD)
        all_done(hr.start_run(*HR, THIRD, execution_id="run-1"), clock, 0)
        fail(hr, clock, THIRD, 2, "no events")
        fail(hr, clock, THIRD, 1, SHUT.format(3))

    prepare(live)
    return hr


def step(day: date, task: int, attempts: int = 0, sequence: int = 2) -> dict[str, str | int]:
    place = {"ProcessingDate": f"{day}", "ProjectCode": "CORP", "ProcessLoad": "HR_DAILY", "ExecutionID": "run-1"}
    return {**place, "WorkFlowID": 1, "TaskID": task, "SequenceID": sequence, "Attempts": attempts}


def only(found: list[Explanation], kind: str) -> Explanation:
    (one,) = [finding for finding in found if finding.kind == kind]
    return one


def sentences(found: list[Explanation], kind: str) -> list[str]:
    return [finding.sentence for finding in found if finding.kind == kind]


def test_why_of_a_failure_tells_its_findings_in_order(days: ETLMonitor) -> None:
    assert [finding.kind for finding in days.why(*HR)] == [
        *("state", "cause", "also", "blocks", "good", "changed", "before", "ended", "next"),
    ]


def test_why_says_how_the_process_stands(days: ETLMonitor) -> None:
    state = only(days.why(*HR), "state")

    assert state.sentence == "CORP/HR_DAILY on 2026-04-09 is FAILED: 0 done, 2 failed, 2 pending, of these 0 running."
    assert (state.table, state.key["ProcessingDate"]) == ("v_processStatus", "2026-04-09")


def test_first_cause_is_the_failure_that_blocks_and_not_the_earlier_one_that_does_not(days: ETLMonitor) -> None:
    cause = only(days.why(*HR), "cause")

    assert cause.sentence == (
        "Task 1.1 Load employees failed first: attempt 0, at 2026-04-09 06:02:10 UTC after 60 seconds: "
        "ConnectionError: gate 3 is shut"
    )
    assert (cause.table, cause.key) == ("ETLProcessingSteps", step(THIRD, 1))


def test_first_cause_of_two_that_block_is_the_one_that_ended_first(days: ETLMonitor, clock: ManualClock) -> None:
    fail(days, clock, THIRD, 3, "later")

    found = days.why(*HR)
    assert (only(found, "cause").key["TaskID"], [one.key["TaskID"] for one in found if one.kind == "also"]) == (
        1,
        [3, 2],
    )


def test_what_the_cause_blocks_is_the_waiting_step_of_a_later_stage(days: ETLMonitor) -> None:
    blocked = only(days.why(*HR), "blocks")

    assert (blocked.sentence, blocked.key) == ("Task 1.3 Build mart waits for it.", step(THIRD, 3, sequence=6))


def test_step_that_is_skipped_or_deactivated_waits_for_nothing(days: ETLMonitor) -> None:
    days.deactivate_task(*HR, 3, 1)

    assert sentences(days.why(*HR), "blocks") == ["Nothing is left that waits for it."]


def test_several_steps_that_wait_are_counted(days: ETLMonitor, clock: ManualClock) -> None:
    days.register_task(*HR, 4, 1, 6, "Publish")
    day = date(2026, 4, 10)
    morning(clock, day)
    days.start_run(*HR, day, execution_id="run-1")
    fail(days, clock, day, 1, "x")

    assert sentences(days.why(*HR), "blocks") == ["Task 1.3 Build mart, and 1 more wait for it."]


def test_optional_failure_alone_is_the_cause_and_blocks_nothing(days: ETLMonitor, clock: ManualClock) -> None:
    run = days.get_run("run-1", *HR, THIRD)
    days.status_reset(*HR, THIRD, task_id=1)
    all_done(run, clock, 0, 1, 3)

    found = days.why(*HR)
    assert only(found, "cause").key["TaskID"] == 2
    assert sentences(found, "blocks") == ["Nothing waits for it: its failure does not block the run."]


def test_optional_failure_beside_a_step_that_runs_or_waits_is_told_after_that_step(
    days: ETLMonitor, clock: ManualClock
) -> None:
    run = days.start_run(*HR, "2026-04-21", execution_id="run-21")
    with run.task(0):
        clock.advance(1)
    with suppress(OSError), run.task(2):
        raise OSError("no feed")

    def told() -> list[tuple[str, str]]:
        return [(one.kind, one.sentence) for one in days.why(*HR, "2026-04-21")]

    waits = told()
    assert [kind for kind, _ in waits] == ["state", "cause", "also", "next"]
    assert waits[1][1].startswith("Task 1.1")
    assert "waits" in waits[1][1]
    assert waits[2][1].startswith("Task 1.2")
    assert "failed, which blocks nothing" in waits[2][1]
    days.start_task("run-21", *HR, 1, processing_date="2026-04-21")
    runs = told()
    assert "has been running since" in runs[1][1]
    assert runs[2] == waits[2]


def test_last_good_run_is_the_latest_date_before_that_was_complete(days: ETLMonitor) -> None:
    good = only(days.why(*HR), "good")

    assert (good.key["ProcessingDate"], "2026-04-08 06:00:40 UTC" in good.sentence) == ("2026-04-08", True)


def test_why_without_a_good_run_before_says_so(days: ETLMonitor, clock: ManualClock) -> None:
    day = date(2026, 4, 1)
    days.start_run(*HR, day, execution_id="run-0")
    fail(days, clock, day, 1, "x", "run-0")

    assert "no good run" in only(days.why(*HR, day), "good").sentence


def test_what_changed_between_the_good_run_and_the_failure_is_told_with_its_row(
    hr: ETLMonitor, days: ETLMonitor, clock: ManualClock
) -> None:
    clock.set("2026-04-08 12:00")
    days.register_task(*HR, 1, 1, 2, "Load employees", source_identifier="pl_new")
    clock.set("2026-04-08 13:00")
    days.advance_watermark(*HR, "LoadEvents", new_int_value=9)
    clock.set("2026-04-08 14:00")
    days.register_task(*HR, 5, 1, 2, "New")
    clock.set("2026-04-09 12:00")
    days.register_task(*HR, 3, 1, 6, "Build mart", source_identifier="too late to matter")

    changed = [finding for finding in days.why(*HR) if finding.kind == "changed"]
    assert [(one.sentence, one.table) for one in changed] == [
        ("Task 1.5 New was registered at 2026-04-08 14:00:00 UTC.", "ETLconfigTasks"),
        ("Parameter LoadEvents was set by hand at 2026-04-08 13:00:00 UTC by pytest.", "ETLconfigParameters"),
        ("The registration of task 1.1 Load employees changed at 2026-04-08 12:00:00 UTC by pytest.", "ETLconfigTasks"),
    ]
    assert changed[2].key == {"TaskID": 1, "ProjectCode": "CORP", "ProcessLoad": "HR_DAILY", "WorkFlowID": 1}


def test_watermark_that_a_step_moved_by_being_done_is_no_change(days: ETLMonitor, clock: ManualClock) -> None:
    morning(clock, date(2026, 4, 10))
    run = days.start_run(*HR, "2026-04-10", execution_id="run-1")
    with run.task(2) as task:
        clock.advance(60)
        task.advance(9)
    fail(days, clock, date(2026, 4, 10), 1, "x", "run-1")

    assert days.get_active_watermark(*HR, "LoadEvents") == 9
    assert not [words for words in sentences(days.why(*HR), "changed") if "LoadEvents" in words]


def test_step_that_was_queued_with_something_else_than_in_the_good_run_is_told(
    days: ETLMonitor, clock: ManualClock
) -> None:
    days.register_task(*HR, 1, 1, 2, "Load employees", expected_duration_seconds=30)
    day = date(2026, 4, 10)
    morning(clock, day)
    days.start_run(*HR, day, execution_id="run-1")
    fail(days, clock, day, 1, "x")

    (last,) = [one for one in days.why(*HR) if one.kind == "changed" and one.table == "ETLProcessingSteps"]
    assert last.sentence == "ExpectedDurationSeconds of the task was empty in the last good run, and is 30."
    assert last.key == step(SECOND, 1)


def test_nothing_changed_is_said_too(days: ETLMonitor) -> None:
    (words,) = sentences(days.why(*HR), "changed")

    assert words.startswith("Nothing that the monitor knows of changed")


def test_same_error_before_is_found_though_its_numbers_differ_and_what_ended_it(days: ETLMonitor) -> None:
    found = days.why(*HR)
    before, ended = only(found, "before"), only(found, "ended")

    assert (before.key, ended.key) == (step(FIRST, 1), step(FIRST, 1, attempts=1))
    assert (
        before.sentence
        == "It failed with the same error before, in attempt 0 on 2026-04-07, at 2026-04-07 06:01:10 UTC."
    )
    assert ended.sentence.startswith("That ended with attempt 1, DONE at 2026-04-07 07:01:30 UTC by pytest")


def test_another_error_before_is_not_the_same(days: ETLMonitor, clock: ManualClock) -> None:
    day = date(2026, 4, 10)
    morning(clock, day)
    days.start_run(*HR, day, execution_id="run-1")
    fail(days, clock, day, 1, "PermissionError: gate 3 is shut")

    found = days.why(*HR)
    assert "has not failed with this error" in only(found, "before").sentence
    assert sentences(found, "ended") == []


def test_same_error_of_another_task_or_process_is_not_the_same(days: ETLMonitor, clock: ManualClock) -> None:
    other = ("CORP", "HR_DAILX")
    days.register_process(*other).register_task(*other, 1, 1, 2, "Load")
    days.start_run(*other, THIRD, execution_id="run-1")
    days.fail_task("run-1", *other, 1, processing_date=THIRD, log_message=SHUT.format(9))

    assert "has not failed with this error" in only(days.why(*other), "before").sentence


def test_same_error_before_that_nobody_ended_is_told_so(days: ETLMonitor, clock: ManualClock) -> None:
    day = date(2026, 4, 10)
    morning(clock, day)
    days.start_run(*HR, day, execution_id="run-1")
    fail(days, clock, day, 1, SHUT.format(4))

    found = days.why(*HR)
    assert only(found, "before").key == step(THIRD, 1)
    assert only(found, "ended").sentence == "That did not end: the step was not queued again on its date."


def test_next_command_resets_what_failed_and_is_ready_for_a_shell(days: ETLMonitor) -> None:
    assert only(days.why(*HR), "next").sentence == "etl-monitor reset CORP HR_DAILY --date 2026-04-09"


def test_why_of_a_process_that_runs_names_the_step_that_runs_longest(days: ETLMonitor, clock: ManualClock) -> None:
    day = date(2026, 4, 10)
    morning(clock, day)
    days.start_run(*HR, day, execution_id="run-1")
    days.start_task("run-1", *HR, 2, processing_date=day)
    clock.advance(30)
    days.start_task("run-1", *HR, 1, processing_date=day)
    clock.advance(60)

    found = days.why(*HR)
    assert [finding.kind for finding in found] == ["state", "cause", "next"]
    assert found[1].sentence.startswith(
        "Task 1.2 Load events has been running since 2026-04-10 06:00:00 UTC, for 90 seconds"
    )
    assert found[2].sentence == "etl-monitor tasks CORP HR_DAILY --date 2026-04-10"


def test_why_of_a_step_that_has_gone_quiet_leads_to_the_stale_ones(days: ETLMonitor, clock: ManualClock) -> None:
    day = date(2026, 4, 10)
    morning(clock, day)
    days.start_run(*HR, day, execution_id="run-1")
    days.start_task("run-1", *HR, 2, processing_date=day)
    clock.advance(3601)

    assert only(days.why(*HR), "next").sentence == "etl-monitor stale CORP HR_DAILY"
    clock.set("2026-07-01")
    assert only(days.why(*HR), "next").sentence == "etl-monitor stale CORP HR_DAILY --since 2026-04-10"


def test_why_of_a_process_that_waits_names_the_first_step_that_may_start(days: ETLMonitor, clock: ManualClock) -> None:
    day = date(2026, 4, 10)
    morning(clock, day)
    days.start_run(*HR, day, execution_id="run-1")

    found = days.why(*HR)
    assert found[1].sentence.startswith("Task 0.0 Initiation waits, and nobody has started it")
    assert found[2].sentence == "etl-monitor run ready CORP HR_DAILY --run run-1 --date 2026-04-10"


def test_why_of_a_process_that_is_complete_is_its_state_alone(days: ETLMonitor) -> None:
    assert [finding.kind for finding in days.why(*HR, SECOND)] == ["state"]


def test_why_of_a_date_without_a_run_leads_to_the_start_of_one(days: ETLMonitor) -> None:
    found = days.why(*HR, "2026-03-01")

    assert [finding.sentence for finding in found] == [
        "CORP/HR_DAILY has not run on 2026-03-01.",
        "etl-monitor run start CORP HR_DAILY --date 2026-03-01",
    ]
    assert {finding.table for finding in found} == {"ETLconfigProcess"}


def test_why_of_a_process_that_was_deactivated_says_so(days: ETLMonitor) -> None:
    days.deactivate_process(*HR)

    found = days.why(*HR, "2026-03-01")
    assert [finding.kind for finding in found] == ["state", "cause"]
    assert "deactivated" in found[1].sentence


def test_why_of_an_unknown_process_is_refused(days: ETLMonitor, refused: Refused) -> None:
    with refused(ProcessNotFound, "CORP/PAYROLL"):
        days.why("CORP", "PAYROLL")


def test_finding_as_text_is_its_sentence_and_its_row(days: ETLMonitor) -> None:
    assert str(only(days.why(*HR), "blocks")) == (
        "Task 1.3 Build mart waits for it. [ETLProcessingSteps ProcessingDate=2026-04-09 ProjectCode=CORP "
        "ProcessLoad=HR_DAILY ExecutionID=run-1 WorkFlowID=1 TaskID=3 SequenceID=6 Attempts=0]"
    )


def test_names_and_messages_in_findings_are_one_line_each(monitor: ETLMonitor, clock: ManualClock) -> None:
    evil = "x\x1b[2J\nAll is fine"
    process = (evil, evil)
    monitor.register_process(*process).register_task(*process, 1, 1, 2, evil)
    monitor.start_run(*process, THIRD, execution_id=evil)
    monitor.fail_task(evil, *process, 1, processing_date=THIRD, log_message="\n\n" + evil)

    for finding in monitor.why(*process):
        assert finding.kind == "next" or finding.sentence.isprintable()
        assert finding.place.isprintable()
