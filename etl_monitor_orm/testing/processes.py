"""Builds a process with its tasks, in a line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from etl_monitor_orm import ETLMonitor, InvalidInput, Parameter, ParameterType, Process, Task, inputs
from etl_monitor_orm.printable import listed, quoted
from etl_monitor_orm.vocabulary import FIRST_PASS, INITIATION_ID

_STAGE: Final = 2
"""LOAD_DB_TRAN: what a test's task is when it does not matter."""


def process(
    monitor: ETLMonitor,
    project_code: str = "CORP",
    process_load: str = "DAILY",
    *,
    tasks: Mapping[str, int] | Iterable[str] = ("Load",),
    watermarks: Mapping[str, ParameterType | str] | None = None,
    optional: Collection[str] = (),
    limits: Mapping[str, int] | None = None,
    workflow_id: int = FIRST_PASS,
) -> ETLMonitor:
    """Register a process with an initiation and tasks (`ETLconfigProcess`, `ETLconfigTasks`, `ETLconfigParameters`).

    The tasks are numbered from 1, in the order in which they are given. A repeated call changes nothing; one with
    another `workflow_id` adds a pass.

    Args:
        monitor: The monitor.
        project_code: The project.
        process_load: The process.
        tasks: Names and the stage of each, or names only: then all are in stage 2, side by side.
        watermarks: The type of the watermark, DELTA_DATE or DELTA_ID, for the tasks that have one. The parameter has
            the task's name; a DELTA_DATE begins without a value, a DELTA_ID at 0.
        optional: The tasks whose failure blocks nothing.
        limits: The longest acceptable duration, in seconds, for the tasks that have one.
        workflow_id: The pass.

    Returns:
        The monitor.

    Raises:
        InvalidInput: An argument cannot be read, or names a task that is not among `tasks`.
        StageNotFound: A stage is not registered.

    Example:
        `process(monitor, "SHOP", "ORDERS", tasks={"Load orders": 2, "Build mart": 6}).start_run("SHOP", "ORDERS")`
    """
    __tracebackhide__ = True
    if not isinstance(monitor, ETLMonitor):
        raise InvalidInput(f"The first argument is a {type(monitor).__name__}. Pass the monitor.")
    stages = _stages(tasks)
    kinds = _by_task("watermarks", watermarks or {}, stages)
    seconds = _by_task("limits", limits or {}, stages)
    not_mandatory = _by_task("optional", dict.fromkeys(_names("optional", optional)), stages)
    key = {"project_code": project_code, "process_load": process_load}
    first = {"workflow_id": INITIATION_ID, "task_id": INITIATION_ID, "sequence_id": INITIATION_ID}
    return monitor.register(
        [
            Process(**key),
            Task(**key, **first, task_name="Initiation"),
            *(_parameter(key, name, kind) for name, kind in kinds.items()),
            *(
                Task(
                    **key,
                    workflow_id=workflow_id,
                    task_id=number,
                    sequence_id=stage,
                    task_name=name,
                    source_system_code=name if name in kinds else None,
                    task_mandatory=name not in not_mandatory,
                    expected_duration_seconds=seconds.get(name),
                )
                for number, (name, stage) in enumerate(stages.items(), start=1)
            ),
        ]
    )


def _parameter(key: Mapping[str, str], name: str, kind: object) -> Parameter:
    read = inputs.choice(f"The watermark of {quoted(name)}", ParameterType, kind)
    if read not in (ParameterType.DELTA_DATE, ParameterType.DELTA_ID):
        raise InvalidInput(f"The watermark of {quoted(name)} is a {read}; it must be a DELTA_DATE or a DELTA_ID.")
    first = 0 if read is ParameterType.DELTA_ID else None
    return Parameter(**key, parameter_name=name, parameter_type=read, value_int=first)


def _stages(tasks: object) -> dict[str, int]:
    """Return the stage of each task, in their order."""
    if isinstance(tasks, Mapping):
        return {inputs.text("A task's name", name): stage for name, stage in tasks.items()}
    names = _names("tasks", tasks)
    if len({*names}) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput(f"tasks has {quoted(twice)} twice. Give each task another name.")
    return dict.fromkeys(names, _STAGE)


def _names(argument: str, value: object) -> list[str]:
    if isinstance(value, str | bytes) or not isinstance(value, Iterable):
        raise InvalidInput(f"{argument} must be a list of names, not {type(value).__name__}.")
    return [inputs.text("A task's name", name) for name in value]


def _by_task(argument: str, value: object, tasks: Mapping[str, int]) -> dict[str, int]:
    """Return what an argument says of some tasks.

    Raises:
        InvalidInput: It is no mapping, or says something of another task.
    """
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{argument} must be a mapping by the task's name, not {type(value).__name__}.")
    for name in value:
        if name not in tasks:
            raise InvalidInput(
                f"{argument} names {quoted(name)}, which is not among the tasks: {listed([*tasks], str(name))}."
            )
    return dict(value)
