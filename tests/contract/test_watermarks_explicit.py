"""Watermarks moved by hand: by a separate call, or staged inside the task that read the data."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    InvalidTransition,
    ManualClock,
    Parameter,
    ParameterNotFound,
    ProcessingStep,
    Run,
)

HR = ("CORP", "HR_DAILY")
EMPLOYEES = (*HR, "LoadEmployees")
EVENTS = (*HR, "LoadEvents")
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)

Refused = Callable[..., AbstractContextManager[None]]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (datetime(2026, 1, 1, 8, 0, 0, 5), datetime(2026, 1, 1, 8, 0, 0, 5, tzinfo=UTC)),
        (
            datetime(2026, 1, 1, 8, tzinfo=timezone(timedelta(hours=5, minutes=30))),
            datetime(2026, 1, 1, 2, 30, tzinfo=UTC),
        ),
        ("2026-01-01T08:00", datetime(2026, 1, 1, 8, tzinfo=UTC)),
        ("2026-01-01 08:00-08:00", datetime(2026, 1, 1, 16, tzinfo=UTC)),
        (date(2026, 1, 1), NEW_YEAR),
    ],
)
def test_given_a_watermark_in_time_when_it_is_advanced_then_it_is_that_instant(
    hr: ETLMonitor, given: datetime | str, meant: datetime
) -> None:
    hr.advance_watermark(*EMPLOYEES, given)

    found = hr.get_active_watermark(*EMPLOYEES)
    assert isinstance(found, datetime)
    assert (found, found.tzinfo) == (meant, UTC)


@pytest.mark.parametrize("number", [1, 2**63 - 1])
def test_given_a_watermark_by_number_when_it_is_advanced_then_it_is_that_number(hr: ETLMonitor, number: int) -> None:
    hr.advance_watermark(*EVENTS, new_int_value=number)

    assert hr.get_active_watermark(*EVENTS) == number


def test_given_a_watermark_when_it_is_advanced_then_the_change_bears_time_and_actor(
    hr: ETLMonitor, clock: ManualClock, row: Callable[..., Parameter]
) -> None:
    now = clock.advance(60)
    hr.advance_watermark(*EVENTS, new_int_value=7)

    parameter = row(Parameter, parameter_name="LoadEvents")
    assert (parameter.last_updated_on, parameter.last_updated_by) == (now, "pytest")


def test_given_a_watermark_when_it_is_advanced_to_where_it_stands_then_it_is_accepted(hr: ETLMonitor) -> None:
    hr.advance_watermark(*EVENTS, new_int_value=7)
    hr.advance_watermark(*EVENTS, new_int_value=7)

    assert hr.get_active_watermark(*EVENTS) == 7


def test_given_a_watermark_in_time_when_it_would_go_backwards_then_it_is_refused(
    hr: ETLMonitor, refused: Refused
) -> None:
    hr.advance_watermark(*EMPLOYEES, NEW_YEAR)

    with refused(InvalidInput, "LoadEmployees", "CORP/HR_DAILY", "2026-01-01", "allow_rewind=True"):
        hr.advance_watermark(*EMPLOYEES, NEW_YEAR - timedelta(microseconds=1))


def test_given_a_watermark_by_number_when_it_would_go_backwards_then_it_is_refused(
    hr: ETLMonitor, refused: Refused
) -> None:
    hr.advance_watermark(*EVENTS, new_int_value=7)

    with refused(InvalidInput, "LoadEvents", "7", "allow_rewind=True"):
        hr.advance_watermark(*EVENTS, new_int_value=6)


def test_given_leave_to_rewind_when_a_watermark_in_time_goes_backwards_then_it_does(hr: ETLMonitor) -> None:
    hr.advance_watermark(*EMPLOYEES, NEW_YEAR)
    hr.advance_watermark(*EMPLOYEES, "2025-06-01", allow_rewind=True)

    assert hr.get_active_watermark(*EMPLOYEES) == datetime(2025, 6, 1, tzinfo=UTC)


def test_given_leave_to_rewind_when_a_watermark_by_number_goes_backwards_then_it_does(hr: ETLMonitor) -> None:
    hr.advance_watermark(*EVENTS, new_int_value=7)
    hr.advance_watermark(*EVENTS, new_int_value=-7, allow_rewind=True)

    assert hr.get_active_watermark(*EVENTS) == -7


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("LoadEmployees", {"new_int_value": 5}, "datetime"),
        ("LoadEvents", {"new_datetime_value": NEW_YEAR}, "whole number"),
        ("SYSDT", {"new_datetime_value": NEW_YEAR}, "set_processing_mode()"),
        ("Full", {"new_int_value": 1}, "set_processing_mode()"),
        ("LoadEvents", {}, "new_int_value"),
        ("LoadEvents", {"new_int_value": 1, "new_datetime_value": NEW_YEAR}, "one new value"),
        ("LoadEvents", {"new_int_value": True}, "whole number"),
        ("LoadEvents", {"new_int_value": 2**63}, "between"),
        ("LoadEvents", {"new_int_value": "five"}, "whole number"),
        ("LoadEmployees", {"new_datetime_value": "yesterday"}, "'yesterday'"),
        ("", {"new_int_value": 1}, "parameter_name"),
    ],
)
def test_given_a_value_that_does_not_fit_when_a_watermark_is_advanced_then_it_is_refused(
    hr: ETLMonitor, refused: Refused, name: str, value: dict[str, object], words: str
) -> None:
    hr.register_parameter(*HR, "Full", "FLAG")

    with refused(InvalidInput, words):
        hr.advance_watermark(*HR, name, **value)


@pytest.mark.parametrize("call", ["get_active_watermark", "advance_watermark"])
def test_given_an_unknown_parameter_when_it_is_read_or_moved_then_it_is_said_to_be_unknown(
    hr: ETLMonitor, refused: Refused, call: str
) -> None:
    value = {"new_int_value": 1} if call == "advance_watermark" else {}

    with refused(ParameterNotFound, "LoadNothing", "CORP/HR_DAILY", "register_parameter()"):
        getattr(hr, call)(*HR, "LoadNothing", **value)


@pytest.mark.parametrize(
    ("kind", "value", "active"),
    [
        ("DELTA_DATE", {"value_datetime": NEW_YEAR}, NEW_YEAR),
        ("DELTA_DATE", {}, None),
        ("DELTA_ID", {"value_int": 2**62}, 2**62),
        ("DELTA_ID", {}, None),
        ("FLAG", {"value_bit": True}, True),
        ("FLAG", {"value_bit": False}, False),
        ("FLAG", {}, None),
    ],
)
def test_given_a_parameter_of_some_type_when_it_is_read_then_its_value_has_that_type(
    hr: ETLMonitor, kind: str, value: dict[str, object], active: object
) -> None:
    hr.register_parameter(*HR, "Other", kind, **value)

    found = hr.get_active_watermark(*HR, "Other")
    assert (type(found), found) == (type(active), active)


def test_given_the_date_of_historic_mode_when_it_is_read_then_it_is_a_time(hr: ETLMonitor) -> None:
    hr.set_processing_mode(*HR, is_historic_mode=True, historic_date="2026-01-01")

    assert hr.get_active_watermark(*HR, "SYSDT") == NEW_YEAR


@pytest.mark.parametrize(
    ("kind", "value", "active"),
    [
        ("DELTA_DATE", {"value_datetime": NEW_YEAR}, NEW_YEAR),
        ("DELTA_ID", {"value_int": 41}, 41),
        ("FLAG", {"value_bit": True}, True),
        ("DELTA_DATE", {}, None),
    ],
)
def test_given_a_task_with_a_parameter_when_asked_for_its_watermark_then_it_gets_the_value(
    hr: ETLMonitor, kind: str, value: dict[str, object], active: object
) -> None:
    hr.register_parameter(*HR, "Other", kind, **value)
    hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code="Other")

    with hr.start_run(*HR).task(4) as task:
        assert (type(task.watermark), task.watermark) == (type(active), active)


def test_given_a_task_without_a_parameter_when_it_asks_for_its_watermark_then_it_gets_none(run: Run) -> None:
    with run.task(3) as task:
        assert task.watermark is None


def test_given_a_task_with_an_unknown_parameter_when_asked_for_its_watermark_then_it_is_told(
    hr: ETLMonitor,
) -> None:
    hr.register_task(*HR, 4, 1, 2, "Load departments", source_system_code="Nobody")

    with pytest.raises(ParameterNotFound, match="Nobody"), hr.start_run(*HR).task(4) as task:
        _ = task.watermark


def test_given_a_staged_number_when_the_task_is_still_running_then_nothing_is_written(hr: ETLMonitor, run: Run) -> None:
    with run.task(2) as task:
        task.advance(120)
        assert hr.get_active_watermark(*EVENTS) == 0


def test_given_a_staged_number_when_the_task_is_done_then_it_is_written(hr: ETLMonitor, run: Run) -> None:
    with run.task(2) as task:
        task.advance(120)

    assert hr.get_active_watermark(*EVENTS) == 120


def test_given_a_staged_time_when_the_task_is_done_then_it_replaces_the_automatic_one(
    hr: ETLMonitor, run: Run, clock: ManualClock
) -> None:
    with run.task(1) as task:
        clock.advance(60)
        task.advance("2025-12-31 23:00")

    assert hr.get_active_watermark(*EMPLOYEES) == datetime(2025, 12, 31, 23, tzinfo=UTC)


def test_given_two_staged_values_when_the_task_is_done_then_the_later_call_counts(hr: ETLMonitor, run: Run) -> None:
    with run.task(2) as task:
        task.advance(120)
        task.advance(90)

    assert hr.get_active_watermark(*EVENTS) == 90


@pytest.mark.parametrize(("task_id", "name", "value"), [(1, "LoadEmployees", NEW_YEAR), (2, "LoadEvents", 120)])
def test_given_a_staged_value_when_the_task_fails_then_it_is_dropped(
    hr: ETLMonitor, run: Run, task_id: int, name: str, value: datetime | int
) -> None:
    before = hr.get_active_watermark(*HR, name)
    with suppress(OSError), run.task(task_id) as task:
        task.advance(value)
        raise OSError("source is down")

    assert hr.get_active_watermark(*HR, name) == before


def test_given_a_staged_value_when_the_task_fails_then_the_retry_does_not_write_it_either(
    hr: ETLMonitor, run: Run
) -> None:
    with suppress(OSError), run.task(2) as task:
        task.advance(120)
        raise OSError("down")
    run.reset()
    with run.task(2):
        pass

    assert hr.get_active_watermark(*EVENTS) == 0


@pytest.mark.parametrize(
    ("task_id", "value", "words"),
    [
        (1, 5, "Pass a datetime"),
        (1, "2025-12-31", "allow_rewind=True"),
        (1, "yesterday", "'yesterday'"),
        (2, NEW_YEAR, "Pass a whole number"),
        (2, -1, "allow_rewind=True"),
        (2, 2**63, "between"),
        (2, 1.5, "not float"),
        (3, 5, "source_system_code"),
    ],
)
def test_given_a_value_that_does_not_fit_when_it_is_staged_then_it_is_refused_there_and_then(
    hr: ETLMonitor, run: Run, refused: Refused, task_id: int, value: object, words: str
) -> None:
    hr.advance_watermark(*EMPLOYEES, NEW_YEAR)

    with run.task(task_id) as task, refused(InvalidInput, words):
        task.advance(value)


def test_given_a_refused_value_when_the_task_goes_on_then_nothing_is_staged(hr: ETLMonitor, run: Run) -> None:
    with run.task(2) as task, pytest.raises(InvalidInput):
        task.advance(-1)

    assert hr.get_active_watermark(*EVENTS) == 0


def test_given_leave_to_rewind_when_a_staged_value_goes_backwards_then_it_is_written(hr: ETLMonitor, run: Run) -> None:
    hr.advance_watermark(*EVENTS, new_int_value=120)
    with run.task(2) as task:
        task.advance(10, allow_rewind=True)

    assert hr.get_active_watermark(*EVENTS) == 10


def test_given_a_watermark_already_past_the_staged_value_when_the_task_is_done_then_it_stays(
    hr: ETLMonitor, run: Run
) -> None:
    with run.task(2) as task:
        task.advance(120)
        hr.advance_watermark(*EVENTS, new_int_value=500)

    assert hr.get_active_watermark(*EVENTS) == 500


def test_given_a_watermark_already_past_the_staged_value_when_the_task_ends_then_it_is_done(
    hr: ETLMonitor, run: Run, step: Callable[..., ProcessingStep]
) -> None:
    with run.task(2) as task:
        task.advance(120)
        hr.advance_watermark(*EVENTS, new_int_value=500)

    assert step(2).status == "DONE"


def test_given_a_handle_outside_of_its_with_block_when_a_value_is_staged_then_it_is_refused(
    hr: ETLMonitor, run: Run, refused: Refused
) -> None:
    with run.task(2) as task:
        pass

    with refused(InvalidTransition, "with run.task"):
        task.advance(120)
