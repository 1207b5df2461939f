"""Why a step cannot change as asked: read on the way out, said in words that name the way on."""

from __future__ import annotations

from typing import Final, NoReturn

from sqlalchemy import select
from sqlalchemy.orm import Session

from etl_monitor_orm.errors import InvalidTransition, StepNotFound, StepNotQueued
from etl_monitor_orm.models import ProcessingStep, Task
from etl_monitor_orm.services.keys import StepKey
from etl_monitor_orm.vocabulary import Status

_WAY_ON: Final = {
    Status.DONE: "A finished step runs again only as a new attempt: status_reset(..., replay=True), or a new run.",
    Status.FAIL: "A failed step runs again only as a new attempt: status_reset(), or a new run with resume=True.",
}


def refuse(session: Session, step: StepKey, asked: str) -> NoReturn:
    """Raise the error for a transition that changed nothing.

    Args:
        session: The unit of work.
        step: The step.
        asked: What was asked of it, as a verb.

    Raises:
        StepNotFound: The task is not registered, and the run holds no step of it.
        StepNotQueued: The task is registered, but the run holds no step of it.
        InvalidTransition: The step's state does not allow it.
    """
    found = session.scalars(
        select(ProcessingStep).where(*step.matches()).order_by(ProcessingStep.attempts.desc()).limit(1)
    ).one_or_none()
    active = session.execute(select(Task.is_active).where(*step.task.matches())).one_or_none()
    if active is None and (found is None or asked == "start"):
        raise StepNotFound(f"{step.task} is not registered. Register it with register_task(), then start a new run.")
    if found is None:
        what = "" if step.attempts is None else f" attempt {step.attempts} of"
        where = "" if step.sequence_id is None else f" in stage {step.sequence_id}"
        raise StepNotQueued(
            f"{step.run} holds no{what} step for {step.task}{where}. "
            "A run holds the tasks that were active, and due, when it was started; start a new run to include it."
        )
    if asked == "start" and active is not None and not active[0]:
        raise InvalidTransition(f"{step} cannot start: the task is deactivated. Use activate_task() first.")
    raise InvalidTransition(
        f"Cannot {asked} {step} (attempt {found.attempts}): it is {_state(found)}. {_way_on(found)}"
    )


def _state(step: ProcessingStep) -> str:
    if step.status in _WAY_ON:
        return f"{step.status} since {step.end_time:%Y-%m-%d %H:%M:%S} UTC" if step.end_time else str(step.status)
    if step.is_running:
        return f"{step.status}, running since {step.start_time:%Y-%m-%d %H:%M:%S} UTC"
    return f"{step.status}, not started"


def _way_on(step: ProcessingStep) -> str:
    if step.status in _WAY_ON:
        return _WAY_ON[step.status]
    if step.is_running:
        return "If its worker is gone, start it again with takeover=True, or fail it with fail_stale()."
    return "Start it first."
