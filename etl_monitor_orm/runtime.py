"""What a monitor and its handles share: database, clock and actor."""

from __future__ import annotations

import getpass
import logging
from collections.abc import Callable
from contextlib import suppress
from copy import copy
from dataclasses import replace
from datetime import date, datetime
from typing import Concatenate, Final, ParamSpec, Protocol, TypeVar, cast
from weakref import WeakSet

from sqlalchemy import func
from sqlalchemy.orm import Session

from etl_monitor_orm.clocks import Clock
from etl_monitor_orm.errors import ConfigurationError, InvalidInput
from etl_monitor_orm.inputs import moment
from etl_monitor_orm.journal.bridge import Bridge
from etl_monitor_orm.keys import ProcessKey
from etl_monitor_orm.services.context import Actor, Context, must_run_alone
from etl_monitor_orm.services.dates import historic_date_of
from etl_monitor_orm.services.schema import require_current_schema
from etl_monitor_orm.services.seen import SeenSteps
from etl_monitor_orm.session import UnitOfWork

P = ParamSpec("P")
T = TypeVar("T")

_DATABASE_USER: Final = func.current_user()
"""One expression, so that statements with it can be kept."""


class Flushable(Protocol):
    """Something that holds records until a flush."""

    def flush(self) -> None:
        """Write the held records; never raises."""
        ...


class OneReading:
    """Runs the services of one call: the first reads the clock, and all of them have that reading.

    Args:
        runtime: The monitor's.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.units = runtime.units
        self._runtime = runtime
        self._now: datetime | None = None
        self._context: Context | None = None

    @property
    def now(self) -> datetime:
        """The call's reading of the clock, made on first use (aware UTC)."""
        now = self._now = self._now or self._runtime.now()
        return now

    def run(self, service: Callable[Concatenate[Session, Context, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a service in its own session and commit; alone, if the service is marked so.

        While the monitor is away, `when_away` decides how the call goes on.
        """

        def work() -> T:
            self._context = context = self._context or self._runtime.context_of(self.now)
            return self.units.run(
                lambda session: service(session, context, *args, **kwargs), alone=must_run_alone(service)
            )

        bridge = self._runtime.bridge
        return work() if bridge is None else cast(T, bridge.carry(self, service, args, kwargs, work))

    def date_to_work_on(self, process: ProcessKey) -> date:
        """Return the date that a process works on: SYSDT's, else today by the call's clock."""
        return self.run(historic_date_of, process) or self.now.date()

    def context_of(self, now: datetime, actor: str | None) -> Context:
        """Return the circumstances of a call that was made earlier and is recorded now."""
        return replace(self._runtime.context_of(now, actor), late=True)

    def actor_name(self) -> str | None:
        """Return who makes the call; None means the database's user."""
        who = self._runtime.who()
        return who if isinstance(who, str) else None


class Runtime:
    """Runs every call: one reading of the clock, one unit of work, one service.

    Args:
        units: The unit of work.
        clock: Source of every timestamp that a call writes.
        actor: Name for the audit columns; None means the database's user, else the OS user.
        bridge: How calls go on while the database is away; None means that they raise.
    """

    def __init__(self, units: UnitOfWork, clock: Clock, actor: str | None, bridge: Bridge | None = None) -> None:
        self.units = units
        self.bridge = bridge
        self._clock = clock
        self._actor = actor
        self._schema_known = False
        self._seen = SeenSteps()
        self._at_task_end: WeakSet[Flushable] = WeakSet()

    def now(self) -> datetime:
        """Return the clock's time as aware UTC."""
        return moment("the clock's time", self._clock())

    def standing_at(self, moment: datetime) -> Runtime:
        """Return this runtime with a clock that stands at a time (aware UTC)."""
        still = copy(self)
        still._clock = lambda: moment
        return still

    def run(self, service: Callable[Concatenate[Session, Context, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a service in its own session and commit; alone, if the service is marked so."""
        return self.one_reading().run(service, *args, **kwargs)

    def one_reading(self) -> OneReading:
        """Begin a call that may run several services."""
        return OneReading(self)

    def require_schema(self) -> None:
        """Refuse to work on missing or older tables; reads the database once."""
        if not self._schema_known:
            self.units.run(require_current_schema)
            self._schema_known = True

    def schema_is_current(self) -> None:
        """Remember that the tables were just migrated, so that they are not checked again."""
        self._schema_known = True

    def schema_may_have_changed(self) -> None:
        """Check the tables again before the next call: the database may be another, or gone if it was in memory."""
        self._schema_known = False

    def flush_at_task_end(self, log: Flushable) -> None:
        """Flush `log` whenever a tracked task ends, as long as `log` exists."""
        if not callable(getattr(log, "flush", None)):
            raise InvalidInput(f"log must have a flush(), as handlers do; {type(log).__name__} has none.")
        self._at_task_end.add(log)

    def task_ended(self) -> None:
        """Flush the records of a task. What a log raises must not end the job, nor hide how it ended."""
        for log in list(self._at_task_end):
            try:
                log.flush()
            except Exception:
                with suppress(Exception):
                    logging.getLogger("etl_monitor_orm").exception("A log could not be flushed at the end of a task.")

    def context_of(self, now: datetime, actor: str | None = None) -> Context:
        """Return the circumstances of a call that was made at a time, by somebody: else by this monitor's actor."""
        self.require_schema()
        who = self.who() if actor is None else actor
        return Context(now, who, self.units.backend, self.units.capabilities, self._seen)

    def who(self) -> Actor:
        """Return the name for the audit columns, or the expression for the database's user.

        Raises:
            ConfigurationError: The OS has no name for the current user.
        """
        if self._actor is not None:
            return self._actor
        if self.units.backend.capabilities.users:
            return _DATABASE_USER
        try:
            return getpass.getuser()
        except (KeyError, OSError, ImportError):
            # A container may run under a user id without a name.
            raise ConfigurationError(
                "The OS has no name for the current user. Pass actor=, or set ETL_MONITOR_ACTOR."
            ) from None
