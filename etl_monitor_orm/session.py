"""The unit of work: sessions, the retry of conflicts, and the driver's errors turned into ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session, sessionmaker
from tenacity import RetryCallState

from etl_monitor_orm.backends import Backend, RetryPolicy, backend_for
from etl_monitor_orm.errors import ConflictError, DatabaseError
from etl_monitor_orm.settings import DEFAULT_SCHEMA, Settings

T = TypeVar("T")


def engine_for(settings: Settings) -> Engine:
    """Return an engine for the settings' database, its schema mapped to the settings' schema."""
    engine = backend_for(settings.url.get_backend_name()).create_engine(settings.url, catalog=settings.catalog)
    return in_schema(engine, settings.schema)


def in_schema(engine: Engine, schema: str) -> Engine:
    """Return the engine with our tables in `schema`; the pool stays shared."""
    if schema == DEFAULT_SCHEMA:
        return engine
    return engine.execution_options(schema_translate_map={DEFAULT_SCHEMA: schema})


class UnitOfWork:
    """Runs work in a fresh session, whole: it commits, or it leaves nothing behind and says why.

    Args:
        engine: Where the work is done.
        retry: How conflicts are tried again.
    """

    def __init__(self, engine: Engine, retry: RetryPolicy | None = None) -> None:
        self.engine = engine
        self.backend: Backend = backend_for(engine.dialect.name)
        self._sessions = sessionmaker(engine, expire_on_commit=False)
        self._service_sessions = sessionmaker(self.backend.for_services(engine), expire_on_commit=False)
        self._retrying = (retry or RetryPolicy()).retrying(self._may_run_again, _give_up)

    def session(self) -> Session:
        """Return a session for work of the caller's own; the caller commits."""
        return self._sessions()

    def run(self, work: Callable[[Session], T]) -> T:
        """Run `work` in a session and commit; run it again, from its beginning, when others were in the way.

        Raises:
            ConflictError: Others were in the way until patience ran out.
            EtlMonitorError: The work was refused, by us or by the database.
        """
        return self._tried(self._once, work)

    def run_alone(self, work: Callable[[Session], T]) -> T:
        """As `run`, for work that must see what others of its kind wrote: it numbers attempts, or ends steps."""
        return self._tried(self._once_alone, work)

    def _tried(self, once: Callable[[Callable[[Session], T]], T], work: Callable[[Session], T]) -> T:
        try:
            result: T = self._retrying(once, work)
            return result
        except DBAPIError as error:
            if self.backend.is_conflict(error):
                raise ConflictError(
                    "Others kept writing the same rows until patience ran out. Make the call again: it goes on."
                ) from error
            raise self.backend.explain(error, self.engine) from error
        except SQLAlchemyError as error:
            raise DatabaseError(f"The database could not be used: {error}") from error

    def _may_run_again(self, error: BaseException) -> bool:
        # Without transactions a part of the work stands already; there, the statement is what is tried again.
        if not (isinstance(error, DBAPIError) and self.backend.capabilities.transactions):
            return False
        return self.backend.is_conflict(error)

    def _once(self, work: Callable[[Session], T]) -> T:
        with self._service_sessions.begin() as session:
            return work(session)

    def _once_alone(self, work: Callable[[Session], T]) -> T:
        # Guarded try by try: others go on while this one pauses.
        with self.backend.alone(self.engine):
            return self._once(work)


def _give_up(state: RetryCallState) -> object:
    cause = state.outcome.exception() if state.outcome else None
    raise ConflictError(
        f"Others kept writing the same rows through {state.attempt_number} tries in {state.seconds_since_start:.1f} s. "
        "Nothing was written; make the call again."
    ) from cause
