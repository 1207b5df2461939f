"""The errors: one family, whose types say what a caller may do, and whose attributes say what they are about."""

from __future__ import annotations

import inspect
import pickle
import subprocess
import sys
from datetime import date

import pytest

from etl_monitor_orm import errors
from etl_monitor_orm.errors import EtlMonitorError
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.vocabulary import Status

FAMILY = {
    "EtlMonitorError": {"Exception"},
    "Retryable": {"EtlMonitorError"},
    "ConfigurationError": {"EtlMonitorError"},
    "DatabaseLocked": {"ConfigurationError", "Retryable"},
    "DatabaseGone": {"ConfigurationError"},
    "JournalError": {"ConfigurationError"},
    "MonitorAway": {"Retryable"},
    "RequestInProgress": {"Retryable"},
    "DatabaseError": {"EtlMonitorError"},
    "ConflictError": {"Retryable"},
    "ConnectionBroken": {"Retryable"},
    "SchemaError": {"EtlMonitorError"},
    "SchemaMissing": {"SchemaError"},
    "SchemaOutOfDate": {"SchemaError"},
    "InvalidInput": {"EtlMonitorError", "ValueError"},
    "KeyReused": {"InvalidInput"},
    "NotFoundError": {"EtlMonitorError"},
    "TokenNotFound": {"NotFoundError"},
    "ProcessNotFound": {"NotFoundError"},
    "TaskNotFound": {"NotFoundError"},
    "StageNotFound": {"NotFoundError"},
    "ParameterNotFound": {"NotFoundError"},
    "StepNotFound": {"NotFoundError"},
    "InvalidTransition": {"EtlMonitorError"},
    "StepNotQueued": {"InvalidTransition", "StepNotFound"},
    "StepSkipped": {"InvalidTransition"},
    "ProcessInactive": {"InvalidTransition"},
    "RunInProgress": {"InvalidTransition"},
    "RunFailed": {"EtlMonitorError"},
}

STEP = StepKey(RunKey(ProcessKey("CORP", "HR_DAILY"), "run-1", date(2026, 4, 9)), 1, 1, 2, 0)

each = pytest.mark.parametrize(
    "kind",
    [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, EtlMonitorError)],
    ids=lambda kind: kind.__name__,
)


def test_given_the_module_when_its_errors_are_listed_then_they_are_this_family() -> None:
    found = {
        name: {parent.__name__ for parent in kind.__bases__}
        for name, kind in inspect.getmembers(errors, inspect.isclass)
        if issubclass(kind, Exception)
    }
    assert found == FAMILY


@each
def test_error_raised_without_words_says_its_default_which_begins_as_its_docstring(kind: type[EtlMonitorError]) -> None:
    documented = inspect.getdoc(kind)
    assert documented is not None
    assert "default_message" in vars(kind)
    assert str(kind()).startswith(documented.splitlines()[0])


@each
def test_error_about_a_step_when_pickled_keeps_its_words_and_what_it_is_about(kind: type[EtlMonitorError]) -> None:
    error = kind("no", step=STEP, stage=2, parameter="P", state=Status.DONE, asked="start")
    error.add_note("from a worker")

    copy = pickle.loads(pickle.dumps(error))

    assert type(copy) is kind
    assert str(copy) == "no"
    assert vars(copy) == vars(error)


def test_error_about_a_step_when_made_then_it_names_the_step_s_run_task_and_process() -> None:
    error = EtlMonitorError("no", step=STEP)

    assert (error.step, error.run, error.task) == (STEP, STEP.run, STEP.task)
    assert error.process == ProcessKey("CORP", "HR_DAILY")


def test_error_about_a_task_when_made_then_it_names_the_task_s_process_and_no_step() -> None:
    error = EtlMonitorError("no", task=STEP.task)

    assert (error.process, error.run, error.step, error.state) == (STEP.run.process, None, None, None)


def test_errors_that_are_retryable_are_those_after_which_the_same_call_may_go_through() -> None:
    family = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, EtlMonitorError)]

    assert {kind.__name__ for kind in family if issubclass(kind, errors.Retryable)} == {
        "Retryable",
        "ConflictError",
        "ConnectionBroken",
        "DatabaseLocked",
        "MonitorAway",
        "RequestInProgress",
    }


@each
def test_given_an_error_when_raised_with_words_then_they_are_its_message(kind: type[EtlMonitorError]) -> None:
    assert str(kind("task 1 of CORP/HR_DAILY")) == "task 1 of CORP/HR_DAILY"


@each
def test_given_an_error_when_imported_from_the_package_then_it_is_public(kind: type[EtlMonitorError]) -> None:
    import etl_monitor_orm

    assert getattr(etl_monitor_orm, kind.__name__) is kind


@pytest.mark.parametrize("kind", [errors.SchemaMissing, errors.SchemaOutOfDate])
def test_given_tables_that_do_not_fit_when_refused_then_the_message_gives_the_command(
    kind: type[EtlMonitorError],
) -> None:
    assert "etl-monitor db upgrade" in str(kind())
    assert "monitor.setup()" in str(kind())


def test_error_raised_without_words_when_python_strips_docstrings_says_the_same() -> None:
    script = "from etl_monitor_orm import SchemaMissing as error; print(error.__doc__, error())"
    told = subprocess.run([sys.executable, "-OO", "-c", script], capture_output=True, text=True, check=True).stdout

    assert told == f"None {errors.SchemaMissing()}\n"
