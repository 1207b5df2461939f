"""What an end that is recorded late may still do to its watermark: nothing that somebody has decided since.

An end is late if the monitor was away when the task ended. A watermark that was read while it was away comes from
memory. Where either no longer fits what is stored, the watermark stays: too old at worst, never too new.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from etl_monitor_orm.errors import InvalidInput, ParameterNotFound
from etl_monitor_orm.keys import StepKey
from etl_monitor_orm.models import Parameter
from etl_monitor_orm.services.context import Context
from etl_monitor_orm.services.refusals import without_watermark
from etl_monitor_orm.services.seen import watermark_name
from etl_monitor_orm.services.staging import Staged, read
from etl_monitor_orm.services.watermarks import Value, shown, titled
from etl_monitor_orm.vocabulary import ParameterType


@dataclass(frozen=True)
class ReadFromMemory:
    """A watermark that a worker read while the monitor was away.

    Attributes:
        name: The parameter.
        value: Where the worker began to read.
    """

    name: str
    value: datetime | int | bool | None


def still_meant(
    session: Session, context: Context, step: StepKey, staged: Staged | None, memory: ReadFromMemory | None
) -> tuple[Staged | None, str | None]:
    """Return what to do with the watermark, and what to say where that is not what the worker staged.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step.
        staged: What the worker staged.
        memory: What the worker read, if it came from memory.

    Raises:
        ParameterNotFound: The parameter is not registered.
    """
    process = step.run.process
    if staged is not None and not staged.name:
        staged, words = _read_at_last(session, context, step, staged)
        if words is not None:
            return staged, words
    moves = staged is not None and staged.move is not None
    if memory is None and not (context.late and moves):
        return staged, None
    name = memory.name if memory is not None else staged.name if staged is not None else ""
    found = read(session, context, process, name)
    parameter = found.parameter
    if moves and set_since(parameter, context.now):
        # Not held either: that would note an earlier time than the one at which it was set.
        return None, f"{titled(parameter)} was set after this task ended, and stays at {shown(parameter.value)}."
    if memory is None or not _is_before(parameter.value, memory.value):
        return staged, None
    stay = Staged(name, None, backwards=False, shared=found.shared)
    return (
        stay if parameter.parameter_type is ParameterType.DELTA_DATE else None,
        f"{titled(parameter)} stays at {shown(parameter.value)}: this task read from {shown(memory.value)}, the last "
        "value that its machine had seen.",
    )


def _read_at_last(
    session: Session, context: Context, step: StepKey, staged: Staged
) -> tuple[Staged | None, str | None]:
    """Return what was staged of the task's own watermark, which nobody could read then; or why it is dropped."""
    name = session.scalar(watermark_name(step))
    try:
        if name is None:
            raise without_watermark(step.task, "hold" if staged.move is None else "advance")
        own = read(session, context, step.run.process, name)
        return (own.hold() if staged.move is None else own.stage(staged.move)), None
    except (InvalidInput, ParameterNotFound) as refusal:
        what = "The staged hold" if staged.move is None else f"The staged watermark {shown(staged.move.value)}"
        return None, f"{what} was dropped: {refusal}"


def set_since(parameter: Parameter, then: datetime) -> bool:
    """Return whether somebody has set a parameter explicitly after a time, as `services/advancing.py` sees it."""
    if parameter.set_on is not None and parameter.set_on > then:
        return True
    by_itself = parameter.parameter_type is ParameterType.DELTA_DATE and parameter.value == parameter.automatic_value
    changed = parameter.last_updated_on
    return not by_itself and changed is not None and changed > then


def _is_before(present: Value, seen: Value) -> bool:
    """Whether the stored value is before the one that was read, so that what lies between must be read again."""
    if seen is None:
        return False
    return present is None or type(present) is not type(seen) or present < seen  # type: ignore[operator]
