"""The same error before: when a task last failed with it, and what ended that."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.models.attempts import is_newer
from etl_monitor_orm.models.selecting import of_process
from etl_monitor_orm.services.explaining.explanations import Explanation, about, at, reason
from etl_monitor_orm.vocabulary import Status

_DAYS_BACK: Final = timedelta(days=90)
"""How far back the same error is looked for."""
_MOST: Final = 200
"""Earlier failures that are compared."""
_VARIABLE: Final = re.compile(r"0x[0-9a-fA-F]+|[0-9a-fA-F]{8}-[0-9a-fA-F-]{27}|\d+")
"""What differs between two messages of one error: numbers, addresses, ids."""


def same_error_before(session: Session, process: ProcessKey, cause: ProcessingStep) -> list[Explanation]:
    """Return the last earlier failure of the task with the same error, and what ended it.

    Two errors are the same if their codes are, and the first lines of their messages, numbers and ids aside.
    """
    earlier = cause.processing_date - min(_DAYS_BACK, cause.processing_date - date.min)
    query = select(ProcessingStep).where(
        *of_process(process, ProcessingStep),
        ProcessingStep.processing_date.between(earlier, cause.processing_date),
        ProcessingStep.workflow_id == cause.workflow_id,
        ProcessingStep.task_id == cause.task_id,
        ProcessingStep.status == Status.FAIL,
    )
    order = (ProcessingStep.processing_date.desc(), ProcessingStep.attempts.desc())
    wanted = _likeness(cause)
    for failure in session.scalars(query.order_by(*order).limit(_MOST)):
        if _key(failure) != _key(cause) and not _is_later(failure, cause) and _likeness(failure) == wanted:
            return [_before(failure), _ended(session, failure)]
    words = f"The task has not failed with this error in the {_DAYS_BACK.days} days before."
    return [about("before", words, cause)]


def _key(step: ProcessingStep) -> tuple[object, ...]:
    return (step.processing_date, step.execution_id, step.sequence_id, step.attempts)


def _is_later(step: ProcessingStep, than: ProcessingStep) -> bool:
    return step.processing_date == than.processing_date and step.attempts > than.attempts


def _likeness(step: ProcessingStep) -> tuple[object, ...]:
    return (step.log_code, _VARIABLE.sub("#", reason(step.log_message)))


def _before(failure: ProcessingStep) -> Explanation:
    where = f"attempt {failure.attempts} on {failure.processing_date}"
    return about("before", f"It failed with the same error before, in {where}, at {at(failure.end_time)}.", failure)


def _ended(session: Session, failure: ProcessingStep) -> Explanation:
    """What the first later attempt that is DONE says, else how the last one stands."""
    of, newer = aliased(ProcessingStep, name="failure"), aliased(ProcessingStep, name="newer")
    query = select(newer).join(of, is_newer(newer, of))
    for name in (
        "processing_date",
        "project_code",
        "process_load",
        "execution_id",
        "workflow_id",
        "task_id",
        "attempts",
    ):
        query = query.where(getattr(of, name) == getattr(failure, name))
    later = list(session.scalars(query.order_by(newer.attempts, newer.execution_id)))
    done = next((one for one in later if one.status == Status.DONE), None)
    if done is not None:
        by = "" if done.last_updated_by is None else f" by {done.last_updated_by}"
        said = "" if done.log_message is None else f", saying: {reason(done.log_message)}"
        return about("ended", f"That ended with attempt {done.attempts}, DONE at {at(done.end_time)}{by}{said}.", done)
    if later:
        return about("ended", f"That did not end: attempt {later[-1].attempts} is {later[-1].status}.", later[-1])
    return about("ended", "That did not end: the step was not queued again on its date.", failure)
