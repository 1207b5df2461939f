"""The monitor's errors for SQLAlchemy's and the driver's, in calls and in migrations."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IdentifierError, SQLAlchemyError

from etl_monitor_orm.backends.registry import backend_of
from etl_monitor_orm.backends.wording import place, shown
from etl_monitor_orm.errors import ConfigurationError, DatabaseError, EtlMonitorError


def our_error(error: SQLAlchemyError, engine: Engine) -> EtlMonitorError:
    """Return our error for one that SQLAlchemy raised: what happened, and what to do next.

    Args:
        error: The error; the caller chains it.
        engine: Where it happened.
    """
    if isinstance(error, DBAPIError):
        return backend_of(engine).explain(error, engine)
    words = shown(str(error), engine.url)
    if isinstance(error, IdentifierError):
        return ConfigurationError(
            f"A name is too long for {place(engine.url)}: {words}. Choose a shorter name for the schema."
        )
    return DatabaseError(f"The database could not be used: {words}")
