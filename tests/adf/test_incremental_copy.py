"""A copy from the watermark on: what the Lookups say of the real view and the source, and what the Copy then reads."""

from __future__ import annotations

from typing import Any

import pytest

from etl_monitor_orm import ETLMonitor
from tests.adf.conftest import HR
from tests.adf.factory import Factory, Outcome
from tests.adf.services import Services

BACKENDS = ("duckdb", "databricks")
"""Where the Lookup's text is as it stands. PostgreSQL keeps the case of quoted names only: docs/data-factory.md."""

ALL, NEW = [1, 2, 3], [3]
EMPLOYEES = {"parameter_name": "LoadEmployees", "source_table": "dbo.Employees", "watermark_column": "ModifiedOn"}
EVENTS = {"parameter_name": "LoadEvents", "source_table": "dbo.Employees", "watermark_column": "EmployeeID"}


def _copy(factory: Factory, services: Services, **given: str) -> Outcome:
    return factory.run("incremental-copy", {**HR, **EMPLOYEES, **given}, services)


def _read(services: Services) -> list[list[Any]]:
    return [sorted(row[0] for row in rows) for rows in services.copied]


def _queries(services: Services) -> list[str]:
    asked = [*services.named("incremental-copy.Bound"), *services.named("incremental-copy.Copy")]
    return [each.properties["source"]["sqlReaderQuery"] for each in asked]


def test_given_a_watermark_without_a_value_when_it_is_looked_up_then_all_rows_are_copied(
    factory: Factory, services: Services
) -> None:
    outcome = _copy(factory, services)

    assert (outcome.error, _read(services)) == (None, [ALL])


def test_given_a_time_when_it_is_looked_up_then_the_rows_after_it_are_copied(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    corp.advance_watermark(**HR, parameter_name="LoadEmployees", new_datetime_value="2026-01-01 06:00:00")

    _copy(factory, services)

    assert _read(services) == [NEW]


@pytest.mark.parametrize(
    ("read_to", "after"),
    [
        ("2026-01-01 05:59:59.999999", "2026-01-01 05:59:59.9999999"),
        ("2026-01-01 05:59:59.5", "2026-01-01 05:59:59.5000009"),
        ("2026-01-01 05:59:59", "2026-01-01 05:59:59.0000009"),
    ],
)
def test_given_a_time_when_rows_are_copied_then_the_rest_of_its_microsecond_counts_as_read(
    factory: Factory, services: Services, corp: ETLMonitor, read_to: str, after: str
) -> None:
    corp.advance_watermark(**HR, parameter_name="LoadEmployees", new_datetime_value=read_to)

    _copy(factory, services)

    new = f"FROM dbo.Employees WHERE ModifiedOn > CAST('{after}' AS datetime2)"
    assert _queries(services) == [
        f"SELECT COALESCE(CAST(CAST(MAX(ModifiedOn) AS datetime2) AS varchar(33)), '') AS Bound {new}",
        f"SELECT * {new} AND ModifiedOn <= CAST('2026-02-01 00:00:00' AS datetime2)",
    ]
    assert _read(services) == [[2, 3]]


def test_given_a_number_when_it_is_looked_up_then_the_rows_above_it_are_copied(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    corp.advance_watermark(**HR, parameter_name="LoadEvents", new_int_value=2)

    _copy(factory, services, **EVENTS)

    assert _read(services) == [NEW]
    assert _queries(services)[1] == "SELECT * FROM dbo.Employees WHERE EmployeeID > 2 AND EmployeeID <= 3"


@pytest.mark.parametrize("watermark", [EMPLOYEES, EVENTS], ids=["time", "number"])
def test_given_rows_that_change_during_the_copy_when_it_reads_then_the_next_copy_has_them(
    factory: Factory, services: Services, watermark: dict[str, str]
) -> None:
    def changed(activity: Any) -> Any:
        services.source.execute("INSERT INTO dbo.Employees VALUES (4, '2026-03-01')")
        return services.really(activity)

    services.instead("incremental-copy.Copy", changed)

    _copy(factory, services, **watermark)

    assert _read(services) == [ALL]


@pytest.mark.parametrize("watermark", [EMPLOYEES, EVENTS], ids=["time", "number"])
def test_given_no_new_rows_when_a_copy_is_asked_for_then_nothing_is_copied(
    factory: Factory, services: Services, watermark: dict[str, str]
) -> None:
    services.source.execute("DELETE FROM dbo.Employees")

    outcome = _copy(factory, services, **watermark)

    assert (outcome.error, services.copied) == (None, [])


@pytest.mark.parametrize("watermark", [EMPLOYEES, EVENTS], ids=["time", "number"])
def test_given_bulk_mode_when_the_watermark_is_looked_up_then_all_rows_are_copied(
    factory: Factory, services: Services, corp: ETLMonitor, watermark: dict[str, str]
) -> None:
    corp.advance_watermark(**HR, parameter_name="LoadEmployees", new_datetime_value="2026-01-15")
    corp.advance_watermark(**HR, parameter_name="LoadEvents", new_int_value=2)
    corp.set_processing_mode(**HR, is_bulk_mode=True)

    _copy(factory, services, **watermark)

    assert _read(services) == [ALL]


def test_given_no_such_watermark_when_it_is_looked_up_then_nothing_is_copied(
    factory: Factory, services: Services
) -> None:
    outcome = _copy(factory, services, parameter_name="LoadNothing")

    assert outcome.error == "CORP/HR_DAILY has no watermark 'LoadNothing'. Register it with register_parameter()."
    assert services.copied == []


def test_given_a_watermark_of_another_process_when_it_is_looked_up_then_it_is_not_found(
    factory: Factory, services: Services, corp: ETLMonitor
) -> None:
    corp.register_process("CORP", "HR_HOURLY")

    outcome = _copy(factory, services, process_load="HR_HOURLY")

    assert (outcome.succeeded, services.copied) == (False, [])


@pytest.mark.parametrize("odd", ["it's", "back\\slash", "\\'; DROP TABLE x --", "a''b", "é😀"])
def test_given_an_odd_name_when_it_is_looked_up_then_it_is_found_and_nothing_else(
    factory: Factory, services: Services, corp: ETLMonitor, odd: str
) -> None:
    corp.register_process(odd, "P")
    corp.register_parameter(odd, "P", odd, "DELTA_ID", value_int=2)

    _copy(factory, services, project_code=odd, process_load="P", **{**EVENTS, "parameter_name": odd})

    assert _read(services) == [NEW]
