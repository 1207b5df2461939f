"""Registration: what each call writes, what it leaves alone, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    LoadFrequency,
    ManualClock,
    Parameter,
    ParameterType,
    Process,
    SequenceStage,
    SourceType,
    Task,
)

HR = ("CORP", "HR_DAILY")
BIGINT_MAX = 2**63 - 1

Block = AbstractContextManager[None]
Register = Callable[..., ETLMonitor]

MINIMAL = {
    Process: lambda monitor, **more: monitor.register_process("CORP", "NEW", **more),
    SequenceStage: lambda monitor, **more: monitor.register_sequence(10, **{"sequence_code": "PUBLISH", **more}),
    Task: lambda monitor, **more: monitor.register_task(
        *HR, 9, 1, **{"sequence_id": 3, "task_name": "New task", **more}
    ),
    Parameter: lambda monitor, **more: monitor.register_parameter(*HR, "NewParameter", "DELTA_ID", **more),
}
"""One row of each catalogue table, registered with what is required."""

WHICH = {
    Process: {"process_load": "NEW"},
    SequenceStage: {"sequence_id": 10},
    Task: {"task_id": 9},
    Parameter: {"parameter_name": "NewParameter"},
}
"""How to find that row."""

DESCRIBING = [
    (Process, "name", "process_name", "Old", "New"),
    (Process, "description", "process_description", "Old", "New"),
    (Process, "owner", "process_owner", "Old", "New"),
    (Process, "load_frequency", "load_frequency", "D", LoadFrequency.WEEKLY),
    (SequenceStage, "sequence_code", "sequence_code", "OLD", "NEW"),
    (SequenceStage, "name", "sequence_name", "Old", "New"),
    (SequenceStage, "description", "sequence_description", "Old", "New"),
    (SequenceStage, "sort_order", "sort_order", 1, 2),
    (Task, "sequence_id", "sequence_id", 3, 4),
    (Task, "task_name", "task_name", "Old", "New"),
    (Task, "source_type", "source_type", "DBX_JOB", SourceType.ADF_PIPELINE),
    (Task, "source_identifier", "source_identifier", "/old", "/new"),
    (Task, "source_system_code", "source_system_code", "LoadEmployees", "LoadEvents"),
    (Task, "task_description", "task_description", "Old", "New"),
    (Task, "load_frequency", "load_frequency", "D", LoadFrequency.MONTHLY),
    (Task, "task_mandatory", "task_mandatory", True, False),
    (Task, "expected_duration_seconds", "expected_duration_seconds", 60, 90),
    (Parameter, "description", "parameter_description", "Old", "New"),
]
"""Every column that a registration describes: its argument, its attribute, a value and another one."""

OPTIONAL = [
    (kind, argument, attribute, old)
    for kind, argument, attribute, old, _ in DESCRIBING
    if argument not in ("sequence_code", "sequence_id", "task_name", "task_mandatory", "sort_order")
]

kinds = pytest.mark.parametrize("kind", MINIMAL, ids=lambda kind: kind.__name__)


# New


@kinds
def test_given_nothing_when_registered_then_the_row_bears_who_and_when(
    hr: ETLMonitor, clock: ManualClock, row: Callable[..., Task], kind: type[Task]
) -> None:
    clock.set("2026-02-03 04:05:06.000007")
    MINIMAL[kind](hr)
    new = row(kind, **WHICH[kind])
    moment = datetime(2026, 2, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert (new.created_on, new.created_by) == (moment, "pytest")
    assert (new.last_updated_on, new.last_updated_by) == (moment, "pytest")


@pytest.mark.parametrize("kind", [Process, SequenceStage, Task], ids=lambda kind: kind.__name__)
def test_given_nothing_when_registered_then_it_is_active(
    hr: ETLMonitor, row: Callable[..., Task], kind: type[Task]
) -> None:
    MINIMAL[kind](hr)
    assert row(kind, **WHICH[kind]).is_active is True


@pytest.mark.parametrize(("kind", "argument", "attribute", "old", "new"), DESCRIBING)
def test_given_nothing_when_registered_with_a_description_then_it_is_written(
    hr: ETLMonitor,
    row: Callable[..., object],
    kind: type,
    argument: str,
    attribute: str,
    old: object,
    new: object,
) -> None:
    MINIMAL[kind](hr, **{argument: new})
    assert getattr(row(kind, **WHICH[kind]), attribute) == new


def test_given_nothing_when_a_process_is_registered_by_its_codes_alone_then_it_is_daily(
    hr: ETLMonitor, row: Callable[..., Process]
) -> None:
    MINIMAL[Process](hr)
    new = row(Process, process_load="NEW")
    assert (new.project_code, new.load_frequency, new.process_name) == ("CORP", LoadFrequency.DAILY, None)


def test_given_nothing_when_a_task_is_registered_minimally_then_it_is_daily_and_mandatory(
    hr: ETLMonitor, row: Callable[..., Task]
) -> None:
    MINIMAL[Task](hr)
    new = row(Task, task_id=9)
    assert (new.workflow_id, new.sequence_id, new.task_name) == (1, 3, "New task")
    assert (new.load_frequency, new.task_mandatory, new.source_type) == (LoadFrequency.DAILY, True, None)
    assert (new.source_system_code, new.expected_duration_seconds) == (None, None)


def test_given_nothing_when_a_stage_is_registered_without_an_order_then_its_position_is_used(
    hr: ETLMonitor, row: Callable[..., SequenceStage]
) -> None:
    MINIMAL[SequenceStage](hr)
    assert row(SequenceStage, sequence_id=10).sort_order == 10


@pytest.mark.parametrize(
    ("name", "kind", "argument", "given", "stored"),
    [
        ("P", "DELTA_DATE", "value_datetime", "2026-01-02 03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("P", "DELTA_DATE", "value_datetime", date(2026, 1, 2), datetime(2026, 1, 2, tzinfo=UTC)),
        ("P", "DELTA_ID", "value_int", -BIGINT_MAX, -BIGINT_MAX),
        ("P", "DELTA_ID", "value_int", BIGINT_MAX, BIGINT_MAX),
        ("P", "DELTA_ID", "value_int", 0, 0),
        ("P", "FLAG", "value_bit", False, False),
        ("P", "FLAG", "value_bit", True, True),
        ("SYSDT", "SYSTEM", "value_datetime", "2026-01-02", datetime(2026, 1, 2, tzinfo=UTC)),
    ],
)
def test_given_a_type_when_a_parameter_is_registered_with_a_value_then_one_column_holds_it(
    monitor: ETLMonitor,
    row: Callable[..., Parameter],
    name: str,
    kind: str,
    argument: str,
    given: object,
    stored: object,
) -> None:
    monitor.register_process(*HR).register_parameter(*HR, name, kind, **{argument: given})
    new = row(Parameter, parameter_name=name)
    values = {"value_int": None, "value_datetime": None, "value_bit": None} | {argument: stored}
    assert new.parameter_type is ParameterType(kind)
    assert {column: getattr(new, column) for column in values} == values


@pytest.mark.parametrize("kind", ["DELTA_DATE", "DELTA_ID", "FLAG"])
def test_given_a_type_when_a_parameter_is_registered_without_a_value_then_it_has_none(
    hr: ETLMonitor, row: Callable[..., Parameter], kind: str
) -> None:
    hr.register_parameter(*HR, "P", kind)
    assert row(Parameter, parameter_name="P").value is None


# Again


@kinds
def test_given_a_registration_when_made_again_then_nothing_is_written(
    hr: ETLMonitor, clock: ManualClock, unchanged: Callable[[], Block], kind: type
) -> None:
    MINIMAL[kind](hr)
    clock.advance(60)
    with unchanged():
        MINIMAL[kind](hr)


@pytest.mark.parametrize(("kind", "argument", "attribute", "old", "new"), DESCRIBING)
def test_given_a_registration_when_its_description_differs_then_it_follows(
    hr: ETLMonitor,
    row: Callable[..., object],
    kind: type,
    argument: str,
    attribute: str,
    old: object,
    new: object,
) -> None:
    MINIMAL[kind](hr, **{argument: old})
    MINIMAL[kind](hr, **{argument: new})
    assert getattr(row(kind, **WHICH[kind]), attribute) == new


@pytest.mark.parametrize(("kind", "argument", "attribute", "old"), OPTIONAL)
def test_given_a_description_when_registered_with_none_then_it_is_cleared(
    hr: ETLMonitor, row: Callable[..., object], kind: type, argument: str, attribute: str, old: object
) -> None:
    MINIMAL[kind](hr, **{argument: old})
    MINIMAL[kind](hr, **{argument: None})
    assert getattr(row(kind, **WHICH[kind]), attribute) is None


@pytest.mark.parametrize(("kind", "argument", "attribute", "old"), OPTIONAL)
def test_given_no_description_when_registered_with_one_then_it_is_written(
    hr: ETLMonitor, row: Callable[..., object], kind: type, argument: str, attribute: str, old: object
) -> None:
    MINIMAL[kind](hr, **{argument: None})
    MINIMAL[kind](hr, **{argument: old})
    assert getattr(row(kind, **WHICH[kind]), attribute) == old


@pytest.mark.parametrize(
    ("kind", "argument", "attribute", "old", "new"),
    [case for case in DESCRIBING if case[1] not in ("sequence_code", "sequence_id", "task_name")],
)
def test_description_when_left_out_of_a_registration_stays(
    hr: ETLMonitor, row: Callable[..., object], kind: type, argument: str, attribute: str, old: object, new: object
) -> None:
    MINIMAL[kind](hr, **{argument: new})
    MINIMAL[kind](hr)
    assert getattr(row(kind, **WHICH[kind]), attribute) == new


def test_order_of_a_stage_when_cleared_is_its_position(hr: ETLMonitor, row: Callable[..., SequenceStage]) -> None:
    MINIMAL[SequenceStage](hr, sort_order=99)
    MINIMAL[SequenceStage](hr, sort_order=None)
    assert row(SequenceStage, sequence_id=10).sort_order == 10


@kinds
def test_given_a_registration_when_it_changes_then_who_and_when_created_it_stays(
    monitor: ETLMonitor, hr: ETLMonitor, clock: ManualClock, row: Callable[..., Task], kind: type[Task]
) -> None:
    MINIMAL[kind](hr)
    before = row(kind, **WHICH[kind])
    clock.advance(60)
    argument, new = next((argument, new) for this, argument, _, _, new in DESCRIBING if this is kind)
    MINIMAL[kind](ETLMonitor(monitor.engine, clock=clock, actor="someone else"), **{argument: new})
    after = row(kind, **WHICH[kind])
    assert (after.created_on, after.created_by) == (before.created_on, "pytest")
    assert (after.last_updated_on, after.last_updated_by) == (clock.now, "someone else")


@kinds
def test_given_other_rows_when_one_is_registered_again_then_they_stay(
    hr: ETLMonitor, tables: Callable[[], dict[str, list[dict[str, object]]]], kind: type
) -> None:
    before = tables()
    MINIMAL[kind](hr)
    argument, new = next((argument, new) for this, argument, _, _, new in DESCRIBING if this is kind)
    MINIMAL[kind](hr, **{argument: new})
    after = tables()
    added = [found for found in after[kind.__tablename__] if found not in before[kind.__tablename__]]
    assert len(added) == 1
    after[kind.__tablename__].remove(added[0])
    assert after == before


@kinds
def test_given_a_registration_when_made_then_it_can_be_chained(hr: ETLMonitor, kind: type) -> None:
    assert MINIMAL[kind](hr) is hr


def test_given_a_deactivated_process_when_registered_again_then_it_stays_deactivated(
    hr: ETLMonitor, row: Callable[..., Process]
) -> None:
    hr.deactivate_process(*HR).register_process(*HR, name="New name")
    assert (row(Process).process_name, row(Process).is_active) == ("New name", False)


def test_given_a_deactivated_task_when_registered_again_then_it_stays_deactivated(
    hr: ETLMonitor, row: Callable[..., Task]
) -> None:
    hr.deactivate_task(*HR, 3, 1).register_task(*HR, 3, 1, 6, "New name")
    assert (row(Task, task_id=3).task_name, row(Task, task_id=3).is_active) == ("New name", False)


def test_given_one_task_id_in_two_passes_when_registered_then_they_are_two_tasks(
    hr: ETLMonitor, rows: Callable[..., list[Task]]
) -> None:
    hr.register_task(*HR, 1, 2, 2, "Load employees again")
    assert [(task.workflow_id, task.task_name) for task in rows(Task, task_id=1)] == [
        (1, "Load employees"),
        (2, "Load employees again"),
    ]


def test_given_one_name_in_two_processes_when_registered_then_they_are_two_parameters(
    hr: ETLMonitor, row: Callable[..., Parameter]
) -> None:
    hr.register_process("CORP", "OTHER").register_parameter("CORP", "OTHER", "LoadEvents", "DELTA_ID", value_int=7)
    assert row(Parameter, parameter_name="LoadEvents", process_load="HR_DAILY").value == 0
    assert row(Parameter, parameter_name="LoadEvents", process_load="OTHER").value == 7


# Parameters keep their value and their type


@pytest.mark.parametrize(
    ("name", "kind", "argument", "live", "other"),
    [
        ("P", "DELTA_DATE", "value_datetime", datetime(2026, 1, 2, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)),
        ("P", "DELTA_ID", "value_int", 5, 6),
        ("P", "DELTA_ID", "value_int", 0, 6),
        ("P", "FLAG", "value_bit", False, True),
        ("SYSDT", "SYSTEM", "value_datetime", datetime(2026, 1, 2, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC)),
    ],
)
def test_given_a_live_value_when_registered_with_another_then_only_the_description_changes(
    monitor: ETLMonitor,
    row: Callable[..., Parameter],
    name: str,
    kind: str,
    argument: str,
    live: object,
    other: object,
) -> None:
    monitor.register_process(*HR).register_parameter(*HR, name, kind, **{argument: live})
    monitor.register_parameter(*HR, name, kind, "What it means", **{argument: other})
    found = row(Parameter, parameter_name=name)
    assert (found.value, found.parameter_description) == (live, "What it means")


def test_given_a_live_value_when_registered_without_one_then_it_stays(
    hr: ETLMonitor, row: Callable[..., Parameter]
) -> None:
    hr.advance_watermark(*HR, "LoadEvents", new_int_value=99)
    hr.register_parameter(*HR, "LoadEvents", "DELTA_ID", "What it means")
    assert row(Parameter, parameter_name="LoadEvents").value == 99
