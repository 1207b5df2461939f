"""Which rows a key means: the conditions that select a process's, a task's, a run's or a step's."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_

from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey, TaskKey
from etl_monitor_orm.models import Parameter, Process, ProcessingStep, Task
from etl_monitor_orm.vocabulary import SYSTEM_DATE, ParameterType

Conditions = tuple[ColumnElement[bool], ...]


def of_process(process: ProcessKey, kind: type[Process | Task | Parameter | ProcessingStep]) -> Conditions:
    """Select a process's rows of a table."""
    return (kind.project_code == process.project_code, kind.process_load == process.process_load)


def of_task(task: TaskKey) -> Conditions:
    """Select a task in the catalogue."""
    return (*of_process(task.process, Task), Task.workflow_id == task.workflow_id, Task.task_id == task.task_id)


def task_of(steps: type[ProcessingStep], task: type[Task] = Task) -> ColumnElement[bool]:
    """The task that a step works on."""
    return and_(
        task.project_code == steps.project_code,
        task.process_load == steps.process_load,
        task.workflow_id == steps.workflow_id,
        task.task_id == steps.task_id,
    )


def same_task(steps: type[ProcessingStep], process: ProcessKey, task: type[Task] = Task) -> ColumnElement[bool]:
    """The task that a step works on, where all steps are of one process."""
    return and_(*of_process(process, task), task.workflow_id == steps.workflow_id, task.task_id == steps.task_id)


def is_system_date(parameter: type[Parameter] = Parameter) -> Conditions:
    """Select SYSDT, the date that a process works on."""
    return (parameter.parameter_name == SYSTEM_DATE, parameter.parameter_type == ParameterType.SYSTEM)


def historic_mode(process: ProcessKey, parameter: type[Parameter] = Parameter) -> Conditions:
    """Select SYSDT of a process that works on a past date; nothing in live mode."""
    return (*of_process(process, parameter), *is_system_date(parameter), parameter.value_datetime.is_not(None))


def of_run(run: RunKey) -> Conditions:
    """Select a run's steps."""
    return (
        ProcessingStep.processing_date == run.processing_date,
        *of_process(run.process, ProcessingStep),
        ProcessingStep.execution_id == run.execution_id,
    )


def of_step(step: StepKey) -> Conditions:
    """Select a step's attempts in its run; all of them unless one is named."""
    conditions = (
        *of_run(step.run),
        ProcessingStep.workflow_id == step.workflow_id,
        ProcessingStep.task_id == step.task_id,
    )
    if step.sequence_id is not None:
        conditions += (ProcessingStep.sequence_id == step.sequence_id,)
    if step.attempts is not None:
        conditions += (ProcessingStep.attempts == step.attempts,)
    return conditions
