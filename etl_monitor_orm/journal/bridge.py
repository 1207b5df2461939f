"""How a call goes on if its database is away: with a warning, or with a line in the journal.

It decides here, in the thread of the call, and nowhere else. What needs an answer of the database raises as ever.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from time import monotonic
from typing import Any, Final, Protocol, TypeVar

from etl_monitor_orm import printable
from etl_monitor_orm.errors import ConflictError, EtlMonitorError, JournalError, MonitorAway, SchemaError, is_away
from etl_monitor_orm.journal import book, sending
from etl_monitor_orm.journal.file import JournalFile
from etl_monitor_orm.journal.kinds import Broken, Made, Service, kind_of
from etl_monitor_orm.journal.memory import Memory
from etl_monitor_orm.journal.outage import Outage, briefly
from etl_monitor_orm.journal.seen import ANSWERS, UNKNOWN
from etl_monitor_orm.services import joining, named, runs, staging, steps

T = TypeVar("T")

_log: Final = logging.getLogger("etl_monitor_orm")


class Reading(sending.Sender, Protocol):
    """One call, with its one reading of the clock."""

    @property
    def now(self) -> datetime:
        """The reading (aware UTC)."""
        ...

    def actor_name(self) -> str | None:
        """Return who makes the call; None means the database's user."""
        ...


class Bridge:
    """Lets a load go on while its monitor is away.

    Args:
        file: Where calls are kept; None keeps nothing.
        memory: What this machine saw last; None remembers nothing.
    """

    def __init__(self, file: JournalFile | None = None, memory: Memory | None = None) -> None:
        self._file = file
        self._memory = memory
        self._outage = Outage()
        self._lost = Broken()
        self._settled: object = None
        self._keeps = file is not None

    def carry(
        self, reading: Reading, service: Service, args: tuple[Any, ...], kwargs: dict[str, Any], work: Callable[[], T]
    ) -> T | Any:
        """Do what a call asks of the database, after what waits in the journal; while it is away, do without.

        Raises:
            EtlMonitorError: The call was refused, or it needs the database, which is away.
        """
        made = self._made(service, args, kwargs, reading.now)
        if made is not None and self._lost.includes(made):
            return made.kind.instead(made)
        if self._outage.rests():
            if made is not None:
                return self._record(reading, made, tried=False)
            if self._answers(service) and (answer := self._remembered(service, args)) is not UNKNOWN:
                return answer
        began, tried = monotonic(), False
        trouble = self._trouble_in_sending(reading, made)
        if trouble is None or (made is None and not is_away(trouble)):
            tried = True
            try:
                result = work()
            except EtlMonitorError as error:
                if not (is_away(error) or (self._file is not None and made is not None and made.is_lost_to(error))):
                    raise
                trouble = error
            else:
                self._went_well(reading, service, args, result, made)
                return result
        took = monotonic() - began
        instead = None if made is None else self._record(reading, made, tried=tried)
        self._outage.began(trouble, took, keeps=self._keeps)
        return self._answered(service, args, trouble) if made is None else instead

    def go_on_without(self, trouble: EtlMonitorError, seconds: float) -> None:
        """Note that the database is away for something that nobody has to wait for.

        Args:
            trouble: What is in the way.
            seconds: How long that took to find out.

        Raises:
            EtlMonitorError: The database is not away: this is the trouble.
        """
        if not is_away(trouble):
            raise trouble
        self._outage.began(trouble, seconds, keeps=self._keeps)

    def _made(self, service: Service, args: tuple[Any, ...], kwargs: dict[str, Any], now: datetime) -> Made | None:
        """Return the call as it would be kept; None if it needs the database."""
        if service is joining.join:
            # The run that this machine used last, or else the one that all who are away would start.
            known = None if self._memory is None else self._memory.run_to_join(*args[:2])
            service, args = runs.generate, (known or joining.run_of_date(*args[:2]),)
        kind = kind_of(service)
        return None if kind is None else kind.made(args, kwargs, now)

    def _trouble_in_sending(self, reading: Reading, made: Made | None) -> EtlMonitorError | None:
        """Send what waits; return why it still waits, so that what follows waits behind it."""
        try:
            self._send(reading)
        except SchemaError as error:
            if made is None or not made.is_lost_to(error):
                raise
            return error
        except JournalError as error:
            self._keeps = False
            self._outage.not_kept(error)  # what is there cannot be read, so nothing can wait behind it
        except EtlMonitorError as error:
            return error
        return None

    def _went_well(
        self, reading: Reading, service: Service, args: tuple[Any, ...], result: Any, made: Made | None
    ) -> None:
        """Remember what the database said, for the time when it is away."""
        self._outage.ended()
        if made is not None:
            if service is joining.join:
                made = replace(made, arguments={**made.arguments, "run": result})
            self._lost.note(made, recorded=True)
        if self._memory is None:
            return
        self._memory.note(service, args, result)
        if made is None or made.run is None or (name := self._memory.moved_by(made)) is None:
            return
        process = made.run.process
        with suppress(EtlMonitorError):  # the end is recorded; where its watermark stands is only good to know
            context = reading.context_of(made.now, None)
            self._memory.note_moved(
                process, reading.units.run(lambda session: staging.read(session, context, process, name))
            )

    def _send(self, reading: Reading) -> None:
        """Send what waits; a look at the file's size and time tells whether anything can."""
        if self._file is None or (state := self._file.state()) is None or state == self._settled:
            return
        sent = sending.send(self._file, reading)
        if not sent.sent and not sent.refused:
            self._settled = state
        if sent.refused:
            _log.warning(
                "Calls in the journal %s that the monitor refused: %d. `etl-monitor journal status` says why.",
                self._file.path,
                sent.refused,
            )

    def _record(self, reading: Reading, made: Made, *, tried: bool) -> Any:
        """Keep a call where there is a journal, and give its caller what it gets meanwhile."""
        try:
            if self._file is None:
                self._lost.note(made, recorded=False)
            else:
                book.keep(self._file, made, reading.actor_name(), tried=tried)
                self._keeps = True
                if self._memory is not None:
                    self._memory.note_kept(made)
        except (JournalError, ConflictError) as trouble:
            self._lost.note(made, recorded=False)
            self._keeps = False
            self._outage.not_kept(trouble)
        return made.kind.instead(made)

    @property
    def _unseen(self) -> str:
        return 'only when_away="journal" remembers' if self._memory is None else "this machine has not seen"

    @staticmethod
    def _answers(service: Service) -> bool:
        return service in ANSWERS or service is steps.attempt

    def _remembered(self, service: Service, args: tuple[Any, ...]) -> Any:
        if service is steps.attempt:
            return None  # the database numbers it, and a load must not die of looking at it
        return UNKNOWN if self._memory is None else self._memory.answer(service, args)

    def _answered(self, service: Service, args: tuple[Any, ...], error: EtlMonitorError) -> Any:
        """Answer from memory, or raise what is in the way."""
        if not self._answers(service):
            raise error
        answer = self._remembered(service, args)
        if answer is not UNKNOWN:
            return answer
        if service is steps.watermark:
            step = args[0]
            raise MonitorAway(
                f"The monitor is away, and {self._unseen} the watermark of {step.task}, so nobody knows where to begin "
                f"to read. Make the call again when the monitor is back. {briefly(error)}",
                step=step,
            ) from error
        if service is named.step_of_name:
            raise MonitorAway(
                f"The monitor is away, and {self._unseen} which task of {args[0].process} is called "
                f"{printable.quoted(args[1])}. Pass its task_id. {briefly(error)}",
                run=args[0],
            ) from error
        raise MonitorAway(
            f"The monitor is away, and {self._unseen} which date {args[0]} works on. Pass processing_date=, "
            f"or make the call again when the monitor is back. {briefly(error)}",
            process=args[0],
        ) from error
