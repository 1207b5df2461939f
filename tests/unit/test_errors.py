"""The errors: one family, whose types say what a caller may do, and whose docstrings are their messages."""

from __future__ import annotations

import inspect

import pytest

from etl_monitor_orm import errors
from etl_monitor_orm.errors import EtlMonitorError

FAMILY = {
    "EtlMonitorError": {"Exception"},
    "Retryable": {"EtlMonitorError"},
    "ConfigurationError": {"EtlMonitorError"},
    "DatabaseLocked": {"ConfigurationError"},
    "DatabaseError": {"EtlMonitorError"},
    "ConflictError": {"Retryable"},
    "ConnectionBroken": {"Retryable"},
    "SchemaError": {"EtlMonitorError"},
    "SchemaMissing": {"SchemaError"},
    "SchemaOutOfDate": {"SchemaError"},
    "InvalidInput": {"EtlMonitorError", "ValueError"},
    "NotFoundError": {"EtlMonitorError"},
    "ProcessNotFound": {"NotFoundError"},
    "TaskNotFound": {"NotFoundError"},
    "StageNotFound": {"NotFoundError"},
    "ParameterNotFound": {"NotFoundError"},
    "StepNotFound": {"NotFoundError"},
    "InvalidTransition": {"EtlMonitorError"},
    "StepNotQueued": {"InvalidTransition", "StepNotFound"},
    "ProcessInactive": {"InvalidTransition"},
}

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
def test_given_an_error_when_raised_without_words_then_its_docstring_is_its_message(
    kind: type[EtlMonitorError],
) -> None:
    assert str(kind()) == inspect.getdoc(kind)


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
