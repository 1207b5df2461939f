"""Registration: what each call writes, what it leaves alone, and what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import pytest

from etl_monitor_orm import (
    ETLMonitor,
    InvalidInput,
    LoadFrequency,
    ManualClock,
    Parameter,
    ParameterType,
    Process,
    ProcessingStep,
    ProcessNotFound,
    Run,
    SequenceStage,
    SourceType,
    StageNotFound,
    Task,
    TaskNotFound,
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


def test_given_nothing_when_a_task_is_registered_with_what_is_required_then_it_is_daily_and_mandatory(
    hr: ETLMonitor, row: Callable[..., Task]
) -> None:
    MINIMAL[Task](hr)
    new = row(Task, task_id=9)
    assert (new.workflow_id, new.sequence_id, new.task_name) == (1, 3, "New task")
    assert (new.load_frequency, new.task_mandatory, new.source_type) == (LoadFrequency.DAILY, True, None)
    assert (new.source_system_code, new.expected_duration_seconds) == (None, None)


def test_given_nothing_when_a_stage_is_registered_without_an_order_then_its_position_is_its_order(
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
def test_given_a_type_when_a_parameter_is_registered_with_a_value_then_the_type_s_column_alone_holds_it(
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
def test_given_a_live_value_when_registered_with_another_then_the_live_one_stays_though_the_description_follows(
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


@pytest.mark.parametrize("description", [None, "A new description"])
def test_given_a_parameter_when_registered_with_another_type_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], description: str | None
) -> None:
    with refused(InvalidInput, "LoadEmployees", "CORP/HR_DAILY", "DELTA_DATE", "DELTA_ID", "another name"):
        hr.register_parameter(*HR, "LoadEmployees", "DELTA_ID", description)


@pytest.mark.parametrize("kind", ["DELTA_DATE", "DELTA_ID", "FLAG"])
def test_given_sysdt_when_registered_with_another_type_than_system_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], kind: str
) -> None:
    with refused(InvalidInput, "SYSDT", kind, "SYSTEM"):
        hr.register_parameter(*HR, "SYSDT", kind)


def test_given_another_name_than_sysdt_when_registered_as_system_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    with refused(InvalidInput, "MyDate", "SYSTEM", "SYSDT"):
        hr.register_parameter(*HR, "MyDate", "SYSTEM")


@pytest.mark.parametrize(
    ("name", "kind", "column", "wrong"),
    [
        ("P", "DELTA_DATE", "value_datetime", {"value_int": 0}),
        ("P", "DELTA_DATE", "value_datetime", {"value_bit": False}),
        ("P", "DELTA_ID", "value_int", {"value_datetime": "2026-01-01"}),
        ("P", "DELTA_ID", "value_int", {"value_bit": True}),
        ("P", "FLAG", "value_bit", {"value_int": 1}),
        ("P", "FLAG", "value_bit", {"value_datetime": "2026-01-01"}),
        ("SYSDT", "SYSTEM", "value_datetime", {"value_int": 20260101}),
        ("SYSDT", "SYSTEM", "value_datetime", {"value_bit": True}),
        ("P", "DELTA_ID", "value_int", {"value_int": 1, "value_bit": True}),
    ],
)
def test_given_a_type_when_registered_with_a_value_of_another_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], name: str, kind: str, column: str, wrong: dict[str, object]
) -> None:
    with refused(InvalidInput, [argument for argument in wrong if argument != column][0], kind, column):
        hr.register_parameter(*HR, name, kind, **wrong)


# What is refused

BAD_INPUT = [
    (lambda m: m.register_process("", "LOAD"), ["project_code", "empty"]),
    (lambda m: m.register_process("  \t\n", "LOAD"), ["project_code", "empty"]),
    (lambda m: m.register_process("CORP", ""), ["process_load", "empty"]),
    (lambda m: m.register_process("CORP", None), ["process_load", "text", "NoneType"]),
    (lambda m: m.register_process(1, "LOAD"), ["project_code", "text", "int"]),
    (lambda m: m.register_process("CORP", "LOAD", name=5), ["name", "text", "int"]),
    (lambda m: m.register_process("CORP", "LOAD", description=b"x"), ["description", "text", "bytes"]),
    (lambda m: m.register_process("CORP", "LOAD", owner=["HR"]), ["owner", "text", "list"]),
    (lambda m: m.register_process("CORP", "LOAD", load_frequency="H"), ["load_frequency", "H", "D, W, M, Y, A"]),
    (lambda m: m.register_process("CORP", "LOAD", load_frequency="d"), ["load_frequency", "'d'", "D, W, M, Y, A"]),
    (lambda m: m.register_sequence(10, ""), ["sequence_code", "empty"]),
    (lambda m: m.register_sequence("10", "CODE"), ["sequence_id", "whole number", "str"]),
    (lambda m: m.register_sequence(2**31, "CODE"), ["sequence_id", str(2**31), str(2**31 - 1)]),
    (lambda m: m.register_sequence(10, "CODE", sort_order=1.5), ["sort_order", "whole number", "float"]),
    (lambda m: m.register_task("", "HR_DAILY", 1, 1, 2, "T"), ["project_code", "empty"]),
    (lambda m: m.register_task("CORP", " ", 1, 1, 2, "T"), ["process_load", "empty"]),
    (lambda m: m.register_task(*HR, 1, 1, 2, ""), ["task_name", "empty"]),
    (lambda m: m.register_task(*HR, -1, 1, 2, "T"), ["task_id", "-1"]),
    (lambda m: m.register_task(*HR, 2**31, 1, 2, "T"), ["task_id", str(2**31)]),
    (lambda m: m.register_task(*HR, "1", 1, 2, "T"), ["task_id", "whole number", "str"]),
    (lambda m: m.register_task(*HR, True, 1, 2, "T"), ["task_id", "whole number", "bool"]),
    (lambda m: m.register_task(*HR, 1, -1, 2, "T"), ["workflow_id", "-1"]),
    (lambda m: m.register_task(*HR, 1, None, 2, "T"), ["workflow_id", "whole number", "NoneType"]),
    (lambda m: m.register_task(*HR, 1, 1, -2, "T"), ["sequence_id", "-2"]),
    (lambda m: m.register_task(*HR, 1, 1, 2.0, "T"), ["sequence_id", "whole number", "float"]),
    (lambda m: m.register_task(*HR, 1, 1, 2, "T", source_type="CRON"), ["source_type", "CRON", "ADF_PIPELINE"]),
    (lambda m: m.register_task(*HR, 1, 1, 2, "T", load_frequency="X"), ["load_frequency", "X", "D, W, M, Y, A"]),
    (lambda m: m.register_task(*HR, 1, 1, 2, "T", source_identifier=7), ["source_identifier", "text"]),
    (lambda m: m.register_task(*HR, 1, 1, 2, "T", source_system_code=7), ["source_system_code", "text"]),
    (lambda m: m.register_task(*HR, 1, 1, 2, "T", task_description=7), ["task_description", "text"]),
    (lambda m: m.register_task(*HR, 1, 1, 2, "T", task_mandatory="no"), ["task_mandatory", "True or False"]),
    (lambda m: m.register_task(*HR, 1, 1, 2, "T", task_mandatory=None), ["task_mandatory", "True or False"]),
    (
        lambda m: m.register_task(*HR, 1, 1, 2, "T", expected_duration_seconds=-1),
        ["expected_duration_seconds", "-1"],
    ),
    (lambda m: m.register_parameter("", "HR_DAILY", "P", "FLAG"), ["project_code", "empty"]),
    (lambda m: m.register_parameter(*HR, "", "FLAG"), ["parameter_name", "empty"]),
    (lambda m: m.register_parameter(*HR, "P", "DELTA"), ["parameter_type", "'DELTA'", "DELTA_DATE, DELTA_ID"]),
    (lambda m: m.register_parameter(*HR, "P", None), ["parameter_type", "None", "DELTA_DATE, DELTA_ID"]),
    (lambda m: m.register_parameter(*HR, "P", "FLAG", description=1), ["description", "text"]),
    (lambda m: m.register_parameter(*HR, "P", "DELTA_ID", value_int="5"), ["value_int", "whole number", "str"]),
    (lambda m: m.register_parameter(*HR, "P", "DELTA_ID", value_int=True), ["value_int", "whole number", "bool"]),
    (lambda m: m.register_parameter(*HR, "P", "DELTA_ID", value_int=2**63), ["value_int", str(2**63)]),
    (lambda m: m.register_parameter(*HR, "P", "FLAG", value_bit=1), ["value_bit", "True or False", "int"]),
    (
        lambda m: m.register_parameter(*HR, "P", "DELTA_DATE", value_datetime="yesterday"),
        ["value_datetime", "yesterday", "YYYY-MM-DD HH:MM:SS"],
    ),
    (
        lambda m: m.register_parameter(*HR, "P", "DELTA_DATE", value_datetime=20260101),
        ["value_datetime", "datetime", "int"],
    ),
    (lambda m: m.deactivate_process("CORP", ""), ["process_load", "empty"]),
    (lambda m: m.deactivate_task(*HR, "1", 1), ["task_id", "whole number"]),
    (lambda m: m.activate_task(*HR, 1, None), ["workflow_id", "whole number"]),
]


@pytest.mark.parametrize(("call", "words"), BAD_INPUT, ids=lambda value: value[0] if type(value) is list else "")
def test_given_an_argument_that_cannot_be_read_when_registered_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], call: Register, words: list[str]
) -> None:
    with refused(InvalidInput, *words):
        call(hr)


@pytest.mark.parametrize("sequence_id", [0, 1, 6, 7, 9])
def test_given_a_position_below_ten_when_a_stage_is_registered_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], sequence_id: int
) -> None:
    with refused(InvalidInput, "sequence_id", str(sequence_id), "10 or above"):
        hr.register_sequence(sequence_id, "MINE")


@pytest.mark.parametrize("ids", [(0, 0, 2), (0, 1, 0), (0, 1, 2), (1, 0, 0), (1, 0, 2), (1, 1, 0)])
def test_given_only_some_ids_of_the_initiation_when_a_task_is_registered_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], ids: tuple[int, int, int]
) -> None:
    words = [f"task_id={ids[0]}", f"workflow_id={ids[1]}", f"sequence_id={ids[2]}", "all three are 0 or none"]
    with refused(InvalidInput, *words):
        hr.register_task(*HR, *ids, "Neither nor")


def test_given_an_unknown_process_when_a_task_is_registered_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE", "register_process()"):
        hr.register_task("CORP", "NOWHERE", 1, 1, 2, "T")


def test_given_an_unknown_stage_when_a_task_is_registered_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    with refused(StageNotFound, "Stage 42", "task 9 (workflow 1) of CORP/HR_DAILY", "register_sequence()"):
        hr.register_task(*HR, 9, 1, 42, "T")


def test_given_a_task_when_moved_to_an_unknown_stage_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    with refused(StageNotFound, "Stage 42", "task 1 (workflow 1) of CORP/HR_DAILY", "register_sequence()"):
        hr.register_task(*HR, 1, 1, 42, "Load employees")


def test_given_a_stage_of_one_s_own_when_a_task_is_registered_then_it_may_stand_in_it(
    hr: ETLMonitor, row: Callable[..., Task]
) -> None:
    hr.register_sequence(10, "PUBLISH").register_task(*HR, 9, 1, 10, "Publish")
    assert row(Task, task_id=9).sequence_id == 10


def test_given_an_unknown_process_when_a_parameter_is_registered_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE", "register_process()"):
        hr.register_parameter("CORP", "NOWHERE", "P", "FLAG")


# Deactivating

FLIPS = [
    (Process, "activate_process", "deactivate_process", HR),
    (Task, "activate_task", "deactivate_task", (*HR, 3, 1)),
]


@pytest.mark.parametrize(("kind", "on", "off", "key"), FLIPS)
def test_given_one_that_is_active_when_deactivated_then_its_flag_flips_and_it_tells_who_and_when(
    hr: ETLMonitor,
    clock: ManualClock,
    tables: Callable[[], dict[str, list[dict[str, object]]]],
    kind: type[Task],
    on: str,
    off: str,
    key: tuple[object, ...],
) -> None:
    clock.advance(60)
    before = tables()
    getattr(ETLMonitor(hr.engine, clock=clock, actor="someone else"), off)(*key)
    after = tables()
    (changed,) = [found for found in after[kind.__tablename__] if found not in before[kind.__tablename__]]
    (old,) = [found for found in before[kind.__tablename__] if found not in after[kind.__tablename__]]
    assert changed == old | {"IsActive": False, "LastUpdatedOn": clock.now, "LastUpdatedBy": "someone else"}


@pytest.mark.parametrize(("kind", "on", "off", "key"), FLIPS)
def test_given_one_that_was_deactivated_when_activated_then_only_its_flag_is_as_before(
    hr: ETLMonitor,
    clock: ManualClock,
    row: Callable[..., Task],
    kind: type[Task],
    on: str,
    off: str,
    key: tuple[object, ...],
) -> None:
    which = {"task_id": 3} if kind is Task else {}
    getattr(hr, off)(*key)
    clock.advance(60)
    getattr(hr, on)(*key)
    assert (row(kind, **which).is_active, row(kind, **which).last_updated_on) == (True, clock.now)


@pytest.mark.parametrize(("kind", "on", "off", "key"), FLIPS)
def test_given_one_that_stands_so_already_when_flipped_then_nothing_is_written(
    hr: ETLMonitor,
    clock: ManualClock,
    unchanged: Callable[[], Block],
    kind: type[Task],
    on: str,
    off: str,
    key: tuple[object, ...],
) -> None:
    clock.advance(60)
    with unchanged():
        getattr(hr, on)(*key)
    getattr(hr, off)(*key)
    clock.advance(60)
    with unchanged():
        getattr(hr, off)(*key)


@pytest.mark.parametrize(("kind", "on", "off", "key"), FLIPS)
def test_given_a_flip_when_made_then_it_can_be_chained(
    hr: ETLMonitor, kind: type[Task], on: str, off: str, key: tuple[object, ...]
) -> None:
    assert getattr(hr, off)(*key) is hr
    assert getattr(hr, on)(*key) is hr


@pytest.mark.parametrize("call", ["activate_process", "deactivate_process"])
def test_given_an_unknown_process_when_flipped_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], call: str
) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE", "register_process()"):
        getattr(hr, call)("CORP", "NOWHERE")


@pytest.mark.parametrize("call", ["activate_task", "deactivate_task"])
@pytest.mark.parametrize("task", [(9, 1), (1, 2)])
def test_given_an_unknown_task_when_flipped_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block], call: str, task: tuple[int, int]
) -> None:
    with refused(TaskNotFound, f"task {task[0]} (workflow {task[1]}) of CORP/HR_DAILY", "register_task()"):
        getattr(hr, call)(*HR, *task)


@pytest.mark.parametrize(("call", "key"), [(off, key) for _, _, off, key in FLIPS])
def test_given_history_when_its_process_or_task_is_deactivated_then_it_stays(
    hr: ETLMonitor, run: Run, rows: Callable[..., list[ProcessingStep]], call: str, key: tuple[object, ...]
) -> None:
    getattr(hr, call)(*key)
    assert [found.task_id for found in rows(ProcessingStep)] == [0, 1, 2, 3]
    assert [found.task_id for found in run.status()] == [0, 1, 2, 3]
