"""Processing modes: bulk, historic and live, or one parameter by hand; each change leaves a receipt."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    LogLevel,
    ManualClock,
    ModeChange,
    Parameter,
    ParameterNotFound,
    ParameterType,
    ProcessNotFound,
    SysLog,
)

HR = ("CORP", "HR_DAILY")
READ_TO = datetime(2025, 12, 31, 22, 30, tzinfo=UTC)
MARCH = datetime(2025, 3, 1, tzinfo=UTC)

Refused = Callable[..., AbstractContextManager[None]]
Rows = Callable[..., list[SysLog]]


@pytest.fixture
def moved(hr: ETLMonitor, clock: ManualClock, prepare: Callable[..., None]) -> ETLMonitor:
    """HR_DAILY with both watermarks moved, a flag, and another process that has the same parameters."""

    def move() -> None:
        hr.register_process("CORP", "FIN_DAILY")
        for process in (HR, ("CORP", "FIN_DAILY")):
            hr.register_parameter(*process, "SYSDT", "SYSTEM")
            hr.register_parameter(*process, "LoadEmployees", "DELTA_DATE")
            hr.register_parameter(*process, "LoadEvents", "DELTA_ID")
            hr.register_parameter(*process, "Full", "FLAG", value_bit=True)
            hr.advance_watermark(*process, "LoadEmployees", READ_TO)
            hr.advance_watermark(*process, "LoadEvents", new_int_value=120, allow_rewind=True)
        clock.advance(60)

    prepare(move)
    return hr


@pytest.fixture
def values(moved: ETLMonitor) -> Callable[..., dict[str, object]]:
    """Read the active values of a process."""

    def read(process: tuple[str, str] = HR) -> dict[str, object]:
        names = ("Full", "LoadEmployees", "LoadEvents", "SYSDT")
        return {name: moved.get_active_watermark(*process, name) for name in names}

    return read


def test_given_bulk_mode_then_every_watermark_is_at_its_beginning_and_nothing_else_changed(
    moved: ETLMonitor, values: Callable[..., dict[str, object]]
) -> None:
    moved.set_processing_mode(*HR, is_bulk_mode=True)

    assert values() == {"Full": True, "LoadEmployees": None, "LoadEvents": 0, "SYSDT": None}


def test_given_historic_mode_then_sysdt_is_the_date_and_the_watermarks_stay(
    moved: ETLMonitor, values: Callable[..., dict[str, object]]
) -> None:
    moved.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")

    assert values() == {"Full": True, "LoadEmployees": READ_TO, "LoadEvents": 120, "SYSDT": MARCH}


def test_given_historic_mode_when_neither_mode_is_asked_for_then_the_process_is_live_again(
    moved: ETLMonitor, values: Callable[..., dict[str, object]]
) -> None:
    moved.set_processing_mode(*HR, is_historic_mode=True, historic_date=date(2025, 3, 1))
    moved.set_processing_mode(*HR)

    assert values() == {"Full": True, "LoadEmployees": READ_TO, "LoadEvents": 120, "SYSDT": None}


def test_given_both_modes_then_the_past_is_read_from_the_beginning(
    moved: ETLMonitor, values: Callable[..., dict[str, object]]
) -> None:
    moved.set_processing_mode(*HR, is_bulk_mode=True, is_historic_mode=True, historic_date=MARCH)

    assert values() == {"Full": True, "LoadEmployees": None, "LoadEvents": 0, "SYSDT": MARCH}


def test_given_historic_mode_when_bulk_mode_is_set_then_the_date_stays(
    moved: ETLMonitor, values: Callable[..., dict[str, object]]
) -> None:
    moved.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")
    moved.set_processing_mode(*HR, is_bulk_mode=True)

    assert values()["SYSDT"] == MARCH


@pytest.mark.parametrize(
    "mode",
    [
        {"is_bulk_mode": True},
        {"is_historic_mode": True, "historic_date": "2025-03-01"},
        {"is_bulk_mode": True, "parameter_name": "LoadEvents"},
        {"parameter_name": "LoadEvents", "value_int": 5},
        {"parameter_name": "LoadEmployees", "value_datetime": "2025-03-01"},
        {"parameter_name": "Full", "value_bit": False},
    ],
)
def test_given_a_mode_of_one_process_then_another_with_the_same_parameters_stays_as_it_was(
    moved: ETLMonitor, values: Callable[..., dict[str, object]], mode: dict[str, object]
) -> None:
    moved.set_processing_mode(*HR, **mode)

    assert values(("CORP", "FIN_DAILY")) == {
        "Full": True,
        "LoadEmployees": READ_TO,
        "LoadEvents": 120,
        "SYSDT": None,
    }


@pytest.mark.parametrize(("name", "beginning"), [("LoadEmployees", None), ("LoadEvents", 0)])
def test_given_bulk_mode_for_one_watermark_then_just_that_one_is_back_at_its_beginning(
    moved: ETLMonitor, values: Callable[..., dict[str, object]], name: str, beginning: int | None
) -> None:
    before = values()
    moved.set_processing_mode(*HR, is_bulk_mode=True, parameter_name=name)

    assert values() == {**before, name: beginning}


@pytest.mark.parametrize(
    ("name", "given", "active"),
    [
        ("LoadEmployees", {"value_datetime": "2025-03-01 12:00"}, MARCH.replace(hour=12)),
        ("LoadEvents", {"value_int": 5}, 5),
        ("Full", {"value_bit": False}, False),
        ("SYSDT", {"value_datetime": date(2025, 3, 1)}, MARCH),
    ],
)
def test_given_one_parameter_and_a_value_then_it_changes_and_nothing_else(
    moved: ETLMonitor,
    values: Callable[..., dict[str, object]],
    name: str,
    given: dict[str, object],
    active: object,
) -> None:
    before = values()
    moved.set_processing_mode(*HR, parameter_name=name, **given)

    assert values() == {**before, name: active}


def test_given_a_process_without_sysdt_when_it_is_set_to_a_date_then_sysdt_is_created(
    monitor: ETLMonitor, row: Callable[..., Parameter]
) -> None:
    monitor.register_process("CORP", "NEW")
    monitor.set_processing_mode("CORP", "NEW", is_historic_mode=True, historic_date="2025-03-01")

    parameter = row(Parameter, process_load="NEW")
    assert (parameter.parameter_name, parameter.parameter_type, parameter.value) == (
        "SYSDT",
        ParameterType.SYSTEM,
        MARCH,
    )


def test_given_a_process_without_sysdt_when_it_is_set_live_then_sysdt_is_created_empty(
    monitor: ETLMonitor, row: Callable[..., Parameter]
) -> None:
    monitor.register_process("CORP", "NEW")
    monitor.set_processing_mode("CORP", "NEW")

    assert row(Parameter, process_load="NEW").value is None


def test_given_historic_mode_when_a_run_starts_without_a_date_then_it_works_on_that_date(
    moved: ETLMonitor,
) -> None:
    moved.set_processing_mode(*HR, is_historic_mode=True, historic_date="2025-03-01")

    assert moved.start_run(*HR).processing_date == date(2025, 3, 1)


def test_given_bulk_mode_then_what_changed_is_returned_with_the_values_before_and_after(moved: ETLMonitor) -> None:
    assert moved.set_processing_mode(*HR, is_bulk_mode=True) == [
        ModeChange("LoadEmployees", ParameterType.DELTA_DATE, READ_TO, None),
        ModeChange("LoadEvents", ParameterType.DELTA_ID, 120, 0),
    ]


def test_given_a_created_sysdt_then_its_change_is_returned(monitor: ETLMonitor) -> None:
    monitor.register_process("CORP", "NEW")

    assert monitor.set_processing_mode("CORP", "NEW", is_historic_mode=True, historic_date="2025-03-01") == [
        ModeChange("SYSDT", ParameterType.SYSTEM, None, MARCH)
    ]


def test_given_a_watermark_at_its_beginning_when_bulk_mode_is_set_then_only_the_others_change(
    moved: ETLMonitor, row: Callable[..., Parameter]
) -> None:
    moved.set_processing_mode(*HR, is_bulk_mode=True, parameter_name="LoadEvents")
    before = row(Parameter, process_load="HR_DAILY", parameter_name="LoadEvents").last_updated_on
    moved.set_processing_mode(*HR, is_bulk_mode=True)

    assert row(Parameter, process_load="HR_DAILY", parameter_name="LoadEvents").last_updated_on == before


@pytest.mark.parametrize(
    "mode",
    [
        {},
        {"is_bulk_mode": True},
        {"is_historic_mode": True, "historic_date": "2025-03-01"},
        {"parameter_name": "Full", "value_bit": False},
    ],
)
def test_given_a_mode_that_is_already_set_when_set_again_then_nothing_is_written_or_returned(
    moved: ETLMonitor,
    clock: ManualClock,
    unchanged: Callable[[], AbstractContextManager[None]],
    mode: dict[str, object],
) -> None:
    moved.set_processing_mode(*HR, **mode)
    clock.advance(60)

    with unchanged():
        assert moved.set_processing_mode(*HR, **mode) == []


def test_given_a_changed_mode_then_each_changed_parameter_bears_time_and_actor(
    moved: ETLMonitor, clock: ManualClock, rows: Callable[..., list[Parameter]]
) -> None:
    now = clock.advance(60)
    moved.set_processing_mode(*HR, is_bulk_mode=True)

    changed = [p for p in rows(Parameter, process_load="HR_DAILY") if p.last_updated_on == now]
    assert [(p.parameter_name, p.last_updated_by) for p in changed] == [
        ("LoadEmployees", "pytest"),
        ("LoadEvents", "pytest"),
    ]


def test_given_bulk_mode_then_each_change_leaves_a_receipt_with_the_values_before_and_after(
    moved: ETLMonitor, rows: Rows
) -> None:
    moved.set_processing_mode(*HR, is_bulk_mode=True)

    assert [line.message for line in rows(SysLog)] == [
        "LoadEmployees (DELTA_DATE): 2025-12-31 22:30:00 -> NULL",
        "LoadEvents (DELTA_ID): 120 -> 0",
    ]


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ({"is_historic_mode": True, "historic_date": "2025-03-01"}, "SYSDT (SYSTEM): NULL -> 2025-03-01 00:00:00"),
        ({"parameter_name": "Full", "value_bit": False}, "Full (FLAG): true -> false"),
        ({"parameter_name": "LoadEvents", "value_int": 7}, "LoadEvents (DELTA_ID): 120 -> 7"),
    ],
)
def test_given_a_change_then_its_receipt_names_the_parameter_and_both_values(
    moved: ETLMonitor, rows: Rows, mode: dict[str, object], message: str
) -> None:
    moved.set_processing_mode(*HR, **mode)

    assert [line.message for line in rows(SysLog)] == [message]


def test_given_a_change_then_its_receipt_says_of_which_process_when_and_by_which_call(
    moved: ETLMonitor, rows: Rows, clock: ManualClock
) -> None:
    moved.set_processing_mode(*HR, parameter_name="LoadEvents", value_int=7)

    (line,) = rows(SysLog)
    assert (line.project_code, line.process_load, line.operation_name, line.level, line.log_time_utc) == (
        *HR,
        "set_processing_mode",
        LogLevel.INFO,
        clock.now,
    )


@pytest.mark.parametrize(
    "mode", [{}, {"is_bulk_mode": True}, {"is_historic_mode": True, "historic_date": "2025-03-01"}]
)
def test_given_an_unknown_process_when_a_mode_is_set_then_it_is_refused(
    moved: ETLMonitor, refused: Refused, mode: dict[str, object]
) -> None:
    with refused(ProcessNotFound, "CORP/NOBODY", "register_process()"):
        moved.set_processing_mode("CORP", "NOBODY", **mode)


@pytest.mark.parametrize("mode", [{"is_bulk_mode": True}, {"value_int": 5}])
def test_given_an_unknown_parameter_when_it_is_set_then_it_is_refused(
    moved: ETLMonitor, refused: Refused, mode: dict[str, object]
) -> None:
    with refused(ParameterNotFound, "Nobody", "CORP/HR_DAILY", "register_parameter()"):
        moved.set_processing_mode(*HR, parameter_name="Nobody", **mode)


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ({"is_historic_mode": True}, "historic_date="),
        ({"historic_date": "2025-03-01"}, "is_historic_mode=True"),
        ({"is_historic_mode": True, "historic_date": "March"}, "'March'"),
        ({"is_bulk_mode": "yes"}, "is_bulk_mode"),
        ({"is_historic_mode": 1, "historic_date": "2025-03-01"}, "is_historic_mode"),
        ({"value_int": 5}, "parameter_name="),
        ({"parameter_name": "LoadEvents"}, "one new value"),
        ({"parameter_name": "LoadEvents", "value_int": 5, "value_bit": True}, "one new value"),
        ({"parameter_name": "LoadEvents", "value_int": 5, "is_bulk_mode": True}, "one new value"),
        (
            {"parameter_name": "SYSDT", "is_historic_mode": True, "historic_date": "2025-03-01"},
            "and no other mode",
        ),
        ({"parameter_name": "LoadEvents", "value_bit": True}, "value_int="),
        ({"parameter_name": "LoadEmployees", "value_int": 5}, "value_datetime="),
        ({"parameter_name": "Full", "value_int": 1}, "value_bit="),
        ({"parameter_name": "LoadEvents", "value_int": True}, "value_int"),
        ({"parameter_name": "Full", "is_bulk_mode": True}, "only watermarks"),
        ({"parameter_name": "SYSDT", "is_bulk_mode": True}, "only watermarks"),
        ({"parameter_name": "", "is_bulk_mode": True}, "parameter_name"),
    ],
)
def test_given_arguments_that_do_not_go_together_when_a_mode_is_set_then_it_is_refused(
    moved: ETLMonitor, refused: Refused, mode: dict[str, object], words: str
) -> None:
    with refused(InvalidInput, words):
        moved.set_processing_mode(*HR, **mode)


VALUE, BULK, PAST = {"value_int": 5}, {"is_bulk_mode": True}, {"is_historic_mode": True, "historic_date": "2025-03-01"}
ONE = {"parameter_name": "LoadEvents"}


@pytest.mark.parametrize(
    ("mode", "said", "not_said"),
    [
        (ONE, ["LoadEvents has nothing to change to", "one new value", "is_bulk_mode=True"], "not value"),
        ({**ONE, **VALUE, "value_bit": True}, ["not value_int and value_bit"], "istoric"),
        ({**ONE, **VALUE, **BULK}, ["not value_int and is_bulk_mode=True"], "istoric"),
        ({**ONE, **PAST}, ["Historic mode is for the whole process", "Leave parameter_name out"], "nothing to change"),
        ({**ONE, **PAST, **BULK}, ["Historic mode is for the whole process", "Leave parameter_name out"], "takes one"),
        ({**ONE, **PAST, **VALUE}, ["Historic mode is for the whole process", "Leave parameter_name out"], "takes one"),
        ({**BULK, "is_historic_mode": True}, ["is_historic_mode=True needs the date", "historic_date="], "only"),
        ({**BULK, "historic_date": "2025-03-01"}, ["historic_date is for historic mode only"], "needs"),
        ({**BULK, **VALUE}, ["value_int needs a parameter"], "istoric"),
    ],
)
def test_modes_that_do_not_go_together_are_refused_in_words_about_that_pair(
    moved: ETLMonitor, refused: Refused, mode: dict[str, object], said: list[str], not_said: str
) -> None:
    with refused(InvalidInput, *said):
        moved.set_processing_mode(*HR, **mode)
    with pytest.raises(InvalidInput) as caught:
        moved.set_processing_mode(*HR, **mode)
    assert not_said not in str(caught.value)
