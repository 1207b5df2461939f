"""The widgets of notebooks: one set of names, each an argument of the calls that report."""

from __future__ import annotations

import inspect

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput
from etl_monitor_orm.widgets import NAMES, Given

REPORTS = (ETLMonitor.start_task, ETLMonitor.end_task, ETLMonitor.fail_task)
STEP = {"execution_id": "run-1", "project_code": "CORP", "process_load": "HR_DAILY", "task_id": "1"}


def test_given_the_widgets_then_each_is_an_argument_of_a_call_that_reports() -> None:
    arguments = {name for call in REPORTS for name in inspect.signature(call).parameters}

    assert set(NAMES) <= arguments


@pytest.mark.parametrize("call", REPORTS)
def test_given_a_step_when_a_call_is_to_be_made_then_it_gets_what_it_takes_and_no_more(call) -> None:
    given = Given({**STEP, "log_code": "X", "claim": "0@2026-04-09"})

    takes = inspect.signature(call).parameters
    assert given.of(call) == {name: value for name, value in given.items() if name in takes}
    assert given.of(call).items() >= STEP.items()


def test_given_an_empty_widget_that_a_call_needs_when_it_is_made_then_the_error_names_both() -> None:
    with pytest.raises(InvalidInput, match=r"^The widget task_id is empty, and start_task needs a value\."):
        Given({name: value for name, value in STEP.items() if name != "task_id"}).of(ETLMonitor.start_task)


def test_given_what_is_filled_in_when_shown_then_no_value_is() -> None:
    assert repr(Given({"log_message": "secret", "task_id": "1"})) == "<Given log_message, task_id>"
