"""`etl_monitor_orm.testing`: what the assertions accept, and exactly what they say otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, ManualClock, ParameterNotFound, ProcessNotFound, Run
from etl_monitor_orm.testing import assert_done, assert_failed, assert_queued, assert_watermark

Work = Callable[..., None]


def said(assertion: Callable[..., None], *arguments: object, **keywords: object) -> list[str]:
    """The lines of the message with which an assertion fails."""
    with pytest.raises(AssertionError) as caught:
        assertion(*arguments, **keywords)
    assert caught.type is AssertionError
    return str(caught.value).splitlines()


# Steps


def test_given_tasks_that_are_done_when_asserted_by_number_and_name_then_nothing_is_said(run: Run, work: Work) -> None:
    work(run, 0)
    work(run, 1)

    assert_done(run, 0, 1)
    assert_done(run, "Initiation", "Load employees")
    assert_done(run, "1.1", "0", "0.0")
    assert_queued(run, "Load events", 3)


def test_given_a_failure_when_done_is_asserted_then_the_message_shows_all_steps(
    run: Run, work: Work, fail: Work
) -> None:
    work(run, 0)
    fail(run, 1)

    assert said(assert_done, run, "Load employees", 3) == [
        "Expected DONE, but 1.1 Load employees is FAIL with 'OSError: source is down', and 1 more: "
        "run run-1 of CORP/HR_DAILY on 2026-04-09.",
        "    Task                Expected  State  Attempt  Message",
        "    0.0 Initiation                NQUE   0",
        "  > 1.1 Load employees  DONE      FAIL   0        OSError: source is down",
        "    1.2 Load events               NQUE   0",
        "  > 1.3 Build mart      DONE      NQUE   0",
    ]


def test_given_a_retry_when_its_steps_are_shown_then_each_attempt_is_the_current_one(run: Run, fail: Work) -> None:
    fail(run, 1)
    run.reset(remark="once more")

    assert said(assert_done, run, 1) == [
        "Expected DONE, but 1.1 Load employees is RQUE with 'once more': run run-1 of CORP/HR_DAILY on 2026-04-09.",
        "    Task                Expected  State  Attempt  Message",
        "    0.0 Initiation                RQUE   1        once more",
        "  > 1.1 Load employees  DONE      RQUE   1        once more",
        "    1.2 Load events               NQUE   0",
        "    1.3 Build mart                NQUE   0",
    ]
    assert_queued(run, 1)


def test_given_a_step_that_runs_when_asserted_then_it_is_neither_queued_nor_done(run: Run) -> None:
    with run.task(1):
        queued = said(assert_queued, run, 1)
        done = said(assert_done, run, 1)

    assert queued[0].startswith("Expected queued, but 1.1 Load employees is RUNNING: ")
    assert done[0].startswith("Expected DONE, but 1.1 Load employees is RUNNING: ")
    assert queued[3] == "  > 1.1 Load employees  queued    RUNNING  0"


def test_given_no_tasks_when_asserted_then_every_step_counts_for_done_and_for_queued(run: Run, work: Work) -> None:
    assert_queued(run)
    for task in range(3):
        work(run, task)

    assert said(assert_queued, run)[0].startswith("Expected queued, but 0.0 Initiation is DONE, and 2 more: run run-1")
    assert said(assert_done, run)[0].startswith("Expected DONE, but 1.3 Build mart is NQUE: run run-1")
    work(run, 3)
    assert_done(run)


def test_given_no_tasks_when_a_failure_is_asserted_then_one_step_is_enough(run: Run, work: Work, fail: Work) -> None:
    work(run, 1)
    assert said(assert_failed, run)[:2] == [
        "Expected FAIL, but no step is: run run-1 of CORP/HR_DAILY on 2026-04-09.",
        "    Task                Expected  State  Attempt  Message",
    ]

    fail(run, 2)

    assert_failed(run)
    assert_failed(run, match="source is down")
    assert said(assert_failed, run, match="disk")[0].startswith("Expected FAIL with 'disk', but no step is: ")


def test_given_a_failure_when_its_message_is_matched_then_the_expression_is_searched_in_it(
    run: Run, fail: Work
) -> None:
    fail(run, 1)

    assert_failed(run, "Load employees", match=r"^OSError: .* down$")
    assert said(assert_failed, run, 1, 2, match="disk")[:4] == [
        "Expected FAIL with 'disk', but 1.1 Load employees is FAIL with 'OSError: source is down', and 1 more: "
        "run run-1 of CORP/HR_DAILY on 2026-04-09.",
        "    Task                Expected          State  Attempt  Message",
        "    0.0 Initiation                        NQUE   0",
        "  > 1.1 Load employees  FAIL with 'disk'  FAIL   0        OSError: source is down",
    ]


def test_given_a_task_that_the_run_lacks_when_asserted_then_it_is_shown_as_missing(run: Run) -> None:
    lines = said(assert_done, run, "Load employes", 7)

    assert lines[0].startswith("Expected DONE, but there is no step 'Load employes', and 1 more: ")
    assert lines[-2:] == [
        "  > 'Load employes'     DONE      no step",
        "  > 7                   DONE      no step",
    ]


def test_given_a_process_that_never_ran_when_asserted_then_there_are_no_steps(hr: ETLMonitor) -> None:
    assert said(assert_done, hr) == ["Expected DONE, but there are no steps: CORP/HR_DAILY."]
    assert said(assert_queued, hr) == ["Expected queued, but there are no steps: CORP/HR_DAILY."]
    assert said(assert_failed, hr) == ["Expected FAIL, but there are no steps: CORP/HR_DAILY."]
    assert said(assert_done, hr, 1, processing_date="2026-04-09") == [
        "Expected DONE, but there is no step 1: CORP/HR_DAILY on 2026-04-09.",
        "    Task  Expected  State    Attempt  Message",
        "  > 1     DONE      no step",
    ]


def test_given_two_runs_of_a_date_when_each_is_asserted_then_its_own_steps_count(
    hr: ETLMonitor, run: Run, work: Work, fail: Work
) -> None:
    fail(run, 1)
    later = hr.start_run("CORP", "HR_DAILY", "2026-04-09", execution_id="run-2")
    work(later, 1)

    assert_failed(run, 1)
    assert_done(later, 1)
    assert_done(hr, 1)
    assert said(assert_failed, later, 1)[0].endswith(" is DONE: run run-2 of CORP/HR_DAILY on 2026-04-09.")


def test_given_the_same_run_on_two_dates_when_asserted_by_the_monitor_then_the_date_counts(
    hr: ETLMonitor, run: Run, work: Work
) -> None:
    work(run, 1)
    hr.start_run("CORP", "HR_DAILY", "2026-04-10", execution_id="run-1")

    assert_done(hr, 1, processing_date="2026-04-09")
    assert_queued(hr, 1)
    assert said(assert_done, hr, 1)[0].endswith(" is NQUE: CORP/HR_DAILY on 2026-04-10.")


def test_given_the_same_number_and_name_in_two_passes_when_asserted_then_they_are_told_apart(
    hr: ETLMonitor, work: Work
) -> None:
    hr.register_task("CORP", "HR_DAILY", 1, 2, 2, "Load employees")
    run = hr.start_run("CORP", "HR_DAILY", "2026-04-09", execution_id="run-1")
    work(run, 1)

    assert_done(run, 1, "1.1")
    assert_queued(run, "2.1")
    with pytest.raises(InvalidInput, match=r"'Load employees' is the name of 1\.1, 2\.1\. Write one of these"):
        assert_done(run, "Load employees")


def test_given_a_task_whose_name_is_a_number_when_asserted_then_the_name_goes_first(hr: ETLMonitor, work: Work) -> None:
    hr.register_task("CORP", "HR_DAILY", 4, 1, 2, "3")
    run = hr.start_run("CORP", "HR_DAILY", "2026-04-09")
    work(run, 4)

    assert_done(run, "3")
    assert_queued(run, 3, "1.3")


def test_given_two_processes_when_the_monitor_is_asserted_then_one_must_be_named(
    hr: ETLMonitor, run: Run, work: Work
) -> None:
    work(run, 1)
    hr.register_process("CORP", "PAYROLL").register_task("CORP", "PAYROLL", 1, 1, 2, "Load employees")
    hr.start_run("CORP", "PAYROLL", "2026-04-09", execution_id="run-1")

    assert_done(hr, 1, project_code="CORP", process_load="HR_DAILY")
    assert_queued(hr, "Load employees", project_code="CORP", process_load="PAYROLL")
    with pytest.raises(
        InvalidInput,
        match=r"2 processes are registered, such as 'CORP/HR_DAILY' and 'CORP/PAYROLL'\. Pass the run, or project_code",
    ):
        assert_done(hr, 1)


def test_given_hostile_names_and_messages_when_shown_then_each_step_is_one_plain_line(monitor: ETLMonitor) -> None:
    monitor.register_process("CO\x1b[2JRP", "HR\nExpected").register_task(
        "CO\x1b[2JRP", "HR\nExpected", 1, 1, 2, "Load\r\x1b[31m\u202e日本\n  > 1.2 forged"
    )
    run = monitor.start_run("CO\x1b[2JRP", "HR\nExpected", "2026-04-09", execution_id="run\x07\n1")
    monitor.fail_task("run\x07\n1", "CO\x1b[2JRP", "HR\nExpected", 1, log_message="a\x1b]0;b\nc" + "x" * 200)

    assert said(assert_done, run, 1) == [
        rf"Expected DONE, but 1.1 Load [31m 日本 > 1.2 forged is FAIL with 'a\x1b]0;b\nc{'x' * 92}'…: "
        "run run 1 of CO [2JRP/HR Expected on 2026-04-09.",
        "    Task                             Expected  State  Attempt  Message",
        "  > 1.1 Load [31m 日本 > 1.2 forged  DONE      FAIL   0        a ]0;b c" + "x" * 112 + "…",
    ]


def test_given_more_steps_than_fit_when_shown_then_those_that_are_wrong_come_first(monitor: ETLMonitor) -> None:
    monitor.register_process("CORP", "WIDE")
    for task in range(1, 51):
        monitor.register_task("CORP", "WIDE", task, 1, 2, f"Load {task}")
    run = monitor.start_run("CORP", "WIDE", "2026-04-09")

    lines = said(assert_done, run, 50)

    assert lines[2] == "  > 1.50 Load 50  DONE      NQUE   0"
    assert lines[3] == "    1.1 Load 1              NQUE   0"
    assert lines[-1] == "    … and 10 more"
    assert len(lines) == 43


@pytest.mark.parametrize("assertion", [assert_done, assert_failed, assert_queued])
@pytest.mark.parametrize(
    ("tasks", "words"),
    [
        ([None], "task must be a whole number, not NoneType."),
        ([True], "task must be a whole number, not bool."),
        ([1.5], "task must be a whole number, not float."),
        ([-1], "task is -1; it must be between 0 and 2147483647."),
        ([["Load employees"]], "task must be a whole number, not list."),
        ([""], "task must not be empty."),
    ],
    ids=repr,
)
def test_given_no_task_when_asserted_then_it_is_refused_in_words(
    run: Run, assertion: Callable[..., None], tasks: list[object], words: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        assertion(run, *tasks)
    assert str(caught.value) == words


def test_given_arguments_that_lead_nowhere_when_asserted_then_each_is_refused_in_words(
    hr: ETLMonitor, run: Run
) -> None:
    with pytest.raises(InvalidInput, match=r"The first argument is a str\. Pass the run, or the monitor"):
        assert_done("run-1", 1)  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match=r"A run has its process and its date\. Leave out processing_date\."):
        assert_done(run, 1, processing_date="2026-04-09")
    with pytest.raises(InvalidInput, match=r"together name a process\. Pass both, or neither\."):
        assert_done(hr, 1, project_code="CORP")
    with pytest.raises(InvalidInput, match=r"processing_date is 'today'; write a date as YYYY-MM-DD\."):
        assert_done(hr, 1, processing_date="today")
    with pytest.raises(ProcessNotFound, match="HR_DAYLY"):
        assert_done(hr, 1, project_code="CORP", process_load="HR_DAYLY")
    with pytest.raises(InvalidInput, match=r"match is '\[', which is no regular expression: .* Use re\.escape\(\)"):
        assert_failed(run, 1, match="[")
    with pytest.raises(InvalidInput, match="match must be a regular expression as text, not int"):
        assert_failed(run, 1, match=3)  # type: ignore[arg-type]


def test_given_an_empty_monitor_when_asserted_then_it_says_that_nothing_is_registered(monitor: ETLMonitor) -> None:
    with pytest.raises(InvalidInput, match="No process is registered in this monitor"):
        assert_done(monitor, 1)


# Watermarks


def test_given_watermarks_when_asserted_then_each_value_counts_by_its_type(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    clock.set("2026-04-09 08:00:00.25")
    with run.task(1):
        pass
    with run.task(2) as task:
        task.advance(12)

    assert_watermark(hr, "CORP", "HR_DAILY", "LoadEmployees", "2026-04-09 08:00:00.25")
    assert_watermark(hr, "CORP", "HR_DAILY", "LoadEmployees", "2026-04-09T10:00:00.25+02:00")
    assert_watermark(hr, "CORP", "HR_DAILY", "LoadEmployees", clock.now)
    assert_watermark(hr, "CORP", "HR_DAILY", "LoadEvents", 12)
    assert_watermark(hr, "CORP", "HR_DAILY", "SYSDT", None)


def test_given_another_value_when_asserted_then_the_message_shows_all_parameters_of_the_process(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    clock.set("2026-04-09 08:00")
    with run.task(2) as task:
        task.advance(9)
    hr.register_process("CORP", "PAYROLL").register_parameter("CORP", "PAYROLL", "LoadEvents", "FLAG", value_bit=True)

    assert said(assert_watermark, hr, "CORP", "HR_DAILY", "LoadEvents", 12) == [
        "Expected 12, but LoadEvents is 9: CORP/HR_DAILY.",
        "    Parameter      Type        Expected  Value  Last change          By      Task",
        "    LoadEmployees  DELTA_DATE            NULL   2026-01-01 06:00:00  pytest  Load employees",
        "  > LoadEvents     DELTA_ID    12        9      2026-04-09 08:00:00  pytest  Load events",
        "    SYSDT          SYSTEM                NULL   2026-01-01 06:00:00  pytest",
    ]
    assert said(assert_watermark, hr, "CORP", "PAYROLL", "LoadEvents", False)[0] == (
        "Expected false, but LoadEvents is true: CORP/PAYROLL."
    )
    assert said(assert_watermark, hr, "CORP", "HR_DAILY", "LoadEvents", None)[0] == (
        "Expected NULL, but LoadEvents is 9: CORP/HR_DAILY."
    )
    assert said(assert_watermark, hr, "CORP", "HR_DAILY", "LoadEmployees", "2026-04-09")[0] == (
        "Expected 2026-04-09 00:00:00, but LoadEmployees is NULL: CORP/HR_DAILY."
    )


def test_given_values_that_do_not_fit_when_asserted_then_each_is_refused_in_words(hr: ETLMonitor) -> None:
    with pytest.raises(
        InvalidInput, match="Parameter LoadEvents is a DELTA_ID: value must be a whole number, not bool"
    ):
        assert_watermark(hr, "CORP", "HR_DAILY", "LoadEvents", True)
    with pytest.raises(InvalidInput, match="Parameter LoadEmployees is a DELTA_DATE: value must be a datetime"):
        assert_watermark(hr, "CORP", "HR_DAILY", "LoadEmployees", 9)
    with pytest.raises(ParameterNotFound, match="Parameter LoadEvent of CORP/HR_DAILY is not registered"):
        assert_watermark(hr, "CORP", "HR_DAILY", "LoadEvent", 9)
    with pytest.raises(ProcessNotFound):
        assert_watermark(hr, "CORP", "HR_DAYLY", "LoadEvents", 9)
    with pytest.raises(InvalidInput, match=r"The first argument is a Run\. Pass the monitor\."):
        assert_watermark(hr.start_run("CORP", "HR_DAILY"), "CORP", "HR_DAILY", "LoadEvents", 9)  # type: ignore[arg-type]
