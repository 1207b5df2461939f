"""What all migration calls share: the engine that they work on, and the errors that they raise."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from etl_monitor_orm.backends import backend_of, our_error, pointing
from etl_monitor_orm.errors import InvalidInput
from etl_monitor_orm.schemas import in_schema, views_schema_of
from etl_monitor_orm.settings import schema_name

Call = TypeVar("Call", bound=Callable[..., object])


def on_own_engine(call: Call) -> Call:
    """Let a call work on the caller's connections without the caller's options, and raise only the monitor's errors.

    The call makes no database: where there is none, it is refused.
    """
    return _wrapped(call, needs_database=True)


def on_own_or_new_engine(call: Call) -> Call:
    """Like `on_own_engine`, for a call that may make a database, or does without one."""
    return _wrapped(call, needs_database=False)


def require_engine(engine: object) -> None:
    """Refuse what is no engine.

    Raises:
        InvalidInput: It is something else.
    """
    if not isinstance(engine, Engine):
        raise InvalidInput(
            f"engine must be a SQLAlchemy Engine, not {type(engine).__name__}. Pass monitor.engine, or "
            "etl_monitor_orm.create_engine(url)."
        )


def _wrapped(call: Call, *, needs_database: bool) -> Call:
    @wraps(call)
    def wrapped(engine: Engine, schema: str, *args: object, **kwargs: object) -> object:
        require_engine(engine)
        backend = backend_of(engine)
        ours, name = backend.for_services(backend.adopt(engine)), schema_name(schema)
        there = in_schema(ours, name)
        for one in (name, views_schema_of(there)):
            backend.refuse_schema(ours, one)
        (backend.before_work_in_tables if needs_database else backend.before_work)(ours)
        try:
            with pointing(there):
                return call(ours, name, *args, **kwargs)
        except SQLAlchemyError as error:
            raise our_error(error, engine) from error

    return cast(Call, wrapped)
