"""Refused registrations: each error names the object and what to do next."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from etl_monitor_orm import ETLMonitor, InvalidInput, ProcessNotFound, StageNotFound, Task

HR = ("CORP", "HR_DAILY")

Block = AbstractContextManager[None]
Register = Callable[..., ETLMonitor]

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
    (lambda m: m.register_sequence("ten", "CODE"), ["sequence_id", "whole number", "ten"]),
    (lambda m: m.register_sequence(2**31, "CODE"), ["sequence_id", str(2**31), str(2**31 - 1)]),
    (lambda m: m.register_sequence(10, "CODE", sort_order=1.5), ["sort_order", "whole number", "float"]),
    (lambda m: m.register_task("", "HR_DAILY", 1, 1, 2, "T"), ["project_code", "empty"]),
    (lambda m: m.register_task("CORP", " ", 1, 1, 2, "T"), ["process_load", "empty"]),
    (lambda m: m.register_task(*HR, 1, 1, 2, ""), ["task_name", "empty"]),
    (lambda m: m.register_task(*HR, -1, 1, 2, "T"), ["task_id", "-1"]),
    (lambda m: m.register_task(*HR, 2**31, 1, 2, "T"), ["task_id", str(2**31)]),
    (lambda m: m.register_task(*HR, "one", 1, 2, "T"), ["task_id", "whole number", "one"]),
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
    (lambda m: m.register_parameter(*HR, "P", "DELTA_ID", value_int="five"), ["value_int", "whole number", "five"]),
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
    (lambda m: m.deactivate_task(*HR, "one", 1), ["task_id", "whole number"]),
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
    words = [f"task_id={ids[0]}", f"workflow_id={ids[1]}", f"sequence_id={ids[2]}", "Make all three 0, or none"]
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


def test_given_a_custom_stage_when_a_task_is_registered_then_it_may_stand_in_it(
    hr: ETLMonitor, row: Callable[..., Task]
) -> None:
    hr.register_sequence(10, "PUBLISH").register_task(*HR, 9, 1, 10, "Publish")
    assert row(Task, task_id=9).sequence_id == 10


def test_given_an_unknown_process_when_a_parameter_is_registered_then_it_is_refused(
    hr: ETLMonitor, refused: Callable[..., Block]
) -> None:
    with refused(ProcessNotFound, "CORP/NOWHERE", "register_process()"):
        hr.register_parameter("CORP", "NOWHERE", "P", "FLAG")


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
    with refused(InvalidInput, next(argument for argument in wrong if argument != column), kind, column):
        hr.register_parameter(*HR, name, kind, **wrong)
