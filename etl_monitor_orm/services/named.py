"""Which task of a run a name means."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl_monitor_orm.errors import InvalidInput, StepNotFound
from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.models.selecting import of_process, of_run
from etl_monitor_orm.printable import listed, quoted
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.scopes import Narrowing


def step_of_name(session: Session, context: Context, run: RunKey, name: str, only: Narrowing) -> StepKey:
    """Return the step of a run whose task has a name: as the run queued it, else as the catalogue has it now.

    The catalogue is asked because a resumed run has no step for a task that is DONE; the start then says so.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        run: The run.
        name: The task's name, as it was registered.
        only: The pass or the stage that the caller names.

    Raises:
        StepNotFound: No task of the process has this name.
        InvalidInput: Several tasks of the run have it.
    """
    steps = ProcessingStep
    queued = select(steps.workflow_id, steps.task_id).where(*of_run(run), *only.conditions(steps))
    found = session.execute(queued.where(steps.task_name == name).distinct()).all()
    if not found:
        registered = select(Task.workflow_id, Task.task_id).where(*of_process(run.process, Task))
        for column, wanted in ((Task.workflow_id, only.workflow_id), (Task.sequence_id, only.sequence_id)):
            if wanted is not None:
                registered = registered.where(column == wanted)
        found = session.execute(registered.where(Task.task_name == name)).all()
    if len(found) == 1:
        return StepKey(run, found[0].task_id, found[0].workflow_id, only.sequence_id)
    if found:
        raise _ambiguous(run, name, sorted((workflow, task) for workflow, task in found))
    raise unknown_name(session, run, run.process, name)


def unknown_name(session: Session, what: RunKey | ProcessKey, process: ProcessKey, name: str) -> StepNotFound:
    """No task of a process has a name; the error lists those that there are.

    Args:
        session: The unit of work.
        what: The run or the process, for the message.
        process: The process.
        name: The name.
    """
    names = select(Task.task_name).where(*of_process(process, Task), Task.task_name.is_not(None))
    known = list(session.scalars(names.distinct().order_by(Task.task_name)))
    others = listed([str(one) for one in known], name) or "none yet"
    run = what if isinstance(what, RunKey) else None
    return StepNotFound(f"{what} has no task called {quoted(name)}. Its tasks: {others}.", run=run, asked="start")


def _ambiguous(run: RunKey, name: str, tasks: list[tuple[int, int]]) -> InvalidInput:
    ids = ", ".join(f"task_id={task} with workflow_id={workflow}" for workflow, task in tasks)
    return InvalidInput(
        f"{run} has {len(tasks)} tasks called {quoted(name)}: {ids}. Pass the task_id and the workflow_id of one.",
        run=run,
    )
