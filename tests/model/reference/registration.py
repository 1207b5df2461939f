"""Registering: idempotent upserts, and everything they refuse."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from .state import SYSDT, Parameter, Process, ProcessKey, Refused, Remark, Slot, Stage, Task, World, fresh_audit, touch

BUILT_IN = ("LOAD_GO", "LOAD_DB_CONFIG", "LOAD_DB_TRAN", "LOAD_DIM", "LOAD_TRAN", "PRE_PROCESS", "PROCESS_DATA")
FIRST_CUSTOM_STAGE = 10
FREQUENCIES = ("D", "W", "M", "Y", "A", None)
SOURCE_TYPES = ("ADF_PIPELINE", "DBX_JOB", "DBX_NOTEBOOK", "DATAFLOW")
PARAMETER_TYPES = ("DELTA_DATE", "DELTA_ID", "FLAG", "SYSTEM")


def seed(world: World) -> None:
    for number, code in enumerate(BUILT_IN):
        world.stages[number] = Stage(number, code)


def update_changed(row: Process | Task | Stage, now: datetime, changes: Mapping[str, object]) -> None:
    """Write what differs; when nothing does, LastUpdatedOn stays as well."""
    differing = {name: value for name, value in changes.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    if differing and row.audit is not None:
        touch(row.audit, now)


def register_sequence(
    world: World, now: datetime, sequence_id: int, code: str, name: str | None, description: str | None, order: int
) -> None:
    if sequence_id < FIRST_CUSTOM_STAGE or not code.strip():
        raise Refused("InvalidInput", "a custom stage needs an id from 10 on and a code")
    changes = {
        "sequence_code": code,
        "sequence_name": name,
        "sequence_description": description,
        "sort_order": order,
    }
    existing = world.stages.get(sequence_id)
    if existing is None:
        world.stages[sequence_id] = Stage(sequence_id, code, name, description, order, audit=fresh_audit(now))
    else:
        update_changed(existing, now, changes)


def register_process(
    world: World,
    now: datetime,
    process: ProcessKey,
    name: str,
    description: str | None,
    owner: str,
    frequency: str | None,
) -> None:
    if not all(code.strip() for code in process):
        raise Refused("InvalidInput", "an empty code")
    if frequency not in FREQUENCIES:
        raise Refused("InvalidInput", "unknown load frequency")
    existing = world.processes.get(process)
    if existing is None:
        world.processes[process] = Process(*process, name, description, owner, frequency, audit=fresh_audit(now))
        return
    changes = {
        "process_name": name,
        "process_description": description,
        "process_owner": owner,
        "load_frequency": frequency,
    }
    update_changed(existing, now, changes)


def register_task(world: World, now: datetime, process: ProcessKey, slot: Slot, columns: Mapping[str, object]) -> None:
    """``columns`` holds every descriptive column of the task, its stage included."""
    workflow, task = slot
    stage = columns["sequence_id"]
    if 0 in (workflow, task, stage) and (workflow, task, stage) != (0, 0, 0):
        raise Refused("InvalidInput", "WorkFlowID 0 is for TaskID 0 in SequenceID 0, and the reverse")
    if columns["load_frequency"] not in FREQUENCIES:
        raise Refused("InvalidInput", "unknown load frequency")
    if columns["source_type"] is not None and columns["source_type"] not in SOURCE_TYPES:
        raise Refused("InvalidInput", "unknown source type")
    if process not in world.processes:
        raise Refused("ProcessNotFound")
    if stage not in world.stages:
        raise Refused("StageNotFound")
    existing = world.tasks.get((process, slot))
    if existing is None:
        world.tasks[process, slot] = Task(
            *process,
            task_id=task,
            workflow_id=workflow,
            audit=fresh_audit(now),
            **columns,  # type: ignore[arg-type]
        )
    else:
        update_changed(existing, now, columns)


def register_parameter(
    world: World,
    now: datetime,
    process: ProcessKey,
    name: str,
    kind: str,
    description: str,
    value: datetime | int | bool | None,
    advancing: Mapping[str, object] | None = None,
) -> None:
    """``advancing`` holds what is said of advance_mode and lag_seconds; what is left out stays."""
    advancing = advancing or {}
    if kind not in PARAMETER_TYPES or not name.strip():
        raise Refused("InvalidInput", "unknown type or empty name")
    if (kind == "SYSTEM") != (name == SYSDT):
        raise Refused("InvalidInput", "a SYSTEM parameter is called SYSDT, and no other")
    check_fits(kind, value)
    if kind != "DELTA_DATE" and any(given is not None for given in advancing.values()):
        raise Refused("InvalidInput", "only a DELTA_DATE moves by itself")
    if process not in world.processes:
        raise Refused("ProcessNotFound")
    existing = world.parameters.get((process, name))
    if existing is None:
        fresh = Parameter(*process, name, description, kind, None, None, None, audit=fresh_audit(now))
        describe(fresh, advancing)
        world.parameters[process, name] = fresh
        if value is not None:
            fresh.set(value, now, on_purpose=True)
        return
    if existing.parameter_type != kind:
        raise Refused("InvalidInput", "it is of another type")
    wording_unknown = isinstance(existing.parameter_description, Remark)
    differs = any(getattr(existing, column) != given for column, given in advancing.items())
    if wording_unknown or existing.parameter_description != description or differs:
        existing.parameter_description = description
        describe(existing, advancing)
        touch(existing.audit, now)


def describe(parameter: Parameter, advancing: Mapping[str, object]) -> None:
    for column, given in advancing.items():
        setattr(parameter, column, given)


def check_fits(kind: str, value: datetime | int | bool | None) -> None:
    """A value must be of the parameter's own kind."""
    fits: dict[str, type] = {"DELTA_ID": int, "FLAG": bool, "DELTA_DATE": datetime, "SYSTEM": datetime}
    if value is not None and type(value) is not fits[kind]:
        raise Refused("InvalidInput", f"{value!r} does not fit {kind}")


def set_process_active(world: World, now: datetime, process: ProcessKey, active: bool) -> None:
    row = world.processes.get(process)
    if row is None:
        raise Refused("ProcessNotFound")
    flip(row, now, active)


def set_task_active(world: World, now: datetime, process: ProcessKey, slot: Slot, active: bool) -> None:
    row = world.tasks.get((process, slot))
    if row is None:
        raise Refused("TaskNotFound")
    flip(row, now, active)


def flip(row: Process | Task, now: datetime, active: bool) -> None:
    if row.is_active != active:
        row.is_active = active
        touch(row.audit, now)
