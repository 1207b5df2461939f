"""Statements that are built once: with places for the values, which each execution fills.

SQLAlchemy needs as long to build a large statement as DuckDB to run it. So a hot statement comes from a function with
`@built_once`, which takes blank keys: their parts are places. What selects by a key takes a blank one like any other.

Example:
    ```python
    @built_once
    def _statuses(step: StepKey) -> Select[Status]:
        return select(ProcessingStep.status).where(*of_step(step))

    session.scalars(_statuses(blank(step)), filled(step))
    ```
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, ParamSpec, TypeVar, cast

from sqlalchemy import BindParameter, bindparam
from sqlalchemy.types import TypeEngine

from etl_monitor_orm.keys import ProcessKey, RunKey, StepKey
from etl_monitor_orm.models import ProcessingStep
from etl_monitor_orm.services.context import Actor, Context
from etl_monitor_orm.services.scopes import Narrowing

P = ParamSpec("P")
T = TypeVar("T")

Values = dict[str, object]
"""What an execution puts into the places, by their names."""

_SHAPES: Final = 256
"""How many forms of one statement are kept; there are fewer."""


def built_once(build: Callable[P, T]) -> Callable[P, T]:
    """Keep what a function builds for each combination of its arguments: blank keys, places, flags; never values."""
    return cast(Callable[P, T], lru_cache(_SHAPES)(build))


def place(name: str, kind: TypeEngine[Any]) -> BindParameter[Any]:
    """Return a place for a value of a type."""
    return bindparam(name, type_=kind)


def _of(column: Any) -> Any:
    """Return a place for a part of a key, which stands where the part would."""
    return place(f"this_{column.key}", column.type)


NOW: Final[BindParameter[datetime]] = place("this_time", ProcessingStep.last_updated_on.type)
_ACTOR: Final[Any] = place("this_actor", ProcessingStep.last_updated_by.type)
_STAGE: Final[int] = _of(ProcessingStep.sequence_id)
_ATTEMPT: Final[int] = _of(ProcessingStep.attempts)
_TASK: Final[int] = _of(ProcessingStep.task_id)
_PASS: Final[int] = _of(ProcessingStep.workflow_id)
_ON: Final[date] = _of(ProcessingStep.processing_date)
_PROCESS: Final = ProcessKey(_of(ProcessingStep.project_code), _of(ProcessingStep.process_load))
BLANK_RUN: Final = RunKey(_PROCESS, _of(ProcessingStep.execution_id), _ON)

_ONLY: Final[dict[str, Any]] = {
    name: place(f"only_{name}", ProcessingStep.task_id.type) for name in ("workflow_id", "sequence_id", "task_id")
}


def blank(step: StepKey) -> StepKey:
    """Return a key with places for all parts that `step` names."""
    stage = None if step.sequence_id is None else _STAGE
    return StepKey(BLANK_RUN, _TASK, _PASS, stage, None if step.attempts is None else _ATTEMPT)


def filled(step: StepKey) -> Values:
    """Return the values for the places of `blank(step)`."""
    named = {"this_sequence_id": step.sequence_id, "this_attempts": step.attempts}
    return {
        **filled_run(step.run),
        "this_workflow_id": step.workflow_id,
        "this_task_id": step.task_id,
        **{name: value for name, value in named.items() if value is not None},
    }


def filled_run(run: RunKey) -> Values:
    """Return the values for the places of `BLANK_RUN`."""
    return {
        "this_project_code": run.process.project_code,
        "this_process_load": run.process.process_load,
        "this_execution_id": run.execution_id,
        "this_processing_date": run.processing_date,
    }


def blank_narrowing(only: Narrowing) -> Narrowing:
    """Return a choice with places for all parts that `only` names."""
    return Narrowing(**{name: _ONLY[name] for name in only.given})


def filled_narrowing(only: Narrowing) -> Values:
    """Return the values for the places of `blank_narrowing(only)`."""
    return {f"only_{name}": value for name, value in only.given.items()}


def blank_actor(context: Context) -> Actor:
    """Return a place for the actor's name; where the database has users, the expression for its user."""
    return _ACTOR if isinstance(context.actor, str) else context.actor


def circumstances(context: Context) -> Values:
    """Return the values for `NOW` and `blank_actor`."""
    actor = {"this_actor": context.actor} if isinstance(context.actor, str) else {}
    return {"this_time": context.now, **actor}
