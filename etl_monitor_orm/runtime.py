"""What a monitor and the handles that it gives out share: database, clock and actor."""

from __future__ import annotations

import getpass
from collections.abc import Callable
from datetime import datetime
from typing import Concatenate, ParamSpec, Protocol, TypeVar
from weakref import WeakSet

from sqlalchemy import func
from sqlalchemy.orm import Session

from etl_monitor_orm.clocks import Clock
from etl_monitor_orm.errors import ConfigurationError
from etl_monitor_orm.inputs import moment
from etl_monitor_orm.services.call import Actor, Call
from etl_monitor_orm.services.schema import require_current_schema
from etl_monitor_orm.services.seen import SeenSteps
from etl_monitor_orm.session import UnitOfWork

P = ParamSpec("P")
T = TypeVar("T")


class Flushable(Protocol):
    """Something that holds records back until it is told to write them."""

    def flush(self) -> None:
        """Write what is held back; never raises."""
        ...


class Runtime:
    """Carries every call: one reading of the clock, one unit of work, one service.

    Args:
        units: The unit of work.
        clock: Source of every timestamp that a call writes.
        actor: Name for the audit columns; None means the database's user, else the OS user.
    """

    def __init__(self, units: UnitOfWork, clock: Clock, actor: str | None) -> None:
        self.units = units
        self._clock = clock
        self._actor = actor
        self._schema_known = False
        self._seen = SeenSteps()
        self._at_task_end: WeakSet[Flushable] = WeakSet()

    def now(self) -> datetime:
        """Return the clock's time as aware UTC."""
        return moment("the clock's time", self._clock())

    def run(self, service: Callable[Concatenate[Session, Call, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a service in a session of its own and commit it."""
        call = self._call()
        return self.units.run(lambda session: service(session, call, *args, **kwargs))

    def run_alone(self, service: Callable[Concatenate[Session, Call, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `run`, for a service that must see what others of its kind wrote: it numbers attempts, or ends steps."""
        call = self._call()
        return self.units.run_alone(lambda session: service(session, call, *args, **kwargs))

    def require_schema(self) -> None:
        """Refuse to work on missing or older tables; asks the database once."""
        if not self._schema_known:
            self.units.run(require_current_schema)
            self._schema_known = True

    def schema_is_current(self) -> None:
        """Take note that the tables were just migrated, so that they need not be asked about."""
        self._schema_known = True

    def flush_at_task_end(self, log: Flushable) -> None:
        """Have `log` flushed whenever a tracked task ends, for as long as it lives."""
        self._at_task_end.add(log)

    def task_ended(self) -> None:
        """Flush what was logged during a task."""
        for log in list(self._at_task_end):
            log.flush()

    def _call(self) -> Call:
        self.require_schema()
        return Call(self.now(), self._who(), self.units.backend, self._seen)

    def _who(self) -> Actor:
        if self._actor is not None:
            return self._actor
        if self.units.backend.capabilities.users:
            return func.current_user()
        try:
            return getpass.getuser()
        except (KeyError, OSError, ImportError):
            # A container may run under a user id that has no name.
            raise ConfigurationError(
                "The OS does not say who you are. Give the monitor a name: actor=…, or ETL_MONITOR_ACTOR."
            ) from None
