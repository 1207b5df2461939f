"""What `v_watermarks` says: one row per parameter, its value as the same text everywhere."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from etl_monitor_orm import (
    ETLMonitor,
    Parameter,
    Watermark,
)

HR = ("CORP", "HR_DAILY")
READ_TO = datetime(2025, 12, 31, 22, 30, tzinfo=UTC)

Row = Callable[..., object]
Rows = Callable[..., list]


@pytest.fixture
def value(hr: ETLMonitor, row: Row) -> Callable[..., Watermark]:
    """Register a parameter of some type and value, and read its row of the view."""

    def read(kind: str, **given: object) -> Watermark:
        hr.register_parameter(*HR, "Other", kind, **given)
        return row(Watermark, parameter_name="Other")

    return read


@pytest.mark.parametrize(
    ("kind", "given", "active"),
    [
        ("DELTA_DATE", {"value_datetime": "2025-12-31 22:30:00"}, "2025-12-31 22:30:00"),
        ("DELTA_DATE", {"value_datetime": "2025-12-31 22:30:00.120000"}, "2025-12-31 22:30:00.12"),
        ("DELTA_DATE", {"value_datetime": "2025-12-31 22:30:00.000001"}, "2025-12-31 22:30:00.000001"),
        ("DELTA_DATE", {"value_datetime": "2026-01-01 00:30:00+02:00"}, "2025-12-31 22:30:00"),
        ("DELTA_DATE", {}, None),
        ("DELTA_ID", {"value_int": 0}, "0"),
        ("DELTA_ID", {"value_int": -12}, "-12"),
        ("DELTA_ID", {"value_int": 2**63 - 1}, "9223372036854775807"),
        ("DELTA_ID", {}, None),
        ("FLAG", {"value_bit": True}, "true"),
        ("FLAG", {"value_bit": False}, "false"),
        ("FLAG", {}, None),
    ],
)
def test_given_a_parameter_then_its_active_value_is_the_agreed_text(
    value: Callable[..., Watermark], kind: str, given: dict[str, object], active: str | None
) -> None:
    assert value(kind, **given).active_value == active


def test_given_a_session_in_another_time_zone_then_the_active_value_is_utc_all_the_same(hr: ETLMonitor) -> None:
    hr.advance_watermark(*HR, "LoadEmployees", READ_TO)
    with hr.session() as session:
        session.execute(text("SET TimeZone = 'Asia/Kolkata'"))
        found = session.get(Watermark, (*HR, "LoadEmployees"))
        session.execute(text("RESET TimeZone"))

        assert found is not None
        assert (found.active_value, found.value_datetime) == ("2025-12-31 22:30:00", READ_TO)


@pytest.mark.parametrize(
    ("kind", "given", "state"),
    [
        ("DELTA_DATE", {}, "BULK MODE"),
        ("DELTA_DATE", {"value_datetime": "2025-12-31 22:30"}, "DELTA: 2025-12-31 22:30:00"),
        ("DELTA_ID", {}, "BULK MODE"),
        ("DELTA_ID", {"value_int": 0}, "BULK MODE"),
        ("DELTA_ID", {"value_int": 120}, "DELTA: 120"),
        ("FLAG", {"value_bit": True}, "true"),
    ],
)
def test_given_a_parameter_then_its_state_says_from_where_it_reads(
    value: Callable[..., Watermark], kind: str, given: dict[str, object], state: str
) -> None:
    assert value(kind, **given).watermark_state == state


def test_given_sysdt_then_its_state_says_whether_the_process_is_live(hr: ETLMonitor, row: Row) -> None:
    live = row(Watermark, parameter_name="SYSDT").watermark_state
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")

    assert (live, row(Watermark, parameter_name="SYSDT").watermark_state) == (
        "LIVE DATE",
        "HISTORIC: 2025-03-01 00:00:00",
    )


def test_given_a_watermark_that_several_tasks_share_then_it_has_one_row(hr: ETLMonitor, rows: Rows) -> None:
    hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code="LoadEmployees")

    (found,) = rows(Watermark, parameter_name="LoadEmployees")
    assert found.linked_task_name == "Load departments"


def test_given_parameters_then_each_has_one_row_linked_or_not(hr: ETLMonitor, rows: Rows) -> None:
    assert {found.parameter_name: found.linked_task_name for found in rows(Watermark)} == {
        "SYSDT": None,
        "LoadEmployees": "Load employees",
        "LoadEvents": "Load events",
    }


def test_given_a_parameter_then_its_row_has_its_columns(hr: ETLMonitor, row: Row) -> None:
    shown, stored = row(Watermark, parameter_name="LoadEvents"), row(Parameter, parameter_name="LoadEvents")
    same = ("parameter_type", "value_int", "value_datetime", "value_bit", "last_updated_on", "last_updated_by")

    assert [getattr(shown, name) for name in same] == [getattr(stored, name) for name in same]
