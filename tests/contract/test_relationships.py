"""Relationships between the mapped tables: loaded when asked for, never by accident, never written."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import joinedload, selectinload

from etl_monitor_orm import ETLMonitor, Parameter, Process, ProcessingStep, Run, SequenceStage, SysLog, Task

HR = ("CORP", "HR_DAILY")

TARGETS = {
    SequenceStage: {"tasks": Task},
    Process: {"tasks": Task, "parameters": Parameter},
    Task: {"process": Process, "stage": SequenceStage, "parameter": Parameter, "steps": ProcessingStep},
    Parameter: {"process": Process, "tasks": Task},
    ProcessingStep: {"task": Task, "process": Process, "stage": SequenceStage, "logs": SysLog},
    SysLog: {},
}
RELATIONSHIPS = [(kind, name) for kind, targets in TARGETS.items() for name in targets]
EACH = pytest.mark.parametrize(
    ("kind", "name"), RELATIONSHIPS, ids=[f"{kind.__name__}.{name}" for kind, name in RELATIONSHIPS]
)


@pytest.fixture
def told(hr: ETLMonitor, run: Run, work: Callable[..., None], prepare: Callable[..., None]) -> ETLMonitor:
    """HR_DAILY beside another process with the same numbers and names, both with runs, steps and receipts."""

    def tell() -> None:
        hr.register_process("CORP", "FIN_DAILY")
        hr.register_parameter("CORP", "FIN_DAILY", "LoadEmployees", "DELTA_DATE")
        hr.register_task("CORP", "FIN_DAILY", 1, 1, 3, "Load costs", source_system_code="LoadEmployees")
        hr.start_run("CORP", "FIN_DAILY", "2026-04-09", execution_id="run-1")
        work(run, 2)
        for process_load in ("HR_DAILY", "FIN_DAILY"):
            hr.log(
                f"first of {process_load}",
                f"second of {process_load}",
                project_code="CORP",
                process_load=process_load,
                processing_date="2026-04-09",
                execution_id="run-1",
            )

    prepare(tell)
    return hr


@pytest.mark.parametrize("kind", TARGETS, ids=[kind.__name__ for kind in TARGETS])
def test_given_a_mapped_table_then_it_has_the_agreed_relationships(kind: type) -> None:
    assert {rel.key: rel.mapper.class_ for rel in kind.__mapper__.relationships} == TARGETS[kind]


@EACH
def test_given_a_relationship_that_was_not_loaded_when_it_is_touched_then_it_says_so(
    hr: ETLMonitor, run: Run, kind: type, name: str
) -> None:
    with hr.session() as session:
        found = session.scalars(select(kind)).first()

        with pytest.raises(InvalidRequestError, match=f"'{kind.__name__}.{name}' is not available due to lazy='raise'"):
            getattr(found, name)


@EACH
def test_given_a_relationship_then_it_is_for_reading_only(kind: type, name: str) -> None:
    assert kind.__mapper__.relationships[name].viewonly


def read(monitor: ETLMonitor, kind: type, name: str, load: Callable, **which: object) -> object:
    """Read one object with one of its relationships, and return that, readable after the session."""
    with monitor.session() as session:
        query = select(kind).filter_by(**which).options(load(getattr(kind, name)))
        return getattr(session.scalars(query).unique().one(), name)


EMPLOYEES = {"process_load": "HR_DAILY", "task_id": 1}
CASES = [
    (SequenceStage, "tasks", {"sequence_id": 2}, lambda task: task.task_name, ["Load employees", "Load events"]),
    (Process, "tasks", {"process_load": "HR_DAILY"}, lambda task: task.task_id, [0, 1, 2, 3]),
    (
        Process,
        "parameters",
        {"process_load": "HR_DAILY"},
        lambda parameter: parameter.parameter_name,
        ["LoadEmployees", "LoadEvents", "SYSDT"],
    ),
    (Task, "process", EMPLOYEES, lambda process: process.process_name, "HR daily load"),
    (Task, "stage", EMPLOYEES, lambda stage: stage.sequence_code, "LOAD_DB_TRAN"),
    (Task, "parameter", EMPLOYEES, lambda parameter: parameter.process_load, "HR_DAILY"),
    (Task, "steps", EMPLOYEES, lambda step: (step.task_id, step.attempts), [(1, 0)]),
    (
        Parameter,
        "process",
        {"process_load": "HR_DAILY", "parameter_name": "LoadEvents"},
        lambda process: process.process_name,
        "HR daily load",
    ),
    (
        Parameter,
        "tasks",
        {"process_load": "HR_DAILY", "parameter_name": "LoadEmployees"},
        lambda task: task.task_name,
        ["Load employees"],
    ),
    (ProcessingStep, "task", EMPLOYEES, lambda task: task.task_name, "Load employees"),
    (ProcessingStep, "process", EMPLOYEES, lambda process: process.process_name, "HR daily load"),
    (ProcessingStep, "stage", EMPLOYEES, lambda stage: stage.sequence_code, "LOAD_DB_TRAN"),
    (
        ProcessingStep,
        "logs",
        EMPLOYEES,
        lambda line: line.message,
        ["first of HR_DAILY", "second of HR_DAILY"],
    ),
]


def test_given_the_relationships_then_each_is_read_by_a_case_below() -> None:
    assert {(kind, name) for kind, name, *_ in CASES} == set(RELATIONSHIPS)


@pytest.mark.parametrize(
    ("kind", "name", "which", "what", "expected"),
    CASES,
    ids=[f"{kind.__name__}.{name}" for kind, name, *_ in CASES],
)
def test_given_a_relationship_when_it_is_loaded_either_way_then_it_is_there_after_the_session(
    told: ETLMonitor,
    kind: type,
    name: str,
    which: dict[str, object],
    what: Callable,
    expected: object,
) -> None:
    for load in (selectinload, joinedload):
        found = read(told, kind, name, load, **which)

        assert (sorted(map(what, found)) if isinstance(found, list) else what(found)) == expected


def test_given_a_task_without_a_parameter_when_that_is_loaded_then_it_is_none(told: ETLMonitor) -> None:
    assert read(told, Task, "parameter", selectinload, process_load="HR_DAILY", task_id=3) is None


def test_given_a_step_whose_task_is_gone_when_that_is_loaded_then_it_is_none(told: ETLMonitor) -> None:
    with told.session() as session:
        session.delete(session.scalars(select(Task).filter_by(**EMPLOYEES)).one())
        session.commit()

    assert read(told, ProcessingStep, "task", joinedload, **EMPLOYEES) is None


def test_given_a_retried_step_when_the_steps_of_its_task_are_loaded_then_attempts_are_in_order(
    told: ETLMonitor, run: Run, fail: Callable[..., None]
) -> None:
    fail(run, 1)
    run.reset()

    found = read(told, Task, "steps", selectinload, **EMPLOYEES)
    assert [step.status for step in found] == ["FAIL", "RQUE"]


def test_given_an_early_task_registered_late_when_tasks_are_loaded_then_they_are_in_order(
    told: ETLMonitor,
) -> None:
    told.register_task(*HR, 9, 1, 1, "Read settings")

    found = read(told, Process, "tasks", selectinload, process_load="HR_DAILY")
    assert [task.task_id for task in found] == [0, 9, 1, 2, 3]


def test_given_a_parameter_registered_late_when_parameters_are_loaded_then_they_come_by_name(
    told: ETLMonitor,
) -> None:
    told.register_parameter(*HR, "Absences", "DELTA_ID")

    found = read(told, Process, "parameters", selectinload, process_load="HR_DAILY")
    assert [parameter.parameter_name for parameter in found] == ["Absences", "LoadEmployees", "LoadEvents", "SYSDT"]


def test_given_receipts_when_they_are_loaded_with_a_step_then_they_come_as_they_were_written(
    told: ETLMonitor,
) -> None:
    found = read(told, ProcessingStep, "logs", selectinload, **EMPLOYEES)

    assert [line.message for line in found] == ["first of HR_DAILY", "second of HR_DAILY"]


def test_given_a_relationship_when_objects_are_put_into_it_then_nothing_is_written(told: ETLMonitor) -> None:
    with told.session() as session:
        process = session.scalars(
            select(Process).filter_by(process_load="HR_DAILY").options(selectinload(Process.tasks))
        ).one()
        process.tasks.clear()
        session.commit()

    assert len(read(told, Process, "tasks", selectinload, process_load="HR_DAILY")) == 4
