"""`monitor.register([...])`: a whole catalogue at once, by the rules of the single calls, in few statements."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from sqlalchemy import Table, select

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
    SequenceStage,
    SourceType,
    StageNotFound,
    Task,
)

HR = {"project_code": "CORP", "process_load": "HR_DAILY"}
NEW = {"project_code": "CORP", "process_load": "NEW"}
Listed = Process | SequenceStage | Task | Parameter
Block = AbstractContextManager[None]
Refused = Callable[..., Block]
Row = Callable[..., Task]


def task(task_id: object, **said: object) -> Task:
    place = {**HR, "workflow_id": 1, "sequence_id": 2, "task_name": f"Load {task_id}"}
    return Task(**{**place, "task_id": task_id, **said})


def everything() -> list[Listed]:
    """One new row of each kind, what needs another before it."""
    return [
        Task(**NEW, task_id=1, workflow_id=1, sequence_id=11, task_name="Publish", source_system_code="Mark"),
        Parameter(**NEW, parameter_name="Mark", parameter_type="DELTA_ID", value_int=7),
        SequenceStage(sequence_id=11, sequence_code="PUBLISH"),
        Process(**NEW, process_name="New load"),
    ]


def many(count: int, **said: object) -> list[Task]:
    return [task(number, **said) for number in range(100, 100 + count)]


# What is written


def test_list_of_new_objects_in_any_order_when_registered_writes_all_of_them(monitor: ETLMonitor, row: Row) -> None:
    assert monitor.register(everything()) is monitor

    new = row(Task, process_load="NEW")
    assert (new.task_name, new.sequence_id, new.source_system_code) == ("Publish", 11, "Mark")
    assert (new.load_frequency, new.task_mandatory, new.is_active) == (LoadFrequency.DAILY, True, True)
    stage, process = row(SequenceStage, sequence_id=11), row(Process, process_load="NEW")
    assert (stage.sequence_code, stage.sort_order, stage.is_active) == ("PUBLISH", 11, True)
    assert (process.process_name, process.load_frequency, process.is_active) == ("New load", LoadFrequency.DAILY, True)
    mark = row(Parameter, parameter_name="Mark")
    assert (mark.parameter_type, mark.value, mark.set_on) == (ParameterType.DELTA_ID, 7, mark.created_on)


def test_list_when_registered_writes_what_the_single_calls_write(
    monitor: ETLMonitor,
    empty: Callable[[], None],
    tables: Callable[[], dict[str, list[dict[str, object]]]],
) -> None:
    monitor.register(everything())
    listed = tables()
    empty()
    monitor.register_process("CORP", "NEW", name="New load").register_sequence(11, "PUBLISH")
    monitor.register_parameter("CORP", "NEW", "Mark", "DELTA_ID", value_int=7)
    monitor.register_task("CORP", "NEW", 1, 1, 11, "Publish", source_system_code="Mark")

    assert listed == tables()


def test_row_that_changed_when_registered_keeps_what_was_not_given_and_clears_what_is_none(
    hr: ETLMonitor, clock: ManualClock, row: Row
) -> None:
    described = {"task_description": "All of it", "source_type": SourceType.DBX_JOB, "expected_duration_seconds": 60}
    hr.register([task(9, **described, task_mandatory=False, load_frequency="W")])
    created = row(Task, task_id=9).created_on
    clock.advance(60)
    hr.register([task(9, task_name="New name", source_type=None), task(8)])

    found = row(Task, task_id=9)
    assert (found.task_name, found.source_type, found.task_description) == ("New name", None, "All of it")
    assert (found.expected_duration_seconds, found.task_mandatory, found.load_frequency) == (60, False, "W")
    assert (found.created_on, found.last_updated_on) == (created, clock.now)


def test_rows_that_say_different_things_when_registered_together_each_keep_their_own(
    hr: ETLMonitor, rows: Callable[..., list[Task]]
) -> None:
    hr.register([task(8, source_identifier="a", task_description="b"), task(9, source_identifier="c")])
    hr.register([task(8, source_identifier="A"), task(9, task_description="D")])

    found = [(one.source_identifier, one.task_description) for one in rows(Task) if one.task_id in (8, 9)]
    assert found == [("A", "b"), ("c", "D")]


def test_list_that_changes_nothing_when_registered_writes_nothing(
    hr: ETLMonitor, clock: ManualClock, unchanged: Callable[[], Block]
) -> None:
    hr.register(everything())
    clock.advance(60)
    with unchanged():
        hr.register(everything())


def test_live_value_and_switch_when_registered_again_stay(hr: ETLMonitor, row: Row) -> None:
    hr.advance_watermark(*HR.values(), "LoadEvents", new_int_value=99)
    hr.deactivate_task(*HR.values(), 1, 1)
    hr.register(
        [
            Parameter(**HR, parameter_name="LoadEvents", parameter_type="DELTA_ID", value_int=5),
            task(1, task_name="New name", sequence_id=2),
        ]
    )
    assert row(Parameter, parameter_name="LoadEvents").value == 99
    assert (row(Task, task_id=1).task_name, row(Task, task_id=1).is_active) == ("New name", False)


def test_switch_when_given_is_set(hr: ETLMonitor, row: Row) -> None:
    hr.register([task(1, is_active=False), Process(**HR, is_active=False)])
    assert (row(Task, task_id=1).is_active, row(Process).is_active) == (False, False)


def test_lag_and_mode_when_given_are_set_and_when_left_out_stay(hr: ETLMonitor, row: Row) -> None:
    mark = {**HR, "parameter_name": "LoadEmployees", "parameter_type": "DELTA_DATE"}
    hr.register([Parameter(**mark, lag_seconds=60, advance_mode="MANUAL")])
    hr.register([Parameter(**mark, parameter_description="Employees")])

    found = row(Parameter, parameter_name="LoadEmployees")
    assert (found.lag_seconds, found.advance_mode, found.parameter_description) == (60, "MANUAL", "Employees")


def test_rows_of_another_database_when_registered_bring_their_description_only(
    hr: ETLMonitor, clock: ManualClock, empty: Callable[[], None], row: Row, rows: Callable[..., list[Task]]
) -> None:
    with hr.session() as session:
        there: Sequence[Listed] = [*session.scalars(select(Process)), *session.scalars(select(Task))]
    empty()
    clock.set("2026-07-01 08:00")
    hr.register(there)

    assert {one.task_name for one in rows(Task)} == {one.task_name for one in there if isinstance(one, Task)}
    assert row(Process).created_on == datetime(2026, 7, 1, 8, tzinfo=UTC)


def test_object_listed_twice_in_the_same_words_is_one_row(hr: ETLMonitor, rows: Callable[..., list[Task]]) -> None:
    hr.register([task(9), task(9)])
    assert len(rows(Task, task_id=9)) == 1


def test_names_that_two_projects_share_when_registered_stay_apart(monitor: ETLMonitor, row: Row) -> None:
    ours = everything()
    theirs = [Process(project_code="OTHER", process_load="NEW", process_name="Theirs")]
    monitor.register([*ours, *theirs])
    monitor.register([Process(project_code="OTHER", process_load="NEW", process_name="Changed")])

    assert row(Process, project_code="CORP").process_name == "New load"
    assert row(Process, project_code="OTHER").process_name == "Changed"


def test_text_that_people_type_when_registered_is_read_back(hr: ETLMonitor, row: Row) -> None:
    words = "it's `[HR]` :name; -- \n%s 🎉"
    hr.register([task(9, task_description=words, source_identifier=words)])
    assert (row(Task, task_id=9).task_description, row(Task, task_id=9).source_identifier) == (words, words)


# What it costs


def written(found: list[str]) -> list[str]:
    return [sql for sql in found if not sql.lstrip().upper().startswith("SELECT")]


def test_thousand_unchanged_tasks_when_registered_cost_at_most_five_statements_that_only_read(
    hr: ETLMonitor, statements, row: Row
) -> None:
    tasks = many(1_000)
    if hr._runtime.units.capabilities.transactions:
        hr.register(tasks)
    else:  # the rows as a registration leaves them, without its sixty statements
        with hr.session() as session:
            filled = {"load_frequency": "D", "task_mandatory": True, "is_active": True}
            table: Table = Task.__table__
            columns = {column.name: column.key for column in table.columns}
            said = [{**{key: getattr(one, key, None) for key in task_attributes()}, **filled} for one in tasks]
            names = {Task.__mapper__.get_property_by_column(table.c[name]).key: name for name in columns}
            for first in range(0, len(said), 10):
                rows = [{names[key]: value for key, value in one.items()} for one in said[first : first + 10]]
                session.execute(table.insert().values(rows))
            session.commit()
    with statements.counted() as executed:
        hr.register(many(1_000))

    assert len(executed) <= 5
    assert written(executed) == []


def task_attributes() -> list[str]:
    return [attribute.key for attribute in Task.__mapper__.column_attrs]


def test_changed_tasks_when_registered_cost_as_few_writes_as_the_bound_values_allow(
    hr: ETLMonitor, statements, rows: Callable[..., list[Task]]
) -> None:
    can = hr._runtime.units.capabilities
    with statements.counted() as executed:
        hr.register([*many(40), *everything()])

    per_statement = can.max_bound_values // len(Task.__table__.columns)
    assert len(written(executed)) <= 4 + 40 // per_statement
    assert len(executed) - len(written(executed)) <= 5
    assert len(rows(Task)) == 4 + 40 + 1


def test_many_processes_when_registered_cost_no_more_reads(hr: ETLMonitor, statements) -> None:
    loads = [Process(project_code=f"P{number}", process_load=f"L{number}") for number in range(12)]
    with statements.counted() as executed:
        hr.register(loads)
    assert len(executed) == 2


def test_empty_list_when_registered_costs_nothing(hr: ETLMonitor, statements) -> None:
    with statements.counted() as executed:
        hr.register([])
    assert executed == []


# What is refused, before anything is written


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (task(9, task_name=""), InvalidInput, ["objects[1]", "task_id=9", "task_name", "empty"]),
        (task("nine"), InvalidInput, ["objects[1]", "task_id", "whole number"]),
        (Task(**HR, task_id=9, workflow_id=1, sequence_id=2), InvalidInput, ["objects[1]", "task_name is missing"]),
        (task(9, workflow_id=0), InvalidInput, ["objects[1]", "0 marks the initiation"]),
        (task(9, source_type="CRON"), InvalidInput, ["objects[1]", "source_type", "CRON", "ADF_PIPELINE"]),
        (task(9, task_mandatory=None), InvalidInput, ["objects[1]", "task_mandatory", "True or False"]),
        (task(9, process_load="NONE"), ProcessNotFound, ["objects[1]", "CORP/NONE"]),
        (task(9, sequence_id=77), StageNotFound, ["objects[1]", "77", "task 9"]),
        (Process(project_code="CORP"), InvalidInput, ["objects[1]", "process_load is missing"]),
        (Process(**HR, process_name=5), InvalidInput, ["objects[1]", "process_name", "text", "int"]),
        (SequenceStage(sequence_id=3, sequence_code="X"), InvalidInput, ["objects[1]", "3", "framework"]),
        (
            Parameter(**HR, parameter_name="LoadEvents", parameter_type="FLAG"),
            InvalidInput,
            ["objects[1]", "LoadEvents", "DELTA_ID", "FLAG"],
        ),
        (
            Parameter(**HR, parameter_name="P", parameter_type="DELTA_ID", value_bit=True),
            InvalidInput,
            ["objects[1]", "value_bit", "value_int"],
        ),
        (
            Parameter(**HR, parameter_name="P", parameter_type="FLAG", lag_seconds=5),
            InvalidInput,
            ["objects[1]", "P", "lag_seconds"],
        ),
        (
            Parameter(**HR, parameter_name="S", parameter_type="SYSTEM"),
            InvalidInput,
            ["objects[1]", "SYSTEM", "SYSDT"],
        ),
        (ProcessingStep(), InvalidInput, ["objects[1]", "ProcessingStep"]),
        ("CORP", InvalidInput, ["objects[1]", "str"]),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_list_with_a_bad_object_when_registered_is_refused_whole_and_names_it(
    hr: ETLMonitor, refused: Refused, bad: Task, error: type[Exception], words: list[str]
) -> None:
    with refused(error, *words):
        hr.register([task(8), bad, task(10)])


@pytest.mark.parametrize(
    "objects", [None, 5, "CORP", {"task_id": 1}, Process(**HR)], ids=lambda one: type(one).__name__
)
def test_what_is_no_list_when_registered_is_refused(hr: ETLMonitor, refused: Refused, objects: list[Task]) -> None:
    with refused(InvalidInput, "objects must be a list"):
        hr.register(objects)


def test_row_listed_twice_in_different_words_when_registered_is_refused(hr: ETLMonitor, refused: Refused) -> None:
    with refused(InvalidInput, "objects[1]", "task_id=9", "differently"):
        hr.register([task(9), task(9, task_name="Another name")])


# At the same time


def test_two_lists_when_registered_at_the_same_time_both_succeed_and_leave_each_row_once(
    hr: ETLMonitor, rows: Callable[..., list[Task]]
) -> None:
    both, errors = threading.Barrier(2), list[Exception]()

    def register(owner: str) -> None:
        both.wait()
        try:
            hr.register([*many(5, task_description=owner), Process(**NEW, process_owner=owner)])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=register, args=(owner,)) for owner in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert len([one for one in rows(Task) if one.task_id >= 100]) == 5
    assert len(rows(Process, process_load="NEW")) == 1
