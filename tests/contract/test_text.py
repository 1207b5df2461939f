"""Text: whatever a user can type comes back as it was, or is cut where the contract says so."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from etl_monitor_orm import (
    ETLMonitor,
    InvalidTransition,
    NotFoundError,
    Parameter,
    Process,
    ProcessingStep,
    Run,
    SequenceStage,
    SysLog,
    Task,
    Watermark,
)

HR = ("CORP", "HR_DAILY")
DAY = date(2026, 4, 9)
RUN = ("run-1", *HR)
MEGABYTE = 1_000_000

Rows = Callable[..., list[object]]
Step = Callable[..., ProcessingStep]

AWKWARD = {
    "apostrophe": "O'Brien's load",
    "quotes": "\"double\" and ''two''",
    "backticks": "`main`.`etl`",
    "bind name": ":name and :1 and ::text",
    "percent": "%s %(name)s %% 100%",
    "question mark": "? ?? $1",
    "braces": "{0} {name} {{}}",
    "injection": '\'; DROP TABLE "etl"."ETLconfigTasks"; --',
    "comment": "-- no /* comment */ #",
    "backslash": "C:\\temp\\new \\' \\",
    "emoji": "👩‍👩‍👧‍👦 done ✅",
    "scripts": "Größe 数据 данные بيانات",
    "composed and not": "é e\u0301",
    "newlines": "one\ntwo\r\nthree\u2028four",
    "controls": "\x01\x02\t\x1b[31m\x7f\x9f",
    "edges": "  kept as it is \n",
    "byte order mark": "\ufeffx\ufffe",
    "words of SQL": "NULL",
}

TYPABLE = st.text(
    alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=80
).filter(lambda text: text.strip())
"""Any text but lone surrogates and NUL, with something to see in it."""


def everywhere(monitor: ETLMonitor, text: str) -> Run:
    """Put a text into every place that takes one, from the registration to the end of a task."""
    monitor.register_process(text, text, name=text, description=text, owner=text)
    monitor.register_sequence(10, text, name=text, description=text)
    monitor.register_parameter(text, text, text, "DELTA_ID", description=text, value_int=1)
    monitor.register_task(
        text, text, 1, 1, 10, text, source_identifier=text, source_system_code=text, task_description=text
    )
    run = monitor.start_run(text, text, DAY, execution_id=text)
    with run.task(1, source_run_id=text, cluster_id=text, log_message=text, log_code=text):
        pass
    return run


def read_everywhere(rows: Rows, text: str) -> list[str]:
    """Read that text from every place again; rows are found by it too."""
    (process,) = rows(Process, project_code=text, process_load=text)
    (stage,) = rows(SequenceStage, sequence_code=text)
    (parameter,) = rows(Parameter, project_code=text, process_load=text, parameter_name=text)
    (task,) = rows(Task, project_code=text, source_system_code=text)
    (step,) = rows(ProcessingStep, execution_id=text)
    (watermark,) = rows(Watermark, parameter_name=text)
    return [
        *(process.project_code, process.process_load),
        *(process.process_name, process.process_description, process.process_owner),
        *(stage.sequence_code, stage.sequence_name, stage.sequence_description),
        *(parameter.parameter_name, parameter.parameter_description),
        *(task.task_name, task.task_description, task.source_identifier, task.source_system_code),
        *(step.project_code, step.process_load, step.execution_id, step.task_name, step.sequence_code),
        *(step.source_system_code, step.source_run_id, step.cluster_id, step.log_message, step.log_code),
        *(watermark.parameter_name, watermark.parameter_description, watermark.linked_task_name),
    ]


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD)
def test_given_an_awkward_text_when_written_everywhere_then_it_comes_back_as_it_was(
    monitor: ETLMonitor, rows: Rows, text: str
) -> None:
    everywhere(monitor, text)
    assert set(read_everywhere(rows, text)) == {text}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TYPABLE)
def test_given_any_text_that_can_be_typed_when_written_everywhere_then_it_comes_back_as_it_was(
    monitor: ETLMonitor, rows: Rows, empty: Callable[[], None], text: str
) -> None:
    empty()
    everywhere(monitor, text)
    assert set(read_everywhere(rows, text)) == {text}


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_characters="\0"), max_size=80))
@example("undecodable \udcff byte")
def test_given_any_text_at_all_when_logged_then_it_can_be_stored(monitor: ETLMonitor, rows: Rows, text: str) -> None:
    monitor.log(text)
    assert rows(SysLog)[-1].message == text.encode("utf-8", "replace").decode("utf-8")


@pytest.mark.parametrize("text", AWKWARD.values(), ids=AWKWARD)
def test_given_an_awkward_exception_when_a_task_fails_then_its_message_is_kept(run: Run, step: Step, text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)), run.task(1):
        raise ValueError(text)
    assert step(1).log_message == f"ValueError: {text}"


@pytest.mark.parametrize("name", ["apostrophe", "percent", "braces", "emoji", "newlines"])
def test_given_awkward_codes_when_a_call_is_refused_then_its_message_names_them_on_one_line(
    monitor: ETLMonitor, refused: Callable[..., AbstractContextManager[None]], name: str
) -> None:
    run = everywhere(monitor, AWKWARD[name])
    text = " ".join(AWKWARD[name].split())
    with refused(InvalidTransition, f"task 1 (workflow 1) of {text}/{text} in run {text}"), run.task(1):
        pass


@pytest.mark.parametrize(
    "call",
    [
        lambda monitor, run_id: monitor.start_task(run_id, *HR, 1, 2, 1),
        lambda monitor, run_id: monitor.status_reset(*HR, execution_id=run_id),
        lambda monitor, run_id: monitor.runs(run_id),
    ],
    ids=["start_task", "status_reset", "runs"],
)
def test_given_a_run_that_is_unknown_when_its_id_is_awkward_then_the_refusal_is_one_line(
    hr: ETLMonitor, call: Callable[[ETLMonitor, str], object]
) -> None:
    with pytest.raises(NotFoundError) as refusal:
        call(hr, "bad\x1b[31m\nrun")
    assert "bad [31m run" in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_given_a_step_done_in_a_run_with_an_awkward_id_when_resumed_then_refusal_is_one_line(
    hr: ETLMonitor,
) -> None:
    with hr.start_run(*HR, "2026-04-09", execution_id="bad\x1b[31m\nrun").task(1):
        pass
    resumed = hr.start_run(*HR, "2026-04-09", resume=True)
    with pytest.raises(InvalidTransition) as refusal, resumed.task(1):
        pass
    assert "in run bad [31m run, and" in str(refusal.value)
    assert str(refusal.value).isprintable()


def test_given_an_actor_with_an_awkward_name_when_it_writes_then_the_name_is_kept(
    monitor: ETLMonitor, rows: Rows
) -> None:
    ETLMonitor(monitor.engine, actor="Zoë O'Hara :x %s 😀").register_process(*HR)
    assert rows(Process)[0].created_by == "Zoë O'Hara :x %s 😀"


def test_given_every_call_when_its_values_are_text_then_they_travel_as_bound_parameters(
    monitor: ETLMonitor, statements
) -> None:
    mark = "find-me-if-you-can"
    with statements.counted() as executed:
        run = everywhere(monitor, mark)
        run.pending()
        run.status()
        monitor.get_status(mark, mark, DAY)
        monitor.status_reset(mark, mark, DAY, remark=mark, replay=True)
        monitor.fail_task(mark, mark, mark, 1, log_message=mark, log_code=mark)
        monitor.get_pending_tasks(mark, mark, mark)
        monitor.advance_watermark(mark, mark, mark, new_int_value=7)
        monitor.get_active_watermark(mark, mark, mark)
        monitor.set_processing_mode(mark, mark, is_bulk_mode=True)
        monitor.log(mark, project_code=mark, operation_name=mark)
        monitor.deactivate_task(mark, mark, 1, 1).deactivate_process(mark, mark)
    assert len(executed) > 15
    assert not [sql for sql in executed if mark in sql]


# Long messages


@pytest.mark.parametrize("length", [0, 1, 1_999, 2_000])
def test_given_a_message_that_fits_when_a_step_ends_then_it_is_whole(
    hr: ETLMonitor, run: Run, step: Step, length: int
) -> None:
    message = "😀" * length
    hr.end_task(*RUN, 1, log_message=message)
    assert step(1).log_message == message


def test_given_a_megabyte_stack_trace_when_a_step_fails_then_its_head_and_last_line_are_kept(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    trace = "Traceback (most recent call last):\n" + '  File "job.py", line 7\n' * (MEGABYTE // 24) + "KeyError: 'id'"
    hr.fail_task(*RUN, 1, log_message=trace)
    kept = step(1).log_message
    assert len(kept) == 2_000
    assert kept.startswith("Traceback (most recent call last):\n  File")
    assert kept.endswith("\nKeyError: 'id'")


def test_given_a_megabyte_exception_when_a_task_fails_then_its_head_and_last_line_are_kept(
    run: Run, step: Step
) -> None:
    with pytest.raises(ValueError, match="row 0"), run.task(1):
        raise ValueError("\n".join(f"row {number}" for number in range(MEGABYTE // 8)))
    kept = step(1).log_message
    assert len(kept) == 2_000
    assert kept.startswith("ValueError: row 0\nrow 1\nrow 2\n")
    assert kept.endswith("\nrow 124999")


def test_given_trailing_blank_lines_when_a_step_fails_then_the_last_line_with_text_is_kept(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    hr.fail_task(*RUN, 1, log_message="head\n" + "body\n" * 1_000 + "KeyError: 'id'\n\n  \n")
    assert step(1).log_message.endswith("\nKeyError: 'id'")


def test_given_one_endless_line_when_a_step_fails_then_its_two_ends_are_kept(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    line = "".join(f"{number}," for number in range(200_000))
    hr.fail_task(*RUN, 1, log_message=line)
    head, tail = step(1).log_message.split("\n[…]\n")
    assert len(step(1).log_message) == 2_000
    assert line.startswith(head)
    assert line.endswith(tail)
    assert min(len(head), len(tail)) > 900


def test_given_an_endless_last_line_when_a_step_fails_then_its_two_ends_are_kept(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    hr.fail_task(*RUN, 1, log_message="head\n" + "body\n" * 1_000 + "KeyError: " + "x" * MEGABYTE + " in line 7\n")
    kept = step(1).log_message
    assert len(kept) == 2_000
    assert kept.startswith("head\nbody\n")
    assert "\nKeyError: xxx" in kept
    assert kept.endswith("xxx in line 7")


def test_given_a_message_that_ends_in_blanks_when_a_step_fails_then_the_blanks_alone_are_cut(
    hr: ETLMonitor, run: Run, step: Step
) -> None:
    hr.fail_task(*RUN, 1, log_message="head\nlast" + " " * 3_000)
    assert step(1).log_message.rstrip() == "head\nlast"


@pytest.mark.parametrize("call", ["end", "task", "reset"])
def test_given_a_long_message_when_it_is_not_of_a_failure_then_it_is_cut_alike(
    hr: ETLMonitor, run: Run, step: Step, call: str
) -> None:
    message = "head\n" + "body\n" * 1_000 + "last"
    if call == "end":
        hr.end_task(*RUN, 3, log_message=message)
    elif call == "task":
        with run.task(3) as task:
            task.log_message = message
    else:
        hr.fail_task(*RUN, 3)
        run.reset(remark=message)
    kept = step(3, 1 if call == "reset" else 0).log_message
    assert (len(kept), kept[:10], kept[-5:]) == (2_000, "head\nbody\n", "\nlast")


def test_given_a_megabyte_when_it_describes_something_then_it_comes_back_whole(monitor: ETLMonitor, rows: Rows) -> None:
    text = "it's\n" * (MEGABYTE // 5)
    monitor.register_process(*HR, description=text)
    assert rows(Process)[0].process_description == text


def test_given_a_megabyte_when_logged_then_it_comes_back_whole(monitor: ETLMonitor, rows: Rows) -> None:
    text = "it's\n" * (MEGABYTE // 5)
    monitor.log(text)
    assert rows(SysLog)[0].message == text
