"""What a task stages for its watermark: a new value, or to stay where it is; written with DONE.

Where there are no transactions, a crash may leave a watermark too old, never too new. So what keeps it back is written
before DONE, and what moves it on after DONE.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, and_, exists, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from etl_monitor_orm import inputs
from etl_monitor_orm.keys import ProcessKey, StepKey
from etl_monitor_orm.models import Parameter, Task
from etl_monitor_orm.models.selecting import historic_mode, of_process
from etl_monitor_orm.services.context import Context, affected
from etl_monitor_orm.services.logs import LogEntry, append
from etl_monitor_orm.services.refusals import unknown_parameter
from etl_monitor_orm.services.transitions import STEPS, make
from etl_monitor_orm.services.watermarks import (
    PARAMETERS,
    Move,
    check_is_watermark,
    kind_of,
    set_explicitly,
    shown,
    titled,
)
from etl_monitor_orm.sql.merge import Merge
from etl_monitor_orm.vocabulary import ParameterType

OPERATION = "advance"


@dataclass(frozen=True)
class Watermark:
    """A task's watermark, as its worker read it.

    Attributes:
        parameter: The parameter; its value does not change under the worker's hands.
        historic: Whether its process works on a past date, where nothing staged is written or refused.
        shared: Whether other tasks name it too; looked up only where there are no transactions.
        from_memory: Whether it is the last one that this machine saw, because the monitor is away.
    """

    parameter: Parameter
    historic: bool
    shared: bool
    from_memory: bool = False

    def stage(self, move: Move) -> Staged:
        """Stage a new value.

        Raises:
            InvalidInput: It does not fit the parameter's type, or, in live mode, is before the current value.
        """
        if self.historic:
            move.check_type(self.parameter)
        else:
            move.check(self.parameter)
        return Staged(self.parameter.parameter_name, move, move.is_behind(self.parameter), self.shared)

    def hold(self) -> Staged | None:
        """Stage to stay; None for a DELTA_ID, which stays anyway.

        Raises:
            InvalidInput: It is a FLAG, or SYSDT.
        """
        check_is_watermark(self.parameter)
        if self.parameter.parameter_type is ParameterType.DELTA_ID:
            return None
        return Staged(self.parameter.parameter_name, None, backwards=False, shared=self.shared)


@dataclass(frozen=True)
class Staged:
    """What to do with a watermark when the task is DONE.

    Attributes:
        name: The parameter; empty for the task's own, where nobody could read which that is.
        move: Its new value; None means that it stays where it is.
        backwards: Whether the value was before the current one when it was staged.
        shared: Whether other tasks name the parameter too.
    """

    name: str
    move: Move | None
    backwards: bool
    shared: bool

    @classmethod
    def unread(cls, value: datetime | date | int | str | None, *, allow_rewind: bool = False) -> Staged:
        """Stage a value of a watermark that nobody could read, to be read at the end; None means that it stays.

        Raises:
            InvalidInput: It is neither a time nor a whole number.
        """
        move = None if value is None else Move.read(value, allow_rewind=allow_rewind, kind=kind_of(value))
        return cls("", move, backwards=False, shared=False)


def read(session: Session, context: Context, process: ProcessKey, name: str) -> Watermark:
    """Read a task's watermark (`ETLconfigParameters`).

    Raises:
        ParameterNotFound: It is not registered.
    """
    shared: ColumnElement[bool] | ColumnElement[int] = literal(0)
    if not context.capabilities.transactions:
        sharers = select(func.count()).select_from(Task)
        shared = sharers.where(*of_process(process, Task), Task.source_system_code == name).scalar_subquery()
    system = aliased(Parameter, name="historic")
    found = session.execute(
        select(Parameter, system.value_datetime.is_not(None), shared)
        .outerjoin(system, and_(*historic_mode(process, system)))
        .where(*of_process(process, Parameter), Parameter.parameter_name == name)
    ).one_or_none()
    if found is None:
        raise unknown_parameter(process, name)
    parameter, historic, sharing = found
    return Watermark(parameter, bool(historic), sharing > 1)


def write_before_done(
    session: Session, context: Context, process: ProcessKey, staged: Staged, still_mine: ColumnElement[bool]
) -> bool:
    """Write what keeps a watermark back; return whether nothing is left to write after DONE.

    Needed only where there are no transactions: stopped between DONE and the watermark, the step would be DONE, and
    the next DONE of a step that shares the watermark would move it on by itself.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        process: The process of the step.
        staged: What was staged.
        still_mine: The step is still this worker's.
    """
    if context.capabilities.transactions:
        return False
    if staged.move is None or staged.backwards:
        return _write(session, context, process, staged, still_mine)
    if staged.shared:
        _write(session, context, process, replace(staged, move=None), still_mine)
    return False


def write_after_done(
    session: Session, context: Context, step: StepKey, staged: Staged, message: str | None, attempts: int | None
) -> None:
    """Write what was staged, now that the step is DONE; where it is not written, say why.

    Args:
        session: The unit of work.
        context: The call's circumstances.
        step: The step.
        staged: What was staged.
        message: The step's message.
        attempts: Number of the step's attempt; None means the current one.
    """
    process = step.run.process
    if _write(session, context, process, staged) or staged.move is None:
        return
    now = read(session, context, process, staged.name)
    parameter, move = now.parameter, staged.move
    if parameter.set_on == context.now and parameter.value == move.value:
        return  # written: the server did not report it
    if now.historic:
        append(session, context, [_would_have_been(step, parameter, move)])
        return
    dropped = (
        f"The staged watermark {shown(move.value)} was dropped: "
        f"{titled(parameter)} is already at {shown(parameter.value)}."
    )
    told = with_words(message, dropped)
    ours = STEPS.c.LastUpdatedOn == context.now
    make(session, context, replace(step, attempts=attempts), {STEPS.c.LogMessage: told}, ours)


def with_words(message: str | None, words: str | None) -> str | None:
    """Return a step's message with a sentence after it."""
    if words is None:
        return message
    return inputs.message("log_message", words if not message else f"{message.rstrip()}\n{words}")


def _write(
    session: Session, context: Context, process: ProcessKey, staged: Staged, *conditions: ColumnElement[bool]
) -> bool:
    """Set the watermark, or that it stays, unless it is past the value or the process is in historic mode."""
    historic = exists().where(*historic_mode(process, aliased(Parameter, name="historic")))
    source = select(literal(staged.name).label("Name")).where(~historic, *conditions).subquery("staged")
    target, move = PARAMETERS.c, staged.move
    on = (
        (target.ProjectCode == process.project_code)
        & (target.ProcessLoad == process.process_load)
        & (target.ParameterName == source.c.Name)
    )
    values: dict[Column[Any], object] = set_explicitly(context)
    guard = target.ParameterType == (ParameterType.DELTA_DATE if move is None else move.kind)
    if move is not None:
        values[move.column] = move.value
        if not move.allow_rewind:
            guard &= or_(move.column.is_(None), move.column <= literal(move.value, move.column.type))
    return affected(session.execute(Merge(PARAMETERS, source, on).update(values, where=guard))) > 0


def _would_have_been(step: StepKey, parameter: Parameter, move: Move) -> LogEntry:
    return LogEntry(
        f"{parameter.parameter_name} ({parameter.parameter_type}): historic mode, stays at {shown(parameter.value)}; "
        f"live it would have become {shown(move.value)}.",
        project_code=step.run.process.project_code,
        process_load=step.run.process.process_load,
        processing_date=step.run.processing_date,
        execution_id=step.run.execution_id,
        operation_name=OPERATION,
    )
