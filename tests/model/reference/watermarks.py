"""Watermarks: the automatic advance, explicit moves, and the processing modes that set them all."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from .registration import check_fits
from .state import (
    SYSDT,
    Parameter,
    ProcessKey,
    Refused,
    Remark,
    RunKey,
    Step,
    SysLog,
    World,
    current,
    fresh_audit,
)

Value = datetime | int
BEGINNINGS: dict[str, Value | None] = {"DELTA_DATE": None, "DELTA_ID": 0}
WATERMARKS = tuple(BEGINNINGS)


def advance_on_done(world: World, now: datetime, step: Step) -> None:
    """Move a DELTA_DATE to the earliest start of the steps that share it, when the last of them is DONE."""
    code = step.source_system_code
    parameter = world.parameters.get((step.process, code)) if code is not None else None
    if parameter is None or parameter.parameter_type != "DELTA_DATE":
        return
    if world.sysdt(step.process) is not None:
        return
    sharing = sharing_steps(world, step)
    starts = [member.start_time for member in sharing if member.start_time is not None]
    if any(member.status != "DONE" for member in sharing) or len(starts) < len(sharing):
        return
    earliest = min(starts)
    if parameter.advance_mode == "MANUAL":
        return
    if parameter.explicit_since is not None and parameter.explicit_since >= earliest:
        return
    value = earliest - timedelta(seconds=parameter.lag_seconds or 0)
    if value <= now and (parameter.value_datetime is None or value > parameter.value_datetime):
        parameter.set(value, now, on_purpose=False)


def sharing_steps(world: World, step: Step) -> list[Step]:
    """The run's steps of this watermark, and those a resumed run left out: DONE, or at work again elsewhere.

    Of a deactivated task, a step that waits counts nowhere, and a failure only in its own run.
    """
    run = RunKey(step.execution_id, step.process, step.processing_date)
    own = current(world.of_run(run))
    on_date = current(world.on_date(step.process, step.processing_date))
    left_out = [other for slot, other in on_date.items() if slot not in own]
    counting = [s for s in own.values() if s.status == "FAIL" or not settled(world, s)]
    counting += [s for s in left_out if not settled(world, s)]
    return [s for s in counting if s.source_system_code == step.source_system_code]


def settled(world: World, step: Step) -> bool:
    """A step that nothing will start: it waits or has failed, and its task is deactivated."""
    return not world.task_is_active(step) and step.status != "DONE" and not step.running


def parameter_of(world: World, process: ProcessKey, name: str) -> Parameter:
    parameter = world.parameters.get((process, name))
    if parameter is None:
        raise Refused("ParameterNotFound")
    return parameter


def advance(parameter: Parameter, now: datetime, value: Value, *, allow_rewind: bool = False) -> None:
    """An explicit move."""
    check_move(parameter.parameter_type, parameter.active, value, allow_rewind)
    parameter.set(value, now, on_purpose=True)


def check_move(kind: str, present: datetime | int | bool | None, value: Value, allow_rewind: bool) -> None:
    if kind not in WATERMARKS:
        raise Refused("InvalidInput", "not a watermark")
    check_fits(kind, value)
    if present is not None and value < present and not allow_rewind:  # type: ignore[operator]
        raise Refused("InvalidInput", "backwards")


def may_move(parameter: Parameter, value: Value, allow_rewind: bool) -> bool:
    """Whether a staged value still goes forward: the watermark may have moved since it was staged."""
    return allow_rewind or parameter.active is None or value >= parameter.active  # type: ignore[operator]


def set_mode(world: World, now: datetime, process: ProcessKey, *, bulk: bool, historic: date | None) -> None:
    """Bulk, historic or (neither) live, for every parameter of one process."""
    if process not in world.processes:
        raise Refused("ProcessNotFound")
    if bulk:
        for (owner, _), parameter in world.parameters.items():
            if owner == process and parameter.parameter_type in WATERMARKS:
                change(world, now, parameter, BEGINNINGS[parameter.parameter_type])
    if historic is not None or not bulk:
        sysdt = world.parameters.get((process, SYSDT))
        if sysdt is None:
            sysdt = Parameter(*process, SYSDT, Remark(), "SYSTEM", None, None, None, audit=fresh_audit(now))
            world.parameters[process, SYSDT] = sysdt
        change(world, now, sysdt, None if historic is None else datetime.combine(historic, time(), UTC))


def set_back(world: World, now: datetime, process: ProcessKey, name: str) -> None:
    """Bulk mode for one watermark."""
    parameter = parameter_of(world, process, name)
    if parameter.parameter_type not in WATERMARKS:
        raise Refused("InvalidInput", "not a watermark")
    change(world, now, parameter, BEGINNINGS[parameter.parameter_type])


def set_one(world: World, now: datetime, process: ProcessKey, name: str, value: datetime | int | bool) -> None:
    """``parameter_name=`` with a value: that parameter and nothing else."""
    parameter = parameter_of(world, process, name)
    check_fits(parameter.parameter_type, value)
    change(world, now, parameter, value)


def change(world: World, now: datetime, parameter: Parameter, value: datetime | int | bool | None) -> None:
    """Write a value that differs, and a receipt with the one before it."""
    if parameter.active == value:
        return
    receipt = SysLog(parameter.project_code, parameter.process_load, now, parameter.parameter_name, parameter.active)
    world.logs.append(receipt)
    parameter.set(value, now, on_purpose=True)
